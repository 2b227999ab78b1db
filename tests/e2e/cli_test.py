"""privitty-edge: its commands, and what they print."""
import json
import shutil
import signal
import subprocess
import threading
import unittest

from cli import DONE, FAILED, USAGE, edge
from gateway import CLI, Gateway, join, scaled, until


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

    def test_pins(self):
        chat_a, chat_b = join(self.alice, self.bob)
        self.assertIn("nothing is pinned", self.of(self.bob, "pins", chat_b))
        self.of(self.alice, "send", chat_a, "Gate code 4711")
        until(lambda: "Gate code 4711" in self.bob.texts(chat_b), what="the text")
        mine = next(one["id"] for one in self.alice.messages(chat_a) if one["text"] == "Gate code 4711")
        self.assertIn("is pinned\n", self.of(self.alice, "pin", mine))
        until(lambda: "Gate code 4711" in self.of(self.bob, "pins", chat_b), what="the pin")
        self.assertEqual([one["id"] for one in json.loads(self.of(self.alice, "--json", "pins", chat_a))], [mine])
        self.assertIn("no more\n", self.of(self.alice, "unpin", mine))
        until(lambda: "nothing is pinned" in self.of(self.bob, "pins", chat_b), what="the end of the pin")

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
        code, _, said = edge("groups", "add", made, bob, url=self.alice.url)
        self.assertEqual(code, FAILED)
        self.assertIn(f"contact {bob} is a member already of chat {made}", said)
        self.of(self.alice, "groups", "remove", made, bob)
        code, _, said = edge("groups", "remove", made, bob, url=self.alice.url)
        self.assertEqual(code, FAILED)
        self.assertIn(f"contact {bob} is no member of chat {made}", said)
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

    def test_an_account_without_an_address_is_not_connected(self):
        waiting = self.enterContext(Gateway("waiting", env={"PRIVITTY_MAIL_ACCOUNT": "dcaccount:relay.invalid"}))
        self.assertEqual(waiting.rpc("get_connectivity", 1), 1000)
        self.assertIn("no address yet", self.of(waiting, "status"))
        self.assertIn("no address yet", waiting.rpc("get_connectivity_html", 1))


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
