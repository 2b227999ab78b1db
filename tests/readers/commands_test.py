"""Programs that run a device command over HTTP and print its output, written as their packages' documentation has it
(tests/readers/commands/), against the real daemon; scripts/client-check installs the packages and runs this.

Their streams are cut in the middle, over and over; each still prints every line once, in order, ends with the command's
exit code, and stops coming back once it is answered 204."""
import os
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from cutting_proxy import CuttingProxy  # noqa: E402
from gateway import Gateway, free_port, scaled  # noqa: E402
from listed_commands import LINES, add_commands, expected_lines  # noqa: E402

FOLDER = pathlib.Path(os.environ["CLIENTS_DIR"])


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.edge = Gateway("edge", port=free_port())
        cls.addClassCleanup(cls.edge.remove)
        cls.key = add_commands(cls.edge)
        cls.edge.start()

    def check(self, *command):
        proxy = CuttingProxy(self.edge.port, [700, 1500, 4000, 6100])
        self.addCleanup(proxy.close)
        done = subprocess.run([*map(str, command), proxy.url, self.key, "plant", f"count {LINES}"], cwd=FOLDER / "commands",
                              capture_output=True, text=True, timeout=scaled(60))
        self.assertEqual(done.stdout.splitlines(), expected_lines("stdout"), done.stderr)
        self.assertEqual(done.stderr.splitlines(), expected_lines("stderr"))
        self.assertEqual(done.returncode, 3)
        self.assertEqual(proxy.cut, 4)
        self.assertEqual(proxy.statuses, [200] * 5 + [204])
        # Each came back with a later position than before.
        self.assertIsNone(proxy.resumed[0])
        positions = [int(position) for position in proxy.resumed[1:]]
        self.assertEqual(positions, sorted(set(positions)))

    def test_node_eventsource(self):
        self.check("node", "run_eventsource.mjs")

    def test_python_requests_and_sseclient(self):
        self.check(FOLDER / "venv/bin/python", "run_requests.py")

    def test_python_aiohttp(self):
        self.check(FOLDER / "venv/bin/python", "run_aiohttp.py")

    def test_go(self):
        if not (FOLDER / "commands/go/run").exists():
            self.skipTest("there is no Go here")
        self.check(FOLDER / "commands/go/run")


if __name__ == "__main__":
    unittest.main(verbosity=2)
