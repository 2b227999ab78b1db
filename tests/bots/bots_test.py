"""Bots of other people's libraries with this daemon in the place of deltachat-rpc-server, unchanged: each
echoes what a contact of another daemon sends it, text and file, and does so again after a restart.

Run by scripts/bot-check, which installs the libraries into CLIENTS_DIR.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from gateway import scaled, until  # noqa: E402
from rpc_server import RpcServer, link_in  # noqa: E402

PACKAGES = pathlib.Path(os.environ["CLIENTS_DIR"])
PYTHON = str(PACKAGES / "venv/bin/python")


class Bot:
    """A bot's process; `link` is the first line that it prints that is an invite."""

    def __init__(self, command, folder):
        env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "DC_ACCOUNTS_PATH": str(folder / "accounts"),
               "NODE_PATH": str(PACKAGES / "node_modules"), "XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "4000"}
        self.process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self.reader.start()

    def link(self):
        def found():
            words = [word for line in list(self.lines) for word in line.split() if word.startswith("OPENPGP4FPR:")]
            if not words and self.process.poll() is not None:
                raise AssertionError("the bot ended: " + "".join(self.lines))
            return words[0] if words else None
        return until(found, 60, "the bot's link")

    def stop(self):
        """Ends it with the server that it started."""
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(scaled(10))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class Echo(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="edge-bot-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        link_in(self.folder)
        self.user = self.enterContext(RpcServer())
        self.account = self.user.account("user@edge")

    def echoes(self, chat, text, file=None):
        since = len(self.user.events)
        self.user.call("send_msg", self.account, chat, {"text": text, "file": file})
        end, _ = self.user.wait(self.account, "IncomingMsg", since, seconds=60, chatId=chat)
        message = self.user.call("get_message", self.account, self.user.events[end][1]["msgId"])
        self.assertEqual(text, message["text"])
        if file:
            self.assertEqual(pathlib.Path(file).read_bytes(), pathlib.Path(message["file"]).read_bytes())

    def converse(self, command, before_start=()):
        for setup in before_start:
            done = Bot(setup, self.folder)
            code = done.process.wait(scaled(60))
            done.reader.join()
            done.process.stdout.close()
            self.assertEqual(0, code, "".join(done.lines))
        bot = Bot(command, self.folder)
        try:
            chat = self.user.call("secure_join", self.account, bot.link())
            self.user.wait(self.account, "SecurejoinJoinerProgress", progress=1000, seconds=60)
            self.echoes(chat, "Hello")
            report = self.folder / "report.txt"
            report.write_text("pump 3 runs hot\n" * 1000)
            self.echoes(chat, "the report", str(report))
        finally:
            bot.stop()
        bot = Bot(command, self.folder)
        try:
            bot.link()
            self.echoes(chat, "still there?")
        finally:
            bot.stop()

    def test_deltachat_rpc_client(self):
        self.converse([PYTHON, str(HERE / "echo_rpc_client.py")])

    def test_deltabot_cli_by_an_account_link(self):
        bot = [PYTHON, str(HERE / "echo_deltabot.py"), "-c", "config"]
        self.converse([*bot, "serve"], [[*bot, "init", "dcaccount:edge"], [*bot, "link"]])

    def test_deltabot_cli_by_an_address(self):
        bot = [PYTHON, str(HERE / "echo_deltabot.py"), "-c", "config"]
        self.converse([*bot, "serve"], [[*bot, "init", "echo@edge", "password"], [*bot, "list"], [*bot, "admin"]])

    def test_jsonrpc_client_over_stdio(self):
        self.converse(["node", str(HERE / "echo_jsonrpc.cjs")])


class CorePrograms(unittest.TestCase):
    def test_a_folder_that_is_none_of_ours_is_reported_by_the_client(self):
        """What core's client tests of its own server."""
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            link_in(folder)
            (folder / "file").write_text("not a folder")
            (folder / "other").mkdir()
            (folder / "other" / "letter.txt").write_text("Dear")
            program = ("import sys\nfrom deltachat_rpc_client import Rpc\nfrom deltachat_rpc_client.rpc import JsonRpcError\n"
                       "for name in ('file', 'other'):\n"
                       "    try:\n        Rpc(accounts_dir=name, rpc_server_path=sys.argv[1]).start()\n"
                       "    except JsonRpcError as error:\n        assert 'directory' in str(error), error\n"
                       "    else:\n        raise SystemExit('it started')\n")
            done = subprocess.run([PYTHON, "-c", program, str(folder / "deltachat-rpc-server")], cwd=folder, text=True,
                                  capture_output=True, timeout=scaled(60))
            self.assertEqual(0, done.returncode, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
