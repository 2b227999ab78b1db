"""JSON-RPC with a program over its standard input and output, a line a message, and an event loop that reads
get_next_event_batch all the time."""
import json
import queue
import threading
import time

from gateway import RpcError, scaled


class RpcPipes:
    """The calls of one process. A derived class starts the process, and says by output_ended_because() why an answer is
    missing. `events` are (account, event, when it was read)."""

    def __init__(self):
        self.events = []
        self.grew = threading.Condition()
        self.process = None

    def attach(self, process, reads_events=True):
        """Reads what the process writes, from now on; the threads end with its output."""
        self.process = process
        self.number = 0
        self.waiting = {}
        self.lock = threading.Lock()
        self.output_ended = False
        work = [lambda: self._read(process)] + [self._read_events] * reads_events
        self.threads = [threading.Thread(target=each, daemon=True) for each in work]
        for thread in self.threads:
            thread.start()

    def _read(self, process):
        for line in process.stdout:
            answer = json.loads(line)
            with self.lock:
                place = self.waiting.pop(answer["id"])
            place.put(answer)
        with self.lock:
            self.output_ended = True
            left, self.waiting = self.waiting, {}
        for place in left.values():
            place.put(None)
        process.stdout.close()

    def _read_events(self):
        while True:
            answer = self.send("get_next_event_batch").get()
            if not answer or "error" in answer:
                return
            with self.grew:
                self.events += [(event["contextId"], event["event"], time.monotonic()) for event in answer["result"]]
                self.grew.notify_all()

    def send(self, method, *params):
        """A call under way: a queue that gets its answer, or None when the output ended without one."""
        place = queue.Queue()
        with self.lock:
            if self.output_ended:
                place.put(None)
                return place
            self.number += 1
            self.waiting[self.number] = place
            try:
                self.process.stdin.write(json.dumps(
                    {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}).encode() + b"\n")
                self.process.stdin.flush()
            except (BrokenPipeError, ValueError):
                self.waiting.pop(self.number)
                place.put(None)
        return place

    def call(self, method, *params, seconds=30):
        answer = self.send(method, *params).get(timeout=scaled(seconds))
        if answer is None:
            raise AssertionError(f"{method}: the output ended without an answer: {self.output_ended_because()}")
        if "error" in answer:
            raise RpcError(method, answer["error"])
        return answer["result"]
