"""privitty-edge: what it prints, what it says when it cannot, and its exit codes."""
import json
import os
import shutil
import signal
import subprocess
import threading
import unittest

from gateway import CLI, Gateway, free_port, join, scaled, until

DONE, FAILED, USAGE = 0, 1, 2


def edge(*words, url=None, env=None):
    """Runs it to its end: (exit code, stdout, stderr)."""
    where = ["--url", url] if url else []
    done = subprocess.run([CLI, *where, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          encoding="utf-8", timeout=scaled(60), env={**os.environ, **(env or {})}, check=False)
    return done.returncode, done.stdout, done.stderr


class Talking(unittest.TestCase):
    def setUp(self):
        self.alice = self.enterContext(Gateway("alice"))
        self.bob = self.enterContext(Gateway("bob"))

    def of(self, gateway, *words):
        code, out, err = edge(*words, url=gateway.url)
        self.assertEqual((code, err), (DONE, ""), out)
        return out

    def test_invite_join_send_and_read(self):
        link = self.of(self.alice, "invite").strip()
        self.assertRegex(link, r"^OPENPGP4FPR:[0-9A-F]{64}#a=alice")
        at_alice = self.alice.events()
        joined = json.loads(self.of(self.bob, "--json", "join", "--link", link))
        at_alice.wait("SecurejoinInviterProgress", progress=1000)
        address = self.alice.rpc("get_config", 1, "addr")
        until(lambda: address in self.of(self.bob, "contacts"), what="the contact")
        self.assertIn("is on its way", self.of(self.bob, "send", address, "Hello, Ålice"))
        came = at_alice.wait("IncomingMsg")
        self.assertIn("Hello, Ålice", self.of(self.alice, "messages", came["chat_id"]))
        address = self.alice.rpc("get_contact", 1, self.alice.rpc("get_contact_ids", 1, 0, None)[0])["address"]
        self.assertIn("Hello, Ålice", self.of(self.alice, "messages", address))
        listed = json.loads(self.of(self.bob, "--json", "messages", joined["chat_id"], "-n", "1"))
        self.assertEqual([message["text"] for message in listed], ["Hello, Ålice"])
        self.assertIn("alice", self.of(self.bob, "chats"))

    def test_a_file_is_sent_by_path(self):
        chat_a, _ = join(self.alice, self.bob)
        path = self.alice.folder / "report.csv"
        path.write_text("a;b\n1;2\n")
        at_bob = self.bob.events()
        self.of(self.alice, "send", chat_a, "numbers", "--file", path)
        came = at_bob.wait("IncomingMsg")
        self.assertEqual(self.bob.rpc("get_message", 1, came["msg_id"])["fileName"], "report.csv")
        self.assertEqual(self.bob.http("GET", f"/file/{came['msg_id']}")[2], b"a;b\n1;2\n")

    def test_listen_prints_events_and_goes_on_after_a_restart(self):
        chat_a, chat_b = join(self.alice, self.bob)
        listener = subprocess.Popen([CLI, "--url", self.alice.url, "--json", "listen", "--types", "IncomingMsg"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(iter(listener.stdout.readline, "")), daemon=True)
        reader.start()
        try:
            sent = 0

            def shown():
                nonlocal sent
                self.bob.send(chat_b, f"before {sent}")
                sent += 1
                return lines
            until(shown, what="the first event")  # its stream starts when it starts
            self.alice.restart()
            self.bob.send(chat_b, "after")
            until(lambda: any(json.loads(line)["msg_id"] == self.alice.messages(chat_a)[-1]["id"] for line in lines)
                  and self.alice.texts(chat_a)[-1] == "after", 40, "the event after the restart")
        finally:
            listener.send_signal(signal.SIGINT)
            listener.wait(scaled(10))
            reader.join()
            listener.stdout.close()

    def test_status_health_call_and_version(self):
        self.assertIn(self.alice.rpc("get_config", 1, "addr"), self.of(self.alice, "status"))
        self.assertIn("ok", self.of(self.alice, "health"))
        self.assertEqual(json.loads(self.of(self.alice, "call", "get_config", '[1,"displayname"]')), "alice")
        self.assertRegex(self.of(self.alice, "version"), r"\d+\.\d+\.\d+")


class Complaining(unittest.TestCase):
    def test_no_daemon(self):
        nowhere = f"http://127.0.0.1:{free_port()}"
        for words in (["health"], ["status"], ["invite"], ["send", "12", "x"]):
            code, _, said = edge(*words, url=nowhere)
            self.assertEqual(code, FAILED)
            self.assertIn(nowhere.removeprefix("http://"), said)

    def test_wrong_words(self):
        for words, hint in ((["--help"], None), (["invit"], "invite"), (["frobnicate"], "frobnicate"), (["send"], "TO"),
                            ([], "help"), (["join"], "join"), (["health", "--nosuch"], "nosuch"), (["messages", "x"], "CHAT")):
            code, out, said = edge(*words)
            if hint is None:
                self.assertEqual(code, DONE)
                self.assertRegex(out, r"invite(.|\n)*join(.|\n)*send(.|\n)*listen")
            else:
                self.assertEqual(code, USAGE, words)
                self.assertIn(hint, said)

    def test_words_without_a_place_are_named_in_their_order_and_values_by_their_option(self):
        code, _, said = edge("send", "12", "Hello", "there", "you")
        self.assertEqual(code, USAGE)
        self.assertIn("unexpected arguments 'there' 'you'", said)
        for words, wanted in ((["messages", "abc"], "CHAT: expected a chat's number or a contact's address, not 'abc'"),
                              (["--account", "one", "chats"], "--account: expected a number, not 'one'")):
            code, _, said = edge(*words)
            self.assertEqual(code, USAGE)
            self.assertIn(wanted, said)

    def test_publishing_nothing_says_so(self):
        with Gateway("alice") as alice:
            done = subprocess.run([CLI, "--url", alice.url, "publish"], input="", capture_output=True, text=True,
                                  timeout=scaled(30), check=False)
            self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
            self.assertIn("standard input is empty", done.stderr)
            done = subprocess.run([CLI, "--url", alice.url, "publish"], input="\n", capture_output=True, text=True,
                                  timeout=scaled(30), check=False)
            self.assertEqual(done.returncode, DONE, done.stderr)

    def test_what_the_daemon_refuses_is_passed_on(self):
        with Gateway("alice") as alice:
            for words in (["send", "999", "x"], ["send", "nobody@nowhere", "x"], ["join", "hello"],
                          ["call", "no_such_method"], ["call", "get_config", "[1]"], ["call", "get_config", "nonsense"]):
                with self.subTest(words):
                    code, out, said = edge(*words, url=alice.url)
                    self.assertEqual((code, out), (FAILED, ""), said)
                    self.assertGreater(len(said.strip()), len("privitty-edge: ") + 10)


class Rekey(unittest.TestCase):
    def test_the_key_is_changed_and_the_old_one_opens_nothing(self):
        gateway = self.enterContext(Gateway("alice"))
        chat = gateway.rpc("create_chat_by_contact_id", 1, 1)
        gateway.send(chat, "keep me")
        code, _, said = edge("--accounts", gateway.accounts, "rekey")
        self.assertEqual(code, FAILED, "not while the daemon runs")
        self.assertIn(str(gateway.process.pid), said)
        self.assertEqual(gateway.stop(), 0)
        old = gateway.folder / "old.key"
        shutil.copy(gateway.accounts / "master.key", old)
        code, out, said = edge("--accounts", gateway.accounts, "rekey")
        self.assertEqual(code, DONE, out + said)
        self.assertIn("new key", out)
        self.assertNotEqual((gateway.accounts / "master.key").read_text(), old.read_text())
        phrase = gateway.folder / "phrase"
        phrase.write_text("a long and good one\n")
        code, out, said = edge("--accounts", gateway.accounts, "rekey", "--new-passphrase-file", phrase)
        self.assertEqual(code, DONE, out + said)
        code, _, said = edge("--accounts", gateway.accounts, "rekey", "--passphrase-file", phrase)
        self.assertEqual(code, FAILED, "the same passphrase again is no change")
        self.assertIn("--new-passphrase-file", said)
        gateway.flags = ["--passphrase-file", str(phrase)]
        gateway.start()
        self.assertEqual(gateway.texts(chat), ["keep me"])
        self.assertEqual(gateway.stop(), 0)
        gateway.flags = ["--key-file", str(old)]
        with self.assertRaises(AssertionError):
            gateway.start()
        self.assertTrue(any("key" in line for line in gateway.log[-3:]))
        new = gateway.folder / "new.key"
        nowhere = gateway.folder / "nonesuch" / "new.key"
        code, _, said = edge("--accounts", gateway.accounts, "rekey", "--passphrase-file", phrase, "--new-key-file", nowhere)
        self.assertEqual(code, FAILED)
        self.assertIn(f"there is no folder {nowhere.parent}", said)
        code, out, said = edge("--accounts", gateway.accounts, "rekey", "--passphrase-file", phrase, "--new-key-file", new)
        self.assertEqual(code, DONE, out + said)
        self.assertEqual(new.stat().st_mode & 0o777, 0o600)
        gateway.flags = ["--key-file", str(new)]
        gateway.start()
        self.assertEqual(gateway.texts(chat), ["keep me"])


if __name__ == "__main__":
    unittest.main()
