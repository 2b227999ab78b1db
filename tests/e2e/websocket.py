"""A WebSocket's client by hand, frame by frame, for tests of what well-behaved libraries never send."""
import base64
import hashlib
import json
import os
import socket
import struct

from gateway import scaled

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode, payload=b"", fin=True, mask=b"\x01\x02\x03\x04", rsv=0, length=None):
    """One frame of a client. `length` lies about the payload's."""
    size = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    masked = 0x80 if mask else 0
    if size < 126:
        head += bytes([masked | size])
    elif size < 65536:
        head += bytes([masked | 126]) + struct.pack(">H", size)
    else:
        head += bytes([masked | 127]) + struct.pack(">Q", size)
    if mask:
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)) if len(payload) < 4096 else mask_long(payload, mask)
        head += mask
    return head + payload


def mask_long(payload, mask):
    size = len(payload)
    repeated = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


class Refused(Exception):
    """The handshake was answered by something else than 101."""

    def __init__(self, status, head, body):
        super().__init__(f"{status} {body[:300]!r}")
        self.status = status
        self.head = head
        self.body = body


class WebSocket:
    def __init__(self, gateway, path="/ws", headers=None, behind=b"", seconds=30, buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(scaled(seconds))
        self.socket.connect(("127.0.0.1", gateway.port))
        self.key = base64.b64encode(os.urandom(16)).decode()
        fields = {"Host": f"127.0.0.1:{gateway.port}", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade",
                  "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": self.key, **(headers or {})}
        head = f"GET {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
        self.socket.sendall(head.encode() + b"\r\n" + behind)
        self.received = b""
        while b"\r\n\r\n" not in self.received:
            self._more()
        self.head, _, self.received = self.received.partition(b"\r\n\r\n")
        status = int(self.head.split()[1])
        if status != 101:
            while not self.received and b"Content-Length: 0" not in self.head:
                self._more()
            self.socket.close()
            raise Refused(status, self.head, self.received)
        accept = base64.b64encode(hashlib.sha1(self.key.encode() + GUID).digest())
        assert b"Sec-WebSocket-Accept: " + accept in self.head, self.head
        self.last = 0
        self.events = []  # notifications that calls passed over

    def _more(self):
        got = self.socket.recv(1 << 16)
        if not got:
            raise ConnectionError("the connection was closed")
        self.received += got

    def _take(self, size):
        while len(self.received) < size:
            self._more()
        taken, self.received = self.received[:size], self.received[size:]
        return taken

    def frame(self):
        """The next frame: (fin, opcode, payload)."""
        first, second = self._take(2)
        assert not second & 0x80, "a server's frame is not masked"
        size = second
        if size == 126:
            size = struct.unpack(">H", self._take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self._take(8))[0]
        return bool(first & 0x80), first & 0x0F, self._take(size)

    def message(self):
        """The next message: (opcode, payload)."""
        fin, opcode, payload = self.frame()
        while not fin:
            fin, more, part = self.frame()
            assert more == 0
            payload += part
        return opcode, payload

    def close_code(self):
        """Reads up to the close frame: (its code, None where it has none, its reason); then the connection ends."""
        while True:
            opcode, payload = self.message()
            if opcode == CLOSE:
                break
        self.socket.sendall(frame(CLOSE, payload[:2]))
        try:
            assert self.socket.recv(1) == b""
        except ConnectionResetError:
            pass
        return struct.unpack(">H", payload[:2])[0] if payload else None, payload[2:].decode()

    def send(self, value):
        text = value if isinstance(value, str) else json.dumps(value)
        self.socket.sendall(frame(TEXT, text.encode()))

    def json(self):
        """The next text message's JSON."""
        opcode, payload = self.message()
        assert opcode == TEXT, (opcode, payload)
        return json.loads(payload)

    def ask(self, method, *params):
        """Sends a call; its id."""
        self.last += 1
        self.send({"jsonrpc": "2.0", "id": self.last, "method": method, "params": list(params)})
        return self.last

    def call(self, method, *params):
        """The answer to one call; events that come before are in self.events."""
        ident = self.ask(method, *params)
        while True:
            answer = self.json()
            if answer.get("id") == ident:
                return answer
            self.events.append(answer["params"])

    def event(self):
        """The next notification's params."""
        if self.events:
            return self.events.pop(0)
        message = self.json()
        assert message["method"] == "event", message
        return message["params"]

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
