"""Servers with a certificate that must not be accepted: they note what a client sends after the handshake all the same."""
import contextlib
import ssl

from loopback_server import LoopbackServer


class WrongServer(LoopbackServer):
    """`kind` is "imap" or "smtp"; with `starttls` it begins in the clear. `sent_over_tls` holds what came through TLS: nothing, if clients
    check certificates."""

    def __init__(self, kind, certificate, starttls=False):
        self.kind = kind
        self.context = certificate.context()
        self.starttls = starttls
        self.sent_over_tls = b""
        self.in_clear = b""
        self.tries, self.refused = 0, 0
        self.listen()

    def _serve(self, client):
        client.settimeout(20)
        self.tries += 1
        with contextlib.closing(client), contextlib.suppress(OSError):
            if self.starttls and not self._offer(client):
                return
            try:
                secret = self.context.wrap_socket(client, server_side=True)
                if not self.starttls:
                    secret.sendall(b"* OK ready\r\n" if self.kind == "imap" else b"220 ready ESMTP\r\n")
                while got := secret.recv(4096):
                    self.sent_over_tls += got
                    secret.sendall(b"* BAD\r\n" if self.kind == "imap" else b"500 no\r\n")
            except ssl.SSLError:
                self.refused += 1

    def _offer(self, client):
        """Until the client asks for TLS."""
        lines = client.makefile("rb", buffering=0)
        client.sendall(b"* OK ready\r\n" if self.kind == "imap" else b"220 ready ESMTP\r\n")
        while line := lines.readline(1000):
            self.in_clear += line
            words = line.decode("ascii", "replace").split()
            if words[-1:] == ["STARTTLS"]:
                client.sendall(f"{words[0]} OK go on\r\n".encode() if self.kind == "imap" else b"220 go on\r\n")
                return True
            if self.kind == "imap":
                client.sendall(f"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n{words[0]} OK done\r\n".encode())
            else:
                client.sendall(b"250-rig\r\n250 STARTTLS\r\n")
        return False
