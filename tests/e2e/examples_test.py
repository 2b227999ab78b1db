"""The programs of scripts/examples do what they say."""
import contextlib
import http.server
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import unittest

from gateway import CLI, ROOT, Gateway, free_port, join, scaled, until

EXAMPLES = ROOT / "scripts/examples"


class Examples(unittest.TestCase):
    def setUp(self):
        self.edge = self.enterContext(Gateway("edge"))
        self.peer = self.enterContext(Gateway("peer"))
        self.env = {**os.environ, "PRIVITTY_URL": self.edge.url, "PYTHONUNBUFFERED": "1"}

    @contextlib.contextmanager
    def bot(self):
        """The bot while it runs; yields the lines it said."""
        env = {**self.env, "EDGE_STATE": str(self.edge.folder / "bot.state")}
        process = subprocess.Popen(["python3", EXAMPLES / "echo_bot.py"], stdout=subprocess.PIPE, text=True, env=env)
        said = []
        reader = threading.Thread(target=lambda: said.extend(iter(process.stdout.readline, "")), daemon=True)
        reader.start()
        try:
            yield said
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(scaled(10))
            reader.join()
            process.stdout.close()

    def answers_to(self, chat, text):
        return self.peer.texts(chat).count(f"You said: {text}")

    def channel(self):
        """A channel of the peer's that the bots' gateway reads."""
        channel = self.peer.rpc("create_broadcast", 1, "News")
        chat = self.edge.rpc("secure_join", 1, self.peer.rpc("get_chat_securejoin_qr_code", 1, channel))
        until(lambda: self.edge.rpc("get_basic_chat_info", 1, chat)["chatType"] == "InBroadcast", what="the channel")
        until(lambda: self.peer.rpc("get_chat_contacts", 1, channel), what="its reader")
        return channel

    def test_the_echo_bot_answers_and_misses_nothing_over_restarts_of_either(self):
        with self.bot() as said:
            link = until(lambda: re.search(r"invite: (\S+)", "".join(said)), what="the bot's invite").group(1)
            at_peer = self.peer.events()
            chat = self.peer.rpc("secure_join", 1, link)
            at_peer.wait("SecurejoinJoinerProgress", progress=1000)
            tries = 0

            def answered():
                nonlocal tries
                self.peer.send(chat, f"hello {tries}")
                tries += 1
                return any(text.startswith("You said: hello") for text in self.peer.texts(chat))
            until(answered, what="an answer")  # its stream starts when it starts
            self.edge.stop()
            self.peer.send(chat, "while you were away")
            self.edge.start()
            until(lambda: self.answers_to(chat, "while you were away"), 60, "the answer after the restart")
        at_edge = self.edge.events()
        self.peer.send(chat, "while the bot was away")
        at_edge.wait("IncomingMsg")
        channel = self.channel()
        with self.bot():
            self.peer.send(channel, "to all readers")  # who cannot answer
            until(lambda: self.answers_to(chat, "while the bot was away"), 60, "the answer of the bot that is back")
            self.peer.send(chat, "the last")
            until(lambda: self.answers_to(chat, "the last"), 60, "the last answer")
        for text in ("while you were away", "while the bot was away", "the last"):
            self.assertEqual(self.answers_to(chat, text), 1, text)

    def test_the_short_bots_answer_once_over_a_restart(self):
        _, chat = join(self.edge, self.peer)
        channel = self.channel()
        bots = {"python": ["python3", EXAMPLES / "bot.py"], "shell": ["bash", EXAMPLES / "bot.sh"]}
        if shutil.which("go"):
            program = self.edge.folder / "bot"
            subprocess.run(["go", "build", "-o", program, EXAMPLES / "bot.go"], check=True, timeout=scaled(120))
            bots["go"] = [program]
        for name, command in bots.items():
            with self.subTest(name):
                bot = subprocess.Popen(command, env=self.env, start_new_session=True, stderr=subprocess.DEVNULL)
                try:
                    self.peer.send(channel, f"{name}, as all readers")  # who cannot answer
                    self.peer.send(chat, f"{name} one")
                    until(lambda: self.answers_to(chat, f"{name} one"), 30, "the answer")
                    until(lambda: not self.edge.rpc("get_next_msgs", 1), what="the bot's mark")
                    self.edge.restart()
                    self.peer.send(chat, f"{name} two: $(id) \"größer\" \\n")
                    until(lambda: self.answers_to(chat, f"{name} two: $(id) \"größer\" \\n"), 30, "the answer after a restart")
                finally:
                    os.killpg(bot.pid, signal.SIGKILL)
                    bot.wait()
            self.assertEqual(self.answers_to(chat, f"{name} one"), 1)

    def test_send_sh_sends_to_an_address(self):
        _, chat = join(self.edge, self.peer)
        events = self.peer.events()
        address = self.peer.rpc("get_config", 1, "addr")
        done = subprocess.run([EXAMPLES / "send.sh", address, "Batch", "complete"], env=self.env, capture_output=True,
                              text=True, timeout=scaled(30), check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^\d+$")
        came = events.wait("IncomingMsg", chat_id=chat)
        self.assertEqual(self.peer.rpc("get_message", 1, came["msg_id"])["text"], "Batch complete")
        done = subprocess.run([EXAMPLES / "send.sh", "nobody@nowhere", "x"], env=self.env, capture_output=True,
                              text=True, timeout=scaled(30), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nobody@nowhere", done.stderr)
        # A gateway that does not answer says nothing about contacts.
        nowhere = {**self.env, "PRIVITTY_URL": f"http://127.0.0.1:{free_port()}"}
        done = subprocess.run([EXAMPLES / "send.sh", address, "x"], env=nowhere, capture_output=True, text=True,
                              timeout=scaled(30), check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("no contact", done.stderr)
        self.assertIn("connect", done.stderr)

    def test_protected_file_sh_goes_from_the_license_to_the_end_of_an_access(self):
        def example(*args, gateway=None, done=0):
            env = self.env if gateway is None else {**self.env, "PRIVITTY_URL": gateway.url}
            ran = subprocess.run([EXAMPLES / "protected_file.sh", *args], env=env, capture_output=True, text=True,
                                 timeout=scaled(30), check=False)
            self.assertEqual(ran.returncode, done, ran.stderr)
            return ran.stdout.strip() if done == 0 else ran.stderr

        self.assertEqual(example("license"), "not needed: the gateway has no license issuer")
        # An operator's own license server, and the gateway that asks it.
        key, licenses = self.edge.folder / "issuer.key", self.edge.folder / "licenses"
        issued = json.loads(subprocess.run([CLI, "--json", "license", "issue", "--key", key, "--customer", "Acme", "--expires",
                                            "never", "--licenses", licenses], capture_output=True, text=True,
                                           timeout=scaled(30), check=True).stdout)
        with subprocess.Popen([CLI, "license", "serve", "--key", key, "--licenses", licenses, "--listen", "127.0.0.1:0"],
                              stderr=subprocess.PIPE, text=True) as server:
            try:
                bound = re.search(r"http://\S+", server.stderr.readline()).group(0)
                self.edge.flags = ["--license-issuer", issued["issuer"]]
                self.edge.restart()
                self.assertEqual(example("license"), "no_license")
                self.env.update(PRIVITTY_ACCOUNTS=str(self.edge.accounts), EDGE_CLI=str(CLI),
                                PRIVITTY_LICENSE_ISSUER=issued["issuer"])
                self.assertIn("licensed to Acme", example("license", bound + issued["path"]))
            finally:
                server.terminate()
        self.edge.restart()
        self.assertEqual(example("license"), "active")

        events = self.peer.events()
        example("join", example("invite"), gateway=self.peer)
        chat = events.wait("PrivittyPeerHandshakeComplete")["chat_id"]
        address = self.peer.rpc("get_config", 1, "addr")
        plan = self.edge.folder / "plan.txt"
        plan.write_text("a plan")
        file = example("send", address, str(plan), "60")
        self.assertRegex(file, r"^\d+$")
        message = events.wait("IncomingMsg", chat_id=chat)["msg_id"]

        def status():
            return self.peer.rpc("privitty_get_file_access_info", 1, message)["shared"]["status"]
        until(lambda: status() == "active", what="the grant")
        self.assertFalse((self.edge.folder / "plan.txt.prv").exists())
        example("revoke", address, file)
        until(lambda: status() == "revoked", what="the end of it")
        self.assertIn("nobody@nowhere", example("send", "nobody@nowhere", str(plan), done=1))
        self.assertIn("usage", example("frobnicate", done=2))


class Quiet(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


class OnLoopback(http.server.ThreadingHTTPServer):
    """A server of a test's own, as long as its block."""

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class CutStream(OnLoopback):
    """A stream that is cut off within its second event, once; then it ends. Says what ids readers came back with."""

    PARTS = ["id: 101\ndata: {\"a\":1}\n\nid: 102\ndata: {\"cut", "id: 102\ndata: {\"b\":2}\n\n"]

    def __init__(self):
        self.asked = []
        stream = self

        class Handler(Quiet):
            def do_GET(self):  # noqa: N802
                stream.asked.append(self.headers["Last-Event-ID"])
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(stream.PARTS[min(len(stream.asked), 2) - 1].encode())
        super().__init__(Handler)


class Refusing(OnLoopback):
    """Answers every request with a status: first 429, then `status`. `keys` are those that it was shown."""

    def __init__(self, status):
        self.asked, self.keys = 0, set()
        server = self

        class Handler(Quiet):
            def do_GET(self):  # noqa: N802
                server.asked += 1
                server.keys.add(self.headers.get("X-API-Key"))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = b'{"error":"no key is known here"}'
                self.send_response(429 if server.asked == 1 else status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815
        super().__init__(Handler)


class Refused(unittest.TestCase):
    def test_what_would_be_refused_again_ends_a_program_with_the_gateways_words(self):
        programs = {name: words for name, words in
                    (("listen.sh", ["bash"]), ("bot.sh", ["bash"]), ("listen.py", ["python3"]), ("bot.py", ["python3"]))}
        if importlib.util.find_spec("requests"):
            programs["listen_requests.py"] = ["python3"]
            if importlib.util.find_spec("sseclient"):
                programs["listen_sseclient.py"] = ["python3"]
        if shutil.which("node"):
            programs["listen.mjs"] = ["node"]
        if shutil.which("go"):
            programs.update({"listen.go": ["go", "run"], "bot.go": ["go", "run"]})
        for name, words in programs.items():
            for status in (400, 401, 403, 404, 409):
                with self.subTest(name, status=status), Refusing(status) as gateway:
                    ran = subprocess.run([*words, EXAMPLES / name], capture_output=True, text=True, check=False,
                                         env={**os.environ, "PRIVITTY_URL": gateway.url, "PRIVITTY_API_KEY": "edge_k"}, timeout=scaled(60))
                    self.assertEqual(ran.returncode, 1, ran.stderr)
                    self.assertEqual(gateway.keys, {"edge_k"})
                    self.assertIn(f"refused with {status}", ran.stderr)
                    self.assertIn("no key is known here", ran.stderr)
                    self.assertEqual(gateway.asked, 2, "once more after 429, and never after a refusal")

    def test_a_program_that_calls_once_passes_the_gateways_words_on(self):
        with Refusing(401) as gateway:
            for words in (["send.sh", "bob@vm", "x"], ["protected_file.sh", "invite"]):
                gateway.asked = 1
                ran = subprocess.run([EXAMPLES / words[0], *words[1:]], capture_output=True, text=True, check=False,
                                     env={**os.environ, "PRIVITTY_URL": gateway.url, "PRIVITTY_API_KEY": "edge_k"}, timeout=scaled(60))
                self.assertNotEqual(ran.returncode, 0)
                self.assertEqual(gateway.keys, {"edge_k"})
                self.assertIn("no key is known here\n", ran.stderr)
                self.assertNotIn("usage", ran.stderr)

    def test_a_program_says_that_the_gateway_is_away(self):
        away = f"http://127.0.0.1:{free_port()}"
        for words in (["bash", "listen.sh"], ["bash", "bot.sh"], ["python3", "listen.py"], ["python3", "bot.py"]):
            with self.subTest(words), subprocess.Popen([words[0], EXAMPLES / words[1]], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                                       text=True, env={**os.environ, "PRIVITTY_URL": away}, start_new_session=True) as program:
                try:
                    self.assertRegex(program.stderr.readline(), "(?i)connect|refused")
                finally:
                    os.killpg(program.pid, signal.SIGKILL)

    def test_protected_file_says_how_it_is_called(self):
        for words in ([], ["join"], ["send", "bob@vm"], ["revoke", "bob@vm"], ["bogus"]):
            with self.subTest(words):
                ran = subprocess.run([EXAMPLES / "protected_file.sh", *words], capture_output=True, text=True, check=False, timeout=scaled(20))
                self.assertEqual((ran.returncode, ran.stdout), (2, ""))
                self.assertRegex(ran.stderr, r"\Ausage: [^\n]*\n\Z")


class Listeners(unittest.TestCase):
    def test_an_event_that_was_cut_off_comes_again(self):
        programs = {"listen.sh": ["bash"], "listen.py": ["python3"]}
        if importlib.util.find_spec("requests"):
            programs["listen_requests.py"] = ["python3"]
        if shutil.which("node"):
            programs["listen.mjs"] = ["node"]
        for name, words in programs.items():
            with self.subTest(name), CutStream() as stream:
                reader = subprocess.Popen([*words, EXAMPLES / name, "channel=c"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                          text=True, env={**os.environ, "PRIVITTY_URL": stream.url, "PYTHONUNBUFFERED": "1"},
                                          start_new_session=True)
                try:
                    lines = [reader.stdout.readline() for _ in range(2)]
                finally:
                    os.killpg(reader.pid, signal.SIGKILL)
                    reader.wait()
                    reader.stdout.close()
                self.assertEqual(stream.asked[:2], [None, "101"])
                self.assertIn("1", lines[0])
                self.assertIn("2", lines[1])
                self.assertNotIn("cut", "".join(lines))


if __name__ == "__main__":
    unittest.main()
