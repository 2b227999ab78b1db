"""The four documented programs, byte for byte as users run them, against a gateway on port 7200."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import unittest

from gateway import ROOT, Gateway, join, scaled, until

CLIENTS = ROOT / "tests/clients"


class Program:
    """One of the programs, running; `lines` grows with what it prints."""

    def __init__(self, *command):
        self.lines = []
        self.process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            encoding="utf-8", start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def text(self):
        return "\n".join(self.lines)

    def wait(self, pattern):
        return until(lambda: re.search(pattern, self.text()), 20, f"/{pattern}/ in:\n{self.text()}\n")

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, 15)  # the shell and its curl, both ours
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class Clients(unittest.TestCase):
    def setUp(self):
        for tool in ("curl", "jq", "bash"):
            self.assertTrue(shutil.which(tool), f"{tool} is missing: scripts/setup installs it")
        try:
            self.edge = self.enterContext(Gateway("gateway01", port=7200))
        except AssertionError as failure:
            self.fail(f"the programs name port 7200 and it is not to be had: {failure}")
        self.peer = self.enterContext(Gateway("peer"))
        self.chat, self.peer_chat = join(self.edge, self.peer)

    def start(self, *command):
        """Starts a program that listens, and waits until the daemon streams to it."""
        before = self.listeners()
        program = Program(*command)
        self.addCleanup(program.end)
        until(lambda: self.listeners() > before, what="the program's connection")
        # Its request may still be under way: messages are sent until the first one shows.
        return program

    def listeners(self):
        """Established connections to port 7200 in this network namespace."""
        count = 0
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            try:
                rows = pathlib.Path(table).read_text().splitlines()[1:]
            except OSError:
                continue
            count += sum(1 for row in rows if row.split()[1].endswith(":1C20") and row.split()[3] == "01")
        return count

    def sent_until_shown(self, program, pattern):
        """Sends from the peer until the program shows one: its stream starts when it starts."""
        tries = 0
        while not re.search(pattern, program.text()):
            self.peer.send(self.peer_chat, f"warming up {tries}")
            tries += 1
            try:
                until(lambda: re.search(pattern, program.text()), 1)
            except AssertionError:
                self.assertLess(tries, 20, f"nothing shown:\n{program.text()}")

    def test_listen_py_shows_what_happens(self):
        program = self.start("python3", CLIENTS / "listen.py")
        self.sent_until_shown(program, r"📨 chat=\d+ msg=\d+")
        sent = self.edge.send(self.chat, "out")
        program.wait(rf"✓✓ delivered msg={sent}\b")
        message = until(lambda: self.peer.rpc("get_next_msgs", 1), what="the message at the peer")
        self.peer.rpc("markseen_msgs", 1, message)
        program.wait(rf"👁 read msg={sent}\b")
        other = self.enterContext(Gateway("third"))
        join(self.edge, other)
        program.wait(r"🤝 join progress=1000")
        self.assertIsNone(program.process.poll(), program.text())
        self.assertNotIn("Traceback", program.text())

    def test_fetch_on_incoming_py_prints_the_texts(self):
        program = self.start("python3", CLIENTS / "fetch_on_incoming.py")
        self.sent_until_shown(program, r"From chat \d+: warming up")
        self.peer.send(self.peer_chat, "Temperature is 21.5 °C")
        program.wait(rf"From chat {self.chat}: Temperature is 21\.5 °C")
        self.assertIsNone(program.process.poll(), program.text())

    def test_watch_messages_sh_prints_events_as_json(self):
        program = self.start("bash", CLIENTS / "watch-messages.sh")
        self.sent_until_shown(program, r'"type": "IncomingMsg"')
        sent = self.edge.send(self.chat, "out")
        program.wait(r'"type": "MsgDelivered"')
        program.wait(rf'"msg_id": {sent}\b')
        shown = "\n".join(line for line in program.lines if not line.startswith("⚠"))
        events, decoder, at = [], json.JSONDecoder(), 0
        while at < len(shown):
            event, at = decoder.raw_decode(shown, at)
            events.append(event)
            while at < len(shown) and shown[at].isspace():
                at += 1
        first = next(event for event in events if event["type"] == "IncomingMsg")
        self.assertEqual(set(first), {"type", "chat_id", "msg_id"})
        self.assertEqual(first["chat_id"], self.chat)
        self.assertIsNone(program.process.poll(), program.text())

    def test_cookbook_sh_gets_every_answer(self):
        events = self.peer.events()
        address = self.peer.rpc("get_config", 1, "addr")
        contact = self.edge.rpc("lookup_contact_id_by_addr", 1, address)
        done = subprocess.run(["bash", CLIENTS / "cookbook.sh", str(self.chat), address, "unused"], text=True,
                              capture_output=True, encoding="utf-8", timeout=scaled(60), check=True)
        decoder, at, answers = json.JSONDecoder(), 0, []
        while at < len(done.stdout):
            answer, at = decoder.raw_decode(done.stdout, at)
            answers.append(answer)
            while at < len(done.stdout) and done.stdout[at].isspace():
                at += 1
        health, *calls = answers
        self.assertEqual((health["status"], health["service"]), ("ok", "privitty-edged"))
        self.assertRegex(health["version"], r"^\d+\.\d+\.\d+")
        self.assertEqual(len(calls), 11, done.stdout)
        for call in calls:
            self.assertEqual(set(call), {"jsonrpc", "id", "result"}, call)
            self.assertEqual(call["jsonrpc"], "2.0")
        self.assertEqual([call["id"] for call in calls], [1, 2, 3, 4, 5, 1, 1, 1, 1, 1, 2])
        addr, name, info, connectivity, contacts, link, sent, found, members, entries, items = (
            call["result"] for call in calls)
        self.assertRegex(addr, r"^gateway01@.+")
        self.assertEqual(name, "gateway01")
        self.assertTrue(info and all(isinstance(value, str) for value in info.values()), info)
        self.assertGreaterEqual(connectivity, 4000)
        self.assertIn(contact, contacts)
        self.assertRegex(link, r"^OPENPGP4FPR:[0-9A-F]{64}#a=.+&n=.+&i=.+&s=.+&u=.+&m=.+&t=.+&v=1")
        self.assertGreater(sent, 9)
        self.assertEqual(found, contact)
        self.assertEqual(members, [contact])
        self.assertIn(self.chat, entries)
        item = items[str(self.chat)]
        self.assertEqual((item["kind"], item["id"]), ("ChatListItem", self.chat))
        self.assertEqual(item["dmChatContact"], contact)
        came = events.wait("IncomingMsg", chat_id=self.peer_chat)
        self.assertEqual(self.peer.rpc("get_message", 1, came["msg_id"])["text"], "Batch complete")


if __name__ == "__main__":
    unittest.main()
