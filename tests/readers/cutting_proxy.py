"""A TCP proxy that cuts streams of output: of each answer to a GET of `/…/events` it passes on as many bytes as its list
says, then the connection ends, by turns in good order and by a reset. Once the list is used up it only passes on."""
import contextlib
import re
import socket
import struct
import threading


class CuttingProxy:
    def __init__(self, port, cuts):
        self.target = port
        self.cuts = list(cuts)
        self.cut = 0        # streams that were cut
        self.resumed = []   # the Last-Event-ID of each stream's request, None where it has none
        self.statuses = []  # of each stream's answer
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller):
        with caller, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.target)) as called:
            stream = threading.Event()  # what comes back is an answer to a GET of a stream
            requests = threading.Thread(target=self._requests, args=(caller, called, stream), daemon=True)
            requests.start()
            abruptly = self._answers(caller, called, stream)
            if abruptly:  # closing it resets it, once nobody reads from it any more
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            for end, how in ((caller, socket.SHUT_RD if abruptly else socket.SHUT_RDWR), (called, socket.SHUT_RDWR)):
                with contextlib.suppress(OSError):
                    end.shutdown(how)
            requests.join()

    def _requests(self, caller, called, stream):
        with contextlib.suppress(OSError):
            while got := caller.recv(65536):
                if found := re.match(rb"GET /[^ ?]*/events[ ?]", got):  # a request's head comes in one piece here
                    last = re.search(rb"\r\nlast-event-id: *([^\r]+)", got, re.IGNORECASE)
                    with self.lock:
                        self.resumed.append(last[1].decode() if last else None)
                    stream.set()
                elif re.match(rb"[A-Z]+ /", got):
                    stream.clear()
                called.sendall(got)
            called.shutdown(socket.SHUT_WR)

    def _answers(self, caller, called, stream):
        """Until the end of one of them, or a cut; whether it is to be a reset."""
        left = None
        while got := called.recv(65536):
            if stream.is_set() and got.startswith(b"HTTP/1.1 "):
                with self.lock:
                    self.statuses.append(int(got.split()[1]))
                    left = self.cuts.pop(0) if self.cuts and self.statuses[-1] == 200 else None
            if stream.is_set() and left is not None:
                if len(got) >= left:
                    caller.sendall(got[:left])
                    with self.lock:
                        self.cut += 1
                        return self.cut % 2 == 0
                left -= len(got)
            caller.sendall(got)
        return False
