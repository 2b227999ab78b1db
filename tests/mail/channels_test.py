"""Channels: one writes, others joined by its code and read; the owner on a phone and here."""
import unittest

from world import Case, RpcError, at_once, join, not_ours, peer, setUpModule, subject, tearDownModule, until  # noqa: F401


class Channels(Case):
    @not_ours("a phone's channels are refused in words")
    def test_we_read_the_channel_of_a_phone(self):
        alice, bob = at_once(lambda: subject("alice"), lambda: peer("bob"))
        self.reads(bob, alice)

    def test_a_phone_reads_our_channel(self):
        alice, bob = at_once(lambda: subject("alice"), lambda: peer("bob"))
        self.reads(alice, bob)

    def reads(self, owner, reader):
        channel = owner.rpc("create_broadcast", "Plant news")
        _, its = join(owner, reader, channel)
        full = reader.chat(its)
        self.assertEqual(("InBroadcast", "Plant news", True, False),
                         (full["chatType"], full["name"], full["isEncrypted"], full["canSend"]))
        until(lambda: owner.members(channel) == [reader.address], what="the reader at the owner")
        _, got = self.sent(owner, channel, reader, f"news of {owner.name}")
        self.assertEqual(its, got["chatId"])
        owner.rpc("set_chat_name", channel, "Plant and office news")
        until(lambda: reader.chat(its)["name"] == "Plant and office news", what="the name")
        with self.assertRaises(RpcError):
            reader.send(its, "may I?")
        return channel, its

    @not_ours("whoever left goes on getting the channel's mails, which its app leaves out")
    def test_a_reader_leaves(self):
        alice, bob = at_once(lambda: subject("alice"), lambda: peer("bob"))
        channel, its = self.reads(alice, bob)
        bob.rpc("leave_group", its)
        until(lambda: alice.members(channel) == [], what="the reader's leaving")


if __name__ == "__main__":
    unittest.main()
