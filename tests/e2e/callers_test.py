"""One caller's trouble stays its own: polls whose clients have gone, batches that nobody waits for, bodies of many values."""
import json
import os
import pathlib
import re
import socket
import struct
import unittest

from gateway import FACTOR, Gateway, until

SANITIZED = bool(os.environ.get("EDGE_TEST_SANITIZED"))
MIB = 1024 * 1024


def call(method, *params, number=1):
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def post(gateway, body):
    """Sends one request on a connection of its own and returns the connection."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection = socket.create_connection(("127.0.0.1", gateway.port), timeout=30 * FACTOR)
    connection.sendall(b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n" % len(body) + body)
    return connection


def answer(connection):
    """The next answer on it, as JSON; interim ones are read past."""
    with connection.makefile("rb") as stream:
        while True:
            status, length = int(stream.readline().split()[1]), 0
            while (line := stream.readline().strip()):
                name, value = line.split(b":", 1)
                if name.lower() == b"content-length":
                    length = int(value)
            if status >= 200:
                return json.loads(stream.read(length)) if length else None


def ask(gateway, body):
    """One request on a connection of its own, and its answer."""
    with post(gateway, body) as connection:
        return answer(connection)


def figure(gateway, name):
    """One sample of /metrics; 0 while there is none."""
    text = gateway.http("GET", "/metrics")[2].decode()
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0


def parked(gateway):
    return figure(gateway, "privitty_rpc_parked")


def close(connection):
    connection.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def half_close(connection):
    connection.shutdown(socket.SHUT_WR)


class AbandonedPolls(unittest.TestCase):
    def setUp(self):
        self.gateway = self.enterContext(Gateway("alice", flags=["--workers", "2"]))
        self.see_all()

    def see_all(self):
        """A new group begins with a note, which wait_next_msgs would return at once."""
        fresh = self.gateway.rpc("get_next_msgs", 1)
        if fresh:
            self.gateway.rpc("markseen_msgs", 1, fresh)

    def park(self, *calls):
        """A connection whose calls wait; events that are there already are taken first."""
        before = parked(self.gateway)
        self.see_all()
        while True:
            connection = post(self.gateway, calls[0] if len(calls) == 1 else list(calls))
            done = []

            def waits(connection=connection, done=done):
                connection.setblocking(False)
                try:
                    done[:] = [connection.recv(1, socket.MSG_PEEK)]
                except BlockingIOError:
                    pass
                finally:
                    connection.settimeout(30 * FACTOR)
                return done or parked(self.gateway) > before

            until(waits, what="a parked call or its answer")
            if not done:
                return connection
            connection.close()

    def kinds_of_next(self):
        events = ask(self.gateway, call("get_next_event_batch"))["result"]
        return [event["event"]["kind"] for event in events]

    def test_each_way_to_go_drops_each_waiting_call_at_once(self):
        for method, params in (("get_next_event", ()), ("get_next_event_batch", ()), ("wait_next_msgs", (1,)),
                               ("sleep", (3600,))):
            for leave in (close, reset, half_close):
                with self.subTest(method=method, leave=leave.__name__):
                    self.assertEqual(parked(self.gateway), 0)
                    connection = self.park(call(method, *params))
                    leave(connection)
                    until(lambda: parked(self.gateway) == 0, what="the place")
                    if leave is half_close:
                        self.assertIn("closed for sending", answer(connection)["error"]["message"])
                        connection.close()
                    self.gateway.rpc("create_group_chat", 1, f"{method} {leave.__name__}", False)
                    self.assertIn("ChatlistChanged", self.kinds_of_next(), "the living one gets it")

    def test_events_whose_answer_cannot_be_written_come_back_in_order(self):
        self.park(call("get_next_event_batch")).close()  # events of the start are read away
        until(lambda: parked(self.gateway) == 0, what="the place")
        chat = self.gateway.rpc("create_chat_by_contact_id", 1, 1)
        for leave in (close, reset, half_close):
            with self.subTest(leave=leave.__name__):
                sent = [self.gateway.rpc("misc_send_text_message", 1, chat, f"{number}") for number in range(4)]
                # Takes the first three events and then waits: the answer to all is still to come.
                batch = post(self.gateway, [*(call("get_next_event", number=n) for n in range(3)),
                                            call("sleep", 3600, number=3)])
                until(lambda: parked(self.gateway) == 1, what="the sleep")
                leave(batch)
                until(lambda: parked(self.gateway) == 0, what="the place")
                reported = []
                while not set(sent) <= set(reported):
                    events = ask(self.gateway, call("get_next_event_batch"))["result"]
                    reported += [event["event"]["msgId"] for event in events if event["event"]["kind"] == "MsgsChanged"]
                self.assertEqual(reported, sent, "nothing is lost, reported twice or out of order")
                self.park(call("get_next_event_batch")).close()
                until(lambda: parked(self.gateway) == 0, what="the place")
                batch.close()

    def test_ten_thousand_abandoned_polls_and_sleeps_keep_no_place(self):
        self.park(call("get_next_event_batch")).close()
        for round_ in range(40):
            method = ("get_next_event", "get_next_event_batch", "wait_next_msgs", "sleep")[round_ % 4]
            params = {"wait_next_msgs": (1,), "sleep": (3600,)}.get(method, ())
            connections = [post(self.gateway, call(method, *params)) for _ in range(250)]
            for number, connection in enumerate(connections):
                (reset if number % 2 else close)(connection)
        until(lambda: parked(self.gateway) == 0, what="the last place")
        living = self.park(call("get_next_event"))
        self.gateway.rpc("create_group_chat", 1, "told", False)
        self.assertIn("result", answer(living))

    def test_a_half_closed_caller_gets_the_answer_to_what_waits_for_nothing(self):
        connection = post(self.gateway, [call("get_config", 1, "addr", number=n) for n in range(3)])
        half_close(connection)
        self.assertEqual([each["id"] for each in answer(connection)], [0, 1, 2])


class Turns(unittest.TestCase):
    LOOKS = 1000  # of calls that look at each message and find none

    def setUp(self):
        self.gateway = self.enterContext(Gateway("alice", flags=["--workers", "2"]))
        self.chat = self.gateway.rpc("create_chat_by_contact_id", 1, 1)
        for start in range(0, 3000, 1000):
            batch = [call("misc_send_text_message", 1, self.chat, f"text {start + n}", number=n) for n in range(1000)]
            self.assertEqual(len(ask(self.gateway, batch)), 1000)

    def looks(self):
        return figure(self.gateway, 'privitty_rpc_calls_total{method="get_chat_media",outcome="ok"}')

    def batch(self):
        return [call("get_chat_media", 1, None, "Sticker", None, None, number=n) for n in range(self.LOOKS)]

    def test_others_are_served_between_the_calls_of_batches(self):
        batches = [post(self.gateway, self.batch()) for _ in range(4)]
        until(lambda: self.looks() > 0, what="the first look")
        for number in range(30):
            self.gateway.rpc("get_chatlist_entries", 1, None, None, None)
            self.gateway.rpc("misc_send_text_message", 1, self.chat, f"between {number}")
        self.assertEqual(self.gateway.http("POST", "/publish", '{"channel":"c","data":1}',
                                           {"Content-Type": "application/json"})[0], 200)
        self.assertLess(self.looks(), len(batches) * self.LOOKS, "all of it came between")
        for batch in batches:
            batch.close()

    def test_a_batch_ends_with_its_connection(self):
        for leave in (close, reset):
            with self.subTest(leave=leave.__name__):
                before = self.looks()
                connections = [post(self.gateway, self.batch()) for _ in range(2)]
                until(lambda before=before: self.looks() > before, what="the first look")
                for connection in connections:
                    leave(connection)
                seen = []

                def at_rest(seen=seen):
                    seen.append(self.looks())
                    for _ in range(20):
                        self.gateway.rpc("get_message_ids", 1, self.chat, False, False)
                    return seen[-1] == self.looks()

                until(at_rest, 60, "the end of the looks")
                self.assertLess(self.looks() - before, 2 * self.LOOKS)


class Memory(unittest.TestCase):
    def setUp(self):
        self.gateway = self.enterContext(Gateway("alice", flags=["--workers", "2"]))

    def status(self, name):
        status = pathlib.Path(f"/proc/{self.gateway.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)[1]) // 1024

    @staticmethod
    def body(unit, size=16 * MIB - 200):
        return ('{"jsonrpc":"2.0","id":1,"method":"get_contacts_by_ids","params":[1,['
                + ",".join([unit] * (size // (len(unit) + 1))) + "]]}").encode()

    def test_bodies_of_many_values_are_refused_before_they_are_built(self):
        for unit in ("0", "[]", "{}", '{"":0}', '""'):
            with self.subTest(unit=unit):
                error = ask(self.gateway, self.body(unit))["error"]
                self.assertEqual(error["code"], -32600)
                self.assertIn("more than 250000 values", error["message"])
        batch = b"[" + b",".join([b"1"] * 260_000) + b"]"
        self.assertEqual(ask(self.gateway, batch)["error"]["code"], -32600)

    def test_memory_comes_back_after_large_bodies(self):
        self.gateway.rpc("get_chatlist_entries", 1, None, None, None)
        before = self.status("VmRSS")
        body = self.body('{"":0}', 7 * 120_000) + b" " * MIB  # some 240,000 values, which are built
        rounds, at_once = (1, 2) if SANITIZED else (2, 8)
        for _ in range(rounds):
            connections = [post(self.gateway, body) for _ in range(at_once)]
            for connection in connections:
                self.assertEqual(answer(connection)["error"]["code"], -32602)
                connection.close()
        if SANITIZED:
            return  # its heap keeps what is freed
        until(lambda: self.status("VmRSS") < before + 64, 30, "the memory")
        self.assertLess(self.status("VmHWM"), before + 128, "one at a time was built")


if __name__ == "__main__":
    unittest.main()
