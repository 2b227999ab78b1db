"""The event stream of the real daemon: channels, snapshots, replay over restarts, and readers of every kind."""
import http.client
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import unittest

from gateway import CLI, ROOT, Gateway, RawStream, RpcError, join, scaled, stored, until

EXAMPLES = ROOT / "scripts/examples"


class Reader:
    """One stream as frames (id, type, data); bare positions are not kept, but move `last`."""

    def __init__(self, gateway, query="", last=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=scaled(60))
        self.connection.connect()
        self.socket = self.connection.sock
        self.connection.request("GET", f"/events?{query}", headers={"Last-Event-ID": last} if last else {})
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        self.frames, self.last = [], last
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        kind, position, data = "", None, []
        try:
            while raw := self.answer.readline():
                line = raw.decode("utf-8").removesuffix("\n")
                name, _, value = line.partition(": ")
                if name == "id":
                    position = value
                elif name == "event":
                    kind = value
                elif name == "data":
                    data.append(value)
                elif line.startswith(":"):
                    if not data:  # a position, of which no event is to come
                        self.last = position or self.last
                elif line == "":
                    if data:
                        self.frames.append((position, kind, "\n".join(data)))
                    self.last = position or self.last
                    kind, position, data = "", None, []
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass

    def data(self):
        return [data for _, _, data in self.frames]

    def wait(self, count):
        until(lambda: len(self.frames) >= count, what=f"{count} frames, not {self.frames}")
        return self.frames

    def close(self):
        try:
            self.socket.shutdown(2)
        except OSError:
            pass
        self.thread.join()
        self.answer.close()
        self.connection.close()


class Stream(unittest.TestCase):
    def setUp(self):
        self.edge = self.enterContext(Gateway("edge"))

    def reader(self, query="", last=None, gateway=None):
        reader = Reader(gateway or self.edge, query, last)
        self.addCleanup(reader.close)
        until(lambda: last is not None or reader.last is not None, what="the position")
        return reader

    def post(self, body, kind="application/json"):
        body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        status, _, answer = self.edge.http("POST", "/publish", body, {"Content-Type": kind})
        return status, json.loads(answer)

    def publish(self, data, channel="c", **more):
        status, answer = self.post({"channel": channel, "data": data, **more})
        self.assertEqual(status, 200, answer)
        return answer


class Channels(Stream):
    def test_what_is_published_reaches_the_listeners_of_its_channel_and_no_others(self):
        c, plain, both = self.reader("channel=c"), self.reader(), self.reader("channel=c&channel=messages")
        answer = self.publish({"temperature": 54.5, "unit": "°C"}, id="own", type="Reading", retry=1500)
        self.assertEqual(answer["subscribers"], 2)
        self.publish("line one\nline two\r\n\r\nevent: no\0", channel="c")
        self.publish("for nobody", channel="other")
        chat = self.edge.rpc("create_chat_by_contact_id", 1, 1)
        self.edge.send(chat, "hello")
        self.assertEqual(c.wait(2)[:2], [
            (f"{answer['id']}/own", "Reading", '{"temperature":54.5,"unit":"\\u00b0C"}'),
            (str(answer["id"] + 1), "", "line one\nline two\n\nevent: no�")])
        until(lambda: any("MsgsChanged" in data for data in plain.data()), what="the message's event")
        self.assertFalse([data for data in plain.data() if "line" in data or "temperature" in data])
        until(lambda: any("MsgsChanged" in data for data in both.data()), what="the message's event")
        self.assertIn("line one", both.data()[1])

    def test_wrong_requests_are_answered_by_name_and_publish_nothing(self):
        for body, status, word in (("nonsense", 400, "JSON"), ({"channel": "c"}, 400, "data"),
                                   ({"data": 1, "chanel": "c"}, 400, "chanel"), ([], 400, "events"),
                                   ({"data": 1, "type": "a\nb"}, 400, "type"),
                                   ({"data": "x" * (1 << 20)}, 413, "")):
            with self.subTest(word):
                got, answer = self.post(body)
                self.assertEqual(got, status)
                self.assertIn(word, answer["error"])
        self.assertEqual(self.post({"data": 1}, "text/plain")[0], 415)
        self.assertEqual(self.edge.http("GET", "/publish")[0], 405)
        with self.assertRaises(RpcError) as refused:
            self.edge.rpc("publish_event", "messages", "x")
        self.assertIn("channel", refused.exception.message)

    def test_an_array_is_one_commit_and_replay_goes_over_restarts(self):
        status, answers = self.post([{"channel": "c", "data": n} for n in range(300)])
        self.assertEqual(status, 200)
        self.assertEqual([answer["id"] for answer in answers], list(range(answers[0]["id"], answers[0]["id"] + 300)))
        self.edge.restart()
        reader = self.reader("channel=c", last=str(answers[99]["id"]))
        self.assertEqual([int(data) for data in [f[2] for f in reader.wait(200)]], list(range(100, 300)))
        lagging = self.reader("channel=c", last="17")
        self.assertEqual(lagging.wait(1)[0][1], "lag")

    def test_listeners_are_addressed_by_what_they_say_of_themselves(self):
        one, two = self.reader("channel=c&prop.line=1&prop.name=%22A%22"), self.reader("channel=c&prop.line=2")
        self.assertEqual(self.publish("one", where={"line": "1"})["subscribers"], 1)
        self.publish({"hello": "{{name}}"}, fill=True)
        self.assertEqual([f[2] for f in one.wait(2)], ["one", '{"hello":"\\"A\\""}'])
        self.assertEqual([f[2] for f in two.wait(1)], ['{"hello":""}'])
        listed = self.edge.rpc("get_subscribers", "c")
        self.assertEqual([s["properties"].get("line") for s in listed], ["1", "2"])
        self.assertEqual(listed[0]["channels"], ["c"])
        self.assertEqual(listed[0]["address"], "127.0.0.1")
        until(lambda: self.edge.rpc("get_subscribers", "c")[0]["lag"] == 0, what="no lag")

    def test_initial_data_comes_first_and_survives_a_restart(self):
        self.edge.rpc("set_initial_data", "c", {"state": "ready"}, "State")
        self.edge.restart()
        reader = self.reader("channel=c")
        self.publish("next")
        self.assertEqual([f[1:] for f in reader.wait(2)], [("State", '{"state":"ready"}'), ("", "next")])
        self.edge.rpc("set_initial_data", "c", None)
        self.assertEqual(self.reader("channel=c").frames, [])

    def test_nothing_published_is_readable_on_disk(self):
        secret = "Zanzibar-4711"
        self.publish(secret, channel=f"channel-{secret}", type=f"type-{secret}", where={"line": secret})
        self.edge.rpc("set_initial_data", f"channel-{secret}", secret)
        self.assertEqual(self.edge.stop(), 0)
        held = b"".join(stored(self.edge.accounts).values())
        self.assertNotIn(secret.encode(), held)
        self.edge.start()

    def test_the_command_line_publishes_standard_input_and_listens(self):
        listener = subprocess.Popen([CLI, "--url", self.edge.url, "--json", "listen", "--channel", "c", "--prop", "line=1"],
                                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lines = []
        reading = threading.Thread(target=lambda: lines.extend(iter(listener.stdout.readline, "")), daemon=True)
        reading.start()
        try:
            until(lambda: self.edge.rpc("get_subscribers", "c"), what="the listener")

            def publish(text, *flags):
                return subprocess.run([CLI, "--url", self.edge.url, "publish", "--channel", "c", *flags], input=text,
                                      capture_output=True, text=True, timeout=scaled(30), check=False)
            done = publish("two\nlines\n", "--type", "T", "--id", "own", "--retry", "200", "--where", "line=1")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"^event \d+ on channel c, for 1 listening now")
            self.edge.stop()
            self.edge.start()
            self.assertEqual(publish('{"a": 1}').returncode, 0)
            until(lambda: len(lines) == 2, 40, "both lines")
            self.assertEqual([json.loads(line) for line in lines], ["two\nlines", {"a": 1}])
            self.assertEqual(publish("x", "--where", "nonsense").returncode, 1)
        finally:
            listener.send_signal(signal.SIGINT)
            listener.wait(scaled(10))
            reading.join()
            listener.stdout.close()


def lax(text):
    """What a parser delivers that dispatches at every blank line once it knows any field, as httpx-sse and others do."""
    known, data, delivered = False, [], []
    for line in text.split("\n")[:-1]:
        if line == "":
            if known:
                delivered.append("\n".join(data))
            data = []
        elif not line.startswith(":"):
            known = True
            data += [line[6:]] if line.startswith("data: ") else []
    return delivered


class Framing(Stream):
    """What readers that other people wrote rely on; scripts/client-check runs those readers themselves."""

    def raw(self, target, fields="", version="1.1"):
        stream = RawStream(self.edge.port, target, fields, version)
        self.addCleanup(stream.close)
        until(lambda: "id: " in stream.text, what="the position")
        return stream

    def test_each_write_is_a_chunk_for_http_1_1_and_plain_for_http_1_0(self):
        new, old = self.raw("/events?channel=c&retry=500"), self.raw("/events?channel=c", version="1.0")
        self.assertIn("\r\nTransfer-Encoding: chunked\r\n", new.head)
        self.assertNotIn("Transfer-Encoding", old.head)
        for stream in (new, old):
            self.assertIn("\r\nCache-Control: no-cache, no-transform\r\n", stream.head)
            self.assertNotIn("Content-Length", stream.head)
        published = ["text", "two\nlines", "x" * 100_000]
        ids = [self.publish(data)["id"] for data in published]
        frames = [f"id: {position}\n" + "".join(f"data: {line}\n" for line in data.split("\n")) + "\n"
                  for position, data in zip(ids, published)]
        until(lambda: new.text.endswith(frames[-1]) and old.text.endswith(frames[-1]), what="the last frame")
        self.assertEqual(new.chunks[-3:], frames)
        self.assertTrue(old.text.endswith("".join(frames)))
        self.edge.stop()
        until(lambda: new.ended, what="the end of the chunked body")
        self.assertIsNone(new.broken)
        self.edge.start()

    def test_nothing_is_delivered_without_an_event(self):
        streams = [self.raw(f"/events?{query}") for query in ("", "channel=c&retry=1000", "types=Error", "channel=c&named=1")]
        for stream in streams:
            self.assertEqual(lax(stream.text), [])
        self.publish("one")
        until(lambda: all("data: one" in streams[i].text for i in (1, 3)), what="the event")
        self.assertEqual(lax(streams[1].text), ["one"])
        self.assertEqual(lax(streams[3].text), ["one"])

    def test_a_browsers_eventsource_gets_a_position_that_it_keeps(self):
        browser = self.raw("/events?channel=c", "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
                           "Accept: text/event-stream\r\nCache-Control: no-cache\r\n")
        self.assertRegex(browser.text, r"^id: \d+\n\n")
        self.publish("while it is away")
        again = self.reader("channel=c", last=browser.text.split("\n")[0].removeprefix("id: "))
        self.assertEqual([data for _, _, data in again.wait(1)], ["while it is away"])

    def test_a_polyfill_resumes_by_the_query_and_may_add_what_it_likes(self):
        first = self.publish("one")["id"]
        self.publish("two")
        for query in (f"lastEventId={first}", f"lastEventId={first}%2Fown&_=1699999999&t=7", f"last_event_id={first}&cb=x"):
            with self.subTest(query):
                reader = self.reader(f"channel=c&{query}", last="")
                self.assertEqual([data for _, _, data in reader.wait(1)], ["two"])
        self.edge.wait_log("ignored unknown options: _, t")
        log = "\n".join(self.edge.log)
        self.assertNotIn("1699999999", log)
        for name, meant in (("type", "types"), ("account", "account_id"), ("chatId", "chat_id"), ("channels", "channel")):
            status, _, answer = self.edge.http("GET", f"/events?{name}=1")
            self.assertEqual(status, 400)
            self.assertIn(f"did you mean {meant}?", json.loads(answer)["error"])

    def test_json_goes_out_as_it_was_written(self):
        stream = self.raw("/events?channel=c")
        data = '{"z":12345678901234567890123,"price":1.10,"d":0.12345678901234567891,"a":[1E+2, 7.0 ]}'
        expected = data.replace(" ", "")
        self.assertEqual(self.post('{"channel":"c", "data": %s }' % data)[0], 200)
        call = '{"jsonrpc":"2.0","id":1,"method":"publish_event","params":["c", %s]}' % data
        status, _, answer = self.edge.http("POST", "/rpc", f"[{call},{call}]", {"Content-Type": "application/json-rpc"})
        self.assertEqual(status, 200)
        self.assertEqual(len(json.loads(answer)), 2)
        for command in (["call", "publish_event", f'["c",{data}]'],):
            done = subprocess.run([CLI, "--url", self.edge.url, *command], capture_output=True, text=True,
                                  timeout=scaled(30), check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.post(json.dumps({"channel": "c", "data": {"k": "a\u2028b\u2029c\u0085d"}}, ensure_ascii=False).encode())
        until(lambda: '"k"' in stream.text, what="the last event")
        lines = [line for line in stream.text.splitlines() if line.startswith("data: ")]
        self.assertEqual(lines, [f"data: {expected}"] * 4 + ['data: {"k":"a\\u2028b\\u2029c\\u0085d"}'])

    def test_publishers_cannot_speak_as_the_gateway_or_break_a_reader(self):
        for wrong in ({"type": "lag"}, {"type": "snapshot"}, {"type": "error"}, {"type": "open"}, {"type": "message"},
                      {"type": "MsgRead"}, {"id": "\U0001F600x"}, {"id": "ä"}, {"id": "a" * 257}):
            with self.subTest(wrong):
                status, answer = self.post({"channel": "c", "data": {"dropped": 9}, **wrong})
                self.assertEqual(status, 400)
                self.assertTrue(answer["error"].startswith(next(iter(wrong)) + ":"), answer)


class Removed(Stream):
    def test_nothing_of_a_removed_account_is_replayed_but_that_it_is_gone(self):
        start = self.reader().last
        second = self.edge.rpc("add_account")
        self.edge.rpc("send_msg", second, self.edge.rpc("create_chat_by_contact_id", second, 1), {"text": "gone"})
        self.edge.rpc("remove_account", second)
        chat = self.edge.rpc("create_chat_by_contact_id", 1, 1)
        for restarted in (False, True):
            if restarted:
                self.edge.restart()
            message = self.edge.rpc("send_msg", 1, chat, {"text": "stays"})
            for query in ("", f"account_id={second}", "types=MsgsChanged,AccountsChanged,IncomingMsg"):
                with self.subTest(query, restarted=restarted):
                    reader = self.reader(query, start)
                    until(lambda: query.startswith("account") or any(
                        f'"msg_id":{message}' in data for data in reader.data()), what="the newest event")
                    until(lambda: any("AccountsChanged" in data for data in reader.data()), what="that it is gone")
                    reported = [json.loads(data) for data in reader.data()]
                    self.assertEqual({event["type"] for event in reported if event.get("account_id") == second},
                                     {"AccountsChanged"})


class Snapshots(Stream):
    def test_the_state_comes_first_then_what_changes_without_gap_or_overlap(self):
        peer = self.enterContext(Gateway("peer"))
        chat, at_peer = join(self.edge, peer)
        stop = threading.Event()

        def send():
            while not stop.is_set():
                peer.send(at_peer, "on and on")
        sender = threading.Thread(target=send)
        sender.start()
        try:
            for _ in range(5):
                reader = self.reader("snapshot=1&types=IncomingMsg")
                reader.wait(4)
                position, kind, data = reader.frames[0]
                state = json.loads(data)
                self.assertEqual((kind, state["type"], state["account_id"]), ("snapshot", "Snapshot", 1))
                line = next(line for line in state["chats"] if line["chat_id"] == chat)
                fresh = sum(message["id"] <= (line["last_msg_id"] or 0)
                            for message in self.edge.messages(chat) if message["fromId"] != 1)
                self.assertEqual(line["fresh"], fresh)
                live = [json.loads(data)["msg_id"] for _, _, data in reader.frames[1:]]
                after = [message["id"] for message in self.edge.messages(chat) if message["id"] > line["last_msg_id"]]
                self.assertEqual(live, after[:len(live)])
                self.assertTrue(all(int(f[0]) > int(position) for f in reader.frames[1:]))
        finally:
            stop.set()
            sender.join()

    def test_accounts_added_later_join_open_streams(self):
        reader = self.reader("types=MsgsChanged")
        account = self.edge.rpc("add_account")
        self.edge.rpc("configure", account)
        chat = self.edge.rpc("create_chat_by_contact_id", account, 1)
        self.edge.rpc("send_msg", account, chat, {"text": "hello"})
        until(lambda: any(json.loads(data)["account_id"] == account for data in reader.data()), what="its event")
        both = self.reader("snapshot=1")
        self.assertEqual([json.loads(data)["account_id"] for data in [f[2] for f in both.wait(2)]], [1, account])
        one = self.reader(f"snapshot=1&account_id={account}")
        self.assertEqual([json.loads(data)["account_id"] for data in one.data()], [account])


class Readers(Stream):
    """Each reader gets everything that is published, in order, over a restart of the daemon."""

    def check(self, *command, env=None):
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                   start_new_session=True,  # a shell's curl ends with it
                                   env={**os.environ, "PRIVITTY_URL": self.edge.url, "PYTHONUNBUFFERED": "1", **(env or {})})
        lines = []
        reading = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True)
        reading.start()
        try:
            until(lambda: self.edge.rpc("get_subscribers", "c"), 60, "the reader")
            self.publish("first")
            until(lambda: len(lines) == 1, 20, "the first event")
            self.edge.restart()
            self.publish([1, 2])
            self.publish("größe")
            until(lambda: len(lines) >= 3, 40, f"the events after the restart, beside {lines}")
            self.assertEqual([line.strip() for line in lines], ["first", "[1,2]", "größe"])
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            reading.join()
            process.stdout.close()

    def need(self, program):
        path = shutil.which(program)
        if path is None:
            self.skipTest(f"{program} is not installed")
        return path

    def test_python_urllib(self):
        self.check("python3", EXAMPLES / "listen.py", "channel=c")

    def test_python_requests(self):
        try:
            import requests  # noqa: F401
        except ImportError:
            self.skipTest("the requests package is not installed")
        self.check("python3", EXAMPLES / "listen_requests.py", "channel=c")

    def test_python_sseclient(self):
        for package in ("requests", "sseclient"):
            if importlib.util.find_spec(package) is None:
                self.skipTest(f"the Python package {package} is not installed (pip install requests sseclient-py)")
        self.check(sys.executable, EXAMPLES / "listen_sseclient.py", "channel=c")

    def test_shell_curl(self):
        self.check(EXAMPLES / "listen.sh", "channel=c")

    def test_node_fetch(self):
        self.check(self.need("node"), EXAMPLES / "listen.mjs", "channel=c")

    def test_node_eventsource(self):
        node = self.need("node")
        found = subprocess.run([node, "-e", "require('eventsource')"], cwd=EXAMPLES, capture_output=True,
                               timeout=scaled(20), check=False)
        if found.returncode != 0:
            self.skipTest("the npm package eventsource is not installed (npm install eventsource, and NODE_PATH)")
        self.check(node, EXAMPLES / "listen_eventsource.mjs", "channel=c")

    def test_go(self):
        go = self.need("go")
        program = self.edge.folder / "listen"
        built = subprocess.run([go, "build", "-o", program, EXAMPLES / "listen.go"], capture_output=True, text=True,
                               timeout=scaled(120), check=False)
        self.assertEqual(built.returncode, 0, built.stderr)
        self.check(program, "channel=c")


if __name__ == "__main__":
    unittest.main()
