"""HTTP as neighbours and the bystander use it: calls over one kept connection, and requests that somebody else reads."""
import contextlib
import http.client
import json
import select
import socket
import time


class Refused(Exception):
    """The daemon answered with an error."""


class Caller:
    """Calls over one kept connection, which is opened again when the daemon closed it."""

    def __init__(self, port, key=""):
        self.port, self.key, self.connection = port, key, None

    def __call__(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self.connection.connect()
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.request("POST", "/rpc", body, {"Content-Type": "application/json", "X-API-Key": self.key})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.will_close:
            self.connection = None
        if answer.status != 200:
            raise Refused(f"{method}: HTTP {answer.status} {text[:200]!r}")
        answer = json.loads(text)
        if "error" in answer:
            raise Refused(f"{method}: {answer['error']}")
        return answer["result"]


def batch(method, *params, count=1000):
    """The body of a batch of equal calls."""
    return json.dumps([{"jsonrpc": "2.0", "id": number, "method": method, "params": params} for number in range(count)]).encode()


def post(port, key, path, body):
    """Sends a request and leaves its answer to take() or nobody; the daemon closes after the answer."""
    head = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode()
    connection = socket.create_connection(("127.0.0.1", port))
    with contextlib.suppress(OSError):
        connection.sendall(head + body)
    return connection


def take(connections, seconds):
    """Reads and drops the answers until all connections are closed or the time is over."""
    end, open_ones = time.monotonic() + seconds, set(connections)
    while open_ones and time.monotonic() < end:
        for connection in select.select(list(open_ones), [], [], 0.1)[0]:
            with contextlib.suppress(OSError):
                if connection.recv(1 << 16):
                    continue
            open_ones.discard(connection)
    for connection in connections:
        connection.close()
