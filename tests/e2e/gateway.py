"""Drives the real daemon: starts it, calls it, reads its events, stops or kills it.

Nothing here sleeps for a fixed time: everything waits for a condition until a deadline. Deadlines
grow by EDGE_TEST_TIME_FACTOR, which sanitizer builds set. EDGE_BIN names the folder of the programs.
"""
import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

FACTOR = float(os.environ.get("EDGE_TEST_TIME_FACTOR", "1"))
ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("EDGE_BIN", ROOT / "build/release/bin"))
DAEMON = str(BIN / "privitty-edged")
CLI = str(BIN / "privitty-edge")


def scaled(seconds):
    """A deadline for this build."""
    return seconds * FACTOR


def until(condition, seconds=20, what="the condition"):
    """Waits for condition() to be truthy and returns it."""
    end = time.monotonic() + scaled(seconds)
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come within {scaled(seconds):g} s")
        pause.wait(0.02)


def stored(folder):
    """The bytes of every file below a folder, by path; a file that the daemon removes meanwhile is none of them."""
    found = {}
    for place, _, names in os.walk(folder):
        for path in (pathlib.Path(place, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file():
                    found[path] = path.read_bytes()
    return found


def free_port():
    """A free loopback port below the range the kernel assigns, so that it stays ours over a restart."""
    while True:
        port = random.SystemRandom().randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class RpcError(Exception):
    """The answer was a JSON-RPC error."""

    def __init__(self, method, error):
        super().__init__(f"{method}: {error.get('code')} {error.get('message')}")
        self.code = error.get("code")
        self.message = error.get("message", "")


class Gateway:
    """One daemon with an accounts folder of its own. Also a context manager that stops and removes it."""

    def __init__(self, name, *, folder=None, port=None, flags=(), env=None):
        self.name = name
        self.own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix=f"edge-{name}-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.accounts = self.folder / "accounts"
        self.port = port
        self.flags = list(flags)
        self.env = env or {}
        self.process = None
        self.log = []
        self.log_grew = threading.Condition()
        self.url = None
        self.streams = []

    # -- the process

    def command(self):
        return [DAEMON, "--listen", f"127.0.0.1:{self.port}", "--accounts", str(self.accounts),
                "--profile", self.name, *self.flags]

    def start(self, seconds=20):
        """Starts the daemon and returns once it says that it serves."""
        fresh = self.port is None
        for _ in range(10):
            if fresh:
                self.port = free_port()
            first_line = len(self.log)
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, env={**os.environ, **self.env}, cwd=self.folder)
            self.reader = threading.Thread(target=self._read_log, args=(self.process,), daemon=True)
            self.reader.start()
            line = self.wait_log("listening on http://", seconds, first_line, or_exit=True)
            if line:
                self.url = line[line.index("http://"):].split()[0]
                self.port = urllib.parse.urlsplit(self.url).port
                return self
            self.process.wait()
            self.process = None
            if not (fresh and any("is taken" in text for text in self.log[first_line:])):
                break
        raise AssertionError(f"{self.name} did not start:\n" + "\n".join(self.log[-20:]))

    def _read_log(self, process):
        for raw in process.stdout:
            with self.log_grew:
                self.log.append(raw.decode("utf-8", "replace").rstrip())
                self.log_grew.notify_all()
        with self.log_grew:
            self.log_grew.notify_all()
        process.stdout.close()

    def wait_log(self, text, seconds=20, first_line=0, or_exit=False):
        """The first log line from first_line on that holds text; None when the daemon ended instead."""
        end = time.monotonic() + scaled(seconds)
        with self.log_grew:
            while True:
                for line in self.log[first_line:]:
                    if text in line:
                        return line
                if or_exit and not self.reader.is_alive():
                    return None
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"{self.name} never logged '{text}':\n" + "\n".join(self.log[-20:]))
                self.log_grew.wait(min(left, 0.2))

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, seconds=10):
        """SIGTERM; returns the exit code."""
        self.close_streams()
        if self.process is None:
            return 0
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(scaled(seconds))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not stop within {scaled(seconds):g} s of SIGTERM") from None
        self.reader.join()
        self.process = None
        return code

    def kill9(self):
        self.process.kill()
        self.process.wait()
        self.process = None
        self.reader.join()
        self.close_streams()

    def restart(self):
        code = self.stop()
        assert code == 0, f"{self.name} exited with {code}:\n" + "\n".join(self.log[-20:])
        return self.start()

    def close_streams(self):
        for stream in self.streams:
            stream.close()
        self.streams = []

    def remove(self):
        """Stops it and removes its folder. A daemon that died by itself, or complained about its memory, fails the test."""
        try:
            code = self.stop()
            reports = [line for line in self.log if "Sanitizer" in line or "runtime error" in line]
            if code != 0 or reports:
                raise AssertionError(f"{self.name} ended with {code}:\n" + "\n".join(self.log[-60:]))
        finally:
            if self.own_folder:
                shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is not None and self.log:
            print(f"--- the last lines of {self.name}'s log", *self.log[-30:], sep="\n", flush=True)
        self.remove()

    # -- calls

    def http(self, method, path, body=None, headers=None, seconds=30):
        """One request on a connection of its own: (status, headers, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=scaled(seconds))
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def rpc(self, method, *params, seconds=30):
        """The result of one call; RpcError when it is an error."""
        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        status, _, body = self.http("POST", "/rpc", request, {"Content-Type": "application/json"}, seconds)
        assert status == 200, f"{method}: HTTP {status} {body[:200]!r}"
        answer = json.loads(body)
        if "error" in answer:
            raise RpcError(method, answer["error"])
        return answer["result"]

    def events(self, query="", last_event_id=None):
        """A live stream of /events, closed with the gateway."""
        stream = EventStream(self, query, last_event_id)
        self.streams.append(stream)
        return stream

    # -- what tests say often

    def send(self, chat, text, account=1):
        return self.rpc("send_msg", account, chat, {"text": text})

    def messages(self, chat, account=1):
        """A chat's messages, oldest first, without info messages and those that went after they were listed."""
        ids = self.rpc("get_message_ids", account, chat, False, False)
        found = []
        for start in range(0, len(ids), 500):
            part = ids[start:start + 500]
            loaded = self.rpc("get_messages", account, part)
            messages = [loaded[str(i)] for i in part]
            found += [message for message in messages if message["kind"] == "message" and not message["isInfo"]]
        return found

    def texts(self, chat, account=1):
        return [message["text"] for message in self.messages(chat, account)]

    def state(self, msg, account=1):
        return self.rpc("get_message", account, msg)["state"]


class EventStream:
    """A reader of /events on a thread. `seen` holds every event in order, as dicts with their `id`."""

    def __init__(self, gateway, query="", last_event_id=None):
        self.name = gateway.name
        self.seen = []
        self.frames = []  # (event name or "", data), lag included
        self.last_id = last_event_id
        self.grew = threading.Condition()
        self.cursor = 0
        self.ended = False
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=scaled(120))
        headers = {"Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        self.connection.connect()
        self.socket = self.connection.sock  # the response takes it over
        self.connection.request("GET", "/events" + (f"?{query}" if query else ""), headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, f"/events: HTTP {self.answer.status} {self.answer.read()[:300]!r}"
        kind = self.answer.headers["Content-Type"]
        assert kind.split(";")[0] == "text/event-stream", kind
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        event_id, name, data = None, "", []
        try:
            while line := self.answer.readline():
                line = line.decode("utf-8").rstrip("\r\n")
                if line.startswith("id:"):
                    event_id = line[3:].strip()
                elif line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].removeprefix(" "))
                elif line.startswith(":"):  # the id before it is a position, of which no event is to come
                    if event_id is not None and not data:
                        self._frame(event_id, "", None)
                        event_id = None
                elif line == "":
                    if event_id is not None or data:
                        self._frame(event_id, name, "\n".join(data) if data else None)
                    event_id, name, data = None, "", []
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass  # closed by us, or the daemon died
        with self.grew:
            self.ended = True
            self.grew.notify_all()

    def _frame(self, event_id, name, data):
        with self.grew:
            if event_id is not None:
                self.last_id = event_id
            if data is not None:
                event = json.loads(data)
                self.frames.append((name, event))
                if "type" in event:
                    self.seen.append({**event, "id": int(event_id) if event_id else None})
            self.grew.notify_all()

    def wait(self, kind, seconds=20, **fields):
        """The next event of this type with these fields, after the last one waited for."""
        end = time.monotonic() + scaled(seconds)
        with self.grew:
            while True:
                while self.cursor < len(self.seen):
                    event = self.seen[self.cursor]
                    self.cursor += 1
                    if event["type"] == kind and all(event.get(k) == v for k, v in fields.items()):
                        return event
                left = end - time.monotonic()
                if left <= 0 or self.ended:
                    why = "the stream ended" if self.ended else f"none within {scaled(seconds):g} s"
                    raise AssertionError(f"{self.name}: no {kind} {fields}: {why}; saw {self.seen[-12:]}")
                self.grew.wait(left)

    def of(self, *kinds):
        """All events of these types so far."""
        with self.grew:
            return [event for event in self.seen if event["type"] in kinds]

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.thread.join()
        self.answer.close()
        self.connection.close()


def join(inviter, joiner, seconds=30):
    """Joins two gateways by an invite; returns (chat at the inviter, chat at the joiner)."""
    at_inviter, at_joiner = inviter.events(), joiner.events()
    link = inviter.rpc("get_chat_securejoin_qr_code", 1, None)
    chat_at_joiner = joiner.rpc("secure_join", 1, link)
    done = at_inviter.wait("SecurejoinInviterProgress", seconds, progress=1000)
    at_joiner.wait("SecurejoinJoinerProgress", seconds, progress=1000)
    chat_at_inviter = inviter.rpc("create_chat_by_contact_id", 1, done["contact_id"])
    for stream, owner in ((at_inviter, inviter), (at_joiner, joiner)):
        owner.streams.remove(stream)
        stream.close()
    return chat_at_inviter, chat_at_joiner


class RawStream:
    """A stream as its bytes come: `head`, `chunks` (of HTTP/1.1; the pieces received of HTTP/1.0), and their `text`."""

    def __init__(self, port, target, fields="", version="1.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=scaled(60))
        self.socket.sendall(f"GET {target} HTTP/{version}\r\nHost: localhost\r\n{fields}\r\n".encode())
        self.chunks, self.ended, self.broken = [], False, None
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes:
            self.bytes += self.socket.recv(1)
        self.head, self.bytes = self.bytes.decode(), b""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        try:
            while got := self.socket.recv(65536):
                self.bytes += got
                if "transfer-encoding: chunked" in self.head.lower():
                    self._unchunk()
                else:
                    self.chunks.append(got.decode())
        except OSError:
            pass  # closed by us
        except ValueError as wrong:
            self.broken = str(wrong)

    def _unchunk(self):
        while b"\r\n" in self.bytes:
            size, _, rest = self.bytes.partition(b"\r\n")
            length = int(size, 16)
            if len(rest) < length + 2:
                return
            if rest[length:length + 2] != b"\r\n":
                raise ValueError(f"a chunk does not end: {rest[:length + 2]!r}")
            if length == 0:
                self.ended = True
            else:
                self.chunks.append(rest[:length].decode())
            self.bytes = rest[length + 2:]

    @property
    def text(self):
        return "".join(self.chunks)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.thread.join()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
