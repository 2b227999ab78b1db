"""privitty-edge: what it says when it cannot, and its exit codes."""
import http.server
import json
import subprocess
import threading
import unittest

from cli import DONE, FAILED, USAGE, edge
from gateway import CLI, Gateway, free_port, scaled


class Complaining(unittest.TestCase):
    def test_no_daemon(self):
        nowhere = f"http://127.0.0.1:{free_port()}"
        for words in (["health"], ["status"], ["invite"], ["send", "12", "x"]):
            code, _, said = edge(*words, url=nowhere)
            self.assertEqual(code, FAILED)
            self.assertIn(nowhere.removeprefix("http://"), said)

    def test_another_program_at_the_address(self):
        class Other(http.server.BaseHTTPRequestHandler):
            answer = b""

            def do_GET(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(200)
                self.send_header("Content-Length", str(len(self.answer)))
                self.end_headers()
                self.wfile.write(self.answer)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}"
            for answer in (b'{"service":1,"version":[]}', b'{"id":1,"result":[7,"x"]}', b'{"id":1,"result":{"id":7,"name":[]}}',
                           b'{"id":1,"result":"x"}', b'{"id":1,"error":{"code":"x","message":5}}', b"[{}]", b"<html>"):
                Other.answer = answer
                for words in (["health"], ["status"], ["contacts"], ["chats"], ["messages", "10"], ["send", "10", "x"], ["version"],
                              ["run", "p", "--", "x"]):
                    code, _, said = edge(*words, url=url)
                    self.assertIn(code, (DONE, FAILED, 125), (answer, words, said))
                    self.assertTrue(said.startswith("privitty-edge: ") or code == DONE, (answer, words, said))
            server.shutdown()

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

    def test_help_tells_what_holds_without_a_flag(self):
        for words, values in (([], ["--url TEXT=http://127.0.0.1:7200", "PRIVITTY_URL", "--account UINT=1"]),
                              (["messages"], ["--last UINT=50"]), (["publish"], ["--channel TEXT=default"]),
                              (["license", "serve"], ["--listen TEXT=127.0.0.1:7400"])):
            code, out, _ = edge(*words, "--help", env={"PRIVITTY_URL": ""})
            self.assertEqual(code, DONE)
            for value in values:
                self.assertIn(value, out, words)

    def test_publishing_nothing_says_so(self):
        with Gateway("alice") as alice:
            done = subprocess.run([CLI, "--url", alice.url, "publish"], input="", capture_output=True, text=True,
                                  timeout=scaled(30), check=False)
            self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
            self.assertIn("standard input is empty", done.stderr)
            done = subprocess.run([CLI, "--url", alice.url, "publish"], input="\n", capture_output=True, text=True,
                                  timeout=scaled(30), check=False)
            self.assertEqual(done.returncode, DONE, done.stderr)

    def test_a_number_that_is_none_names_the_command_that_lists(self):
        with Gateway("alice") as alice:
            chat = alice.rpc("create_group_chat", 1, "Pump crew", False)
            for words in (["send", 99, "x"], ["messages", 99], ["groups", "members", 99], ["groups", "leave", 99],
                          ["groups", "rename", 99, "x"], ["search", "--chat", 99, "x"], ["listen", "--chat", 99]):
                self.refused(alice, words, "privitty-edge chats lists them")
            for words in (["groups", "add", chat, 77], ["groups", "make", "X", 77], ["groups", "remove", chat, 77]):
                self.refused(alice, words, "privitty-edge contacts lists them")
            for words in (["reply", 99, "x"], ["react", 99, "👍"], ["edit", 99, "x"], ["delete", 99], ["delete", "--for-all", 99]):
                self.refused(alice, words, "privitty-edge messages CHAT")
            for words in (["status"], ["invite"], ["contacts"], ["chats"], ["messages", 10], ["send", 10, "x"], ["listen"],
                          ["groups", "list"], ["search", "x"], ["groups", "make", "X"],
                          ["backup", "--no-passphrase", alice.folder / "b.pvebak"]):
                self.refused(alice, ["--account", 7, *words], "account 7 not found", "privitty-edge accounts lists them")
            second = alice.rpc("add_account")
            self.refused(alice, ["--account", second, "send", 99, "x"], f"privitty-edge --account {second} chats lists them")
            for words in (["send", 0, "x"], ["send", "", "x"], ["messages", ""], ["groups", "add", chat, 0]):
                self.refused(alice, words, "expected a number from 1")
            code, out, _ = edge("accounts", url=alice.url)
            self.assertEqual(code, DONE)
            self.assertIn(alice.rpc("get_config", 1, "addr"), out)
            self.assertEqual(json.loads(edge("--json", "accounts", url=alice.url)[1])[0]["id"], 1)

    def refused(self, gateway, words, *hints):
        with self.subTest(words):
            code, out, said = edge(*words, url=gateway.url)
            self.assertEqual((code, out), (FAILED, ""))
            for hint in hints:
                self.assertIn(hint, said)

    def test_what_is_empty_or_missing_is_named(self):
        with Gateway("alice") as alice:
            absent = alice.folder / "absent"
            for words, code, hint in ((["search", ""], USAGE, "search needs a text"),
                                      (["groups", "bogus"], USAGE, "there is no command 'groups bogus'; groups needs one of: list, "),
                                      (["--json", "keys", "bogus"], USAGE, "there is no command 'keys bogus'; keys needs one of: add, "),
                                      (["send", 12, " \n "], USAGE, "send needs a text"),
                                      (["groups"], USAGE, "groups needs one of: list, "),
                                      (["messages", 10, "-n", 0], USAGE, "--last: expected a number from 1"),
                                      (["search", "x", "-n=-1"], USAGE, "--last: expected a number from 1"),
                                      (["license", "serve", "--key", absent], FAILED, "No such file"),
                                      (["backup", ""], USAGE, "FILE: expected a path"),
                                      (["restore", ""], USAGE, "FILE: expected a path"),
                                      (["backup", "b", "--passphrase-file", "p", "--no-passphrase"], USAGE, "excludes"),
                                      (["keys", "--api-keys", absent, "list"], FAILED, f"there is no file {absent}"),
                                      (["keys", "--api-keys", absent, "revoke", "x"], FAILED, f"there is no file {absent}"),
                                      (["--api-key-file", absent, "chats"], FAILED, "No such file"),
                                      (["backup", "b", "--passphrase-file", absent], FAILED, "No such file")):
                with self.subTest(words):
                    got, out, said = edge(*words, url=alice.url)
                    self.assertEqual((got, out), (code, ""))
                    self.assertIn(hint, said)
            self.assertFalse(absent.exists())
            code, out, said = edge("chats", url=alice.url.replace("http:", "https:"))
            self.assertEqual((code, out), (FAILED, ""))
            self.assertIn("speaks no https", said)

    def test_a_license_without_its_issuer_is_not_called_needless(self):
        with Gateway("alice") as alice:
            code, _, said = edge("--accounts", alice.accounts, "license", "activate", "http://127.0.0.1:1/")
            self.assertEqual(code, FAILED)
            self.assertIn("the same as the daemon's --license-issuer", said)
            self.assertNotIn("none is needed", said)
            self.assertIn("no issuer is named here", edge("--accounts", alice.accounts, "license", "status")[1])

    def test_what_the_daemon_refuses_is_passed_on(self):
        with Gateway("alice") as alice:
            for words in (["send", "999", "x"], ["send", "nobody@nowhere", "x"], ["join", "hello"],
                          ["call", "no_such_method"], ["call", "get_config", "[1]"], ["call", "get_config", "nonsense"]):
                with self.subTest(words):
                    code, out, said = edge(*words, url=alice.url)
                    self.assertEqual((code, out), (FAILED, ""), said)
                    self.assertGreater(len(said.strip()), len("privitty-edge: ") + 10)


if __name__ == "__main__":
    unittest.main()
