"""Two workers serve 1,000 parked polls and 64 senders: a worker never waits for news or for a commit."""
import asyncio
import json
import resource
import time
import unittest

from gateway import Gateway, scaled

POLLS, SENDERS, EACH = 1000, 64, 20


class Caller:
    """One keep-alive connection that makes JSON-RPC calls."""

    def __init__(self, port):
        self.port = port

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def call(self, method, *params):
        self.post(method, *params)
        return await self.answer()

    def post(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        self.writer.write(b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                          b"Content-Length: %d\r\n\r\n" % len(body) + body)

    async def answer(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        answer = json.loads(await self.reader.readexactly(length))
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["result"]

    def close(self):
        self.writer.close()


class Load(unittest.TestCase):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < 4096:
            self.skipTest(f"only {hard} open files are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
        self.gateway = self.enterContext(Gateway("alice", flags=["--workers", "2"]))

    def test_1000_parked_polls_and_64_senders_on_two_workers(self):
        asyncio.run(self.scene())

    async def scene(self):
        port = self.gateway.port
        chat = self.gateway.rpc("create_chat_by_contact_id", 1, 1)
        # Whatever is new already is taken first, so that the polls find nothing and stay.
        fresh = self.gateway.rpc("get_next_msgs", 1)
        if fresh:
            self.gateway.rpc("markseen_msgs", 1, fresh)
        polls = await asyncio.gather(*(Caller(port).open() for _ in range(POLLS)))
        answered = 0
        stopping = False

        async def poll(number, caller):
            nonlocal answered
            method, params = ("get_next_event", []) if number % 2 else ("wait_next_msgs", [1])
            while not stopping:
                await caller.call(method, *params)
                answered += 1
                if method == "wait_next_msgs":
                    return  # own messages stay new until marked seen: once is enough

        waiting = [asyncio.create_task(poll(number, caller)) for number, caller in enumerate(polls)]
        # Requests on one connection are answered in order and the connections were served in order, so
        # once a later call is answered, the daemon has seen the polls.
        probe = await Caller(port).open()
        await asyncio.wait_for(probe.call("get_config", 1, "addr"), scaled(5))

        senders = await asyncio.gather(*(Caller(port).open() for _ in range(SENDERS)))
        ids = []

        async def send(number, caller):
            for count in range(EACH):
                ids.append(await caller.call("send_msg", 1, chat, {"text": f"sender {number} message {count}"}))

        slowest = 0.0
        done = asyncio.gather(*(send(number, caller) for number, caller in enumerate(senders)))
        begun = time.monotonic()
        while not done.done():
            before = time.monotonic()
            await asyncio.wait_for(probe.call("get_config", 1, "addr"), scaled(10))
            slowest = max(slowest, time.monotonic() - before)
            await asyncio.wait([done], timeout=0.02)
            self.assertLess(time.monotonic() - begun, scaled(60), "the senders are served")
        await done
        took = time.monotonic() - begun
        print(f"{SENDERS * EACH} sends in {took:.2f} s beside {POLLS} polls; a call took {slowest * 1000:.0f} ms at most; "
              f"{answered} polls answered", flush=True)
        self.assertEqual(len(ids), SENDERS * EACH)
        self.assertEqual(len(set(ids)), len(ids), "every message has its own id")
        self.assertGreater(answered, 0, "news wakes the polls")
        kept = self.gateway.texts(chat)
        self.assertEqual(len(set(kept) & {f"sender {n} message {c}" for n in range(SENDERS) for c in range(EACH)}),
                         SENDERS * EACH)
        stopping = True
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for caller in (*polls, *senders, probe):
            caller.close()
        status, _, body = self.gateway.http("GET", "/health")
        self.assertEqual((status, json.loads(body)["status"]), (200, "ok"))


if __name__ == "__main__":
    unittest.main()
