"""A second device of the same person: the same key and mailbox, once here and once on a phone."""
import pathlib
import tempfile
import unittest

import world
from world import Case, at_once, join, not_ours, peer, setUpModule, subject, tearDownModule, until  # noqa: F401
from parties import READ


class TwoDevices(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice, cls.bob = at_once(lambda: subject("alice"), lambda: peer("bob"))
        cls.at_alice, cls.at_bob = join(cls.alice, cls.bob)
        cls.phone = world.SERVERS["core"].unconfigured("alice's phone")
        with tempfile.TemporaryDirectory() as folder:
            cls.alice.rpc("export_self_keys", folder, None)
            secret = [path for path in pathlib.Path(folder).iterdir() if "private" in path.name]
            cls.phone.rpc("import_self_keys", str(secret[0]), None)
        cls.phone.configure(cls.alice.address)
        for device in (cls.alice, cls.phone):
            device.rpc("set_config", "bcc_self", "1")
        cls.phone.wait("ImapInboxIdle", 0)

    def test_both_have_one_key_and_read_and_write_the_same(self):
        keys = [device.rpc("get_chat_securejoin_qr_code", None).partition("#")[2][:40] for device in (self.alice, self.phone)]
        self.assertEqual(keys[0], keys[1])
        self.bob.send(self.at_bob, "to both devices")
        for device in (self.alice, self.phone):
            self.is_padlocked(device, device.arrives("to both devices"))
        for device, other in ((self.alice, self.phone), (self.phone, self.alice)):
            chat = device.arrives("to both devices")["chatId"]
            if device.chat(chat)["isContactRequest"]:
                device.rpc("accept_chat", chat)
            text = f"written at {device.name}"
            msg = device.send(chat, text)
            copy = other.arrives(text)
            self.assertEqual(1, copy["fromId"], "it is one's own there too")
            self.is_padlocked(other, copy)
            got = self.bob.arrives(text)
            self.assertEqual(1, self.bob.texts(self.at_bob).count(text))
            self.bob.rpc("markseen_msgs", [got["id"]])
            device.is_delivered(msg, READ)
            other.is_delivered(copy["id"], READ)

    @not_ours("what a phone has seen does not always come in time")
    def test_what_was_seen_at_one_is_seen_at_the_other(self):
        for device, other in ((self.alice, self.phone), (self.phone, self.alice)):
            text = f"seen at {device.name}"
            self.bob.send(self.at_bob, text)
            first, second = device.arrives(text), other.arrives(text)
            if device.chat(first["chatId"])["isContactRequest"]:
                device.rpc("accept_chat", first["chatId"])
            device.rpc("markseen_msgs", [first["id"]])
            until(lambda: other.state(second["id"]) == 16, what=f"seen at {other}")


if __name__ == "__main__":
    unittest.main()
