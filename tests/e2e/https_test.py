"""Gateways reach each other over https, and nothing goes to a certificate that is not trusted."""
import contextlib
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from gateway import Gateway, free_port, scaled, until


class Authority:
    """A throw-away authority and a certificate for 127.0.0.1 that it signed."""

    def __init__(self, folder):
        self.file, self.key = folder / "ca.pem", folder / "ca.key"
        self.leaf, self.leaf_key = folder / "leaf.pem", folder / "leaf.key"
        folder.mkdir()
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        self.openssl("req", "-x509", *curve, "-subj", "/CN=throw-away", "-keyout", self.key, "-out", self.file)
        self.openssl("req", "-x509", *curve, "-subj", "/CN=edge", "-addext", "subjectAltName=IP:127.0.0.1",
                     "-addext", "basicConstraints=critical,CA:FALSE", "-CA", self.file, "-CAkey", self.key,
                     "-keyout", self.leaf_key, "-out", self.leaf)

    @staticmethod
    def openssl(*words):
        done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(done.stderr)


class TlsDoor:
    """Ends TLS on one port and forwards the bytes to another, as a reverse proxy does."""

    def __init__(self, authority, port, to):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(authority.leaf, authority.leaf_key)
        self.to = to
        self.passed = 0   # connections whose handshake succeeded
        self.refused = 0  # those that the client broke off
        self.listener = socket.create_server(("127.0.0.1", port))
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        plain.settimeout(scaled(20))
        try:
            client = self.context.wrap_socket(plain, server_side=True)
            client.settimeout(0.05)
            first = self._first(client)
        except (ssl.SSLError, OSError):
            self.refused += 1
            plain.close()
            return
        self.passed += 1
        with client, socket.create_connection(("127.0.0.1", self.to)) as edge, contextlib.suppress(OSError):
            edge.settimeout(0.05)
            edge.sendall(first)
            while True:  # one thread a connection: an SSL socket is not for two at once
                for source, sink in ((client, edge), (edge, client)):
                    try:
                        bytes_ = source.recv(65536)
                    except (TimeoutError, ssl.SSLWantReadError):
                        continue
                    if not bytes_:
                        return
                    sink.sendall(bytes_)

    @staticmethod
    def _first(client):
        """What the client says first: with TLS 1.3 a client that trusts nothing says so only then."""
        while True:
            try:
                first = client.recv(65536)
            except TimeoutError:
                continue
            if not first:
                raise OSError("nothing was said")
            return first

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


class Https(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="edge-https-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.authority = Authority(self.folder / "right")
        port, peers = free_port(), free_port()
        self.door = TlsDoor(self.authority, port, peers)
        self.addCleanup(self.door.close)
        self.alice = self.enterContext(Gateway("alice", flags=[
            "--public-url", f"https://127.0.0.1:{port}", "--peer-listen", f"127.0.0.1:{peers}"]))
        self.link = self.alice.rpc("get_chat_securejoin_qr_code", 1, None)

    def test_a_peer_with_a_trusted_certificate_is_joined_and_written_to(self):
        bob = self.enterContext(Gateway("bob", env={"SSL_CERT_FILE": str(self.authority.file)}))
        at_bob, at_alice = bob.events(), self.alice.events()
        chat = bob.rpc("secure_join", 1, self.link)
        at_bob.wait("SecurejoinJoinerProgress", progress=1000)
        bob.send(chat, "over https")
        came = at_alice.wait("IncomingMsg")
        self.assertEqual("over https", self.alice.rpc("get_message", 1, came["msg_id"])["text"])
        self.assertGreater(self.door.passed, 0)

    def test_a_certificate_that_somebody_else_signed_gets_nothing(self):
        other = Authority(self.folder / "wrong")
        bob = self.enterContext(Gateway("bob", env={"SSL_CERT_FILE": str(other.file)}))
        bob.rpc("secure_join", 1, self.link)
        line = bob.wait_log("certificate is not trusted")
        self.assertIn("SSL_CERT_FILE", line)
        until(lambda: self.door.refused >= 2, what="a second try that was broken off")
        self.assertEqual(0, self.door.passed)
        self.assertEqual([], [c for c in self.alice.rpc("get_contact_ids", 1, 0, None) if c > 9])


if __name__ == "__main__":
    unittest.main()
