"""JSON-RPC over a WebSocket, against the real daemon."""
import json
import os
import pathlib
import socket
import struct
import subprocess
import time
import unittest

from gateway import CLI, Gateway, scaled, until
from websocket import BINARY, CLOSE, PING, PONG, TEXT, Refused, WebSocket, frame

LIMIT = 16 << 20
SANITIZED = os.environ.get("EDGE_TEST_SANITIZED") == "1"  # freed memory is held back


class Ws(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.edge = Gateway("edge")
        cls.addClassCleanup(cls.edge.remove)
        cls.edge.start()
        cls.chat = cls.edge.rpc("create_chat_by_contact_id", 1, 1)

    def open(self, path="/ws", **more):
        made = WebSocket(self.edge, path, **more)
        self.addCleanup(made.close)
        return made

    def figure(self, name):
        text = self.edge.http("GET", "/metrics")[2].decode()
        return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))

    def gone(self, ws):
        """The daemon ended the connection."""
        try:
            while ws.socket.recv(65536):
                pass
        except ConnectionResetError:
            pass


class Calls(Ws):
    def test_calls_batches_and_notifications_are_answered_as_over_rpc(self):
        ws = self.open()
        self.assertEqual(ws.call("get_config", 1, "displayname")["result"], "edge")
        self.assertEqual(ws.call("no_such_method")["error"]["code"], -32601)
        ws.send([{"jsonrpc": "2.0", "id": 1, "method": "get_config", "params": [1, "displayname"]},
                 {"jsonrpc": "2.0", "id": "b", "method": "get_all_account_ids"}])
        self.assertEqual({answer["id"] for answer in ws.json()}, {1, "b"})
        ws.send("not JSON")
        self.assertEqual(ws.json()["error"]["code"], -32700)
        ws.send({"jsonrpc": "2.0", "method": "misc_set_draft", "params": [1, self.chat, "noted", None, None, None, None]})
        until(lambda: (self.edge.rpc("get_draft", 1, self.chat) or {}).get("text") == "noted", what="the notification's work")
        # What comes right behind the request is read too.
        body = json.dumps({"jsonrpc": "2.0", "id": 9, "method": "get_all_account_ids"}).encode()
        self.assertEqual(self.open(behind=frame(TEXT, body)).json()["id"], 9)

    def test_answers_come_in_any_order(self):
        ws = self.open()
        parked = ws.ask("sleep", 600)
        sleeping = ws.ask("sleep", 0.2)
        quick = ws.ask("get_all_account_ids")
        answers = [ws.json()["id"] for _ in range(2)]
        self.assertEqual(sorted(answers), [sleeping, quick])
        self.assertNotIn(parked, answers)

    def test_many_calls_are_all_answered(self):
        ws = self.open()
        count = 1_500
        one = b"".join(frame(TEXT, json.dumps({"jsonrpc": "2.0", "id": i, "method": "get_message_ids",
                                               "params": [1, self.chat, False, False]}).encode()) for i in range(count))
        ws.socket.sendall(one)
        self.assertEqual(sorted(ws.json()["id"] for _ in range(count)), list(range(count)))

    def test_a_message_in_fragments_with_pings_between_is_one(self):
        ws = self.open()
        body = json.dumps({"jsonrpc": "2.0", "id": 5, "method": "get_config", "params": [1, "displayname"], "x": "é"},
                          ensure_ascii=False).encode()
        parts = [body[i:i + 3] for i in range(0, len(body), 3)]  # a character is cut too
        for i, part in enumerate(parts):
            ws.socket.sendall(frame(TEXT if i == 0 else 0, part, fin=i == len(parts) - 1))
            if i % 5 == 0:
                ws.socket.sendall(frame(PING, b"%d" % i))
        pongs, answer = [], None
        while answer is None or len(pongs) < (len(parts) + 4) // 5:
            opcode, payload = ws.message()
            if opcode == PONG:
                pongs.append(int(payload))
            else:
                answer = json.loads(payload)
        self.assertEqual(pongs, list(range(0, len(parts), 5)))
        self.assertEqual(answer["id"], 5)

    def test_a_message_of_the_limit_passes_and_a_longer_one_is_refused_by_its_head(self):
        ws = self.open()
        call = {"jsonrpc": "2.0", "id": 1, "method": "get_config", "params": [1, "displayname"]}
        text = json.dumps(call)
        ws.send(text + " " * (LIMIT - len(text)))
        self.assertEqual(ws.json()["result"], "edge")
        ws.socket.sendall(frame(TEXT, b" ", length=LIMIT + 1))
        self.assertEqual(ws.close_code()[0], 1009)
        ws = self.open()
        ws.socket.sendall(frame(TEXT, b" " * LIMIT, fin=False) + frame(0, b"x", fin=False))
        self.assertEqual(ws.close_code()[0], 1009)
        ws = self.open()
        ws.socket.sendall(frame(TEXT, b" ", length=1 << 62))
        self.assertEqual(ws.close_code()[0], 1009)

    def test_what_breaks_the_protocol_is_closed_with_its_code(self):
        wrong = {"not masked": (frame(TEXT, b"{}", mask=b""), 1002), "binary": (frame(BINARY, b"{}"), 1003),
                 "not UTF-8": (frame(TEXT, b'"\xff"'), 1007), "a reserved bit": (frame(TEXT, b"{}", rsv=4), 1002),
                 "a reserved opcode": (frame(3, b"{}"), 1002), "a long ping": (frame(PING, b"x" * 126), None),
                 "a ping in parts": (frame(PING, b"x", fin=False), None), "nothing to go on with": (frame(0, b"x"), 1002),
                 "a text within a text": (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002),
                 "UTF-8 that is cut": (frame(TEXT, b'"\xc3'), 1007), "a close of one byte": (frame(CLOSE, b"x"), None),
                 "a close code that is none": (frame(CLOSE, struct.pack(">H", 1005)), 1002)}
        for what, (sent, code) in wrong.items():
            with self.subTest(what):
                ws = self.open()
                ws.socket.sendall(sent)
                self.assertEqual(ws.close_code()[0], code)
        ws = self.open()
        ws.socket.sendall(frame(CLOSE, struct.pack(">H", 1000) + b"bye"))
        self.assertEqual(ws.close_code()[0], 1000)

    def test_a_request_that_is_no_handshake_is_told_what_is_missing(self):
        status, headers, body = self.edge.http("GET", "/ws")
        self.assertEqual((status, headers["Upgrade"]), (426, "websocket"))
        self.assertIn(b"WebSocket", body)
        for missing in ({"Upgrade": None}, {"Connection": "keep-alive"}, {"Sec-WebSocket-Version": "8"},
                        {"Sec-WebSocket-Key": None}, {"Sec-WebSocket-Key": "short"}, {"Sec-WebSocket-Key": "=" * 24}):
            with self.assertRaises(Refused) as refused:
                self.open(headers=missing)
            self.assertEqual(refused.exception.status, 426, missing)
        with self.assertRaises(Refused) as refused:
            self.open("/ws?events=1&account=x")
        self.assertEqual(refused.exception.status, 400)

    def test_pages_of_other_origins_are_refused(self):
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            with self.assertRaises(Refused) as refused:
                self.open(headers=headers)
            self.assertEqual(refused.exception.status, 403, headers)
        with self.assertRaises(Refused) as refused:
            self.open(headers={"Host": "evil.example"})
        self.assertEqual(refused.exception.status, 421)
        self.open(headers={"Origin": f"http://127.0.0.1:{self.edge.port}"}).call("get_all_account_ids")


class Ends(Ws):
    def parked(self):
        return self.figure("privitty_rpc_parked")

    def test_a_connection_that_ends_drops_its_parked_calls_and_loses_no_event(self):
        before = self.parked()
        for how in ("close", "reset", "half-close"):
            with self.subTest(how):
                ws = self.open()
                for _ in range(20):
                    ws.ask("sleep", 600)
                ws.call("get_all_account_ids")
                until(lambda: self.parked() == before + 20, what="the parked calls")
                if how == "close":
                    ws.socket.sendall(frame(CLOSE, struct.pack(">H", 1000)))
                elif how == "reset":
                    ws.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    ws.close()
                else:
                    ws.socket.shutdown(socket.SHUT_WR)
                until(lambda: self.parked() == before, what="their end")

    def test_an_event_taken_by_a_connection_that_was_gone_comes_to_the_next(self):
        self.edge.rpc("get_next_event_batch")  # what was there
        ws = self.open()
        ws.ask("get_next_event_batch")
        ws.call("get_all_account_ids")
        ws.socket.shutdown(socket.SHUT_WR)
        self.gone(ws)
        self.edge.send(self.chat, "for the next one")
        found = self.edge.rpc("get_next_event_batch")
        self.assertIn("MsgsChanged", [event["event"]["kind"] for event in found])

    def test_a_reader_that_takes_nothing_is_bounded_and_delays_nobody(self):
        text = "m" * 60_000
        ids = [self.edge.send(self.chat, text) for _ in range(30)]
        slow = self.open(buffer=4096)
        # 2,000 answers of 1.8 MB each.
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "get_messages", "params": [1, ids]}).encode()
        before = self.memory()
        slow.socket.settimeout(scaled(2))
        try:
            for _ in range(2_000):
                slow.socket.sendall(frame(TEXT, body))
        except TimeoutError:
            pass
        quick = self.open()
        for _ in range(20):
            self.assertEqual(quick.call("get_config", 1, "displayname")["result"], "edge")
        self.assertLess(self.memory() - before, (768 if SANITIZED else 200) << 20)
        # Once it reads, it gets what it asked for.
        slow.socket.settimeout(scaled(30))
        for _ in range(10):
            self.assertEqual(len(slow.json()["result"]), len(ids))

    def memory(self):
        status = pathlib.Path(f"/proc/{self.edge.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))) * 1024

    def test_a_flood_of_pings_that_nobody_reads_the_answers_of_is_bounded(self):
        slow = self.open(buffer=4096)
        before = self.memory()
        slow.socket.settimeout(scaled(1))
        flood = frame(PING, b"x" * 100) * 1000
        try:
            for _ in range(500):
                slow.socket.sendall(flood)
        except TimeoutError:
            pass
        self.assertEqual(self.open().call("get_config", 1, "displayname")["result"], "edge")
        self.assertLess(self.memory() - before, (400 if SANITIZED else 50) << 20)

    def test_a_stop_answers_what_is_under_way_and_says_goodbye(self):
        edge = Gateway("stopping")
        self.addCleanup(edge.remove)
        edge.start()
        with WebSocket(edge, "/ws?events=1") as ws:
            parked = ws.ask("get_next_event")
            sleeping = ws.ask("sleep", 600)
            ws.ask("get_all_account_ids")
            answers = []
            while not answers or "result" not in answers[-1] or answers[-1].get("result") != [1]:
                answers.append(ws.json())
            before = time.monotonic()
            self.assertEqual(edge.stop(), 0)
            self.assertLess(time.monotonic() - before, scaled(3))  # it waits for no client
            code = None
            while code is None:
                opcode, payload = ws.message()
                if opcode == CLOSE:
                    code = struct.unpack(">H", payload[:2])[0]
                else:
                    answers.append(json.loads(payload))
            self.assertEqual(code, 1001)
            self.assertLessEqual({parked, sleeping}, {answer.get("id") for answer in answers})


class Events(Ws):
    def test_events_are_pushed_between_answers_when_they_are_asked_for(self):
        silent, listening = self.open(), self.open("/ws?events=1&types=MsgsChanged")
        sent = listening.call("send_msg", 1, self.chat, {"text": "hello"})["result"]
        event = listening.event()
        while event["data"].get("msg_id") != sent:
            event = listening.event()
        self.assertEqual((event["event"], event["data"]["chat_id"]), ("MsgsChanged", self.chat))
        self.assertEqual(silent.call("get_all_account_ids")["result"], [1])
        self.assertEqual(silent.events, [])

    def test_a_channel_and_resuming_where_a_connection_ended(self):
        first = self.open("/ws?events=1&channel=c")
        until(lambda: self.edge.rpc("get_subscribers", "c"), what="the subscriber")
        self.edge.rpc("publish_event", "c", "a text")
        self.edge.rpc("publish_event", "c", {"t": 54}, "Reading")
        self.assertEqual((lambda e: (e["event"], e["data"]))(first.event()), ("message", "a text"))
        event = first.event()
        self.assertEqual((event["event"], event["data"]), ("Reading", {"t": 54}))
        first.close()
        for i in range(50):
            self.edge.rpc("publish_event", "c", i)
        second = self.open(f"/ws?events=1&channel=c&last_event_id={event['id']}")
        self.assertEqual([second.event()["data"] for _ in range(50)], list(range(50)))

    def test_a_reader_of_events_that_pauses_gets_them_all_or_is_told_how_many_it_missed(self):
        slow = self.open("/ws?events=1&channel=much", buffer=4096)
        until(lambda: self.edge.rpc("get_subscribers", "much"), what="the subscriber")
        count = 4_000
        events = json.dumps([{"channel": "much", "data": {"n": i, "fill": "f" * 3000}} for i in range(100)])
        for _ in range(count // 100):
            self.assertEqual(self.edge.http("POST", "/publish", events, {"Content-Type": "application/json"})[0], 200)
        seen = missed = 0
        while seen + missed < count:
            event = slow.event()
            if event["event"] == "lag":
                missed += event["data"]["dropped"]
            else:
                seen += 1
        self.assertEqual(seen + missed, count)


class Keys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.edge = Gateway("edge")
        cls.addClassCleanup(cls.edge.remove)
        cls.file = cls.edge.folder / "keys"
        cls.key = {name: cls.make_key(name, scope) for name, scope in
                   (("read", "rpc:read"), ("all", "rpc:read,rpc:write,events"), ("short", "rpc:read"))}
        cls.edge.flags = ["--api-keys", str(cls.file), "--key-rate-limit", "50/100"]
        cls.edge.start()

    @classmethod
    def make_key(cls, name, scope):
        made = subprocess.run([CLI, "keys", "--api-keys", str(cls.file), "add", name, "--scope", scope],
                              capture_output=True, text=True, check=True)
        return next(word for word in made.stdout.split() if len(word) > 30)

    def open(self, key=None, path="/ws"):
        made = WebSocket(self.edge, path, headers={"X-API-Key": self.key[key]} if key else None)
        self.addCleanup(made.close)
        return made

    def refused(self, status, *args):
        with self.assertRaises(Refused) as refused:
            self.open(*args)
        self.assertEqual(refused.exception.status, status)

    def test_a_key_opens_what_it_opens_over_rpc(self):
        self.refused(401)
        self.refused(401, None, "/ws?api_key=wrong")
        self.refused(403, "read", "/ws?events=1")
        read = self.open("read")
        self.assertEqual(read.call("get_config", 1, "displayname")["result"], "edge")
        self.assertIn("scope", read.call("set_config", 1, "displayname", "other")["error"]["message"])
        self.open("all", "/ws?events=1")

    def test_a_ticket_opens_one_websocket(self):
        status, _, body = self.edge.http("POST", "/ws/ticket", headers={"X-API-Key": self.key["all"]})
        self.assertEqual(status, 200)
        path = "/ws?events=1&ticket=" + json.loads(body)["ticket"]
        self.assertEqual(self.open(path=path).call("get_all_account_ids")["result"], [1])
        self.refused(401, None, path)

    def test_a_key_that_is_revoked_ends_its_websockets(self):
        ws = self.open("short")
        ws.call("get_all_account_ids")
        subprocess.run([CLI, "keys", "--api-keys", str(self.file), "revoke", "short"], capture_output=True, check=True)
        self.assertEqual(ws.close_code()[0], 1008)

    def test_calls_over_the_rate_of_their_key_wait_and_are_answered(self):
        ws = self.open("all")
        before = time.monotonic()
        for _ in range(150):
            ws.ask("get_all_account_ids")
        self.assertEqual([ws.json()["id"] for _ in range(150)], list(range(1, 151)))
        self.assertGreater(time.monotonic() - before, 0.5)


if __name__ == "__main__":
    unittest.main()
