"""Delivery between two daemons on loopback, direct and through a relay, for bench/run; by itself:

    bench/delivery.py [--quick] [--way direct|relay] [--only messages|file|away] [--mib 1024]

Every line stands for a whole way: from the call of send_msg to the IncomingMsg at the other daemon's listener, two
commits and a deposit in between; a relay adds a third commit and a stream.
"""
import argparse
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))
os.environ.setdefault("EDGE_BIN", str(ROOT / "build/release/bin"))
from gateway import Gateway, free_port, join, until  # noqa: E402


class Caller:
    """Calls over one kept connection."""

    def __init__(self, gateway):
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=120)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __call__(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self.connection.request("POST", "/rpc", body, {"Content-Type": "application/json"})
        answer = json.loads(self.connection.getresponse().read())
        if "error" in answer:
            raise SystemExit(f"{method}: {answer['error']}")
        return answer["result"]


class Arrivals:
    """When each IncomingMsg came to a listener: no more work a line than it takes to count."""

    def __init__(self, gateway):
        self.socket = socket.create_connection(("127.0.0.1", gateway.port))
        self.socket.sendall(b"GET /events?types=IncomingMsg HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.times = []
        self.grew = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(OSError):
            for line in self.socket.makefile("rb"):
                if b'"IncomingMsg"' in line:
                    with self.grew:
                        self.times.append(time.perf_counter())
                        self.grew.notify_all()

    def wait(self, count, seconds=600):
        with self.grew:
            if not self.grew.wait_for(lambda: len(self.times) >= count, seconds):
                raise SystemExit(f"only {len(self.times)} of {count} arrived")
            return self.times[count - 1]

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)


def percent(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def latencies(sender, receiver, chat, count):
    """Milliseconds from each call at the sender to the event at the receiver's listener, one message at a time."""
    call, arrivals = Caller(sender), Arrivals(receiver)
    times = []
    for number in range(count):
        begun = time.perf_counter()
        call("send_msg", 1, chat, {"text": f"Reading {number}: 71.3 %"})
        times.append((arrivals.wait(number + 1) - begun) * 1000)
    arrivals.close()
    return times


def latency(table, alice, bob, chat, count, way):
    times = latencies(alice, bob, chat, count)
    table.add(f"send_msg to IncomingMsg, {way}, 1 at a time", f"{percent(times, 0.5):.1f} ms",
              f"half within it; 99 % within {percent(times, 0.99):.1f} ms")


def send_many(gateway, chat, count, callers=64):
    def some(share):
        call = Caller(gateway)
        for number in range(share):
            call("send_msg", 1, chat, {"text": f"Reading {number}: the pump runs at 71.3 % and 54 °C"})

    with concurrent.futures.ThreadPoolExecutor(callers) as pool:
        list(pool.map(some, [count // callers] * callers))
    return count // callers * callers


def rate(table, alice, bob, chat, count, way):
    arrivals = Arrivals(bob)
    begun = time.perf_counter()
    sent = send_many(alice, chat, count)
    took = arrivals.wait(sent) - begun
    arrivals.close()
    table.add(f"messages from 64 callers to IncomingMsg, {way}", f"{sent / took:,.0f} /s", f"{sent:,} messages")


def drain(table, alice, bob, chat, count, way):
    """What arrived is counted in the store: some of it comes before a listener could."""
    bob.stop()
    sent = send_many(alice, chat, count)
    bob.start()
    begun = time.perf_counter()
    alice.rpc("maybe_network")
    call = Caller(bob)
    until(lambda: len(call("get_next_msgs", 1)) >= sent, 600, "the queue's end")
    table.add(f"{sent:,} queued messages drained, {way}", f"{sent / (time.perf_counter() - begun):,.0f} /s",
              "from the start of the daemon that was away")


def peak_kib(gateway):
    return int(next(line for line in open(f"/proc/{gateway.process.pid}/status") if line.startswith("VmHWM")).split()[1])


def processor_seconds(gateway):
    fields = open(f"/proc/{gateway.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def file(table, sides, chat, size, way):
    """From sides[0] to sides[1]; the third, if any, is the relay between them."""
    alice, bob = sides[:2]
    connection = http.client.HTTPConnection("127.0.0.1", alice.port, timeout=600)
    piece = os.urandom(1 << 20)
    connection.putrequest("POST", "/file?name=log.bin")
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    for _ in range(size // len(piece)):
        connection.send(piece)
    path = json.loads(connection.getresponse().read())["path"]
    before = [peak_kib(side) for side in sides]
    busy = [processor_seconds(side) for side in sides]
    arrivals = Arrivals(bob)
    begun = time.perf_counter()
    alice.rpc("send_msg", 1, chat, {"file": path, "text": "the log"})
    took = arrivals.wait(1) - begun
    arrivals.close()
    grown = ", ".join(f"{(peak_kib(side) - was) / 1024:.1f} MiB at the {side.name}" for side, was in zip(sides, before))
    cpu = ", ".join(f"{processor_seconds(side) - was:.1f} s" for side, was in zip(sides, busy))
    table.add(f"a file of {size >> 20:,} MiB, {way}", f"{size / took / 1e6:,.0f} MB/s",
              f"peak memory grew by {grown}; processor time {cpu}")


def away(table, folder, quick):
    """One peer that does not answer, with a long queue: what it costs another contact, and how fast it drains."""
    queued, samples = (1000, 100) if quick else (10000, 500)
    with Gateway("sender", folder=folder / "sender", port=free_port()) as alice, \
            Gateway("away", folder=folder / "away", port=free_port()) as gone, \
            Gateway("present", folder=folder / "present", port=free_port()) as here:
        to_gone, _ = join(alice, gone)
        to_here, _ = join(alice, here)

        before = latencies(alice, here, to_here, samples)
        gone.kill9()
        sent = send_many(alice, to_gone, queued)
        during = latencies(alice, here, to_here, samples)
        for name, share in (("half", 0.5), ("99 %", 0.99)):
            without, with_dead = percent(before, share), percent(during, share)
            table.add(f"{name} of the messages to a contact who answers, beside {sent:,} queued to one who does not",
                      f"{with_dead / without:.2f} times", f"{without:.1f} ms before, {with_dead:.1f} ms beside them")
        gone.start()
        begun = time.perf_counter()
        call = Caller(gone)
        until(lambda: len(call("get_next_msgs", 1)) >= sent, 600, "the queue's end")
        table.add(f"{sent:,} queued messages drained once the contact is back", f"{sent / (time.perf_counter() - begun):,.0f} /s",
                  "from the start of its daemon; nobody notified the sender")


@contextlib.contextmanager
def sides(folder, way):
    """The sender and the receiver, and a relay when they are to meet there alone."""
    if way == "direct":
        with Gateway("sender", folder=folder / "sender", port=free_port()) as alice, \
                Gateway("receiver", folder=folder / "receiver", port=free_port()) as bob:
            yield alice, bob
        return
    relay = Gateway("relay", folder=folder / "relay", port=free_port())
    url = f"http://127.0.0.1:{relay.port}"
    relay.flags = ["--relay", "--relay-open", "--public-url", url]
    with relay:
        flags = ["--relay-url", url]
        with Gateway("sender", folder=folder / "sender", port=free_port(), flags=flags) as alice, \
                Gateway("receiver", folder=folder / "receiver", port=free_port(), flags=flags) as bob:
            for side in (alice, bob):
                until(lambda one=side: one.rpc("get_connectivity", 1) >= 3000, 30, "the link to the relay")
            yield alice, bob, relay


def measure(table, folder, quick, ways=("direct", "relay"), only=None, mib=None):
    for way in ways:
        name = {"direct": "direct", "relay": "through a relay"}[way]
        with sides(folder / way, way) as those:
            alice, bob = those[:2]
            chat, _ = join(alice, bob)
            if only in (None, "messages"):
                latency(table, alice, bob, chat, 100 if quick else 1000, name)
                rate(table, alice, bob, chat, 2000 if quick else 20000, name)
                last = max(bob.rpc("get_next_msgs", 1), default=0)
                bob.rpc("set_config", 1, "last_msg_id", str(last))
                drain(table, alice, bob, chat, 1000 if quick else 10000, name)
            if only in (None, "file"):
                file(table, those, chat, (mib or (64 if quick else 1024)) << 20, name)
    if only in (None, "away"):
        away(table, folder / "away", quick)


class Lines:
    """What bench/run keeps in a table."""

    def add(self, what, value, note=""):
        print(f"{what:62} {value:>16}  {note}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="short runs")
    parser.add_argument("--way", choices=("direct", "relay"), help="only this one")
    parser.add_argument("--only", choices=("messages", "file", "away"), help="only these lines")
    parser.add_argument("--mib", type=int, help="size of the file")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="edge-delivery-", dir=os.environ.get("BENCH_DIR")))
    try:
        ways = (options.way,) if options.way else ("direct", "relay")
        if options.only == "away":
            ways = ()
        measure(Lines(), folder, options.quick, ways, options.only, options.mib)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
