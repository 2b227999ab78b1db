"""Channels: one writes, others joined by its code and read; the owner on a phone and here."""
import base64
import pathlib
import random
import tempfile
import unittest

import world
from world import Case, RpcError, at_once, join, peer, peer_is_older_than, setUpModule, subject, tearDownModule, until  # noqa: F401
from parties import READ, SELF, Server

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
SYMMETRIC = 3  # the tag of an OpenPGP packet: a session key that a passphrase opens


def first_packet(mail):
    """The tag of the first packet of a mail's armored message."""
    armored = mail.data.split(b"-----BEGIN PGP MESSAGE-----")[1].split(b"\r\n\r\n", 1)[1].split(b"-----END")[0]
    return base64.b64decode(armored.split(b"\r\n=")[0])[0] & 0x3f


class Channel(Case):
    """What tests of channels do with an owner and its readers."""

    def opened(self, owner, *readers, name="Plant news"):
        """A channel with these readers: (the owner's chat, each reader's)."""
        channel = owner.rpc("create_broadcast", name)
        return (channel, *(self.joins(owner, channel, reader) for reader in readers))

    def joins(self, owner, channel, reader, link=None):
        _, its = join(owner, reader, channel, link)
        self.is_in(owner, channel, reader, its)
        return its

    def is_in(self, owner, channel, reader, its):
        until(lambda: reader.address in owner.members(channel), what=f"{reader} among the readers at {owner}")
        until(lambda: reader.chat(its)["selfInGroup"], what=f"{reader} in the channel")

    def is_out(self, owner, channel, reader, its):
        until(lambda: reader.address not in owner.members(channel), what=f"{reader} gone at {owner}")
        until(lambda: not reader.chat(its)["selfInGroup"], what=f"the end of the channel at {reader}")

    def reader_of(self, owner, channel, reader):
        """The contact of a reader at the owner."""
        return next(c for c in owner.rpc("get_chat_contacts", channel) if owner.rpc("get_contact", c)["address"] == reader.address)

    def posts(self, owner, channel, text, *readers):
        """A post comes to all of these, in their chats of the channel; nobody learns of others from its mail."""
        since = len(self.rig.smtp.mails)
        msg = owner.send(channel, text)
        for reader, its in readers:
            until(lambda reader=reader, its=its: text in reader.texts(its), what=f"'{text}' at {reader}")
            self.is_padlocked(reader, next(message for message in reader.messages(its) if message["text"] == text))
        owner.is_delivered(msg)
        mail, = [mail for mail in self.rig.smtp.mails[since:] if mail.sender == owner.address]
        self.assertEqual(sorted(reader.address for reader, _ in readers), sorted(mail.recipients))
        self.assertEqual('"hidden-recipients": ;', mail.header("To"))
        self.assertEqual(SYMMETRIC, first_packet(mail), "it is sealed by the channel's secret")
        return msg

    def mails_between(self, *parties):
        addresses = {party.address for party in parties}
        return [mail for mail in self.rig.smtp.mails if mail.sender in addresses]

    def read_only(self, reader, its):
        with self.assertRaises(RpcError):
            reader.send(its, "may I?")


class Channels(Channel):
    def test_we_read_the_channel_of_a_phone(self):
        alice, bob = self.ours_and_a_phone()
        self.reads(bob, alice)

    def test_a_phone_reads_our_channel(self):
        alice, bob = self.ours_and_a_phone()
        self.reads(alice, bob)

    def reads(self, owner, reader):
        channel = owner.rpc("create_broadcast", "Plant news")
        scanned = reader.rpc("check_qr", owner.rpc("get_chat_securejoin_qr_code", channel))
        self.assertEqual(("askJoinBroadcast", "Plant news"), (scanned["kind"], scanned["name"]))
        _, its = join(owner, reader, channel)
        full = reader.chat(its)
        self.assertEqual(("InBroadcast", "Plant news", True, False),
                         (full["chatType"], full["name"], full["isEncrypted"], full["canSend"]))
        until(lambda: owner.members(channel) == [reader.address], what="the reader at the owner")
        until(lambda: reader.members(its) == sorted([owner.address, reader.address]), what="the two at the reader")
        self.assertIn("You joined the channel.", [message["text"] for message in reader.messages(its, infos=True)])
        self.posts(owner, channel, f"news of {owner.name}", (reader, its))
        owner.rpc("set_chat_name", channel, "Plant and office news")
        until(lambda: reader.chat(its)["name"] == "Plant and office news", what="the name")
        self.read_only(reader, its)
        return channel, its

    def test_a_reader_leaves(self):
        alice, bob = self.ours_and_a_phone()
        channel, its = self.reads(alice, bob)
        self.leaves(alice, channel, bob, its)

    def test_we_leave_a_channel(self):
        alice, bob = self.ours_and_a_phone()
        channel, its = self.reads(bob, alice)
        self.leaves(bob, channel, alice, its)

    def leaves(self, owner, channel, reader, its):
        reader.rpc("leave_group", its)
        until(lambda: owner.members(channel) == [], what="the reader's leaving")
        full = reader.chat(its)
        self.assertEqual((False, False), (full["selfInGroup"], full["canSend"]))
        self.assertEqual([owner.address], reader.members(its))
        owner.send(channel, f"unread of {owner.name}")
        # Who left comes back by the same link, and what was posted meanwhile comes with that.
        self.assertEqual(its, self.joins(owner, channel, reader))
        self.assertEqual(its, reader.arrives(f"unread of {owner.name}")["chatId"])
        self.posts(owner, channel, f"back at {owner.name}", (reader, its))


class Life(Channel):
    """All that a channel brings, with the owner on either side."""

    def test_at_a_phone(self):
        alice, bob = self.ours_and_a_phone()
        self.lives(bob, alice)

    def test_with_us(self):
        alice, bob = self.ours_and_a_phone()
        self.lives(alice, bob)

    def lives(self, owner, reader):
        name = "Новости завода"  # of which core makes one encoded word with the channel's id
        channel, its = self.opened(owner, reader, name=name)
        self.assertEqual(name, reader.chat(its)["name"])
        msg = self.posts(owner, channel, "a post", (reader, its))
        got = reader.arrives("a post")
        reader.rpc("markseen_msgs", [got["id"]])
        owner.is_delivered(msg, READ)
        owner.rpc("send_reaction", msg, ["👍"])  # core 2.65 takes some emojis alone in channels
        if owner.ours is reader.ours or peer_is_older_than(2, 65):
            until(lambda: reader.message(got["id"])["reactions"], what="the owner's reaction")
            with self.assertRaises(RpcError):
                reader.rpc("send_reaction", got["id"], ["👍"])
        owner.rpc("send_edit_request", msg, "a better post")
        until(lambda: reader.message(got["id"])["text"] == "a better post", what="the edit")
        with tempfile.TemporaryDirectory() as folder:
            for name, size in (("small.bin", 5_000), ("large.bin", 300_000)):
                path = pathlib.Path(folder) / name
                path.write_bytes(random.Random(size).randbytes(size))
                owner.send(channel, f"the file {name}", file=str(path), filename=name, viewtype="File")
                file = reader.arrives(f"the file {name}")
                self.assertEqual(its, file["chatId"])
                until(lambda file=file, size=size: reader.message(file["id"])["fileBytes"] == size, what=f"all of {name}")
            picture = pathlib.Path(folder) / "pixel.png"
            picture.write_bytes(PIXEL)
            owner.rpc("set_chat_profile_image", channel, str(picture))
            until(lambda: reader.chat(its)["profileImage"], what="the picture")
            owner.rpc("set_chat_profile_image", channel, None)
            until(lambda: not reader.chat(its)["profileImage"], what="the picture's end")
        owner.rpc("set_chat_description", channel, "What goes on")
        until(lambda: reader.rpc("get_chat_description", its) == "What goes on", what="the description")
        owner.rpc("set_chat_ephemeral_timer", channel, 3600)
        until(lambda: reader.rpc("get_chat_ephemeral_timer", its) == 3600, what="the timer")
        owner.rpc("set_chat_ephemeral_timer", channel, 0)
        until(lambda: reader.rpc("get_chat_ephemeral_timer", its) == 0, what="the timer's end")
        owner.rpc("delete_messages_for_all", [msg])
        until(lambda: "a better post" not in reader.texts(its), what="the deletion")
        self.assertNotIn("Error", {event["kind"] for event in reader.of("Error")})


class Readers(Channel):
    """Two readers who do not learn of each other."""

    def test_of_a_phone(self):
        alice, bob, carol = self.ours_and_a_phone("carol")
        self.come_and_go(bob, alice, carol)

    def test_of_ours(self):
        alice, bob, carol = self.ours_and_a_phone("carol")
        self.come_and_go(alice, bob, carol)

    def come_and_go(self, owner, first, second):
        channel = owner.rpc("create_broadcast", "Shift plan")
        for number in range(12):
            owner.send(channel, f"plan {number}")
        one = self.joins(owner, channel, first)
        # The last ten come, as they were.
        old = [f"plan {number}" for number in range(2, 12)]
        until(lambda: len(first.texts(one)) == 10, what="the last ten")
        self.assertEqual(old, first.texts(one))
        two = self.joins(owner, channel, second)
        until(lambda: len(second.texts(two)) == 10, what="the last ten")
        self.posts(owner, channel, "to both", (first, one), (second, two))
        for reader, its in ((first, one), (second, two)):
            self.assertEqual(sorted([owner.address, reader.address]), reader.members(its))
        owner.rpc("remove_contact_from_chat", channel, self.reader_of(owner, channel, first))
        self.is_out(owner, channel, first, one)
        self.read_only(first, one)
        self.posts(owner, channel, "to one", (second, two))
        # Whoever was removed may come back by the link, as long as there is one.
        self.assertEqual(one, self.joins(owner, channel, first))
        until(lambda: "to one" in first.texts(one), what="what was posted meanwhile")
        self.posts(owner, channel, "to both again", (first, one), (second, two))


class Edges(Channel):
    def test_a_link_is_used_twice(self):
        alice, bob = self.ours_and_a_phone()
        for owner, reader in ((alice, bob), (bob, alice)):
            channel, its = self.opened(owner, reader, name=f"Twice of {owner.name}")
            since, mails = reader.now(), len(self.mails_between(owner, reader))
            link = owner.rpc("get_chat_securejoin_qr_code", channel)
            self.assertEqual(its, reader.rpc("secure_join", link))
            reader.wait("SecurejoinJoinerProgress", since, progress=1000)
            self.posts(owner, channel, f"after twice of {owner.name}", (reader, its))
            self.assertEqual(mails + 1, len(self.mails_between(owner, reader)), "nothing was asked for")

    def test_two_channels_of_one_owner_at_once(self):
        alice, bob = self.ours_and_a_phone()
        for owner, reader in ((alice, bob), (bob, alice)):
            channels = [owner.rpc("create_broadcast", f"{number} of {owner.name}") for number in range(2)]
            chats = [reader.rpc("secure_join", owner.rpc("get_chat_securejoin_qr_code", channel)) for channel in channels]
            for channel, its in zip(channels, chats):
                self.is_in(owner, channel, reader, its)
            for channel, its in zip(channels, chats):
                self.posts(owner, channel, f"in {channel} of {owner.name}", (reader, its))

    def test_a_withdrawn_link_adds_nobody(self):
        alice, bob, carol = self.ours_and_a_phone("carol")
        for owner, first, second in ((alice, bob, carol), (bob, alice, carol)):
            channel, its = self.opened(owner, first, name=f"Closed of {owner.name}")
            link = owner.rpc("get_chat_securejoin_qr_code", channel)
            owner.rpc("set_config_from_qr", link)
            second.rpc("secure_join", link)
            self.posts(owner, channel, f"closed of {owner.name}", (first, its))
            self.assertEqual([first.address], owner.members(channel))

    def test_the_owner_is_blocked(self):
        self.is_read_though_blocked(*self.ours_and_a_phone())

    def test_we_block_the_owner(self):
        self.is_read_though_blocked(*reversed(self.ours_and_a_phone()))

    def is_read_though_blocked(self, owner, reader):
        channel, its = self.opened(owner, reader)
        contact = next(c for c in reader.rpc("get_chat_contacts", its) if c != SELF)
        reader.rpc("block_contact", contact)
        # The posts of a channel that one joined arrive there; leaving it is what ends it.
        self.posts(owner, channel, "arrives all the same", (reader, its))
        another = owner.rpc("create_broadcast", "Another")
        since = reader.now()
        there = reader.rpc("secure_join", owner.rpc("get_chat_securejoin_qr_code", another))
        reader.wait("SecurejoinJoinerProgress", since, progress=1000)
        self.posts(owner, another, "arrives there, too", (reader, there))

    def test_a_channel_is_deleted_and_joined_again(self):
        alice, bob = self.ours_and_a_phone()
        for owner, reader in ((alice, bob), (bob, alice)):
            channel, its = self.opened(owner, reader, name=f"Deleted of {owner.name}")
            self.posts(owner, channel, f"before of {owner.name}", (reader, its))
            reader.rpc("delete_chat", its)
            _, again = join(owner, reader, channel)
            self.is_in(owner, channel, reader, again)
            # A phone that deleted a channel and joined it again does not open posts by the secret it had before.
            if reader.ours:
                self.posts(owner, channel, f"again of {owner.name}", (reader, again))


class KilledBetween(Channel):
    """Our process is killed after each step; the steps wait in the outbox, and what was posted comes once."""

    COST = 20

    def setUp(self):
        self.server = self.enterContext(Server(world.SUBJECT, self.rig))

    def kill(self, party):
        self.server.kill9()
        self.server.start()
        party.rpc("start_io")

    def test_as_the_reader(self):
        alice, bob = at_once(lambda: self.server.party("alice"), lambda: peer("bob"))
        channel = bob.rpc("create_broadcast", "Steps")
        bob.send(channel, "an old post")
        link = bob.rpc("get_chat_securejoin_qr_code", channel)
        its = alice.rpc("secure_join", link)
        for mails in range(1, 4):
            self.kill(alice)
            until(lambda mails=mails: len(self.mails_between(alice, bob)) >= mails, 60, f"mail {mails} of the join")
        self.kill(alice)
        until(lambda: alice.chat(its)["selfInGroup"], 60, "the join's end")
        bob.send(channel, "a new post")
        until(lambda: "a new post" in alice.texts(its), 60, "the post")
        self.kill(alice)
        until(lambda: {"an old post", "a new post"} <= set(alice.texts(its)), 60, "both posts")
        self.assertEqual(2, len(alice.texts(its)), alice.texts(its))

    def test_as_the_owner(self):
        alice, bob = at_once(lambda: self.server.party("alice"), lambda: peer("bob"))
        channel = alice.rpc("create_broadcast", "Steps")
        alice.send(channel, "an old post")
        link = alice.rpc("get_chat_securejoin_qr_code", channel)
        its = bob.rpc("secure_join", link)
        for mails in range(1, 4):
            self.kill(alice)
            until(lambda mails=mails: len(self.mails_between(alice, bob)) >= mails, 60, f"mail {mails} of the join")
        until(lambda: bob.chat(its)["selfInGroup"], 60, "the join's end")
        alice.send(channel, "a new post")
        self.kill(alice)
        until(lambda: {"an old post", "a new post"} <= set(bob.texts(its)), 60, "both posts")
        self.assertEqual(2, len(bob.texts(its)), bob.texts(its))


if __name__ == "__main__":
    unittest.main()
