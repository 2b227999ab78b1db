"""WebSocket clients of other people against the real daemon; scripts/client-check installs the packages and runs this."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from gateway import Gateway, free_port, scaled  # noqa: E402

FOLDER = pathlib.Path(os.environ["CLIENTS_DIR"])


class WebSockets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.edge = Gateway("edge", port=free_port())
        cls.addClassCleanup(cls.edge.remove)
        cls.edge.start()

    def run_client(self, *command):
        done = subprocess.run([*map(str, command), f"ws://127.0.0.1:{self.edge.port}/ws"], cwd=FOLDER / "websockets",
                              capture_output=True, text=True, timeout=scaled(60))
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_the_client_of_delta_chat_over_its_own_websocket(self):
        seen = self.run_client("node", "yerpc.mjs")
        self.assertEqual((seen["text"], seen["changed"]), ("over a WebSocket", [seen["account"], seen["chat"]]))
        self.assertIn("4000000", seen["refused"])

    def test_pythons_websockets(self):
        self.assertEqual(self.run_client(FOLDER / "venv/bin/python", "calls.py"),
                         {"names": ["edge"], "quick ones first": True, "event": "MsgsChanged", "large": 200_000})


if __name__ == "__main__":
    unittest.main(verbosity=2)
