"""TLS for listening: calls, streams, files and peers over https, and certificates that are changed or wrong."""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

import gateway
from gateway import DAEMON, Gateway, free_port, scaled, until


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=scaled(60))


class Authority:
    """A throw-away CA and the pairs it signs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.root = self.folder / "ca.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-keyout", str(self.folder / "ca.key"), "-out", str(self.root), "-subj", "/CN=test authority")

    def pair(self, name):
        """Certificate and key for 127.0.0.1."""
        key, wish, cert = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        names = self.folder / "names"
        names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n", encoding="utf-8")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key),
                "-out", str(wish), "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", str(wish), "-CA", str(self.root), "-CAkey", str(self.folder / "ca.key"),
                "-CAcreateserial", "-days", "2", "-out", str(cert), "-extfile", str(names))
        return cert, key


class TlsGateway(Gateway):
    """A daemon whose address is https."""

    def __init__(self, name, cert, key, **more):
        flags = ["--tls-cert", str(cert), "--tls-key", str(key), *more.pop("flags", ())]
        super().__init__(name, port=free_port(), flags=flags, **more)

    def start(self, seconds=20):
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**gateway.os.environ, **self.env}, cwd=self.folder)
        self.reader = threading.Thread(target=self._read_log, args=(self.process,), daemon=True)
        self.reader.start()
        line = self.wait_log("listening on https://", seconds, or_exit=True)
        assert line, "\n".join(self.log)
        return self


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="edge-tls-")
        cls.authority = Authority(cls.folder.name)
        cls.cert, cls.key = cls.authority.pair("first")
        cls.gateway = TlsGateway("tls", cls.cert, cls.key).start()
        cls.context = ssl.create_default_context(cafile=str(cls.authority.root))

    @classmethod
    def tearDownClass(cls):
        code = cls.gateway.stop()
        gateway.shutil.rmtree(cls.gateway.folder, ignore_errors=True)
        cls.folder.cleanup()
        assert code == 0, cls.gateway.log[-20:]

    def connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self.gateway.port, timeout=scaled(20), context=self.context)

    def call(self, connection, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        connection.request("POST", "/rpc", body, {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())

    def raw(self, context=None):
        plain = socket.create_connection(("127.0.0.1", self.gateway.port), timeout=scaled(20))
        return (context or self.context).wrap_socket(plain, server_hostname="127.0.0.1")

    def test_calls_go_over_one_verified_connection_and_files_come_back_whole(self):
        connection = self.connect()
        for _ in range(50):
            self.assertIn("@", self.call(connection, "get_config", 1, "addr")["result"])
        content = gateway.os.urandom(3_000_000)
        connection.request("POST", "/file?name=big.bin", content)
        path = json.loads(connection.getresponse().read())["path"]
        message = self.call(connection, "send_msg", 1, 10, {"file": path, "filename": "big.bin"})["result"]
        connection.request("GET", f"/file/{message}")
        self.assertEqual(connection.getresponse().read(), content)
        connection.request("GET", f"/file/{message}", headers={"Range": "bytes=1000000-1999999"})
        part = connection.getresponse()
        self.assertEqual((part.status, part.read()), (206, content[1_000_000:2_000_000]))
        connection.close()

    def test_a_stream_tells_events_and_a_reader_that_stalls_delays_no_other(self):
        streams = []
        for _ in range(3):
            stream = self.raw()
            stream.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            self.read_until(stream, b"\r\n\r\n")
            streams.append(stream)
        connection = self.connect()
        for number in range(200):
            self.call(connection, "send_msg", 1, 10, {"text": f"note {number}"})
        last = self.call(connection, "send_msg", 1, 10, {"text": "last"})["result"]
        for stream in streams[1:]:  # the first one reads nothing
            self.read_until(stream, f'"msg_id":{last}'.encode())
        for stream in streams:
            stream.close()
        connection.close()

    def read_until(self, stream, mark):
        text = b""
        while mark not in text:
            got = stream.recv(65536)
            self.assertTrue(got, text[-300:])
            text += got
        return text

    def test_old_versions_foreign_protocols_and_plain_http_are_refused(self):
        modern = self.raw()
        self.assertIn(modern.version(), ("TLSv1.2", "TLSv1.3"))
        modern.close()
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.raw(old)
        spoken = ssl.create_default_context(cafile=str(self.authority.root))
        spoken.set_alpn_protocols(["h2", "http/1.1"])
        chosen = self.raw(spoken)
        self.assertEqual(chosen.selected_alpn_protocol(), "http/1.1")
        chosen.close()
        foreign = ssl.create_default_context(cafile=str(self.authority.root))
        foreign.set_alpn_protocols(["h2"])
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.raw(foreign)
        with socket.create_connection(("127.0.0.1", self.gateway.port), timeout=scaled(20)) as plain:
            plain.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            message = plain.recv(4096)
        self.assertIn(b"400 Bad Request", message)
        self.assertIn(b"https://", message)

    def test_many_that_never_shake_hands_delay_nobody(self):
        idle = [socket.create_connection(("127.0.0.1", self.gateway.port)) for _ in range(200)]
        junk = [socket.create_connection(("127.0.0.1", self.gateway.port)) for _ in range(20)]
        for each in junk:
            each.sendall(gateway.os.urandom(500))
        connection = self.connect()
        connection.request("GET", "/health")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        for each in idle + junk:
            each.close()

    def test_a_half_closed_and_a_vanishing_client_leave_nothing_behind(self):
        def fds():  # its own figures: nobody else may look into the daemon's /proc
            connection = self.connect()
            connection.request("GET", "/metrics")
            figures = connection.getresponse().read().decode()
            connection.close()
            return int(re.search(r"^process_open_fds (\d+)$", figures, re.MULTILINE)[1])
        before = fds()
        for number in range(30):
            stream = self.raw()
            stream.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            if number % 3 == 0:
                self.read_until(stream, b"}")
            if number % 3 == 1:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
            stream.close()
        until(lambda: fds() <= before, what="closed descriptors")

    def test_sighup_takes_a_new_certificate_and_keeps_the_old_one_when_that_is_wrong(self):
        def subject():
            with self.raw() as stream:
                return dict(item[0] for item in stream.getpeercert()["subject"])["commonName"]
        held = self.connect()
        self.call(held, "get_config", 1, "addr")
        new_cert, new_key = self.authority.pair("second")
        self.cert.write_bytes(b"not a certificate")
        line = len(self.gateway.log)
        self.gateway.process.send_signal(signal.SIGHUP)
        self.gateway.wait_log("old certificate stays", first_line=line)
        self.assertEqual(subject(), "first")
        self.cert.write_bytes(new_cert.read_bytes())
        self.key.write_bytes(new_key.read_bytes())
        self.gateway.process.send_signal(signal.SIGHUP)
        until(lambda: subject() == "second", what="the new certificate")
        self.assertIn("@", self.call(held, "get_config", 1, "addr")["result"])  # as it was
        held.close()

    def test_a_wrong_pair_is_refused_with_what_is_wrong(self):
        cert, key = self.authority.pair("third")
        _, other = self.authority.pair("fourth")
        locked = pathlib.Path(self.folder.name) / "locked.key"
        openssl("ec", "-in", str(key), "-aes128", "-passout", "pass:secret", "-out", str(locked))
        cases = [(["--tls-cert", str(cert)], "--tls-key", 2),
                 (["--tls-cert", str(cert), "--tls-key", str(other)], "is not the key of the certificate", 1),
                 (["--tls-cert", str(cert), "--tls-key", "/nowhere"], "/nowhere cannot be read", 1),
                 (["--tls-cert", "/nowhere", "--tls-key", str(key)], "--tls-cert /nowhere cannot be read", 1),
                 (["--tls-cert", str(key), "--tls-key", str(key)], "holds no certificate", 1),
                 (["--tls-cert", str(cert), "--tls-key", str(cert)], "holds no private key", 1),
                 (["--tls-cert", str(cert), "--tls-key", str(locked)], "passphrase", 1)]
        for flags, message, code in cases:
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run([DAEMON, "--listen", "127.0.0.1:0", "--accounts", folder, *flags],
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=scaled(20),
                                      check=False)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(message, done.stderr)

    def test_gateways_reach_each_other_by_https(self):
        trust = {"SSL_CERT_FILE": str(self.authority.root), "CURL_CA_BUNDLE": str(self.authority.root)}
        cert, key = self.authority.pair("peers")
        with TlsGateway("left", cert, key, env=trust) as left, TlsGateway("right", cert, key, env=trust) as right:
            def call(one, *what):
                connection = http.client.HTTPSConnection("127.0.0.1", one.port, timeout=scaled(20),
                                                         context=self.context)
                answer = self.call(connection, *what)
                connection.close()
                return answer["result"]
            link = call(left, "get_chat_securejoin_qr_code", 1, None)
            self.assertIn("https%3A", link.replace("https:", "https%3A"))
            chat = call(right, "secure_join", 1, link)
            sent = call(right, "send_msg", 1, chat, {"text": "over https"})
            until(lambda: call(right, "get_message", 1, sent)["state"] >= 26, what="the delivery")

    def test_the_client_names_what_makes_a_certificate_known(self):
        def said(**env):
            done = subprocess.run([gateway.CLI, "--url", f"https://127.0.0.1:{daemon.port}", "health"], capture_output=True,
                                  text=True, timeout=scaled(30), check=False, env={**os.environ, **env})
            return done.returncode, done.stderr
        cert, key = self.authority.pair("client")
        with TlsGateway("left", cert, key) as daemon:
            code, text = said()
            self.assertEqual(code, 1)
            self.assertRegex(text, "not trusted here.*SSL_CERT_FILE a PEM file with the certificate of the authority")
            absent = str(self.authority.folder / "absent.pem")
            code, text = said(SSL_CERT_FILE=absent)
            self.assertEqual(code, 1)
            self.assertIn(f"SSL_CERT_FILE {absent} cannot be read", text)
            self.assertEqual(said(SSL_CERT_FILE=str(self.authority.root)), (0, ""))

    def test_the_door_for_peers_alone_speaks_tls_too(self):
        trust = {"SSL_CERT_FILE": str(self.authority.root), "CURL_CA_BUNDLE": str(self.authority.root)}
        cert, key = self.authority.pair("door")
        port = free_port()
        door = ["--peer-listen", f"127.0.0.1:{port}", "--public-url", f"https://127.0.0.1:{port}"]
        with TlsGateway("left", cert, key, env=trust, flags=door) as left, \
                Gateway("right", env=trust) as right:
            inside = http.client.HTTPSConnection("127.0.0.1", left.port, timeout=scaled(20), context=self.context)
            link = self.call(inside, "get_chat_securejoin_qr_code", 1, None)["result"]
            self.assertIn(f"u={urllib.parse.quote(door[-1], safe='')}", link)
            chat = right.rpc("secure_join", 1, link)
            sent = right.rpc("send_msg", 1, chat, {"text": "through the door"})
            until(lambda: right.rpc("get_message", 1, sent)["state"] >= 26, what="the delivery")
            outside = http.client.HTTPSConnection("127.0.0.1", port, timeout=scaled(20), context=self.context)
            for method, path, status in (("GET", "/health", 200), ("POST", "/rpc", 404), ("GET", "/events", 404)):
                outside.request(method, path, "{}" if method == "POST" else None, {"Content-Type": "application/json"})
                answer = outside.getresponse()
                answer.read()
                self.assertEqual(answer.status, status, path)
            with socket.create_connection(("127.0.0.1", port), timeout=scaled(20)) as plain:
                plain.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                self.assertIn(b"https://", plain.recv(4096))
            inside.close()
            outside.close()


if __name__ == "__main__":
    unittest.main()
