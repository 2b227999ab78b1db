"""The daemon's memory: no other process of its user reads it, and what the daemon does by /proc works all the same."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from gateway import DAEMON, Gateway

NOBODY = 65534
SANITIZED = os.environ.get("EDGE_TEST_SANITIZED") == "1"


class AsUser(Gateway):
    """A daemon of an ordinary user: nothing is closed to root."""

    def command(self):
        return [*as_user(), str(self.folder / "privitty-edged"), *super().command()[1:]]


def as_user():
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def can_read(pid, name):
    """Whether another process of the same user reads /proc/PID/NAME."""
    done = subprocess.run([*as_user(), "head", "-c", "1", f"/proc/{pid}/{name}"], capture_output=True, check=False)
    return done.returncode == 0


@unittest.skipIf(SANITIZED, "sanitizer builds stay open to their own leak checker")
class Memory(unittest.TestCase):
    def setUp(self):
        # Below /tmp, where another user may go.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="edge-memory-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, NOBODY, NOBODY)
        shutil.copy(DAEMON, self.folder / "privitty-edged")  # the build folder may be closed to others

    def test_nobody_else_reads_the_memory_of_a_daemon(self):
        control = subprocess.Popen([*as_user(), "sleep", "600"])
        self.addCleanup(control.wait)
        self.addCleanup(control.kill)
        with AsUser("alice", folder=self.folder) as alice:
            self.assertTrue(can_read(control.pid, "environ"), "the check itself sees nothing")
            for name in ("environ", "maps", "auxv"):
                with self.subTest(name):
                    self.assertFalse(can_read(alice.process.pid, name))
            self.assertTrue(can_read(alice.process.pid, "status"))  # what everybody may know

    def test_the_daemon_itself_goes_on_using_proc(self):
        with AsUser("alice", folder=self.folder) as alice:
            source = self.folder / "report.txt"
            source.write_text("81 degrees")
            msg = alice.rpc("send_msg", 1, 10, {"file": str(source)})  # judged by /proc/self/fd
            saved = self.folder / "saved.txt"
            alice.rpc("save_msg_file", 1, msg, str(saved))  # named by /proc/self/fd
            self.assertEqual(saved.read_text(), "81 degrees")
            figures = alice.http("GET", "/metrics")[2].decode()
            for name in ("process_open_fds", "process_resident_memory_bytes", "process_start_time_seconds"):
                self.assertGreater(float(re.search(rf"^{name} (\S+)$", figures, re.MULTILINE)[1]), 0, name)


if __name__ == "__main__":
    unittest.main()
