"""What people and machines get wrong: a clear message, the right exit code, and nothing lost."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import unittest

from gateway import CLI, DAEMON, Gateway, RpcError, free_port, scaled, until

FAILURE, USAGE = 1, 2


def run(*flags, env=None, seconds=20, user=None):
    """Runs the daemon to its end: (exit code, what it said)."""
    done = subprocess.run([DAEMON, *map(str, flags)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}, text=True,
                          timeout=scaled(seconds), user=user, check=False)
    return done.returncode, done.stdout


class Starting(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="edge-bad-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.accounts = self.folder / "accounts"

    def refused(self, code, words, *flags, **options):
        """Starting with these flags ends with the code, and the message holds every word."""
        got, said = run(*flags, **options)
        self.assertEqual(got, code, said)
        for word in words:
            self.assertIn(word.lower(), said.lower())
        for bad in ("terminate called", "Sanitizer", "what():", "Assertion"):
            self.assertNotIn(bad, said)

    def here(self, *more):
        return ["--listen", "127.0.0.1:0", "--accounts", self.accounts, *more]

    def snapshot(self):
        """What is stored; looking at a database leaves an empty log and an index of it, which hold nothing."""
        files = {path.name: path.read_bytes() for path in self.accounts.rglob("*")
                 if path.is_file() and path.name != "lock" and not path.name.endswith("-shm")}
        return {name: data for name, data in files.items() if data or not name.endswith("-wal")}

    def test_unknown_flags_and_wrong_values(self):
        self.refused(USAGE, ["--nosuchflag"], "--nosuchflag")
        self.refused(USAGE, ["--listen"], "--lisen", "127.0.0.1:0")  # the nearest is offered
        for wrong in ("nonsense", "127.0.0.1:99999", "127.0.0.1:", ":7200:1", "127.0.0.1:7a"):
            with self.subTest(wrong):
                self.refused(USAGE, ["listen", wrong], "--listen", wrong, "--accounts", self.accounts)
        self.refused(USAGE, ["--accounts needs a value: --accounts DIR"], "--accounts")
        self.refused(USAGE, ["--accounts needs a value"], "--accounts", "--listen", "127.0.0.1:0")
        self.refused(USAGE, ["public-url"], *self.here("--public-url", "gopher://x"))
        self.refused(USAGE, ["PRIVITTY_LISTEN", "rubbish"], "--accounts", self.accounts,
                     env={"PRIVITTY_LISTEN": "rubbish"})
        self.refused(USAGE, ["no-such-file"], *self.here("--config", self.folder / "no-such-file"))
        self.assertFalse(self.accounts.exists(), "nothing was made")

    def test_a_wrong_line_in_a_configuration_file_is_named_by_its_number(self):
        config = self.folder / "edge.conf"
        config.write_text("# the gateway\nprofile = mill\nlissten = 127.0.0.1:0\n")
        self.refused(USAGE, ["edge.conf", "3", "lissten"], *self.here("--config", config))

    def test_help_and_version(self):
        code, said = run("--help")
        self.assertEqual(code, 0)
        for flag in ("--listen", "--accounts", "--profile", "--public-url", "--peer-listen", "--files",
                     "--allow-anonymous", "--key-file"):
            self.assertIn(flag, said)
        code, said = run("--version")
        self.assertEqual(code, 0)
        self.assertRegex(said, r"\d+\.\d+\.\d+")

    def test_a_folder_that_cannot_be_used(self):
        in_the_way = self.folder / "file"
        in_the_way.write_text("not a folder")
        self.refused(FAILURE, [str(in_the_way)], "--listen", "127.0.0.1:0", "--accounts", in_the_way)
        self.refused(FAILURE, [str(in_the_way)], "--listen", "127.0.0.1:0", "--accounts", in_the_way / "below")

    @unittest.skipUnless(os.geteuid() == 0, "to become another user one must be root")
    def test_a_folder_of_somebody_else(self):
        self.accounts.mkdir(mode=0o700)  # root's
        os.chmod(self.folder, 0o755)
        program = self.folder / "privitty-edged"  # the build folder may be closed to others
        shutil.copy(DAEMON, program)
        done = subprocess.run([program, *map(str, self.here())], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=scaled(20), user=65534, env={"HOME": "/"}, check=False)
        self.assertEqual(done.returncode, FAILURE, done.stderr)
        self.assertIn(str(self.accounts), done.stderr)
        self.assertIn("permission", done.stderr.lower())

    def test_a_taken_port(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = f"127.0.0.1:{other.getsockname()[1]}"
            self.refused(FAILURE, [address, "taken"], "--listen", address, "--accounts", self.accounts)
            self.refused(FAILURE, [address, "taken"], *self.here("--peer-listen", address))
        self.assertFalse(self.accounts.exists(), "nothing was made")

    def test_a_non_loopback_address_without_keys(self):
        for address in ("0.0.0.0:0", "[::]:0"):
            with self.subTest(address):
                self.refused(USAGE, ["--allow-anonymous"], "--listen", address, "--accounts", self.accounts)
        gateway = self.enterContext(Gateway("open", flags=["--allow-anonymous"]))
        self.assertEqual(gateway.http("GET", "/health")[0], 200)

    def test_a_second_copy(self):
        with Gateway("alice") as alice:
            code, said = run("--listen", "127.0.0.1:0", "--accounts", alice.accounts)
            self.assertEqual(code, FAILURE, said)
            self.assertIn(str(alice.process.pid), said)
            self.assertIn(str(alice.accounts), said)
            self.assertEqual(alice.http("GET", "/health")[0], 200, "the first one goes on")

    def test_a_second_copy_although_the_lock_file_was_removed(self):
        with Gateway("alice") as alice:
            (alice.accounts / "lock").unlink()
            for _ in range(2):  # the first try makes the file again
                code, said = run("--listen", "127.0.0.1:0", "--accounts", alice.accounts)
                self.assertEqual(code, FAILURE, said)
                self.assertIn(f"another privitty-edged is using {alice.accounts}", said)
            for command in ("repair", "rekey"):
                done = subprocess.run([CLI, "--accounts", str(alice.accounts), command], capture_output=True,
                                      text=True, stdin=subprocess.DEVNULL, timeout=scaled(20), check=False)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn("another privitty-edged", done.stderr)
            self.assertEqual(alice.http("GET", "/health")[0], 200, "the first one goes on")

    def started_once(self):
        """An accounts folder with a message in it, its daemon stopped."""
        gateway = Gateway("alice", folder=self.folder)
        with gateway:
            chat = gateway.rpc("create_chat_by_contact_id", 1, 1)
            gateway.send(chat, "keep me")
            self.assertEqual(gateway.stop(), 0)
        return gateway, chat

    def check_kept(self, gateway, chat):
        with gateway:
            self.assertEqual(gateway.texts(chat), ["keep me"])

    def test_a_missing_key_is_never_replaced_by_a_new_one(self):
        gateway, chat = self.started_once()
        key = self.accounts / "master.key"
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        away = key.rename(self.folder / "away.key")
        before = self.snapshot()
        self.refused(FAILURE, ["key"], *self.here())
        self.assertEqual(before, self.snapshot(), "nothing was touched")
        self.refused(FAILURE, ["key"], *self.here("--key-file", self.folder / "elsewhere.key"))
        self.assertEqual(before, self.snapshot())
        away.rename(key)
        self.check_kept(gateway, chat)

    def test_a_wrong_key_is_refused_and_nothing_is_touched(self):
        gateway, chat = self.started_once()
        with Gateway("other") as other:
            wrong = (other.accounts / "master.key").read_bytes()
        key = self.accounts / "master.key"
        right = key.read_bytes()
        for content in (wrong, right[:-5], b"", b"\0" * 4096):
            key.write_bytes(content)
            before = self.snapshot()
            with self.subTest(content[:12]):
                self.refused(FAILURE, ["key"], *self.here())
                self.assertEqual(before, self.snapshot(), "nothing was touched")
        key.write_bytes(right)
        self.check_kept(gateway, chat)

    def test_a_passphrase_instead_of_a_key_file(self):
        phrase = self.folder / "phrase"
        phrase.write_text("correct horse battery staple\n")
        flags = ["--passphrase-file", str(phrase)]
        gateway = Gateway("alice", folder=self.folder, flags=flags)
        with gateway:
            chat = gateway.rpc("create_chat_by_contact_id", 1, 1)
            gateway.send(chat, "keep me")
            self.assertEqual(gateway.stop(), 0)
        self.assertFalse((self.accounts / "master.key").exists())
        phrase.write_text("incorrect horse\n")
        self.refused(FAILURE, ["passphrase"], *self.here(*flags))
        self.refused(FAILURE, ["key"], *self.here())
        phrase.write_text("correct horse battery staple\n")
        self.check_kept(gateway, chat)

    def test_a_newer_schema_is_refused_with_both_numbers(self):
        gateway, chat = self.started_once()
        with contextlib.closing(sqlite3.connect(self.accounts / "store.db")) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            self.assertGreater(version, 0)
            db.execute("PRAGMA user_version = 9999")
        before = self.snapshot()
        self.refused(FAILURE, ["9999", str(version), "newer"], *self.here())
        self.assertEqual(before, self.snapshot())
        with contextlib.closing(sqlite3.connect(self.accounts / "store.db")) as db:
            db.execute(f"PRAGMA user_version = {version}")
        self.check_kept(gateway, chat)

    def test_a_database_that_is_none(self):
        self.accounts.mkdir(mode=0o700)
        (self.accounts / "store.db").write_bytes(b"this is not a database" * 500)
        self.refused(FAILURE, ["store.db"], *self.here())
        self.assertEqual((self.accounts / "store.db").read_bytes(), b"this is not a database" * 500)


class SizeLimit(unittest.TestCase):
    """A limit on the size of files (ulimit -f, LimitFSIZE=), which by default ends a program."""

    class Limited(Gateway):
        limit = 0  # KiB

        def command(self):
            return ["bash", "-c", f'ulimit -f {self.limit}; exec "$@"', "bash", *super().command()]

    def test_a_file_over_the_limit_is_refused_with_words_and_the_daemon_goes_on(self):
        alice = self.Limited("alice")
        alice.limit = 20_000
        with alice:
            chat = alice.rpc("create_chat_by_contact_id", 1, 1)
            status, _, body = alice.http("POST", "/file?name=x.bin", b"z" * 30_000_000,
                                         {"Content-Type": "application/octet-stream"})
            self.assertEqual(status, 507, body)
            self.assertIn("LimitFSIZE=", body.decode())
            alice.send(chat, "still here")
            self.assertEqual(alice.http("GET", "/health/ready")[0], 200)

    def test_a_store_over_the_limit_refuses_with_words_and_loses_nothing(self):
        alice = self.Limited("alice")
        alice.limit = 6_000
        with alice:
            chat = alice.rpc("create_chat_by_contact_id", 1, 1)
            kept = []
            with self.assertRaises(RpcError) as refused:
                for number in range(200):
                    text = f"{number} " + "x" * 200_000
                    alice.send(chat, text)
                    kept.append(text)
            self.assertIn("LimitFSIZE=", refused.exception.message)
            self.assertGreater(len(kept), 5)
            status, _, body = alice.http("GET", "/health/ready")
            self.assertEqual(status, 503)
            self.assertIn("LimitFSIZE=", body.decode())
            alice.limit = "unlimited"
            alice.restart()
            self.assertEqual(alice.texts(chat), kept)
            alice.send(chat, "room again")

    def test_signals_that_ask_nothing_of_it_end_nothing(self):
        with Gateway("alice") as alice:
            for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGXFSZ, signal.SIGVTALRM, signal.SIGPROF,
                           signal.SIGIO, signal.SIGPIPE, signal.SIGXCPU, signal.SIGPWR, signal.SIGRTMIN, signal.SIGRTMIN + 3,
                           signal.SIGRTMAX):
                alice.process.send_signal(number)
                self.assertEqual(alice.http("GET", "/health")[0], 200, f"signal {int(number)}")


class ClosedStreams(unittest.TestCase):
    def test_a_log_that_was_closed_gets_into_no_file(self):
        class Silent(Gateway):
            def command(self):
                return ["bash", "-c", 'exec "$@" 0>&- 2>&-', "bash", *super().command()]

            def start(self, seconds=20):
                self.port = free_port()
                self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                                env={**os.environ, "PRIVITTY_LOG_LEVEL": "debug"}, cwd=self.folder)
                self.reader = threading.Thread(target=lambda: None)
                self.reader.start()

                def serves():
                    try:
                        return self.http("GET", "/health")[0] == 200
                    except OSError:
                        return False
                until(serves, seconds, "the daemon")
                return self

        with Silent("alice") as alice:
            try:
                ends = [os.readlink(f"/proc/{alice.process.pid}/fd/{number}") for number in (0, 2)]
            except PermissionError:
                self.skipTest("only root may look at what the daemon has open")
            self.assertEqual(ends, ["/dev/null", "/dev/null"])


class Requests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway("alice").start()
        cls.addClassCleanup(cls.gateway.remove)

    def tearDown(self):
        status, _, body = self.gateway.http("GET", "/health")
        self.assertEqual((status, json.loads(body)["status"]), (200, "ok"), "the daemon goes on")

    def post(self, body, **headers):
        status, _, answer = self.gateway.http(
            "POST", "/rpc", body, {"Content-Type": "application/json", **headers})
        return status, json.loads(answer) if answer.startswith((b"{", b"[")) else answer

    def test_json_that_is_none_is_answered_inside_200(self):
        for body in ("", "{", "nonsense", "[1,2", '{"a":1}}', "\xff\xfe", "[" * 100_000, "null", "{\"jsonrpc\":"):
            with self.subTest(body[:20]):
                status, answer = self.post(body.encode("latin-1"))
                self.assertEqual(status, 200)
                self.assertIn(answer["error"]["code"], (-32700, -32600))
                self.assertIsNone(answer["id"])

    def test_requests_that_are_none(self):
        call = {"jsonrpc": "2.0", "id": 5, "method": "get_config", "params": [1, "addr"]}
        for change, code in (({"method": 7}, -32600), ({"method": "no_such_method"}, -32601),
                             ({"params": "text"}, -32600), ({"params": [1]}, -32602), ({"params": [1, 2]}, -32602),
                             ({"params": ["one", "addr"]}, -32602), ({"params": [1, "addr", 3, 4]}, -32602),
                             ({"params": {"account_id": 1, "key": "addr", "extra": 1}}, -32602),
                             ({"params": [99, "addr"]}, -32603), ({"params": [-1, "addr"]}, -32602)):
            with self.subTest(change):
                status, answer = self.post(json.dumps({**call, **change}))
                self.assertEqual((status, answer["error"]["code"]), (200, code), answer)
                self.assertGreater(len(answer["error"]["message"]), 5)
        status, answer = self.post(json.dumps({**call, "params": ["one", "addr"]}))
        self.assertIn("account_id", answer["error"]["message"], "it says which one")
        self.assertIn("integer", answer["error"]["message"], "and what it expected")

    def test_a_message_without_text_and_file_names_what_was_ignored(self):
        chat = self.gateway.rpc("create_chat_by_contact_id", 1, 1)
        with self.assertRaisesRegex(RpcError, "txt"):
            self.gateway.rpc("send_msg", 1, chat, {"txt": "a slip of the finger"})
        self.assertEqual(self.gateway.texts(chat), [])

    def test_what_a_web_page_could_send_is_refused(self):
        call = '{"jsonrpc":"2.0","id":1,"method":"get_info","params":[1]}'
        self.assertEqual(self.post(call, Origin="https://evil.example")[0], 403)
        self.assertEqual(self.post(call, **{"Sec-Fetch-Site": "cross-site"})[0], 403)
        self.assertEqual(self.post(call, Host="evil.example")[0], 421)
        self.assertEqual(self.gateway.http("POST", "/rpc", call, {"Content-Type": "text/plain"})[0], 415)
        self.assertEqual(self.gateway.http("GET", "/events", None, {"Origin": "https://evil.example"})[0], 403)

    def test_wrong_methods_paths_and_sizes(self):
        self.assertEqual(self.gateway.http("GET", "/rpc")[0], 405)
        self.assertEqual(self.gateway.http("POST", "/health", "")[0], 405)
        self.assertEqual(self.gateway.http("GET", "/no/such/place")[0], 404)
        self.assertEqual(self.raw(b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                  b"Content-Length: 99999999999\r\n\r\n"), 413)
        self.assertEqual(self.raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\n" +
                                  b"X-Filler: " + b"x" * 40_000 + b"\r\n\r\n"), 431)
        self.assertEqual(self.raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\n" +
                                  b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n"), 431)

    def test_http_that_is_none(self):
        json_head = b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        for request in (b"nonsense\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00" + b"\0" * 100 + b"\r\n\r\n",
                        b"GET /health HTTP/9.9\r\n\r\n", b"GET /health HTTP/1.1\r\nno colon\r\n\r\n",
                        b"GET /health HTTP/1.1\r\n\r\n",  # no Host
                        json_head + b"Content-Length: -1\r\n\r\n", json_head + b"Content-Length: x\r\n\r\n",
                        json_head + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                        json_head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
                        json_head + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n",
                        json_head + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"):
            with self.subTest(request[:60]):
                status = self.raw(request)
                self.assertTrue(status is None or status in (400, 413, 421, 431, 501, 505), status)

    def raw(self, request):
        """Sends bytes; the status of the answer, or None when the connection was just closed."""
        with socket.create_connection(("127.0.0.1", self.gateway.port), timeout=scaled(10)) as caller:
            caller.settimeout(scaled(10))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                caller.sendall(request)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while b"\r\n" not in answer and (piece := caller.recv(4096)):
                    answer += piece
        return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else None


if __name__ == "__main__":
    unittest.main()
