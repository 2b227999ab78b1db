"""Download on demand: files over the limit stay on the mail server until somebody asks for them, whatever happens meanwhile to the
process, the mailbox and its numbers."""
import pathlib
import tempfile
import unittest

import world
from world import Case, Pair, at_once, setUpModule, tearDownModule, until  # noqa: F401
from faults_test import OwnMailServer
from files_test import noise, png

LIMIT = 200_000  # bytes


class Limited(Case):
    def file(self, name, data):
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="mail-downloads-"))) / name
        path.write_bytes(data)
        return path

    def waits(self, sender, chat, receiver, name, data, text, **more):
        """Sends a file; the message at the receiver, whose file is not downloaded."""
        sender.send(chat, text, file=str(self.file(name, data)), filename=name, **more)
        found = until(lambda: receiver.rpc("search_messages", text, None), 40, f"'{text}' at {receiver}")
        until(lambda: receiver.message(found[0])["downloadState"] == "Available", 40, f"its file's state at {receiver}")
        return receiver.message(found[0])

    def comes(self, receiver, message, data, seconds=40):
        until(lambda: receiver.message(message)["downloadState"] == "Done", seconds, f"the file at {receiver}")
        got = receiver.message(message)
        self.assertEqual(data, pathlib.Path(got["file"]).read_bytes())
        return got


class OnDemand(Pair, Limited):
    def test_a_file_comes_when_it_is_asked_for(self):
        at_once(*[lambda way=way: self.asked_for(*way) for way in self.ways])

    def asked_for(self, sender, chat, receiver, its):
        receiver.rpc("set_config", "download_limit", str(LIMIT))
        data = png(300, 200) + noise(300_000, sender.name)
        text = f"look at this, {sender.name}"
        got = self.waits(sender, chat, receiver, f"{sender.name}.png", data, text, viewtype="Image")
        self.assertEqual((300, 200, len(data), None, "Text"),
                         (got["dimensionsWidth"], got["dimensionsHeight"], got["fileBytes"], got["file"], got["viewType"]), receiver)
        self.assertEqual(".png", pathlib.Path(got["fileName"]).suffix)
        self.assertTrue(got["text"].startswith(f"{text} [Image – 293.78 KiB"), got["text"])
        since = receiver.now()
        receiver.rpc("download_full_message", got["id"])
        receiver.wait("MsgsChanged", since, msgId=got["id"])
        done = self.comes(receiver, got["id"], data)
        self.assertEqual((text, "Image", 300, 200),
                         (done["text"], done["viewType"], done["dimensionsWidth"], done["dimensionsHeight"]), receiver)
        self.assertEqual(1, receiver.texts(its).count(text), receiver)
        # What is smaller than the limit, and what comes without one, needs nobody to ask.
        receiver.rpc("set_config", "download_limit", "0")
        path = self.file(f"{sender.name}.bin", noise(300_000, f"2 {sender.name}"))
        sender.send(chat, f"by itself, {sender.name}", file=str(path))
        self.comes(receiver, receiver.arrives(f"by itself, {sender.name}", 40)["id"], path.read_bytes())


@unittest.skipUnless(world.SUBJECT == "ours", "core does not look again for what was asked for")
class Troubled(OwnMailServer, Limited):
    COST = 20

    def test_files_survive_what_happens_to_process_and_mailbox(self):
        alice, bob, _, at_bob = self.pair()
        alice.rpc("set_config", "download_limit", str(LIMIT))
        files = {text: noise(250_000, text) for text in ("killed", "renumbered", "away", "deleted")}
        got = {text: self.waits(bob, at_bob, alice, f"{text}.bin", data, text)["id"] for text, data in files.items()}

        self.server.kill9()
        self.server.start()
        alice.rpc("start_io")
        self.assertEqual("Available", alice.message(got["killed"])["downloadState"])
        self.persist(lambda: alice.rpc("get_connectivity") == 4000, 40, "the connection")
        alice.rpc("download_full_message", got["killed"])
        self.comes(alice, got["killed"], files["killed"])

        self.imap.stop()
        alice.rpc("download_full_message", got["away"])  # asked for while the server is away, and then killed
        self.assertEqual("InProgress", alice.message(got["away"])["downloadState"])
        self.server.kill9()
        self.server.start()
        alice.rpc("start_io")
        self.imap.start()
        self.persist(lambda: alice.message(got["away"])["downloadState"] == "Done", 60, "what was asked for")
        self.comes(alice, got["away"], files["away"])

        self.imap.stop()
        self.rig.mailboxes.forget_uids(alice.address)
        self.imap.start()
        bob.send(at_bob, "with new numbers")
        self.persist(lambda: "with new numbers" in alice.texts(alice.message(got["away"])["chatId"]), 60, "a text")
        alice.rpc("download_full_message", got["renumbered"])
        self.persist(lambda: alice.message(got["renumbered"])["downloadState"] == "Done", 60, "the file under its new number")
        self.comes(alice, got["renumbered"], files["renumbered"])

        self.imap.stop()
        self.rig.mailboxes.empty(alice.address)
        self.imap.start()
        self.persist(lambda: alice.rpc("get_connectivity") == 4000, 60, "the connection")
        alice.rpc("download_full_message", got["deleted"])
        self.persist(lambda: alice.message(got["deleted"])["downloadState"] == "Failure", 60, "the end of the download")
        self.assertIn("server", alice.message(got["deleted"])["error"])

    def test_a_mail_that_is_too_large_is_told(self):
        alice = self.server.party("alice", imapPort=self.imap.tls_port)
        body = b"x" * 76 + b"\r\n"
        self.rig.mailboxes.deliver(alice.address, (
            b"From: <carol@elsewhere.test>\r\nMessage-ID: <huge@elsewhere.test>\r\nChat-Version: 1.0\r\n"
            b"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n"
            b"--b\r\nContent-Type: application/octet-stream\r\n\r\n" + body * (42 * 2 ** 20 // len(body)) + b"--b--\r\n"))
        notice = alice.arrives("carol@elsewhere.test", 60)
        self.assertIn("42.0 MiB", notice["text"])
        self.assertTrue(alice.chat(notice["chatId"])["isDeviceChat"])


if __name__ == "__main__":
    unittest.main()
