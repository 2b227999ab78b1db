"""A second device of the same person: the same key and mailbox, once here and once on a phone."""
import pathlib
import tempfile

import world
from world import Case, at_once, join, peer, subject


def secret_key(party):
    with tempfile.TemporaryDirectory() as folder:
        party.rpc("export_self_keys", folder, None)
        return next(path for path in pathlib.Path(folder).iterdir() if "private" in path.name).read_text("utf-8")


def second_device(device, server, name, **login):
    """Another account with the first one's key, at the first one's mailbox. Both send each other what they do."""
    other = server.unconfigured(name)
    if server in world.SERVERS.values():
        world.of_class(other)
    with tempfile.NamedTemporaryFile("w", suffix=".asc") as file:
        file.write(secret_key(device))
        file.flush()
        other.rpc("import_self_keys", file.name, None)
    other.configure(device.address, **login)
    for one in (device, other):
        one.rpc("set_config", "bcc_self", "1")
    other.wait("ImapInboxIdle", 0)
    return other


class Devices(Case):
    """alice's two devices, and bob, who joined the first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice, cls.bob = at_once(lambda: subject("alice"), lambda: peer("bob"))
        cls.phone = second_device(cls.alice, world.SERVERS["core"], "alice's phone")
        cls.both = ((cls.alice, cls.phone), (cls.phone, cls.alice))
        cls.at_alice, cls.at_bob = join(cls.alice, cls.bob)
        cls.bob.send(cls.at_bob, "to both devices")
        cls.chats = {}
        for device in (cls.alice, cls.phone):
            cls.chats[device] = device.arrives("to both devices")["chatId"]
            if device.chat(cls.chats[device])["isContactRequest"]:
                device.rpc("accept_chat", cls.chats[device])

    def written(self, device, other, text, chat=None):
        """Writes to bob: the message at the device, and its copies at the other one and at bob."""
        msg = device.send(chat or self.chats[device], text)
        return device.message(msg), other.arrives(text), self.bob.arrives(text)
