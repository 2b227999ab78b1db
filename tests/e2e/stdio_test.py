"""--stdio: JSON-RPC over the daemon's own input and output, as Delta Chat's server speaks it."""
import contextlib
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import unittest

from gateway import DAEMON, scaled


class Stdio(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="edge-stdio-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.runtime = self.folder / "runtime"
        self.runtime.mkdir()
        self.number = 0
        self.env = {}

    def start(self, output=subprocess.PIPE):
        env = {**os.environ, "XDG_RUNTIME_DIR": str(self.runtime), **self.env}
        process = subprocess.Popen([DAEMON, "--accounts", str(self.folder / "accounts"), "--stdio"], stdin=subprocess.PIPE, stdout=output,
                                   stderr=subprocess.DEVNULL, env=env, text=True)
        if process.stdout:
            self.addCleanup(process.stdout.close)
        self.addCleanup(self.close, process.stdin)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def close(pipe):
        with contextlib.suppress(BrokenPipeError):  # what was said last was to nobody
            pipe.close()

    def call(self, process, method, *params):
        self.number += 1
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        self.assertEqual(self.number, answer["id"])
        self.assertIn("result", answer, answer)
        return answer["result"]

    def end(self, process):
        process.stdin.close()
        self.assertEqual(0, process.wait(scaled(20)))

    def send_report(self, process):
        if not self.call(process, "get_all_account_ids"):
            self.call(process, "configure", self.call(process, "add_account"))
        source = self.folder / "report.csv"
        source.write_bytes(b"pressure;7.1\n" * 20000)
        return self.call(process, "send_msg", 1, 10, {"file": str(source)}), source.read_bytes()

    def test_a_message_s_file_can_be_opened_and_is_gone_at_the_end(self):
        process = self.start()
        message, plain = self.send_report(process)
        self.assertEqual([], list(self.runtime.iterdir()), "the folder is made for the first file")
        file = pathlib.Path(self.call(process, "get_message", 1, message)["file"])
        self.assertEqual(plain, file.read_bytes())
        self.assertEqual("report.csv", file.name)
        self.assertEqual(0o600, stat.S_IMODE(file.stat().st_mode))
        [shelf] = self.runtime.iterdir()
        self.assertEqual(0o700, stat.S_IMODE(shelf.stat().st_mode))
        loaded = self.call(process, "get_messages", 1, [message])
        self.assertEqual(str(file), loaded[str(message)]["file"])
        again = self.call(process, "send_msg", 1, 10, {"file": str(file)})  # a path from an answer is good
        self.assertEqual("report.csv", self.call(process, "get_message", 1, again)["fileName"])
        self.end(process)
        self.assertEqual([], list(self.runtime.iterdir()))

    def test_answers_that_cannot_be_written_are_a_failure(self):
        for full in (False, True):
            with self.subTest(full=full), open("/dev/full", "w") as sink:
                process = self.start(sink if full else subprocess.PIPE)
                if not full:
                    self.call(process, "get_all_account_ids")
                    process.stdout.close()
                with contextlib.suppress(BrokenPipeError):
                    print('{"jsonrpc":"2.0","id":1,"method":"get_all_account_ids"}', file=process.stdin, flush=True)
                self.assertEqual(1, process.wait(scaled(20)))

    def test_what_a_killed_copy_left_behind_is_emptied_at_the_next_start(self):
        process = self.start()
        message, _ = self.send_report(process)
        file = pathlib.Path(self.call(process, "get_message", 1, message)["file"])
        process.kill()
        process.wait()
        self.assertTrue(file.exists())
        process = self.start()
        self.call(process, "get_system_info")
        self.assertFalse(file.exists())
        self.end(process)

    def shelf_of(self, process):
        """The folder of laid out files, seen by a file in it."""
        message, plain = self.send_report(process)
        file = pathlib.Path(self.call(process, "get_message", 1, message)["file"])
        self.assertEqual(plain, file.read_bytes())
        return file.parent.parent

    def test_nobody_else_can_prepare_or_exchange_the_folder(self):
        names = set()
        for _ in range(2):
            process = self.start()
            names.add(self.shelf_of(process).name)
            self.end(process)
        self.assertEqual(2, len(names), "its name can be known before")
        # A runtime folder that others may write to is not used, and of other places only a sticky one.
        self.runtime.chmod(0o777)
        place = self.folder / "tmp"
        place.mkdir()
        place.chmod(0o1777)
        self.env = {"TMPDIR": str(place)}
        process = self.start()
        self.assertEqual(place, self.shelf_of(process).parent)
        self.end(process)
        self.assertEqual([], list(place.iterdir()))
        place.chmod(0o777)
        process = self.start()
        self.assertEqual(1, process.wait(scaled(20)))

    def test_what_a_killed_copy_recorded_is_removed_only_where_it_is_a_folder(self):
        precious = self.folder / "precious"
        precious.mkdir()
        (precious / "file").write_text("keep me")
        process = self.start()
        shelf = self.shelf_of(process)
        process.kill()
        process.wait()
        shutil.rmtree(shelf)
        shelf.symlink_to(precious)  # whoever came after it
        process = self.start()
        self.call(process, "get_system_info")
        self.end(process)
        self.assertEqual("keep me", (precious / "file").read_text())
        self.assertTrue(shelf.is_symlink())


if __name__ == "__main__":
    unittest.main()
