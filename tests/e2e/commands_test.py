"""Device commands over HTTP, by JSON-RPC and by privitty-edge run: the real daemon runs real programs."""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
import unittest
import urllib.parse
import uuid

from gateway import CLI, Gateway, RpcError, scaled, until

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


class Output(World):
    def test_a_command_runs_and_its_output_comes_as_named_events(self):
        events = self.run_to_end("count 3 0")
        self.assertEqual([event.kind for event in events], ["output"] * 4 + ["complete"])
        self.assertEqual(self.lines(events), ["line 1", "line 2", "line 3"])
        self.assertEqual(self.lines(events, "stderr"), ["done"])
        self.assertEqual(events[-1].data["exit_code"], 3)
        self.assertIsInstance(events[-1].data["duration_ms"], int)
        self.assertNotIn("signal", events[-1].data)
        ids = [int(event.id) for event in events]
        self.assertEqual(ids, sorted(set(ids)))

    def test_once_a_command_is_over_a_reconnect_is_told_not_to_come_again(self):
        ident = self.started("echo hello")
        events = self.events(ident)
        stream = self.stream(ident, events[-1].id)
        self.assertEqual(stream.status, 204)
        self.assertEqual(stream.answer.read(), b"")
        # The query's form of the header, for those who cannot set one.
        self.assertEqual(self.stream(ident, last_event_id=events[-1].id).status, 204)

    def test_a_stream_that_is_cut_resumes_without_a_gap(self):
        ident = self.started("count 60 0.01")
        seen, last = [], None
        while not seen or seen[-1].kind != "complete":
            with self.stream(ident, last) as stream:
                taken = 0
                for event in stream:
                    if event.kind in ("connected", "heartbeat"):
                        self.assertTrue(last is None or event.id == last)
                        continue
                    seen.append(event)
                    last = event.id
                    taken += 1
                    if taken == 7 or event.kind == "complete":
                        break
        self.assertEqual(self.lines(seen), [f"line {i}" for i in range(1, 61)])
        self.assertEqual(self.events(ident), seen)

    def test_late_and_several_watchers_see_the_same_also_after_a_restart(self):
        ident = self.started("count 40 0.01")
        found = []
        watchers = [threading.Thread(target=lambda: found.append(self.events(ident))) for _ in range(5)]
        for watcher in watchers:
            watcher.start()
        for watcher in watchers:
            watcher.join(scaled(60))
        whole = self.events(ident)
        self.assertEqual(found, [whole] * 5)
        self.assertEqual(self.gateway.restart(), self.gateway)
        self.assertEqual(self.events(ident), whole)
        for at in range(len(whole) - 1):
            self.assertEqual(self.events(ident, whole[at].id), whole[at + 1:])
        self.assertEqual(self.stream(ident, whole[-1].id).status, 204)
        # What no daemon gave out begins at the beginning.
        for strange in ("0", "12", "99999999999999999", "not-an-id", "-1"):
            self.assertEqual(self.events(ident, strange), whole, strange)

    def test_ids_grow_over_a_restart(self):
        before = int(self.run_to_end("echo one")[-1].id)
        self.gateway.restart()
        self.assertGreater(int(self.run_to_end("echo two")[0].id), before)

    def test_a_restart_interrupts_a_command_which_then_ends_with_an_error(self):
        for how in ("stop", "kill9"):
            with self.subTest(how):
                mark = marker()
                ident = self.started(f"wait {mark}")
                stream = self.stream(ident)
                last = next(event for event in stream if event.kind == "output").id
                self.assertTrue(processes_with(mark))
                getattr(self.gateway, how)()
                until(lambda: not processes_with(mark), 20, "the end of what the command started")
                self.gateway.start()
                rest = self.events(ident, last)
                self.assertEqual([event.kind for event in rest], ["error"])
                self.assertIn("daemon", rest[0].data["message"])
                self.assertEqual(self.run_of(ident)["status"], "interrupted")
                self.assertEqual(self.stream(ident, rest[0].id).status, 204)
                self.assertEqual(self.lines(self.events(ident)), ["up"])

    def test_the_project_streams_its_commands_as_they_start(self):
        self.run_to_end("echo before")
        with Stream(self.gateway, "/projects/plant/events") as stream:
            events = iter(stream)
            connected = next(events)
            self.assertEqual(connected.kind, "connected")
            first = self.started("echo first")
            second = self.started("echo second", "other")  # another project's
            third = self.started("echo third")
            seen = []
            while sum(event.kind == "complete" for event in seen) < 2:
                event = next(events)
                if event.kind != "heartbeat":
                    seen.append(event)
        self.assertEqual({event.data["stream_id"] for event in seen}, {first, third})
        self.assertEqual(sorted(self.lines(seen)), ["first", "third"])
        self.wait_end(second)
        # The same again, from where it began, when all are over: from the files.
        self.gateway.restart()
        with Stream(self.gateway, "/projects/plant/events", connected.id) as stream:
            events = iter(stream)
            self.assertEqual(next(events).kind, "connected")
            again = [next(events) for _ in seen]
        self.assertEqual(again, seen)

    def test_odd_bytes_line_ends_and_progress(self):
        events = self.run_to_end("odd")
        output = {}
        for event in events[:-1]:
            output.setdefault(event.data["stream"], []).append(event.data)
        self.assertEqual([(line["line"], line.get("replaced", False)) for line in output["stdout"]],
                         [("a\ufffdb", True), ("crlf", False), ("no end", False)])
        self.assertEqual(output["stderr"][-1]["line"], "three")
        self.assertTrue(all(line.get("progress") for line in output["stderr"][:-1]))

    def test_long_lines_come_in_marked_pieces(self):
        events = self.run_to_end("long")
        self.assertEqual(self.text(events), "x" * 200000 + "\n" + "y" * 65536 + "\nz\n")
        pieces = [event.data for event in events if event.kind == "output"]
        self.assertEqual([piece.get("more", False) for piece in pieces], [True] * 3 + [False, False, False])
        self.assertTrue(all(len(piece["line"]) <= 65536 for piece in pieces))

    def test_what_is_kept_is_sealed(self):
        secret = "geheim-" + uuid.uuid4().hex
        self.run_to_end(f"echo {secret}")
        files = [path for path in (self.gateway.accounts / "commands").rglob("*") if path.is_file()]
        self.assertTrue(files)
        for path in files:
            self.assertNotIn(secret.encode(), path.read_bytes(), path)
            self.assertEqual(path.stat().st_mode & 0o77, 0, path)

    def test_a_reader_that_takes_nothing_stops_no_command_and_misses_nothing(self):
        count = 40_000
        ident = self.started(f"lines {'r' * 200} {count}")
        slow = socket.create_connection(("127.0.0.1", self.gateway.port))
        self.addCleanup(slow.close)
        slow.sendall(f"GET {self.path(ident)} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
        run = self.wait_end(ident)
        self.assertEqual(run["status"], "exited")
        slow.settimeout(scaled(60))
        received = b""
        while b"event: complete" not in received[-4096:]:
            part = slow.recv(1 << 20)
            self.assertTrue(part, "the stream ended before the command's end was told")
            received += part
        self.assertEqual(received.count(b"event: output\n"), count)
        self.assertNotIn(b"event: lag", received)


class Amounts(World):
    def peak(self):
        status = pathlib.Path(f"/proc/{self.gateway.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) * 1024

    def test_gigabytes_of_output_at_constant_memory(self):
        size = int(os.environ.get("EDGE_TEST_OUTPUT_MIB", "128" if SANITIZED else "512")) << 20
        allowed = (768 if SANITIZED else 96) << 20
        before = self.peak()
        without_end = self.started(f"endless {size}")
        lines = self.started(f"lines {'m' * 1000} {size // 1001}")
        for ident in (without_end, lines):
            self.assertEqual(self.wait_end(ident, 240)["status"], "exited")
        self.assertLess(self.peak() - before, allowed)
        # The oldest is gone; a late watcher is told so, and sees the end.
        events = self.events(lines)
        self.assertEqual(events[0].kind, "lag")
        self.assertEqual(events[-1].kind, "complete")
        kept = sum(path.stat().st_size for path in (self.gateway.accounts / "commands").iterdir())
        self.assertLess(kept, 80 << 20)

    def test_a_hundred_commands_at_once(self):
        idents = [self.started("count 20 0.05") for _ in range(100)]
        self.assertEqual(len(set(idents)), 100)
        found = {}
        watchers = [threading.Thread(target=lambda i=ident: found.__setitem__(i, self.events(i))) for ident in idents]
        for watcher in watchers:
            watcher.start()
        for watcher in watchers:
            watcher.join(scaled(90))
        for ident in idents:
            self.assertEqual(self.lines(found[ident]), [f"line {i}" for i in range(1, 21)])
            self.assertEqual(found[ident][-1].data["exit_code"], 3)


class Control(World):
    def test_who_asks_for_what_is_not_there_is_told_what_is(self):
        status, error = self.start("echo hi", "nowhere")
        self.assertEqual(status, 404)
        self.assertIn("plant", error)
        status, error = self.start("eco hi")
        self.assertEqual(status, 403)
        self.assertIn("echo {text}", error)
        self.assertEqual(self.start("nobody")[0], 403)
        self.assertEqual(self.start("count 0 0")[0], 400)
        self.assertEqual(self.start("echo 'unfinished")[0], 400)
        for body in ("", "{}", "[]", '{"command":7}', "nonsense"):
            self.assertEqual(self.gateway.http("POST", "/projects/plant/shell", body, JSON)[0], 400, body)
        self.assertEqual(self.gateway.http("POST", "/projects/plant/shell", '{"command":"odd"}')[0], 415)
        for path in ("/projects/nowhere/events", "/projects/nowhere/commands", "/projects/plant/events?stream_id=cmd-0"):
            self.assertEqual(self.gateway.http("GET", path)[0], 404, path)
        ident = self.started("echo hi")
        self.assertEqual(self.gateway.http("GET", self.path(ident, "other"))[0], 404)
        self.assertEqual(self.run_to_end("ls -d /tmp")[0].data["line"], "/tmp")

    def test_projects_and_their_commands_are_listed(self):
        projects = json.loads(self.gateway.http("GET", "/projects")[2])["data"]
        self.assertEqual([project["name"] for project in projects], ["plant", "other"])
        usages = [command["usage"] for command in projects[0]["commands"]]
        self.assertIn("echo {text}", usages)
        self.assertIn("ls -d /tmp", usages)
        self.assertNotIn("nobody", usages)
        ident = self.started("wait 60")
        listed = json.loads(self.gateway.http("GET", "/projects/plant/commands")[2])["data"]
        self.assertEqual((listed[0]["id"], listed[0]["status"]), (ident, "running"))
        self.assertEqual(self.gateway.http("GET", "/projects/plant/commands?limit=0")[0], 400)
        self.cancel(ident)
        self.wait_end(ident)
        listed = json.loads(self.gateway.http("GET", "/projects/plant/commands?limit=1")[2])["data"]
        self.assertEqual([(run["id"], run["status"]) for run in listed], [(ident, "cancelled")])

    def cancel(self, ident, project="plant"):
        return self.gateway.http("POST", f"/projects/{project}/commands/{ident}/cancel")

    def test_a_command_is_cancelled_with_all_that_it_started(self):
        mark = marker()
        ident = self.started(f"wait {mark}")
        stream = self.stream(ident)
        next(event for event in stream if event.kind == "output")
        self.assertEqual(self.cancel(ident, "other")[0], 404)
        self.assertEqual(self.cancel(ident)[0], 200)
        end = [event for event in stream if event.kind == "complete"][0]
        self.assertEqual(end.data["signal"], "SIGTERM")
        self.assertEqual(end.data["exit_code"], 143)
        self.assertEqual(end.data["reason"], "cancelled")
        self.assertEqual(processes_with(mark), [])
        self.assertEqual(self.cancel(ident)[0], 409)
        self.assertEqual(self.cancel("cmd-0000000000000000")[0], 404)

    def test_at_its_time_limit_a_command_ends_with_grandchildren_in_sessions_of_their_own(self):
        mark = marker()
        events = self.run_to_end(f"short {mark}")
        self.assertEqual(events[-1].kind, "complete")
        self.assertEqual(events[-1].data["reason"], "time_limit")
        self.assertEqual(processes_with(mark), [])

    def test_what_a_command_leaves_behind_is_ended(self):
        mark = marker()
        events = self.run_to_end(f"leaves {mark}")
        self.assertEqual(self.lines(events), ["left"])
        self.assertEqual(events[-1].data["exit_code"], 0)
        self.assertEqual(processes_with(mark), [])

    def test_too_many_at_once_are_refused_and_nothing_waits(self):
        idents = [self.started("wait 60") for _ in range(3)]
        status, error = self.start("wait 60")
        self.assertEqual(status, 409)
        self.assertIn("at once", error)
        for ident in idents:
            self.cancel(ident)
        for ident in idents:
            self.wait_end(ident)
        idents = [self.started("count 2000 0.1") for _ in range(120)]
        try:
            status, headers, _ = self.gateway.http("POST", "/projects/plant/shell", '{"command":"echo hi"}', JSON)
            self.assertEqual(status, 429)
            self.assertTrue(headers["Retry-After"])
        finally:
            for ident in idents:
                self.cancel(ident)
        for ident in idents:
            self.wait_end(ident)
        self.run_to_end("echo again")

    def test_standard_input(self):
        ident = self.started("cat")
        place = f"/projects/plant/commands/{ident}/stdin"
        stream = iter(self.stream(ident))
        self.assertEqual(self.gateway.http("POST", place, '{"data":"one\\n"}', JSON)[0], 204)
        self.assertEqual(next(event for event in stream if event.kind == "output").data["line"], "one")
        self.assertEqual(self.gateway.http("POST", place, b"two\xff\n", {"Content-Type": "application/octet-stream"})[0], 204)
        self.assertEqual(next(event for event in stream if event.kind == "output").data["line"], "two\ufffd")
        for body in ("[]", '{"date":"x"}', '{"data":7}'):
            self.assertEqual(self.gateway.http("POST", place, body, JSON)[0], 400, body)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(self.gateway.http("POST", place, "a=b", form)[0], 415)
        capitals = {"Content-Type": "Application/JSON; charset=utf-8"}
        self.assertEqual(self.gateway.http("POST", place, '{"data":"three\\n"}', capitals)[0], 204)
        self.assertEqual(next(event for event in stream if event.kind == "output").data["line"], "three")
        self.assertEqual(self.gateway.http("POST", place + "?close=perhaps")[0], 400)
        self.assertEqual(self.gateway.http("POST", place + "?close=True")[0], 204)
        self.assertEqual([event for event in stream if event.kind == "complete"][0].data["exit_code"], 0)
        self.assertEqual(self.gateway.http("POST", place, '{"data":"three"}', JSON)[0], 409)
        waiting = self.started("wait 60")
        place = f"/projects/plant/commands/{waiting}/stdin"
        self.assertEqual(self.gateway.http("POST", place, '{"data":"x"}', JSON)[0], 403)
        self.cancel(waiting)

    def test_nothing_that_is_sent_becomes_code_or_an_option_or_a_way_out(self):
        corpus = ["; id", "$(id)", "`id`", "&& id", "| id", "> /tmp/edge-injected", "*", "~", "~root", "{a,b}", "$HOME",
                  "${PATH}", "%n%s", "\\x41", "a b", "  ", "'", '"', "#x", "!x", "--exec=id", "-rf", "../../etc/passwd",
                  "/etc/passwd", "=cmd", "{text}", "{{text}}", "a;b", "\u202eabc", "\U0001f600"]
        for text in corpus:
            command = "arguments '" + text.replace("'", "'\\''") + "'"
            status, data = self.start(command)
            self.assertIn(status, (200, 202), (text, data))
            events = self.events(data["id"])
            self.assertEqual(self.lines(events), [ascii(["--", text])], text)
        for text in ("--exec=id", "-rf", "../x", "/etc/passwd", "~root", "a/../../b"):
            self.assertEqual(self.start(f"echo '{text}'")[0], 400, text)
        for command in ("echo a; id", "echo $(id) x", "echo a\nid", "echo a\0b", "echo", "echo a b", "'echo a'", "./echo a",
                        "/bin/echo a", "ECHO a", "ls -d /tmp /etc", "ls -d /etc", "echo \ta\r\n"):
            self.assertIn(self.start(command)[0], (400, 403), command)
        self.assertFalse(pathlib.Path("/tmp/edge-injected").exists())

    def test_a_command_inherits_nothing_of_the_daemon(self):
        names = {line.split("=")[0] for line in self.lines(self.run_to_end("environment"))}
        self.assertEqual(names, {"PATH", "LANG"})

    def test_a_mistake_in_a_reloaded_list_leaves_the_old_one_in_force(self):
        try:
            first = len(self.gateway.log)
            self.file.write_text(LIST + '\n[[command]]\nname = "bad"\n')
            self.gateway.process.send_signal(signal.SIGHUP)
            line = self.gateway.wait_log("stays in force", first_line=first)
            self.assertIn(f"commands.toml:{LIST.count(chr(10)) + 2}", line)
            self.assertIn("program", line)
            self.run_to_end("echo still")
            first = len(self.gateway.log)
            self.file.write_text(LIST.replace('name = "other"', 'name = "new"'))
            self.gateway.process.send_signal(signal.SIGHUP)
            self.gateway.wait_log("commands: ", first_line=first)
            until(lambda: self.start("echo hi", "new")[0] in (200, 202), what="the new list")
            self.assertEqual(self.start("echo hi", "other")[0], 404)
        finally:
            first = len(self.gateway.log)
            self.file.write_text(LIST)
            self.gateway.process.send_signal(signal.SIGHUP)
            self.gateway.wait_log("commands: ", first_line=first)
        # The daemon does not start with a mistake, and says where it is.
        wrong = self.gateway.folder / "wrong.toml"
        wrong.write_text("at_once = 0\n")
        wrong.chmod(0o600)
        daemon = Gateway("wrong-list", flags=["--commands", str(wrong)])
        self.addCleanup(daemon.remove)
        with self.assertRaisesRegex(AssertionError, r"wrong\.toml:1: at_once"):
            daemon.start()

    def test_json_rpc(self):
        run = self.gateway.rpc("run_command", "plant", "count 5 0")
        self.assertEqual((run["status"], run["project"], run["command"]), ("running", "plant", "count 5 0"))
        self.assertEqual(self.wait_end(run["id"])["exit_code"], 3)
        output = self.gateway.rpc("get_command_output", run["id"])
        self.assertTrue(output["complete"])
        self.assertFalse(output["missing"])
        self.assertEqual(sorted(line["line"] for line in output["lines"]), ["done"] + [f"line {i}" for i in range(1, 6)])
        after, lines = None, []
        while True:
            page = self.gateway.rpc("get_command_output", run["id"], after, 2)
            lines += page["lines"]
            after = page["next"]
            if page["complete"]:
                break
            self.assertEqual(len(page["lines"]), 2)
        self.assertEqual(lines, output["lines"])
        waiting = self.gateway.rpc("run_command", "plant", "wait 60")
        self.assertEqual(self.gateway.rpc("cancel_command", waiting["id"])["id"], waiting["id"])
        self.assertEqual(self.wait_end(waiting["id"])["status"], "cancelled")
        listed = self.gateway.rpc("get_commands", "plant", 2)
        self.assertEqual([run["id"] for run in listed][0], waiting["id"])
        for call in (("run_command", "plant", "rm x"), ("run_command", "nowhere", "x"), ("cancel_command", "cmd-1"),
                     ("get_command_output", "cmd-1"), ("get_commands", "nowhere")):
            with self.assertRaises(RpcError):
                self.gateway.rpc(*call)

    def test_refused_attempts_are_warned_of_and_everything_is_counted(self):
        self.gateway.restart()  # warnings are few a minute
        events = self.gateway.events("types=Warning")
        self.start("rm -rf / # refused")
        self.assertIn("rm -rf / # refused", events.wait("Warning")["msg"])
        self.run_to_end("echo counted")
        text = self.gateway.http("GET", "/metrics")[2].decode()
        figures = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[0] != "#"}
        self.assertGreaterEqual(figures["privitty_commands_started_total"], 1)
        self.assertGreaterEqual(figures['privitty_commands_ended_total{status="exited"}'], 1)
        self.assertGreaterEqual(figures['privitty_commands_refused_total{reason="not_allowed"}'], 1)
        self.assertGreaterEqual(figures["privitty_command_output_lines_total"], 1)
        self.assertGreaterEqual(figures["privitty_command_streams_total"], 1)


class Run(World):
    """privitty-edge run."""

    def cli(self, *words, **more):
        return subprocess.run([CLI, "--url", self.gateway.url, "run", *words], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=scaled(60), **more)

    def test_output_comes_as_the_commands_own_and_so_does_the_exit_code(self):
        done = self.cli("plant", "--", "count", "3", "0")
        self.assertEqual(done.returncode, 3, done)
        self.assertEqual(done.stdout, b"line 1\nline 2\nline 3\n")
        self.assertEqual(done.stderr, b"done\n")
        done = self.cli("plant", "--", "echo", "two words; $x")
        self.assertEqual((done.returncode, done.stdout), (0, b"two words; $x\n"))
        self.assertEqual(self.cli("plant", "--", "ls -d /tmp").stdout, b"/tmp\n")
        self.assertEqual(self.cli("plant", "--", "long").stdout, b"x" * 200000 + b"\n" + b"y" * 65536 + b"\nz\n")

    def test_what_is_not_run_has_an_exit_code_of_its_own(self):
        done = self.cli("plant", "--", "rm", "x")
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"not allowed", done.stderr)
        self.assertEqual(self.cli("plant").returncode, 2)

    def test_interrupted_it_cancels_the_command(self):
        mark = marker()
        process = subprocess.Popen([CLI, "--url", self.gateway.url, "run", "plant", "--", "wait", mark],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"up\n")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=scaled(20))
        self.assertEqual(process.returncode, 143, errors)
        self.assertIn(b"cancelled", errors)
        self.assertEqual(processes_with(mark), [])

    def test_a_terminal_that_goes_cancels_the_command_unless_nohup_says_otherwise(self):
        for command, mark in (([], marker()), (["nohup"], marker())):
            process = subprocess.Popen([*command, CLI, "--url", self.gateway.url, "run", "plant", "--", "wait", mark],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.assertEqual(process.stdout.readline(), b"up\n")
            if command:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                ignored = int(re.search(r"SigIgn:\s*(\w+)", status)[1], 16)
                self.assertTrue(ignored >> (signal.SIGHUP - 1) & 1)
            process.send_signal(signal.SIGINT if command else signal.SIGHUP)
            process.communicate(timeout=scaled(20))
            self.assertEqual(process.returncode, 143)
            self.assertEqual(processes_with(mark), [])

    def test_a_reader_that_goes_cancels_the_command(self):
        mark = marker()
        process = subprocess.Popen([CLI, "--url", self.gateway.url, "run", "plant", "--", "wait", mark],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.assertEqual(process.stdout.readline(), b"up\n")
        process.stdout.close()
        self.assertEqual(process.wait(scaled(20)), 125)
        until(lambda: not processes_with(mark), what="the end of the command")

    def test_input(self):
        text = b"".join(b"%d\n" % i for i in range(100_000))
        done = subprocess.run([CLI, "--url", self.gateway.url, "run", "--input", "plant", "--", "cat"], input=text,
                              capture_output=True, timeout=scaled(60))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, text)
        self.assertEqual(self.cli("plant", "--", "cat").returncode, 0)

    def test_a_restart_of_the_daemon_in_the_middle_is_survived(self):
        mark = marker()
        process = subprocess.Popen([CLI, "--url", self.gateway.url, "run", "plant", "--", "wait", mark],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"up\n")
        self.gateway.kill9()
        self.gateway.start()
        rest, errors = process.communicate(timeout=scaled(30))
        self.assertEqual((process.returncode, rest), (125, b""), errors)
        self.assertIn(b"the daemon ended", errors)


class Keys(World):
    keys = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = {name: cls.make_key(name, scope) for name, scope in (
            ("all", "commands"), ("echo", "commands:echo"), ("other", "commands:other"), ("read", "rpc:read"),
            ("admin", "admin"))}
        cls.authority = cls.key["admin"]

    @classmethod
    def make_key(cls, name, scope):
        made = subprocess.run([CLI, "keys", "--api-keys", str(cls.key_file), "add", name, "--scope", scope],
                              capture_output=True, text=True, check=True)
        key = next(word for word in made.stdout.split() if len(word) > 30)
        until(lambda: cls.gateway.http("GET", "/projects", headers={"X-API-Key": key})[0] != 401, what="the new key")
        return {"X-API-Key": key}

    def test_a_key_runs_what_its_scope_names(self):
        self.assertEqual(self.start("echo hi")[0], 401)
        self.assertEqual(self.start("echo hi", headers=self.key["read"])[0], 403)
        for name, project, command, status in (
                ("all", "plant", "echo hi", 202), ("admin", "plant", "echo hi", 202), ("echo", "plant", "echo hi", 202),
                ("echo", "plant", "odd", 403), ("echo", "plant", "ls -d /tmp", 403), ("echo", "other", "echo hi", 202),
                ("other", "other", "wait 0", 202), ("other", "plant", "odd", 403)):
            self.assertEqual(self.start(command, project, self.key[name])[0], status, (name, project, command))

    def test_a_key_sees_what_it_may_run(self):
        mine = self.started("echo mine", headers=self.key["echo"])
        theirs = self.started("count 1 0", headers=self.key["all"])
        for ident, status in ((mine, 200), (theirs, 404)):
            with Stream(self.gateway, self.path(ident), headers=self.key["echo"]) as stream:
                self.assertEqual(stream.status, status)
        listed = json.loads(self.gateway.http("GET", "/projects/plant/commands?limit=1000",
                                              headers=self.key["echo"])[2])["data"]
        self.assertIn(mine, [run["id"] for run in listed])
        self.assertNotIn(theirs, [run["id"] for run in listed])
        self.assertEqual({run["command"].split()[0] for run in listed}, {"echo"})
        cancel = f"/projects/plant/commands/{theirs}/cancel"
        self.assertEqual(self.gateway.http("POST", cancel, headers=self.key["echo"])[0], 404)
        # A project's stream keeps to the same.
        for ident in (mine, theirs):
            with Stream(self.gateway, self.path(ident), headers=self.key["all"]) as stream:
                self.assertEqual(list(stream)[-1].kind, "complete")
        with Stream(self.gateway, "/projects/plant/events", headers=self.key["echo"]) as stream:
            events = iter(stream)
            self.assertEqual(next(events).kind, "connected")
            self.started("count 1 0", headers=self.key["all"])
            seen = self.started("echo seen", headers=self.key["all"])
            self.assertEqual(next(event for event in events if event.kind == "output").data["stream_id"], seen)
        who = [run["caller"] for run in listed if run["id"] == mine]
        self.assertEqual(len(who), 1)
        self.assertNotIn(who[0], ("", "local"))

    def ticket(self, project="plant", key="all"):
        status, _, body = self.gateway.http("POST", f"/projects/{project}/ticket", headers=self.key[key])
        self.assertEqual(status, 200, body)
        return json.loads(body)["data"]["ticket"]

    def test_a_ticket_opens_one_stream_and_its_reconnects(self):
        ident = self.started("count 200 0.02", headers=self.key["all"])
        other = self.started("echo other", headers=self.key["all"])
        ticket = self.ticket()
        self.assertEqual(self.gateway.http("GET", self.path(ident))[0], 401)
        self.assertEqual(self.gateway.http("GET", f"/events?ticket={ticket}")[0], 401)
        self.assertEqual(self.gateway.http("GET", f"/projects?ticket={ticket}")[0], 401)
        self.assertEqual(self.gateway.http("GET", self.path(ident, "other", ticket=ticket))[0], 401)
        lines, last = [], None
        for _ in range(3):
            with Stream(self.gateway, self.path(ident, ticket=ticket), last) as stream:
                self.assertEqual(stream.status, 200)
                for event in stream:
                    if event.kind == "output":
                        lines.append(event.data["line"])
                        last = event.id
                        if len(lines) % 5 == 0:
                            break
        self.assertEqual(lines, [f"line {i}" for i in range(1, 16)])
        with Stream(self.gateway, self.path(other, ticket=ticket)) as stream:
            self.assertEqual(stream.status, 401)
        cancel = f"/projects/plant/commands/{ident}/cancel"
        self.assertEqual(self.gateway.http("POST", f"{cancel}?ticket={ticket}")[0], 401)
        self.assertEqual(self.gateway.http("POST", cancel, headers=self.key["all"])[0], 200)
        # A ticket of /events opens no output.
        made = self.make_key("events", "events")
        status, _, body = self.gateway.http("POST", "/events/ticket", headers=made)
        self.assertEqual(status, 200)
        wrong = json.loads(body)["ticket"]
        self.assertEqual(self.gateway.http("GET", self.path(ident, ticket=wrong))[0], 401)

    def test_a_key_that_is_revoked_ends_its_streams(self):
        made = self.make_key("short-lived", "commands")
        ident = self.started("wait 60", headers=made)
        with Stream(self.gateway, self.path(ident), headers=made) as stream:
            events = iter(stream)
            next(event for event in events if event.kind == "output")
            subprocess.run([CLI, "keys", "--api-keys", str(self.key_file), "revoke", "short-lived"],
                           capture_output=True, check=True)
            self.assertEqual([event.kind for event in events if event.kind != "heartbeat"], [])
        self.gateway.http("POST", f"/projects/plant/commands/{ident}/cancel", headers=self.key["all"])


class Closed(unittest.TestCase):
    def test_without_a_list_there_is_nothing(self):
        with Gateway("no-commands") as gateway:
            self.assertEqual(gateway.http("GET", "/projects")[0], 404)
            with self.assertRaisesRegex(RpcError, "--commands"):
                gateway.rpc("run_command", "p", "x")

    def test_anonymous_callers_from_elsewhere_run_nothing(self):
        gateway = Gateway("anonymous")
        self.addCleanup(gateway.remove)
        file = gateway.folder / "commands.toml"
        file.write_text(LIST)
        file.chmod(0o600)
        gateway.flags = ["--commands", str(file), "--allow-anonymous"]
        gateway.start()
        forwarded = {**JSON, "X-Forwarded-For": "203.0.113.7"}
        self.assertEqual(gateway.http("POST", "/projects/plant/shell", '{"command":"odd"}', forwarded)[0], 403)
        self.assertEqual(gateway.http("GET", "/projects", headers=forwarded)[0], 403)
        self.assertEqual(gateway.http("POST", "/projects/plant/shell", '{"command":"odd"}', JSON)[0], 202)


if __name__ == "__main__":
    unittest.main()
