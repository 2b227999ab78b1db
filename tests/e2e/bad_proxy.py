"""A TCP proxy that behaves like a bad link. It passes whole HTTP requests on or loses them, delays them, cuts the
answer, delivers a request twice, or late: after its sender has long given up and sent others. Choices come from one seeded generator."""
import contextlib
import random
import socket
import threading


class Weather:
    """Chances from 0 to 1 for each request; delays in seconds."""

    def __init__(self, lose=0.0, cut_answer=0.0, twice=0.0, late=0.0, delay=0.0, down=False):
        self.lose = lose
        self.cut_answer = cut_answer
        self.twice = twice
        self.late = late
        self.delay = delay
        self.down = down


class BadProxy:
    """Listens on a free loopback port and passes on to `port`, as good as the weather allows."""

    def __init__(self, seed, port=None):
        self.target = port
        self.weather = Weather()
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.closed = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def chance(self, probability):
        with self.lock:
            return self.random.random() < probability

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller):
        with caller, contextlib.suppress(OSError, ValueError):
            caller.settimeout(60)
            stream = caller.makefile("rb")
            while request := read_message(stream):
                weather = self.weather
                if weather.delay:
                    with self.lock:
                        pause = self.random.uniform(0, weather.delay)
                    self.closed.wait(pause)
                if weather.down or self.chance(weather.lose):
                    return  # the connection ends without an answer
                if self.chance(weather.late):
                    with self.lock:
                        pause = self.random.uniform(0.2, 1.5)
                    threading.Thread(target=self._late, args=(request, pause), daemon=True).start()
                    return
                if self.chance(weather.twice):
                    self._pass(request)
                answer = self._pass(request)
                if answer is None or self.chance(weather.cut_answer):
                    return
                caller.sendall(answer)

    def _late(self, request, pause):
        if not self.closed.wait(pause):
            self._pass(request)

    def _pass(self, request):
        try:
            with socket.create_connection(("127.0.0.1", self.target), timeout=60) as called:
                called.sendall(request)
                return read_message(called.makefile("rb")) or None
        except (OSError, ValueError):
            return None

    def close(self):
        self.closed.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


def read_message(stream):
    """One HTTP message with its body, as bytes; empty at the end."""
    head = b""
    length = 0
    while True:
        line = stream.readline(65536)
        if not line:
            return b""
        head += line
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
        if line in (b"\r\n", b"\n"):
            body = stream.read(length)
            if len(body) != length:
                return b""
            # Every request of ours has an answer that is read whole, so nobody has to wait for a "100 Continue".
            return head + body
