"""Two daemons of ours with one account of mail: by get_backup, and by a backup's file."""
import pathlib
import tempfile
import unittest

import world
from world import Case, at_once, join, peer, setUpModule, subject, tearDownModule, until  # noqa: F401
from parties import SELF, Server
from second_devices import secret_key


@unittest.skipIf(world.SUBJECT == "core", "of backups of our own form")
class CopiesOfAccounts(Case):
    """Two daemons of ours with one account of mail."""

    def setUp(self):
        self.alice, self.bob = at_once(lambda: subject("alice"), lambda: peer("bob"))
        self.at_alice, self.at_bob = join(self.alice, self.bob)
        self.bob.send(self.at_bob, "before the copy")
        self.alice.arrives("before the copy")

    def second(self):
        server = Server("ours", world.RIG)
        server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        account = server.unconfigured("second")
        return account

    def is_the_same_account(self, second):
        second.address = self.alice.address
        second.rpc("start_io")
        self.assertEqual(self.alice.rpc("get_config", "configured_addr"), second.rpc("get_config", "configured_addr"))
        self.assertEqual(secret_key(self.alice), secret_key(second))
        self.assertEqual(["before the copy"], second.texts(second.arrives("before the copy")["chatId"]))
        self.assertEqual("1", self.alice.rpc("get_config", "bcc_self"))
        self.assertEqual("1", second.rpc("get_config", "bcc_self"))

    def both_go_on(self, second):
        chats = {device: device.arrives("before the copy")["chatId"] for device in (self.alice, second)}
        self.bob.send(self.at_bob, "to both")
        for device in (self.alice, second):
            self.is_padlocked(device, device.arrives("to both"))
        for device, other in ((self.alice, second), (second, self.alice)):
            text = f"of {device.name}"
            device.send(chats[device], text)
            self.bob.arrives(text)
            self.assertEqual(chats[other], other.arrives(text)["chatId"])
            self.assertEqual(1, self.bob.texts(self.at_bob).count(text))
        friend = peer("friend")
        join(second, friend)
        until(lambda: any(self.alice.rpc("get_contact", c)["address"] == friend.address
                          for c in self.alice.rpc("get_contact_ids", 0, None)), what="the friend at alice")

    def test_get_backup_makes_a_second_device(self):
        second = self.second()
        given = self.alice.server.send("provide_backup", self.alice.account)
        code = self.alice.rpc("get_backup_qr")
        second.rpc("get_backup", code, seconds=60)
        answer = given.get(timeout=world.scaled(60))
        self.assertNotIn("error", answer)
        self.is_the_same_account(second)
        self.both_go_on(second)

    def test_a_backup_is_a_second_device_and_catches_up(self):
        with tempfile.TemporaryDirectory() as folder:
            self.alice.rpc("export_backup", folder, "secret")
            file = next(pathlib.Path(folder).iterdir())
            # What happens before it is restored is on the server.
            self.bob.send(self.at_bob, "after the backup")
            self.alice.arrives("after the backup")
            msg = self.alice.send(self.at_alice, "written after the backup")
            self.alice.is_delivered(msg)
            self.bob.arrives("written after the backup")
            second = self.second()
            second.rpc("import_backup", str(file), "secret", seconds=60)
        second.address = self.alice.address
        second.rpc("start_io")
        for text in ("before the copy", "after the backup", "written after the backup"):
            second.arrives(text)
        self.assertEqual(SELF, second.arrives("written after the backup")["fromId"])
        self.both_go_on(second)


if __name__ == "__main__":
    unittest.main()
