"""A wall clock that a test moves for one daemon (skewed_clock.cpp is preloaded into it)."""
import os
import struct

from gateway import BIN

DAY = 24 * 3600 * 1000
YEAR = 365 * DAY
LIBRARY = BIN / "libskewed_clock.so"
# A sanitizer's own library has to come first.
MOVABLE = LIBRARY.exists() and not os.environ.get("EDGE_TEST_SANITIZED")


class MovedClock:
    """`env` goes to the daemon. Where clocks cannot be moved it is empty, and the right time stays."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.set(0)
        self.env = {"LD_PRELOAD": str(LIBRARY), "EDGE_TEST_CLOCK": str(self.file)} if MOVABLE else {}

    def set(self, off):
        """Milliseconds from the right time; in place, since the daemon has the file mapped."""
        with open(self.file, "r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("=q", off))
