"""Channels of one device at the other: our own, and those that we read."""
import unittest

from world import join, setUpModule, tearDownModule, until  # noqa: F401
from parties import SELF
from second_devices import Devices


class ChannelsOfDevices(Devices):
    def test_a_channel_of_one_is_the_other_ones_too(self):
        for device, other in self.both:
            name = f"News of {device.name}"
            channel = device.rpc("create_broadcast", name)
            there = until(lambda: self.channel_at(other, name), what=f"the channel at {other}")
            self.assertEqual("OutBroadcast", other.chat(there)["chatType"])
            # Its link has a secret that the other device knows too, which answers.
            _, its = join(device, self.bob, channel)
            for one, chat in ((device, channel), (other, there)):
                until(lambda: self.bob.address in one.members(chat), what=f"the reader at {one}")
            for one, chat, another, copies in ((device, channel, other, there), (other, there, device, channel)):
                text = f"post of {one.name} in {name}"
                one.send(chat, text)
                copy = another.arrives(text)
                self.assertEqual((SELF, copies), (copy["fromId"], copy["chatId"]))
                self.assertEqual(its, self.bob.arrives(text)["chatId"])
                self.assertEqual(1, self.bob.texts(its).count(text))
            device.rpc("set_chat_name", channel, f"{name}, renamed")
            until(lambda: other.chat(there)["name"] == f"{name}, renamed", what=f"the name at {other}")
            device.rpc("remove_contact_from_chat", channel, device.contact_of(self.bob))
            until(lambda: self.bob.address not in other.members(there), what=f"the removal at {other}")

    def test_a_channel_that_one_joins_is_read_at_the_other(self):
        for device, other in self.both:
            name = f"What {device.name} reads"
            channel = self.bob.rpc("create_broadcast", name)
            self.bob.send(channel, f"before {name}")
            _, here = join(self.bob, device, channel)
            there = until(lambda: self.channel_at(other, name), what=f"the channel at {other}")
            for one, chat in ((device, here), (other, there)):
                until(lambda: one.chat(chat)["selfInGroup"], what=f"{one} in the channel")
                self.assertEqual("InBroadcast", one.chat(chat)["chatType"])
                self.assertEqual(chat, one.arrives(f"before {name}")["chatId"])
            self.bob.send(channel, f"news {name}")
            for one, chat in ((device, here), (other, there)):
                got = one.arrives(f"news {name}")
                self.assertEqual(chat, got["chatId"])
                self.is_padlocked(one, got)
            device.rpc("leave_group", here)
            until(lambda: not other.chat(there)["selfInGroup"], what=f"the leaving at {other}")

    def test_a_channel_that_nobody_reads_yet(self):
        for device, other in self.both:
            name = f"Unread of {device.name}"
            channel = device.rpc("create_broadcast", name)
            there = until(lambda: self.channel_at(other, name), what=f"the channel at {other}")
            msg = device.send(channel, f"to nobody in {name}")
            device.is_delivered(msg)
            copy = other.arrives(f"to nobody in {name}")
            self.assertEqual((SELF, there), (copy["fromId"], copy["chatId"]))
            self.is_padlocked(other, copy)
            device.rpc("send_edit_request", msg, f"changed in {name}")
            until(lambda: other.message(copy["id"])["text"] == f"changed in {name}", what=f"the edit at {other}")
            device.rpc("set_chat_name", channel, f"{name} yet")
            until(lambda: other.chat(there)["name"] == f"{name} yet", what=f"the name at {other}")
            device.rpc("set_chat_description", channel, "About pumps")
            until(lambda: other.rpc("get_chat_description", there) == "About pumps", what=f"the description at {other}")

    def channel_at(self, party, name):
        for chat in party.rpc("get_chatlist_entries", None, None, None):
            if party.chat(chat)["name"] == name:
                return chat
        return None


if __name__ == "__main__":
    unittest.main()
