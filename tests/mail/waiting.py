"""Waiting for conditions that a mail has to travel for: the pauses between looks grow, since each look is a call."""
import threading
import time

from gateway import scaled


def until(condition, seconds=20, what="the condition"):
    """Waits for condition() to be truthy and returns it. `what` may be a function that describes the state."""
    end = time.monotonic() + scaled(seconds)
    pause, never = 0.02, threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what() if callable(what) else what} did not come within {scaled(seconds):g} s")
        never.wait(pause)
        pause = min(0.25, pause * 1.3)
