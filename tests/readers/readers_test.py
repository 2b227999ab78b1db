"""Readers of event streams that other people wrote, against the real daemon; scripts/client-check installs and runs them.

Each reader is a few lines, as its own documentation has them. It prints one line of JSON for each message that it delivers.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from gateway import Gateway, RawStream, free_port, scaled, until  # noqa: E402

FOLDER = pathlib.Path(os.environ["CLIENTS_DIR"])

PYTHON = {
    "requests": """
import requests
for line in requests.get(URL, stream=True).iter_lines():
    if line.startswith(b"data: "): show("message", line[6:].decode())
""",
    "urllib3": """
import urllib3
rest = b""
for piece in urllib3.PoolManager().request("GET", URL, preload_content=False).stream():
    *lines, rest = (rest + piece).split(b"\\n")
    for line in lines:
        if line.startswith(b"data: "): show("message", line[6:].decode())
""",
    "sseclient-py": """
import requests, sseclient
for event in sseclient.SSEClient(requests.get(URL, stream=True)).events(): show(event.event, event.data, event.id)
""",
    "requests-sse": """
from datetime import timedelta
from requests_sse import EventSource
with EventSource(URL, reconnection_time=timedelta(seconds=0.2)) as source:
    for event in source: show(event.type, event.data, event.last_event_id)
""",
    "launchdarkly-eventsource": """
from ld_eventsource import SSEClient
from ld_eventsource.config import ConnectStrategy, ErrorStrategy
client = SSEClient(ConnectStrategy.http(URL), error_strategy=ErrorStrategy.always_continue(), initial_retry_delay=0.2)
for event in client.events: show(event.event, event.data, event.id)
""",
    "httpx-sse": """
import httpx
from httpx_sse import connect_sse
with httpx.Client(timeout=None) as client, connect_sse(client, "GET", URL) as source:
    for event in source.iter_sse(): show(event.event, event.data, event.id)
""",
    "aiosseclient": """
import asyncio
from aiosseclient import aiosseclient
async def main():
    async for event in aiosseclient(URL): show(event.event, event.data, event.id)
asyncio.run(main())
""",
}
NODE = {
    "eventsource": """
const { EventSource } = require("eventsource");
listen(new EventSource(TARGET));
""",
    "eventsource-1": """
const EventSource = require("eventsource-1");
listen(new EventSource(TARGET));
""",
    "eventsource-2": """
const EventSource = require("eventsource-2");
listen(new EventSource(TARGET));
""",
    "event-source-polyfill": """
globalThis.XMLHttpRequest = class {};  // it looks for one, and uses fetch
const { EventSourcePolyfill } = require("event-source-polyfill");
listen(new EventSourcePolyfill(TARGET));
""",
    "launchdarkly-eventsource": """
const { EventSource } = require("launchdarkly-eventsource");
listen(new EventSource(TARGET, { errorFilter: () => true }));
""",
    "undici": """
const { EventSource } = require("undici");
listen(new EventSource(TARGET));
""",
}
# By themselves, where they were; undici 6 gives up at a connection that is refused.
COMES_BACK = {"requests-sse", "launchdarkly-eventsource", *NODE} - {"undici"}


def python(code):
    prelude = ("import json, sys\nURL = sys.argv[1]\n"
               "def show(kind, data, position=None): print(json.dumps([kind, data, position]), flush=True)\n")
    return [FOLDER / "venv/bin/python", "-c", prelude + code]


def node(code):
    prelude = ("const TARGET = process.argv[1];\nconst listen = (source) => { source.onerror = () => {};\n"
               "  for (const type of ['message', 'Reading', 'lag']) source.addEventListener(type, (event) =>\n"
               "    console.log(JSON.stringify([type, event.data, event.lastEventId]))); };\n")
    return ["node", "-e", prelude + code]


class Readers(unittest.TestCase):
    def setUp(self):
        self.edge = self.enterContext(Gateway("edge", port=free_port()))

    def check(self, command, comes_back):
        reader = subprocess.Popen([*map(str, command), f"{self.edge.url}/events?channel=c&retry=200"], cwd=FOLDER,
                                  stdout=subprocess.PIPE, text=True, env={**os.environ, "NODE_PATH": str(FOLDER / "node_modules")})
        seen = []

        def read():
            for line in reader.stdout:
                seen.append(json.loads(line))
        thread = threading.Thread(target=read)
        thread.start()
        try:
            until(lambda: self.edge.rpc("get_subscribers", "c"), 20, "the reader")
            # Two pings of a stream that opened later: this one has had a ping too, with its position.
            self.edge.rpc("publish_event", "other", "passes it by")
            with RawStream(self.edge.port, "/events?channel=d") as later:
                until(lambda: later.text.count(": ping") >= 2, 60, "two pings")
            self.assertEqual(seen, [], "nothing is delivered without an event")
            self.edge.rpc("publish_event", "c", "pump")
            # Long before anything else comes that could push it through a buffer.
            until(lambda: seen, 3, "the event")
            self.edge.rpc("publish_event", "c", {"separators": "\u2028\u0085"}, "Reading", "own/1")
            if comes_back:
                until(lambda: len(seen) == 2, 3, "the second event")
                self.edge.kill9()
                self.edge.start()
                self.edge.rpc("publish_event", "c", "after it")
            until(lambda: len(seen) == 2 + comes_back, 60, f"all events, beside {seen}")
            expected = ["pump", '{"separators":"\\u2028\\u0085"}'] + ["after it"] * comes_back
            self.assertEqual([data for _, data, _ in seen], expected)
            position = seen[1][2]
            if position is not None:
                self.assertRegex(position, re.compile(r"^\d+/own/1$"))
        finally:
            reader.send_signal(signal.SIGKILL)
            reader.wait(scaled(10))
            thread.join()
            reader.stdout.close()


def add(name, command):
    setattr(Readers, "test_" + re.sub(r"\W", "_", name), lambda self: self.check(command, name.split(":")[-1] in COMES_BACK))


for package, code in PYTHON.items():
    add(f"python:{package}", python(code))
for package, code in NODE.items():
    add(f"node:{package}", node(code))

if __name__ == "__main__":
    unittest.main(verbosity=2)
