"""API keys: what each opens on a real daemon, and that revoking one ends what it has open."""
import http.client
import json
import pathlib
import socket
import subprocess
import tempfile
import threading
import unittest

import gateway
from gateway import CLI, Gateway, scaled, until


def cli(*args, env=None):
    """Runs privitty-edge and returns what it did."""
    return subprocess.run([CLI, *args], capture_output=True, text=True, timeout=scaled(20),
                          env={**gateway.os.environ, **(env or {})})


class Stream:
    """An event stream over a bare socket, so that its end is seen as it comes."""

    open = []

    def __init__(self, port, target, headers=()):
        Stream.open.append(self)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=scaled(20))
        lines = [f"GET {target} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.text = b""
        while b"\r\n\r\n" not in self.text:
            got = self.socket.recv(4096)
            if not got:
                break
            self.text += got
        self.status = int(self.text.split()[1])

    def read_until(self, mark):
        while mark not in self.text:
            got = self.socket.recv(4096)
            if not got:
                raise AssertionError(f"the stream ended before {mark}: {self.text[-500:]}")
            self.text += got

    def ends(self):
        while True:
            got = self.socket.recv(4096)
            if not got:
                return True
            self.text += got


class Keys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="edge-keys-")
        cls.file = pathlib.Path(cls.folder.name) / "keys.json"
        cls.all = cls.add("all", "admin")
        cls.gateway = Gateway("keys", flags=["--api-keys", str(cls.file)]).start()
        cls.call(cls.all, "add_account")

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        gateway.shutil.rmtree(cls.gateway.folder, ignore_errors=True)
        cls.folder.cleanup()

    @classmethod
    def add(cls, name, scopes, *more):
        """Makes a key; a running daemon takes it a moment later."""
        done = cli("keys", "--api-keys", str(cls.file), "add", name, "--scope", scopes, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @classmethod
    def request(cls, method, target, key=None, body=None, headers=None):
        """Status, headers and body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", cls.gateway.port, timeout=scaled(20))
        sent = dict(headers or {})
        if key:
            sent["X-API-Key"] = key
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        connection.request(method, target, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    @classmethod
    def call(cls, key, method, params=()):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        status, _, text = cls.request("POST", "/rpc", key, body)
        return (status, json.loads(text)) if status == 200 else (status, text)

    def tearDown(self):
        while Stream.open:
            Stream.open.pop().socket.close()

    def known(self, key):
        """Waits until the daemon has read the file again."""
        until(lambda: self.request("POST", "/rpc", key, "{}")[0] == 200, what="the new key")
        return key

    def test_every_caller_shows_a_key_and_each_opens_what_it_is_for(self):
        self.assertEqual(self.request("POST", "/rpc", None, "{}")[0], 401)
        reader = self.known(self.add("reader", "rpc:read"))
        status, answer = self.call(reader, "get_config", [1, "addr"])
        self.assertEqual(status, 200)
        self.assertIn("@", answer["result"])
        status, answer = self.call(reader, "send_msg", [1, 10, {"text": "no"}])
        self.assertEqual((status, answer["error"]["code"]), (200, -32003))
        self.assertIn("rpc:write", answer["error"]["message"])
        self.assertEqual(self.request("GET", "/events", reader)[0], 403)
        self.assertEqual(self.request("POST", "/file?name=a", reader, "x")[0], 403)
        self.assertEqual(self.request("GET", "/health")[0], 200)

    def test_a_daemon_that_listens_has_a_fingerprint_before_anybody_asks(self):
        file = self.gateway.accounts / "device_fingerprint"
        until(file.exists)
        self.assertRegex(file.read_text(), "^[0-9a-f]{64}\\n$")

    def test_this_machine_needs_a_key_too(self):
        """Every endpoint; what /auth asks for besides is made of public facts."""
        fingerprint = cli("--accounts", str(self.gateway.accounts), "fingerprint").stdout.strip()
        self.assertRegex(fingerprint, "^[0-9a-f]{64}$")
        proof = json.dumps({"device_fingerprint": fingerprint})
        for method, target, body in (
                ("POST", "/rpc", "{}"), ("GET", "/events", None), ("POST", "/events/ticket", ""),
                ("POST", "/publish", "{}"), ("GET", "/file/1", None), ("POST", "/file?name=a", "x"),
                ("POST", "/auth", proof), ("GET", "/stream/1", None)):
            with self.subTest(target):
                self.assertEqual(self.request(method, target, None, body)[0], 401)
        user = self.known(self.add("user", "rpc:read,rpc:write,events,publish:*"))
        status, _, text = self.request("POST", "/auth", user, proof)
        self.assertEqual(status, 403)
        self.assertIn("the scope view", text)
        mute = self.known(self.add("no publisher", "rpc:read"))
        self.assertIn("the scope publish:CHANNEL", self.request("POST", "/publish", mute, "{}")[2])
        self.assertIn("the scope publish:CHANNEL", self.call(mute, "publish_event", {"data": 1})[1]["error"]["message"])
        viewer = self.known(self.add("viewer", "view"))
        self.assertEqual(self.request("POST", "/auth", viewer, json.dumps({"device_fingerprint": "0" * 64}))[0], 403)
        status, _, text = self.request("POST", "/auth", viewer, proof)
        self.assertEqual(status, 200)
        token = json.loads(text)["token"]
        self.assertEqual(self.request("GET", "/stream/1", headers={"Authorization": f"Bearer {token}"})[0], 404)
        # Of what says nothing about messages.
        for target in ("/health", "/health/ready", "/metrics"):
            self.assertEqual(self.request("GET", target)[0], 200, target)
        self.assertEqual(self.request("GET", "/metrics", headers={"Client-IP": "10.0.0.9"})[0], 401)

    def test_secrets_of_the_configuration_are_not_shown_below_admin(self):
        user = self.known(self.add("settler", "rpc:read,rpc:write"))
        self.assertIn("result", self.call(user, "set_config", [1, "mail_pw", "sesame"])[1])
        self.assertIsNone(self.call(user, "get_config", [1, "mail_pw"])[1]["result"])
        self.assertEqual(self.call(user, "batch_get_config", [1, ["mail_pw", "bot"]])[1]["result"],
                         {"mail_pw": None, "bot": "0"})
        self.assertEqual(self.call(self.all, "get_config", [1, "mail_pw"])[1]["result"], "sesame")

    def test_a_key_for_one_account_sees_nothing_of_another(self):
        second = self.known(self.add("second", "rpc:read,rpc:write,events", "--account", "2"))
        self.assertEqual(self.call(second, "get_all_account_ids")[1]["result"], [2])
        self.assertEqual(self.call(second, "get_config", [1, "addr"])[1]["error"]["code"], -32003)
        self.assertEqual(self.request("POST", "/file?name=a&account_id=1", second, "x")[0], 403)
        self.assertEqual(self.request("GET", "/file/12?account_id=1", second)[0], 403)
        self.assertEqual(self.request("GET", "/events?account_id=1", second)[0], 403)

        after = self.newest_event()
        stream = Stream(self.gateway.port, f"/events?last_event_id={after}", [f"X-API-Key: {second}"])
        self.assertEqual(stream.status, 200)
        self.call(self.all, "send_msg", [1, 10, {"text": "of account 1"}])
        self.call(self.all, "send_msg", [2, 10, {"text": "of account 2"}])
        stream.read_until(b'"account_id":2')
        # The same again from the log.
        replay = Stream(self.gateway.port, f"/events?last_event_id={after}", [f"X-API-Key: {second}"])
        replay.read_until(b'"account_id":2')
        for text in (stream.text, replay.text):
            self.assertNotIn(b'"account_id":1', text)

    def newest_event(self):
        everything = Stream(self.gateway.port, "/events", [f"X-API-Key: {self.all}"])
        self.call(self.all, "send_msg", [1, 10, {"text": "mark"}])
        everything.read_until(b"id: ")
        everything.read_until(b"\n\n")
        return everything.text.split(b"id: ")[1].split()[0].decode()

    def test_revoking_closes_streams_and_refuses_calls_at_once(self):
        brief = self.known(self.add("brief", "rpc:read,events"))
        stream = Stream(self.gateway.port, "/events", [f"Authorization: Bearer {brief}"])
        self.assertEqual(stream.status, 200)
        other = Stream(self.gateway.port, "/events", [f"X-API-Key: {self.all}"])
        done = cli("keys", "--api-keys", str(self.file), "revoke", "brief")
        self.assertEqual(done.returncode, 0, done.stderr)
        until(lambda: self.request("POST", "/rpc", brief, "{}")[0] == 401, what="the refusal")
        self.call(self.all, "send_msg", [1, 10, {"text": "after"}])
        other.read_until(b"MsgsChanged")
        self.assertTrue(stream.ends())
        self.assertNotIn(b"MsgsChanged", stream.text)

    def test_a_stream_on_which_nothing_happens_ends_with_its_key(self):
        idle = self.known(self.add("idle", "events"))
        stream = Stream(self.gateway.port, "/events", [f"Authorization: Bearer {idle}"])
        stream.read_until(b"\n:\n\r\n")
        begun = stream.text
        self.assertEqual(cli("--json", "keys", "--api-keys", str(self.file), "revoke", "idle").returncode, 0)
        self.assertTrue(stream.ends())
        self.assertEqual(begun + b"0\r\n\r\n", stream.text, "it ended with a ping or an event")

    def test_the_client_stops_listening_when_its_key_ends(self):
        listener = self.known(self.add("leaving", "events"))
        env = {**gateway.os.environ, "PRIVITTY_API_KEY": listener}
        with subprocess.Popen([CLI, "--url", self.gateway.url, "listen"], env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as client:
            lines = []
            reader = threading.Thread(target=lambda: lines.extend(iter(client.stdout.readline, "")), daemon=True)
            reader.start()

            def listens():
                self.call(self.all, "send_msg", [1, 10, {"text": "an event"}])
                return lines

            try:
                until(listens, what="its first event")
                self.assertEqual(cli("keys", "--api-keys", str(self.file), "revoke", "leaving").returncode, 0)
                self.assertEqual(client.wait(scaled(30)), 1)
                self.assertIn("not known, or was revoked", client.stderr.read())
            finally:
                client.kill()
                reader.join()

    def test_a_ticket_opens_one_stream_and_then_nothing(self):
        listener = self.known(self.add("listener", "events"))
        status, headers, text = self.request("POST", "/events/ticket", listener, "")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Cache-Control"], "no-store")
        ticket = json.loads(text)["ticket"]
        self.assertEqual(Stream(self.gateway.port, f"/events?ticket={ticket}").status, 200)
        self.assertEqual(Stream(self.gateway.port, f"/events?ticket={ticket}").status, 401)
        self.assertEqual(Stream(self.gateway.port, f"/events?api_key={listener}").status, 200)
        self.assertEqual(self.request("POST", "/events/ticket", None, "")[0], 401)

    def test_the_client_shows_its_key_and_lists_without_it(self):
        url = self.gateway.url
        self.assertEqual(cli("--url", url, "chats").returncode, 1)
        message = cli("--url", url, "chats").stderr
        self.assertIn("PRIVITTY_API_KEY", message)
        self.assertEqual(cli("--url", url, "chats", env={"PRIVITTY_API_KEY": self.all}).returncode, 0)
        place = pathlib.Path(self.folder.name) / "key"
        place.write_text(self.all + "\n", encoding="utf-8")
        self.assertEqual(cli("--url", url, "--api-key-file", str(place), "status").returncode, 0)
        listed = cli("keys", "--api-keys", str(self.file), "list").stdout
        self.assertIn("all", listed)
        self.assertNotIn(self.all, listed)
        self.assertNotIn(self.all.split("_", 2)[2], self.file.read_text(encoding="utf-8"))

    def test_paths_lie_below_files_alone_and_the_key_file_never(self):
        status, answer = self.call(self.all, "send_msg", [1, 10, {"file": "/etc/hostname"}])
        self.assertEqual(status, 200)
        self.assertIn("error", answer)
        status, answer = self.call(self.all, "copy_to_blob_dir", [1, str(self.file)])
        self.assertIn("error", answer)

    def test_mistakes_are_named(self):
        for args, message in [
                (["keys", "add", "x", "--scope", "admin"], "PRIVITTY_API_KEYS_FILE"),
                (["keys", "--api-keys", str(self.file), "add", "x", "--scope", "rpc"], "'rpc' is no scope"),
                (["keys", "--api-keys", str(self.file), "add", "all", "--scope", "admin"], "already"),
                (["keys", "--api-keys", str(self.file), "add", "x", "--scope", "admin", "--expires", "soon"],
                 "--expires"),
                (["keys", "--api-keys", str(self.file), "revoke", "nobody"], "keys list")]:
            done = cli(*args, env={"PRIVITTY_API_KEYS_FILE": ""})
            self.assertEqual(done.returncode, 1, args)
            self.assertIn(message, done.stderr)


if __name__ == "__main__":
    unittest.main()
