"""What the tests of device commands share: a list of commands, a daemon that runs them, a reader of their streams."""
import http.client
import json
import os
import pathlib
import subprocess
import unittest
import urllib.parse
import uuid

from gateway import CLI, Gateway, scaled, until

SANITIZED = os.environ.get("EDGE_TEST_SANITIZED") == "1"

LIST = r"""
at_once = 120
keep_size = "64MiB"

[[command]]
name = "echo"
program = "/bin/echo"
arguments = ["{text}"]
at_once = 200
[[command.argument]]
name = "text"
type = "string"
max_length = 200
[command.allow]
keys = true

[[command]]
name = "arguments"
program = "/usr/bin/python3"
arguments = ["-c", "import sys; print(ascii(sys.argv[1:]))", "--", "{text}"]
at_once = 20
memory_limit = "4GiB"
[[command.argument]]
name = "text"
type = "string"
max_length = 4000
leading_dash = true
any_path = true
[command.allow]
keys = true

[[command]]
name = "count"
program = 'i=0; while [ $i -lt "$1" ]; do i=$((i+1)); echo "line $i"; sleep "$2"; done; echo done >&2; exit 3'
shell = true
arguments = ["{lines}", "{pause}"]
at_once = 200
processes_limit = 4000
time_limit = "5m"
[[command.argument]]
name = "lines"
type = "int"
min = 1
max = 100000
[[command.argument]]
name = "pause"
type = "string"
pattern = '0|0\.[0-9]+'
[command.allow]
keys = true

[[command]]
name = "wait"
description = "Says that it runs, and waits"
program = 'echo up; exec sleep "$1"'
shell = true
arguments = ["{seconds}"]
at_once = 3
time_limit = "5m"
[[command.argument]]
name = "seconds"
type = "string"
pattern = '[0-9.]+'
[command.allow]
keys = true

[[command]]
name = "cat"
program = "/bin/cat"
input = true
[command.allow]
keys = true

[[command]]
name = "environment"
program = "/usr/bin/env"
[command.allow]
keys = true

[[command]]
name = "odd"
program = '''printf 'a\377b\n'; printf 'crlf\r\nno end'; printf 'one\rtwo\rthree\n' >&2'''
shell = true
[command.allow]
keys = true

[[command]]
name = "long"
program = "/usr/bin/python3"
arguments = ["-c", "import sys; sys.stdout.write('x' * 200000 + '\\n' + 'y' * 65536 + '\\nz\\n')"]
memory_limit = "4GiB"
[command.allow]
keys = true

[[command]]
name = "endless"
program = 'head -c "$1" /dev/zero | tr "\\0" x'
shell = true
arguments = ["{size}"]
output_limit = "8GiB"
time_limit = "10m"
cpu_limit = "10m"
[[command.argument]]
name = "size"
type = "int"
min = 1
max = 8000000000
[command.allow]
keys = true

[[command]]
name = "lines"
program = 'yes "$1" | head -n "$2"'
shell = true
arguments = ["{text}", "{count}"]
output_limit = "8GiB"
time_limit = "10m"
cpu_limit = "10m"
at_once = 4
[[command.argument]]
name = "text"
type = "string"
max_length = 4000
[[command.argument]]
name = "count"
type = "int"
min = 1
max = 100000000
[command.allow]
keys = true

[[command]]
name = "short"
program = 'trap "" TERM; setsid sleep "$1" & echo up; sleep "$1"'
shell = true
arguments = ["{seconds}"]
time_limit = "1s"
[[command.argument]]
name = "seconds"
type = "string"
pattern = '[0-9.]+'
[command.allow]
keys = true

[[command]]
name = "leaves"
program = 'setsid sh -c "sleep $1 & sleep $1" >/dev/null 2>&1 & (sleep "$1" &) ; echo left'
shell = true
arguments = ["{seconds}"]
[[command.argument]]
name = "seconds"
type = "string"
pattern = '[0-9.]+'
[command.allow]
keys = true

[[command]]
name = "nobody"
program = "/bin/true"

[[project]]
name = "plant"
description = "All of it"
folder = "/tmp"
commands = ["echo", "arguments", "count", "wait", "cat", "environment", "odd", "long", "endless", "lines",
            "short", "leaves", "nobody"]
allow = { keys = true }

[[project.line]]
line = "ls -d /tmp"

[[project]]
name = "other"
folder = "/"
commands = ["echo", "wait"]
"""

JSON = {"Content-Type": "application/json"}


def marker():
    """Seconds that no other process sleeps for: a process of this run is found by them."""
    return f"7{uuid.uuid4().int % 10**9:09d}.5"


def processes_with(text):
    """The pids of processes that have `text` as a word of their command line."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if text.encode() in words:
            found.append(int(folder.name))
    return found


class Event:
    def __init__(self, kind, data, ident):
        self.kind = kind
        self.data = json.loads(data) if data else None
        self.id = ident

    def __repr__(self):
        return f"{self.kind}#{self.id} {self.data}"

    def __eq__(self, other):
        return (self.kind, self.data, self.id) == (other.kind, other.data, other.id)


class Stream:
    """One stream of output, read by the rules of EventSource."""

    def __init__(self, gateway, path, last_id=None, headers=None, seconds=60):
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=scaled(seconds))
        fields = {"Accept": "text/event-stream", **(headers or {})}
        if last_id is not None:
            fields["Last-Event-ID"] = last_id
        self.connection.request("GET", path, headers=fields)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.headers = self.answer.headers
        self.last_id = last_id

    def __iter__(self):
        kind, data = "message", []
        for raw in self.answer:
            line = raw.decode("utf-8").rstrip("\n")
            if not line:
                if data:
                    yield Event(kind, "\n".join(data), self.last_id)
                kind, data = "message", []
            elif line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                data.append(line[6:])
            elif line.startswith("id: "):
                self.last_id = line[4:]

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class World(unittest.TestCase):
    """One daemon for the tests of a class."""

    keys = False

    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway("commands")
        cls.file = cls.gateway.folder / "commands.toml"
        cls.file.write_text(LIST)
        cls.file.chmod(0o600)
        cls.gateway.flags = ["--commands", str(cls.file)]
        if cls.keys:
            cls.key_file = cls.gateway.folder / "keys"
            subprocess.run([CLI, "keys", "--api-keys", str(cls.key_file), "add", "first", "--scope", "rpc:read"],
                           capture_output=True, check=True)
            cls.gateway.flags += ["--api-keys", str(cls.key_file)]
        cls.gateway.start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.remove()

    authority = None  # headers with a key for everything

    def tearDown(self):
        """Nothing runs when the next test begins."""
        if not self.gateway.running():
            return
        def running():
            found = []
            for project in ("plant", "other"):
                body = self.gateway.http("GET", f"/projects/{project}/commands?limit=1000", headers=self.authority)[2]
                found += [run for run in json.loads(body)["data"] if run["status"] == "running"]
            return found
        for run in running():
            self.gateway.http("POST", f"/projects/{run['project']}/commands/{run['id']}/cancel", headers=self.authority)
        until(lambda: not running(), 60, "the end of what a test left")

    def start(self, command, project="plant", headers=None):
        """Starts a command: (status, the answer's data or its error)."""
        status, _, body = self.gateway.http("POST", f"/projects/{project}/shell", json.dumps({"command": command}),
                                            {**JSON, **(headers or {})})
        answer = json.loads(body)
        return status, answer.get("data", answer.get("error"))

    def started(self, command, project="plant", headers=None):
        """The id of a command that was started."""
        status, data = self.start(command, project, headers)
        self.assertIn(status, (200, 202), data)
        self.assertEqual(data["project"], project)
        self.assertEqual(data["status"], "running")
        return data["id"]

    def path(self, ident, project="plant", **query):
        return f"/projects/{project}/events?" + urllib.parse.urlencode({"stream_id": ident, **query})

    def stream(self, ident, last_id=None, project="plant", **query):
        stream = Stream(self.gateway, self.path(ident, project, **query), last_id)
        self.addCleanup(stream.close)
        return stream

    def events(self, ident, last_id=None, project="plant"):
        """All events of a command but `connected` and heartbeats, until its stream ends."""
        stream = self.stream(ident, last_id, project)
        self.assertEqual(stream.status, 200)
        found = list(stream)
        self.assertEqual(found[0].kind, "connected")
        return [event for event in found[1:] if event.kind != "heartbeat"]

    def run_to_end(self, command, project="plant"):
        return self.events(self.started(command, project), project=project)

    def lines(self, events, stream="stdout"):
        return [event.data["line"] for event in events if event.kind == "output" and event.data["stream"] == stream]

    def text(self, events, stream="stdout"):
        return "".join(event.data["line"] + ("" if event.data.get("more") else "\n") for event in events
                       if event.kind == "output" and event.data["stream"] == stream)

    def run_of(self, ident):
        return next(run for run in self.gateway.rpc("get_commands", None, 1000) if run["id"] == ident)

    def wait_end(self, ident, seconds=60):
        return until(lambda: (lambda run: run if run["status"] != "running" else None)(self.run_of(ident)), seconds,
                     f"the end of {ident}")
