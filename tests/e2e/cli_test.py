"""privitty-edge: what it prints, what it says when it cannot, and its exit codes."""
import http.server
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

    def test_replies_reactions_edits_and_deletion(self):
        chat_a, chat_b = join(self.alice, self.bob)
        at_bob = self.bob.events()

        def came(*words):
            out = self.of(self.alice, *words)
            return at_bob.wait("IncomingMsg")["msg_id"], out
        first, _ = came("send", chat_a, "Pump 3 runs hot")
        answer = json.loads(self.of(self.bob, "--json", "reply", first, "On my way"))
        self.assertEqual(answer["chat_id"], chat_b)
        until(lambda: "On my way" in self.alice.texts(chat_a), what="the reply")
        reply = self.alice.messages(chat_a)[-1]
        self.assertEqual(reply["quote"]["text"], "Pump 3 runs hot")
        mine = self.alice.messages(chat_a)[0]["id"]

        def reactions():
            found = self.alice.rpc("get_message_reactions", 1, mine)
            return [one["emoji"] for one in found["reactions"]] if found else []
        self.assertIn("has your reaction", self.of(self.bob, "react", first, "👍", "🎉"))
        until(lambda: sorted(reactions()) == sorted(["👍", "🎉"]), what="the reactions")
        self.assertIn("taken back", self.of(self.bob, "react", first))
        until(lambda: not reactions(), what="the end of the reactions")
        self.assertIn("another text", self.of(self.alice, "edit", mine, "Pump 4 runs hot"))
        until(lambda: "Pump 4 runs hot" in self.bob.texts(chat_b), what="the other text")
        code, _, said = edge("edit", first, "mine now", url=self.bob.url)
        self.assertEqual(code, FAILED, said)
        self.assertIn("deleted here\n", self.of(self.bob, "delete", answer["msg_id"]))
        self.assertNotIn("On my way", self.bob.texts(chat_b))
        self.assertIn("On my way", self.alice.texts(chat_a))
        self.assertIn("for all", self.of(self.alice, "delete", "--for-all", mine))
        until(lambda: "Pump 4 runs hot" not in self.bob.texts(chat_b), what="the deletion")
        for words in (["reply", first], ["react"], ["delete"], ["edit", first]):
            self.assertEqual(edge(*words, url=self.bob.url)[0], USAGE, words)

    def test_search(self):
        chat_a, _ = join(self.alice, self.bob)
        for i in range(3):
            self.of(self.alice, "send", chat_a, f"Pump {i} runs hot")
        notes = self.alice.rpc("create_chat_by_contact_id", 1, 1)
        self.of(self.alice, "send", notes, "a hot note\nof two lines")
        lines = self.of(self.alice, "search", "HOT").splitlines()
        self.assertEqual(lines[0].split(), ["MESSAGE", "TIME", "CHAT", "FROM", "TEXT"])
        self.assertEqual(len(lines), 5)
        self.assertIn(r"a hot note\nof two lines", lines[1])
        self.assertIn("Pump 0", lines[4])
        at = lines[0].index("TEXT")
        self.assertTrue(all(line[at - 1] == " " != line[at] for line in lines), lines)
        found = json.loads(self.of(self.alice, "--json", "search", "--chat", chat_a, "-n", "2", "hot"))
        self.assertEqual([one["message"] for one in found], ["Pump 2 runs hot", "Pump 1 runs hot"])
        self.assertIn("the newest 2 of 4", self.of(self.alice, "search", "-n", "2", "hot"))
        self.assertIn("no message holds 'cold'", self.of(self.alice, "search", "cold"))

    def test_groups(self):
        join(self.alice, self.bob)
        self.assertIn("no groups yet", self.of(self.alice, "groups", "list"))
        bob = self.alice.rpc("get_contact_ids", 1, 0, None)[0]
        address = self.bob.rpc("get_config", 1, "addr")
        made = json.loads(self.of(self.alice, "--json", "groups", "make", "Pump crew", address))["chat_id"]
        self.of(self.alice, "send", made, "first")

        def at_bob():
            return json.loads(self.of(self.bob, "--json", "groups", "list"))
        until(lambda: [(one["name"], one["selfInGroup"]) for one in at_bob()] == [("Pump crew", True)], what="the group")
        listed = self.of(self.alice, "groups", "list").splitlines()
        self.assertEqual(listed[1].split(None, 4), [str(made), "group", "2", "yes", "Pump crew"])
        members = self.of(self.alice, "groups", "members", made).splitlines()
        self.assertEqual(members[0].split(), ["CONTACT", "NAME", "ADDRESS"])
        self.assertIn(address, "\n".join(members))
        self.of(self.alice, "groups", "rename", made, "Night shift")
        until(lambda: [one["name"] for one in at_bob()] == ["Night shift"], what="the name")
        self.of(self.alice, "groups", "remove", made, bob)
        until(lambda: [one["selfInGroup"] for one in at_bob()] == [False], what="the removal")
        self.of(self.alice, "groups", "add", made, bob)
        self.of(self.alice, "send", made, "again")
        until(lambda: [one["selfInGroup"] for one in at_bob()] == [True], what="the way back")
        self.of(self.bob, "groups", "leave", at_bob()[0]["id"])
        until(lambda: [one["selfInGroup"] for one in at_bob()] == [False], what="the leave")
        channel = json.loads(self.of(self.alice, "--json", "groups", "make", "--channel", "Alarms"))["chat_id"]
        self.assertIn("channel", next(line for line in self.of(self.alice, "groups", "list").splitlines()
                                      if line.startswith(str(channel))))
        # A contact that is none makes no group.
        code, _, said = edge("groups", "make", "Nobody", "nobody@nowhere", url=self.alice.url)
        self.assertEqual(code, FAILED)
        self.assertIn("nobody@nowhere", said)
        stranger = self.alice.rpc("create_contact", 1, "by-mail@b.c", "by mail alone")
        for contact, words in ((777, "contacts lists them"), (stranger, "cannot be added")):
            code, _, said = edge("groups", "make", "Nobody", bob, contact, url=self.alice.url)
            self.assertEqual(code, FAILED)
            self.assertIn(words, said)
        self.assertNotIn("Nobody", self.of(self.alice, "groups", "list"))
        self.assertEqual(edge("groups", url=self.alice.url)[0], USAGE)

    def test_an_invite_is_drawn(self):
        drawn = self.of(self.alice, "invite", "--qr")
        self.assertIn("OPENPGP4FPR", drawn)
        self.assertGreater(sum(block in drawn for block in "█▀▄"), 1)

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
