"""A line between a mail client and its server that breaks: after so many bytes of one direction, or at once; it counts what passed."""
import contextlib
import socket
import threading

from loopback_server import LoopbackServer


class CutProxy(LoopbackServer):
    """Passes a free loopback port on to `target`. Each new connection takes the next of `plan`: (direction, bytes) after which
    it is broken off, with a reset; directions are "up" (from the client) and "down". Connections beyond the plan stay whole."""

    def __init__(self, target):
        self.target = target
        self.plan = []
        self.up, self.down = 0, 0  # bytes that passed
        self.connections, self.cuts = 0, 0
        self.silent = False  # connections open and nothing passes
        self.refusing = False
        self.lock = threading.Lock()
        self.open = set()
        self.listen()

    def _serve(self, client):
        with self.lock:
            self.connections += 1
            refusing = self.refusing
            cut = self.plan.pop(0) if self.plan and not refusing else None
        if refusing:
            self._reset(client)
            return
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=20)
        except OSError:
            self._reset(client)
            return
        server.settimeout(None)
        pair = (client, server)
        for end in pair:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock:
            self.open.add(pair)
        for name, source, sink in (("up", client, server), ("down", server, client)):
            left = cut[1] if cut and cut[0] == name else None
            threading.Thread(target=self._copy, args=(name, source, sink, left, pair), daemon=True).start()

    def _copy(self, name, source, sink, left, pair):
        with contextlib.suppress(OSError):
            while data := source.recv(65536 if left is None else max(1, min(left, 65536))):
                if self.silent:
                    continue
                if left is not None:
                    data = data[:left]
                    left -= len(data)
                with self.lock:
                    setattr(self, name, getattr(self, name) + len(data))
                if data:
                    sink.sendall(data)
                if left == 0:
                    with self.lock:
                        self.cuts += 1
                    break
        self._break(pair)

    def _break(self, pair):
        with self.lock:
            if pair not in self.open:
                return
            self.open.discard(pair)
        for end in pair:
            self._reset(end)

    @staticmethod
    def _reset(end):
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            end.close()

    def cut_all(self):
        """Breaks every connection off, now."""
        with self.lock:
            pairs = list(self.open)
        for pair in pairs:
            self._break(pair)

    def close(self):
        super().close()
        self.cut_all()
