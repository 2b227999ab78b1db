"""Protected files through the real daemons: the privitty_* methods, the viewer, and no plaintext on disk."""
import http.client
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from gateway import BIN, CLI, Gateway, RpcError, join, scaled, stored, until


def fingerprint(gateway):
    done = subprocess.run([CLI, "--accounts", str(gateway.accounts), "fingerprint"], capture_output=True, text=True,
                          timeout=scaled(20), check=True)
    return done.stdout.strip()


WATCH = BIN / "libwatched_writes.so"
# A sanitizer's own library has to come first.
WATCHES = WATCH.exists() and not os.environ.get("EDGE_TEST_SANITIZED")


class Protected(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.owner = self.enterContext(Gateway("owner"))
        self.reader = self.enterContext(Gateway("reader"))
        self.owner_chat, self.reader_chat = join(self.owner, self.reader)
        self.peer = self.owner.rpc("get_chat_contacts", 1, self.owner_chat)[0]

    def share(self, name, content, download=False, minutes=0):
        """Protects, sends and waits until the other side may open it: (file id, message there)."""
        path = self.folder / name
        path.write_bytes(content)
        events = self.reader.events()
        made = self.owner.rpc("privitty_send_file", 1, self.owner_chat, self.peer, str(path), download, False, minutes)
        self.assertEqual(made["encrypted_path"], f"{path}.prv")
        self.owner.rpc("send_msg", 1, self.owner_chat, {"file": made["encrypted_path"], "viewtype": "File"})
        message = events.wait("IncomingMsg")["msg_id"]
        until(lambda: self.info(message)["shared"]["status"] == "active", what="the grant")
        return made["file_id"], message

    def info(self, message):
        return self.reader.rpc("privitty_get_file_access_info", 1, message)

    def token(self):
        status, _, body = self.reader.http("POST", "/auth", json.dumps({"device_fingerprint": fingerprint(self.reader)}),
                                           {"Content-Type": "application/json"})
        self.assertEqual(status, 200, body)
        answer = json.loads(body)
        self.assertEqual(answer["expires_in"], 3600)
        self.assertRegex(answer["token"], "^[0-9a-f]{64}$")
        return answer["token"]

    def stream(self, message, token, method="GET", **headers):
        return self.reader.http(method, f"/stream/{message}",
                                headers={"Authorization": f"Bearer {token}", **headers})

    def test_the_documented_way_of_a_file(self):
        owner, reader = self.owner.events(), self.reader.events()
        file, message = self.share("report.csv", b"a,b\n1,2\n", download=True, minutes=60)
        self.assertEqual(owner.wait("PrivittyFileEncrypted")["chat_id"], self.owner_chat)
        shown = self.reader.rpc("get_message", 1, message)
        self.assertEqual(shown["fileName"], "report.csv.prv")
        self.assertEqual(shown["privittyFileInfo"], self.info(message))
        self.assertEqual(shown["privittyFileInfo"]["shared"]["status"], "active")
        here = self.reader.rpc("privitty_get_file_id_by_path", 1, shown["file"])
        status = self.reader.rpc("privitty_get_file_display_status", 1, here)
        self.assertEqual(status["state_str"], "active")
        self.assertTrue(status["allow_download"])
        self.assertGreater(status["expiry_time_ms"], 1_800_000_000_000 // 2)
        self.assertTrue(self.reader.rpc("privitty_is_chat_encrypted", 1, self.reader_chat))
        # Saved as a container, decrypted beside it.
        saved = self.folder / "in" / "report.csv.prv"
        saved.parent.mkdir()
        self.reader.rpc("save_msg_file", 1, message, str(saved))
        self.assertTrue(saved.read_bytes().startswith(b"\x89PRV"))
        path = self.reader.rpc("privitty_decrypt_file", 1, self.reader_chat, message, str(saved))
        self.assertEqual(pathlib.Path(path).read_bytes(), b"a,b\n1,2\n")
        self.assertEqual(reader.wait("PrivittyFileDecrypted")["msg_id"], message)
        self.assertIsNone(self.owner.rpc("privitty_revoke_file_access", 1, self.owner_chat, file, self.peer))
        self.assertEqual(reader.wait("PrivittyFileAccessRevoked")["file_id"], here)
        with self.assertRaises(RpcError) as no:
            self.reader.rpc("privitty_init_access_grant_request", 1, self.reader_chat, here)
        self.assertIn("revoked by its owner", no.exception.message)
        self.assertIsNone(self.reader.rpc("privitty_get_file_display_status", 1, 4711))

    def test_the_viewer_streams_with_ranges_and_types_and_stops_when_access_ends(self):
        content = b"\x89PNG\r\n\x1a\n" + os.urandom(24_000_000)  # more than the kernel buffers
        file, message = self.share('a "b".png', content)
        self.assertEqual(self.stream(message, "0" * 64)[0], 401)
        self.assertEqual(self.reader.http("GET", f"/stream/{message}")[0], 401)
        token = self.token()
        status, headers, body = self.stream(message, token)
        self.assertEqual((status, headers["Content-Type"], body), (200, "image/png", content))
        self.assertIn("inline", headers["Content-Disposition"])
        self.assertNotIn('"b"', headers["Content-Disposition"])
        status, headers, body = self.stream(message, token, Range="bytes=65530-65545")
        self.assertEqual((status, body), (206, content[65530:65546]))
        self.assertEqual(headers["Content-Range"], f"bytes 65530-65545/{len(content)}")
        self.assertEqual(self.stream(message, token, Range="bytes=99999999-")[0], 416)
        status, headers, body = self.stream(message, token, method="HEAD")
        self.assertEqual((status, headers["Content-Length"], body), (200, str(len(content)), b""))
        status, _, body = self.stream(99999, token)
        self.assertEqual(status, 404)
        self.assertIn(b"account_id=", body, "where a message of another account is")
        self.assertEqual(self.reader.http("GET", f"/file/{message}")[0], 403)
        # A stream under way when access ends stops short of its length.
        connection = http.client.HTTPConnection("127.0.0.1", self.reader.port, timeout=scaled(30))
        connection.connect()
        connection.sock.setsockopt(6, 10, 16384)  # TCP_WINDOW_CLAMP: it cannot run ahead of us
        connection.request("GET", f"/stream/{message}", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        first = answer.read(1000)
        self.owner.rpc("privitty_revoke_file_access", 1, self.owner_chat, file)  # everybody's
        until(lambda: self.info(message)["shared"]["status"] == "revoked", what="the news")
        with self.assertRaises(http.client.IncompleteRead) as cut:
            answer.read()
        first += cut.exception.partial
        self.assertTrue(content.startswith(first))
        self.assertLess(len(first), len(content) // 2)  # no more than what the kernel had by then
        connection.close()
        status, _, body = self.stream(message, token)
        self.assertEqual(status, 410, body)
        # A new session takes the old one's place.
        self.token()
        self.assertEqual(self.stream(message, token)[0], 401)

    def test_many_streams_at_once_take_constant_memory(self):
        content = os.urandom(1 << 20) * 32
        _, message = self.share("film.bin", content)
        headers = {"Authorization": f"Bearer {self.token()}"}

        def resident():
            status = pathlib.Path(f"/proc/{self.reader.process.pid}/status").read_text()
            return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) << 10
        self.assertEqual(self.stream(message, headers["Authorization"].removeprefix("Bearer "))[2], content)
        before = resident()
        streams = []
        for _ in range(64):
            connection = http.client.HTTPConnection("127.0.0.1", self.reader.port, timeout=scaled(30))
            self.addCleanup(connection.close)
            connection.request("GET", f"/stream/{message}", headers=headers)
            streams.append(connection.getresponse())
        for answer in streams:
            self.assertEqual(answer.read(1 << 20), content[:1 << 20])
        if not os.environ.get("EDGE_TEST_SANITIZED"):  # those keep what was freed
            # A mebibyte each at most, of 2 GiB that are under way: half of that is usual, and more while the
            # machine is busy and portions wait to be sent.
            self.assertLess(resident() - before, 64 << 20)
        for answer in streams[::16]:
            self.assertEqual(answer.read(), content[1 << 20:])

    def test_any_name_a_file_can_have_stays_inside_its_header(self):
        token = self.token()
        for name in ('Grüße "an" alle; x=1.txt', "a%0d%0aSet-Cookie: x.txt", "two\r\nlines.txt", "’" * 80):
            with self.subTest(name):
                _, message = self.share(name, b"text")
                status, headers, _ = self.stream(message, token)
                self.assertEqual(status, 200)
                self.assertNotIn("Set-Cookie", headers)
                shown = headers["Content-Disposition"]
                self.assertRegex(shown, r"^inline; filename=\"[^\"\\\r\n]*\"")
                if "Grüße" in name:
                    self.assertIn("filename*=UTF-8''Gr%C3%BC%C3%9Fe", shown)

    def test_auth_knows_this_device_alone_and_only_so_many_attempts(self):
        def attempt(value, headers=None):
            status, _, body = self.reader.http("POST", "/auth", json.dumps({"device_fingerprint": value}),
                                               {"Content-Type": "application/json", **(headers or {})})
            return status, json.loads(body)
        right = fingerprint(self.reader)
        self.assertRegex(right, "^[0-9a-f]{64}$")
        self.assertNotEqual(right, "")
        status, refusal = attempt("0" * 64)
        self.assertEqual((status, refusal["error"]), (403, "Device fingerprint mismatch"))
        self.assertIn("privitty-edge --accounts DIR fingerprint", refusal["hint"])
        for target in ("/stream/42", "/stream/x"):
            status, _, body = self.reader.http("GET", target)
            self.assertEqual(status, 401)
            self.assertRegex(body.decode(), "Authorization: Bearer TOKEN.*POST /auth.*number of a message")
        self.assertEqual(attempt(right.upper())[0], 200)
        self.assertEqual(attempt(right, {"X-Forwarded-For": "10.0.0.1"})[0], 401)  # through a proxy: not this machine
        for _ in range(3):
            self.assertEqual(attempt("1" * 64)[0], 403)  # with the two above these are five
        self.assertEqual(attempt(right)[0], 429)
        self.reader.restart()
        self.assertEqual(fingerprint(self.reader), right)

    def test_plaintext_is_on_no_disk_before_during_or_after(self):
        secret = "KNOWN-PLAINTEXT-" + os.urandom(12).hex()
        content = (secret * 20_000).encode()
        found = self.folder / "found"
        if WATCHES:  # every write of the reader's daemon, to any file
            self.reader.env = {"LD_PRELOAD": str(WATCH), "EDGE_TEST_NEEDLE": secret, "EDGE_TEST_FOUND": str(found)}
            self.reader.restart()
        file, message = self.share("secret.txt", content, download=True)
        token = self.token()
        for _ in range(3):
            self.assertEqual(self.stream(message, token)[2], content)
        self.assertEqual(self.stream(message, token, Range="bytes=5-70000")[2], content[5:70001])
        self.assertFalse(found.exists(), found.exists() and found.read_text())
        # The watch sees what is written: a decrypted copy, where that was asked for.
        saved = self.folder / "saved.prv"
        self.reader.rpc("save_msg_file", 1, message, str(saved))
        self.assertFalse(found.exists())
        path = self.reader.rpc("privitty_decrypt_file", 1, self.reader_chat, message, str(saved))
        if WATCHES:
            written = found.read_text().splitlines()
            self.assertTrue(written)
            self.assertEqual({pathlib.Path(name).parent for name in written}, {self.folder})
        self.assertEqual(pathlib.Path(path).read_bytes(), content)
        pathlib.Path(path).unlink()
        self.owner.rpc("privitty_revoke_file_access", 1, self.owner_chat, file, self.peer)
        until(lambda: self.info(message)["shared"]["status"] == "revoked", what="the news")
        (self.folder / "secret.txt").unlink()  # the owner's own source
        for folder in (self.owner.folder, self.reader.folder, self.folder):
            for kept, content in stored(folder).items():
                self.assertNotIn(secret.encode(), content, kept)


class InAGroup(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.alice = self.enterContext(Gateway("alice"))
        self.bob = self.enterContext(Gateway("bob"))
        self.carol = self.enterContext(Gateway("carol"))
        for joiner in (self.bob, self.carol):
            join(self.alice, joiner)
        self.ids = {g.name: self.alice.rpc("get_contact_ids", 1, 0, g.name)[0] for g in (self.bob, self.carol)}
        self.chat = self.alice.rpc("create_group_chat", 1, "Shift 2", False)
        self.alice.rpc("add_contact_to_chat", 1, self.chat, self.ids["bob"])

    def arrival(self, gateway, name):
        """The message that brought the file, its chat and the file's id there."""
        def look():
            for chat in gateway.rpc("get_chatlist_entries", 1, None, None, None):
                for message in gateway.messages(chat):
                    if message["fileName"] == name:
                        return message
            return None
        message = until(look, what=f"{name} at {gateway.name}")
        return message["id"], message["chatId"], gateway.rpc("privitty_get_file_id_by_path", 1, message["file"])

    def becomes(self, gateway, file, word):
        until(lambda: gateway.rpc("privitty_get_file_display_status", 1, file)["state_str"] == word,
              what=f"{word} at {gateway.name}")

    def test_members_open_a_file_later_ones_after_a_grant_and_former_ones_never(self):
        plan = self.folder / "plan.txt"
        plan.write_text("the plan")
        at_alice, at_bob, at_carol = self.alice.events(), self.bob.events(), self.carol.events()
        self.assertIsNone(self.alice.rpc("privitty_init_create_group", 1, self.chat))
        made = self.alice.rpc("privitty_send_group_file", 1, self.chat, str(plan), True, False, 60)
        self.assertEqual(made["encrypted_path"], f"{plan}.prv")
        self.assertEqual(at_alice.wait("PrivittyFileEncrypted")["chat_id"], self.chat)
        sent = self.alice.rpc("send_msg", 1, self.chat, {"file": made["encrypted_path"], "viewtype": "File"})
        message, chat, file = self.arrival(self.bob, "plan.txt.prv")
        self.becomes(self.bob, file, "active")
        self.assertEqual(at_bob.wait("PrivittyFileAccessChanged")["chat_id"], chat)
        saved = self.folder / "bob" / "plan.txt.prv"
        saved.parent.mkdir()
        self.bob.rpc("save_msg_file", 1, message, str(saved))
        opened = self.bob.rpc("privitty_decrypt_group_file", 1, chat, message, str(saved))
        self.assertEqual(pathlib.Path(opened).read_text(), "the plan")
        self.assertEqual(at_bob.wait("PrivittyFileDecrypted")["chat_id"], chat)

        # Carol comes later, and has nothing until alice grants it and sends the file again.
        self.alice.rpc("add_contact_to_chat", 1, self.chat, self.ids["carol"])
        address = self.carol.rpc("get_config", 1, "addr")
        self.assertIsNone(self.alice.rpc("privitty_send_group_key_share", 1, self.chat, address, "carol"))
        with self.assertRaises(RpcError) as nobody:
            self.alice.rpc("privitty_send_group_key_share", 1, self.chat, "x@nowhere", "x")
        self.assertIn("x@nowhere", nobody.exception.message)
        with self.assertRaises(RpcError) as twice:
            self.alice.rpc("send_msg", 1, self.chat, {"file": made["encrypted_path"]})
        self.assertIn(f"already, as message {sent}", twice.exception.message)
        self.alice.rpc("privitty_send_file_access", 1, self.chat, made["file_id"], self.ids["carol"], False, False, 0)
        self.alice.rpc("send_msg", 1, self.chat, {"file": made["encrypted_path"]})
        message, chat, file = self.arrival(self.carol, "plan.txt.prv")
        self.becomes(self.carol, file, "active")
        shown = self.alice.rpc("privitty_get_file_access_info", 1, sent)
        self.assertEqual([(m["contactId"], m["status"]) for m in shown["members"]],
                         [(self.ids["bob"], "active"), (self.ids["carol"], "active")])

        # Carol is taken out: her access ends, bob's does not.
        self.alice.rpc("remove_contact_from_chat", 1, self.chat, self.ids["carol"])
        revoked = at_carol.wait("PrivittyFileAccessRevoked")
        self.assertEqual((revoked["chat_id"], revoked["file_id"]), (chat, file))
        self.assertEqual(at_alice.wait("PrivittyFileAccessRevoked")["contact_id"], self.ids["carol"])
        self.becomes(self.carol, file, "revoked")
        with self.assertRaises(RpcError) as out:
            self.alice.rpc("privitty_send_file_access", 1, self.chat, made["file_id"], self.ids["carol"], False, False, 0)
        self.assertIn("not a member", out.exception.message)
        self.assertEqual(self.alice.rpc("privitty_get_file_access_info", 1, sent)["members"][0]["status"], "active")


if __name__ == "__main__":
    unittest.main()
