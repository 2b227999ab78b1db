"""privitty-edge: what it takes from standard input, files and the shell, and output that cannot be written."""
import os
import subprocess
import unittest

from cli import DONE, FAILED, USAGE, edge
from gateway import CLI, Gateway, scaled, until


class Input(unittest.TestCase):
    def setUp(self):
        self.alice = self.enterContext(Gateway("alice"))
        self.chat = self.alice.rpc("create_chat_by_contact_id", 1, 1)

    def send(self, *words, given):
        done = subprocess.run([CLI, "--url", self.alice.url, "send", str(self.chat), *words], input=given,
                              capture_output=True, timeout=scaled(60), check=False)
        return done.returncode, done.stderr.decode()

    def test_a_dash_sends_standard_input(self):
        for given, text in ((b"line 1\nline 2\n", "line 1\nline 2"), (b"one\r\n", "one"), (b"-\n", "-"),
                            ("\ufeffÖl".encode(), "Öl"), (b"\n\n", "\n")):
            with self.subTest(given):
                self.assertEqual(self.send("-", given=given), (DONE, ""))
                self.assertEqual(self.alice.texts(self.chat)[-1], text)

    def test_what_is_no_text_is_not_sent(self):
        for given, words in ((b"", "standard input is empty"), (b"\n", "holds no text"), (b"\xff\xfe", "not UTF-8"),
                             (b"x" * (256 * 1024 + 1), "more than 256 KiB: send it as a file")):
            with self.subTest(words):
                code, said = self.send("-", given=given)
                self.assertEqual(code, FAILED)
                self.assertIn(words, said)
        code, said = self.send(b"caf\xe9", given=b"")
        self.assertEqual(code, FAILED)
        self.assertIn("TEXT is not UTF-8", said)
        self.assertEqual(self.alice.texts(self.chat), [])

    def test_keys_are_read_without_what_editors_and_shells_add(self):
        keys = self.alice.folder / "keys.json"
        key = edge("keys", "--api-keys", keys, "add", "cli", "--scope", "admin")[1].strip()
        keys.write_bytes(b"\xef\xbb\xbf" + keys.read_bytes())
        self.alice.stop()
        self.alice.flags = ["--api-keys", str(keys)]
        self.alice.start()
        self.assertEqual(edge("chats", url=self.alice.url)[0], FAILED, "without a key")
        file = self.alice.folder / "key"
        for text in (f"{key}\n", f"{key}\r\n", f"\ufeff{key}\r\n", f" {key} \n", key):
            with self.subTest(text):
                file.write_bytes(text.encode())
                self.assertEqual(edge("--api-key-file", file, "chats", url=self.alice.url)[::2], (DONE, ""))
                self.assertEqual(edge("chats", url=self.alice.url, env={"PRIVITTY_API_KEY": text})[::2], (DONE, ""))
        code, _, said = edge("chats", url=self.alice.url, env={"PRIVITTY_API_KEY": f"{key}\nX-Other: 1"})
        self.assertEqual(code, FAILED)
        self.assertIn("PRIVITTY_API_KEY holds more than one line", said)
        self.assertEqual(edge("--api-key-file", file, "chats", env={"PRIVITTY_URL": self.alice.url + "\r\n"})[0], DONE)

    def test_a_home_folder_that_no_shell_expanded_is_refused(self):
        for words in (["--api-key-file=~/key", "chats"], ["--accounts=~/edge", "repair"], ["send", "1", "--file=~/a.txt"],
                      ["keys", "--api-keys=~/keys.json", "list"], ["rekey", "--new-key-file=~/new.key"]):
            code, out, said = edge(*words, url=self.alice.url)
            self.assertEqual((code, out), (USAGE, ""), words)
            self.assertIn("no shell has put a home folder in the place of ~", said)
            self.assertNotIn("did you mean", said)
        code, _, said = edge("keys", "list", env={"PRIVITTY_API_KEYS_FILE": "~/keys.json"})
        self.assertEqual(code, FAILED)
        self.assertIn("PRIVITTY_API_KEYS_FILE: no shell", said)

    def test_names_of_keys_are_plain(self):
        for name in ("a\u202eb", " ", "\u200b", "a\nb"):
            code, _, said = edge("keys", "--api-keys", self.alice.folder / "k.json", "add", name, "--scope", "admin")
            self.assertEqual(code, FAILED)
            self.assertIn("NAME: expected", said)


class Output(unittest.TestCase):
    """What could not be printed makes a failure of every command."""

    def setUp(self):
        self.alice = self.enterContext(Gateway("alice"))

    def run_into(self, out, *words):
        done = subprocess.run([CLI, "--url", self.alice.url, *words], stdin=subprocess.DEVNULL, stdout=out,
                              stderr=subprocess.PIPE, timeout=scaled(60), check=False)
        return done.returncode, done.stderr.decode()

    def test_a_full_disk_under_the_output(self):
        keys = str(self.alice.folder / "keys.json")
        edge("keys", "--api-keys", keys, "add", "one", "--scope", "admin")
        for words in (["status"], ["health"], ["invite"], ["contacts"], ["chats"], ["call", "get_system_info"], ["version"],
                      ["--version"], ["--help"], ["keys", "--api-keys", keys, "list"], ["--json", "chats"],
                      ["--accounts", str(self.alice.accounts), "fingerprint"]):
            with self.subTest(words), open("/dev/full", "wb") as full:
                code, said = self.run_into(full, *words)
                self.assertEqual(code, FAILED)
                self.assertIn("standard output cannot be written", said)

    def test_a_closed_output_is_not_some_other_file(self):
        done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", CLI, "--url", self.alice.url, "chats"], stderr=subprocess.PIPE,
                              timeout=scaled(60), check=False)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn(b"standard output cannot be written", done.stderr)

    def test_listen_ends_when_nobody_reads_it_any_more(self):
        reading, writing = os.pipe()
        with subprocess.Popen([CLI, "--url", self.alice.url, "listen"], stdout=writing, stderr=subprocess.PIPE) as listener:
            os.close(writing)
            # A stream begins with its position; only then is it known to be open.
            until(lambda: "privitty_event_subscribers 1" in self.alice.http("GET", "/metrics")[2].decode(), what="the stream")
            os.close(reading)
            self.assertEqual(listener.wait(scaled(30)), FAILED, "with no event at all")
            self.assertIn(b"nobody reads it any more", listener.stderr.read())

    def test_listen_ends_on_a_full_disk(self):
        chat = self.alice.rpc("create_chat_by_contact_id", 1, 1)
        with open("/dev/full", "wb") as full, subprocess.Popen([CLI, "--url", self.alice.url, "listen"], stdout=full,
                                                               stderr=subprocess.PIPE) as listener:
            def ended():
                self.alice.send(chat, "something to tell")
                return listener.poll() is not None
            until(ended, what="listen's end")
            self.assertEqual(listener.returncode, FAILED)
            self.assertIn(b"standard output cannot be written", listener.stderr.read())


if __name__ == "__main__":
    unittest.main()
