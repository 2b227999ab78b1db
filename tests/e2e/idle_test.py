"""A daemon at rest: with nothing to do it leaves the processor alone."""
import contextlib
import pathlib
import time
import unittest

from gateway import Gateway, join, until

WINDOW = 2  # seconds
AT_MOST = 8  # times that its threads wake in them: a look at the clock each second


def wakes(pid):
    """How often the threads of a process have gone to sleep so far."""
    count = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended meanwhile
            for line in status.read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches:"):
                    count += int(line.split()[1])
    return count


class Rest:
    """True once the threads of a process have woken hardly at all for WINDOW; begins anew whenever they woke more."""

    def __init__(self, gateway):
        self.pid = gateway.process.pid
        self.begin()

    def begin(self):
        self.since, self.before = time.monotonic(), wakes(self.pid)

    def __call__(self):
        if wakes(self.pid) - self.before > AT_MOST:
            self.begin()
        return time.monotonic() - self.since >= WINDOW


class Idle(unittest.TestCase):
    def test_a_daemon_with_chats_and_a_contact_rests(self):
        with Gateway("alice") as alice, Gateway("bob") as bob:
            chat, _ = join(bob, alice)
            events = alice.events("types=IncomingMsg")
            bob.rpc("misc_send_text_message", 1, chat, "before the rest")
            events.wait("IncomingMsg")
            events.close()
            for gateway in (alice, bob):
                until(Rest(gateway), 60, "a rest")


if __name__ == "__main__":
    unittest.main()
