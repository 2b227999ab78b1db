"""A TCP proxy that records every byte in both directions, and a search for known values in any dress."""
import base64
import contextlib
import socket
import threading


class Recorder:
    """Listens on a free loopback port, passes everything on to `port`, and keeps all of it."""

    def __init__(self, port=None):
        self.target = port
        self.captured = []  # one bytearray for each direction of each connection
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self.listener.accept()
                try:
                    called = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    caller.close()
                    continue
                threading.Thread(target=self._both_ways, args=(caller, called), daemon=True).start()

    def _both_ways(self, caller, called):
        with caller, called:
            back = threading.Thread(target=self._pass, args=(called, caller), daemon=True)
            back.start()
            self._pass(caller, called)
            back.join()

    def _pass(self, source, sink):
        record = bytearray()
        self.captured.append(record)
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                record += piece
                sink.sendall(piece)
        for end in (source, sink):  # either end's end is the other's
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def bytes(self):
        return b"\0\0\0\0".join(bytes(record) for record in self.captured)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self.thread.join()
        self.listener.close()


WINDOW = 10  # bytes of a dress that are looked up at each place; every value must be longer


def dresses(value):
    """The forms in which a value could show: (name, bytes)."""
    yield "plain", value
    yield "hex", value.hex().encode()
    yield "HEX", value.hex().upper().encode()
    for shift in range(3):  # where it falls in base64's groups of three
        text = base64.b64encode(b"\0" * shift + value)
        clean = text[(shift * 8 + 5) // 6:(shift + len(value)) * 8 // 6]  # only what depends on value alone
        yield f"base64+{shift}", clean
        yield f"base64url+{shift}", clean.translate(bytes.maketrans(b"+/", b"-_"))
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return
    yield "UTF-16LE", text.encode("utf-16-le")
    yield "UTF-16BE", text.encode("utf-16-be")


def find(values, haystacks):
    """Where any of the values (bytes) shows up: {value: {(dress, name of the haystack)}}.

    Looks at every byte of every haystack ({name: bytes}); the first WINDOW bytes of each dress are
    looked up in a table, so that the cost does not grow with the number of values.
    """
    table = {}
    for value in values:
        assert len(value) >= WINDOW, f"too short to be distinguished from chance: {value!r}"
        for name, dress in dresses(value):
            table.setdefault(dress[:WINDOW], []).append((dress, name, value))
    found = {}
    for where, data in haystacks.items():
        for at in range(len(data) - WINDOW + 1):
            window = data[at:at + WINDOW]
            if window in table:
                for dress, name, value in table[window]:
                    if data.startswith(dress, at):
                        found.setdefault(value, set()).add((name, where))
    return found
