"""A relay that cannot be trusted: it stands in front of a real one and treats what passes to a device badly.

Requests and answers pass as they are. Of each stream the frames are read, and each is passed on, left out,
sent twice, held back behind the next one, changed in a byte, followed by an invented one, or cut in the
middle; after some frames the stream ends. The seed says which.
"""
import random
import socket
import struct
import threading


class Pieces:
    """What a socket gives, read by size."""

    def __init__(self, first, source):
        self.bytes = first
        self.source = source

    def _more(self):
        piece = self.source.recv(65536)
        self.bytes += piece
        return bool(piece)

    def head(self):
        while b"\r\n\r\n" not in self.bytes and self._more():
            pass
        head, _, self.bytes = self.bytes.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def read(self, size):
        while len(self.bytes) < size and self._more():
            pass
        taken, self.bytes = self.bytes[:size], self.bytes[size:]
        return taken


class BadRelay:
    WAYS = ("left out", "twice", "held back", "invented", "cut")

    def __init__(self, port, real_port, seed, kindness=0.7, ways=WAYS):
        self.random = random.Random(seed)
        self.ways = ways
        self.real_port = real_port
        self.kindness = kindness  # the share of frames that pass unharmed
        self.done = {}            # what was done to how many frames
        self.guard = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.open = set()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _note(self, what):
        with self.guard:
            self.done[what] = self.done.get(what, 0) + 1

    def _pass(self, client):
        try:
            real = socket.create_connection(("127.0.0.1", self.real_port))
        except OSError:
            client.close()
            return
        with self.guard:
            self.open |= {client, real}
        streaming = threading.Event()
        try:
            threading.Thread(target=self._ask, args=(client, real, streaming), daemon=True).start()
            while piece := real.recv(65536):
                if streaming.is_set():
                    self._harm(Pieces(piece, real), client)
                    return
                client.sendall(piece)
        except OSError:
            pass
        finally:
            for end in (client, real):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            with self.guard:
                self.open -= {client, real}
            client.close()
            real.close()

    @staticmethod
    def _ask(source, target, streaming):
        """Requests pass as they are; they come one after the other, and a stream's is the last."""
        try:
            while piece := source.recv(65536):
                if b"/stream HTTP/1.1" in piece:
                    streaming.set()
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    @staticmethod
    def _copy(source, target):
        while piece := source.recv(65536):
            target.sendall(piece)

    def _harm(self, stream, client):
        head = stream.head()
        client.sendall(head)
        if b" 200 " not in head.split(b"\r\n")[0]:  # refused: no frames follow
            client.sendall(stream.bytes)
            self._copy(stream.source, client)
            return
        left = self.random.randrange(2, 12)
        held = b""
        while True:
            frame = stream.read(5)
            if len(frame) < 5:
                return
            kind, length = frame[0], struct.unpack(">I", frame[1:])[0]
            frame += stream.read(length)
            if kind != 1:
                client.sendall(frame)
                continue
            left -= 1
            if left <= 0:
                self._note("ended")
                return
            with self.guard:
                roll = self.random.random()
                choice = self.random.choice(self.ways)
                at = self.random.randrange(37, len(frame))
            if roll < self.kindness:
                client.sendall(frame + held)
                held = b""
                continue
            self._note(choice)
            if choice == "twice":
                client.sendall(frame + frame)
            elif choice == "held back":
                held = frame
                self._end_soon(client)
            elif choice == "left out":
                self._end_soon(client)
            elif choice == "changed":
                client.sendall(frame[:at] + bytes([frame[at] ^ 1]) + frame[at + 1:])
                return  # the device acknowledges what does not open: the sender has to notice
            elif choice == "invented":
                body = struct.pack(">qq", 1 << 40, 0) + frame[21:37] + b"\x01" + bytes(300)
                client.sendall(frame + bytes([1]) + struct.pack(">I", len(body)) + body)
            elif choice == "cut":
                client.sendall(frame[:at])
                return

    @staticmethod
    def _end_soon(client):
        """What was left out comes with the next stream."""
        def end():
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        timer = threading.Timer(0.3, end)
        timer.daemon = True
        timer.start()

    def close(self):
        self.listener.close()
        with self.guard:
            ends = list(self.open)
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
