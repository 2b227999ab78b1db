"""Groups of three, with Delta Chat as some members and the subject as others: made, joined, changed, left; the lists of members are
the same at all ends."""
import pathlib
import tempfile
import time
import unittest

from files_test import png
from world import Case, at_once, join, peer, setUpModule, subject, tearDownModule, until  # noqa: F401


class Crew(Case):
    """alice is the subject, bob and carol are cores; both joined alice and do not know each other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice, cls.bob, cls.carol = cls.ours_and_a_phone("carol")
        (cls.alice_bob, cls.bob_alice), (cls.alice_carol, cls.carol_alice) = at_once(
            lambda: join(cls.alice, cls.bob), lambda: join(cls.alice, cls.carol))
        cls.everybody = sorted(party.address for party in (cls.alice, cls.bob, cls.carol))

    def group(self, maker, name, *others):
        """A group that all of them know: the chat at each, in the order maker, others."""
        chat = maker.rpc("create_group_chat", name, False)
        for other in others:
            maker.rpc("add_contact_to_chat", chat, maker.contact_of(other))
        text = f"first words in {name}"
        maker.send(chat, text)
        chats = [chat]
        for other in others:
            message = other.arrives(text)
            self.is_padlocked(other, message)
            chats.append(message["chatId"])
            if other.chat(message["chatId"])["isContactRequest"]:
                other.rpc("accept_chat", message["chatId"])
        return chats

    def all_hear(self, sender, chat, text, *others):
        """A text of the sender comes to all others, in their chats of that group, with its padlock."""
        msg = sender.send(chat, text)
        for other, its in others:
            got = other.arrives(text)
            self.is_padlocked(other, got)
            self.assertEqual(its, got["chatId"], other)
        sender.is_delivered(msg)
        return msg

    def are_members(self, names, *pairs):
        for party, chat in pairs:
            until(lambda: party.members(chat) == sorted(names), what=lambda: f"members {sorted(names)} at {party}: {party.members(chat)}")

    def infos(self, party, chat, kind):
        return [message for message in party.messages(chat, infos=True) if message["systemMessageType"] == kind]


class MadeByUs(Crew):
    def test_made_talked_in_renamed_left(self):
        a, b, c = self.group(self.alice, "Shift 2", self.bob, self.carol)
        pairs = ((self.alice, a), (self.bob, b), (self.carol, c))
        self.are_members(self.everybody, *pairs)
        for party, chat in pairs:
            full = party.chat(chat)
            self.assertEqual(("Group", "Shift 2", True, True), (full["chatType"], full["name"], full["isEncrypted"], full["selfInGroup"]), party)
        # bob and carol never met: each reads the other all the same.
        msg = self.all_hear(self.bob, b, "bob to all", (self.alice, a), (self.carol, c))
        for reader in (self.alice, self.carol):
            reader.rpc("markseen_msgs", [reader.arrives("bob to all")["id"]])
        self.bob.is_delivered(msg, 28)
        until(lambda: len(self.bob.rpc("get_message_read_receipts", msg)) == 2, what="both receipts")
        self.all_hear(self.carol, c, "carol to all", (self.alice, a), (self.bob, b))
        self.all_hear(self.alice, a, "alice to all", (self.bob, b), (self.carol, c))

        self.bob.rpc("set_chat_name", b, "Night shift")
        for party, chat in pairs:
            until(lambda: party.chat(chat)["name"] == "Night shift", what=f"the new name at {party}")
            self.assertTrue(self.infos(party, chat, "GroupNameChanged"), party)
        self.alice.rpc("set_chat_name", a, "Early shift")
        for party, chat in pairs:
            until(lambda: party.chat(chat)["name"] == "Early shift", what=f"the newer name at {party}")

        self.carol.rpc("leave_group", c)
        two = [party.address for party in (self.alice, self.bob)]
        self.are_members(two, (self.alice, a), (self.bob, b))
        self.assertFalse(self.carol.chat(c)["canSend"])
        for party, chat in pairs[:2]:
            self.assertIn(party.contact_of(self.carol), party.rpc("get_past_chat_contacts", chat), party)
        self.all_hear(self.alice, a, "without carol", (self.bob, b))
        self.alice.rpc("leave_group", a)
        self.are_members([self.bob.address], (self.bob, b))
        self.assertFalse(self.alice.chat(a)["canSend"])

    def test_members_are_added_removed_and_added_again(self):
        a, b = self.group(self.alice, "Growing", self.bob)
        self.alice.rpc("add_contact_to_chat", a, self.alice.contact_of(self.carol))
        for party, chat in ((self.alice, a), (self.bob, b)):
            self.are_members(self.everybody, (party, chat))
            self.assertTrue(until(lambda: self.infos(party, chat, "MemberAddedToGroup"), what=f"a line at {party}"))
        self.alice.send(a, "welcome carol")
        c = self.carol.arrives("welcome carol")["chatId"]
        self.are_members(self.everybody, (self.carol, c))
        self.all_hear(self.bob, b, "hello carol", (self.carol, c), (self.alice, a))
        self.alice.rpc("remove_contact_from_chat", a, self.alice.contact_of(self.carol))
        self.are_members([self.alice.address, self.bob.address], (self.alice, a), (self.bob, b))
        until(lambda: not self.carol.chat(c)["selfInGroup"], what="carol's removal")
        self.all_hear(self.bob, b, "only two", (self.alice, a))
        self.bob.rpc("add_contact_to_chat", b, self.bob.contact_of(self.carol))
        self.are_members(self.everybody, (self.alice, a), (self.bob, b))
        until(lambda: self.carol.chat(c)["selfInGroup"], what="carol's return")
        self.assertNotIn("only two", self.carol.texts(c))
        self.all_hear(self.alice, a, "three again", (self.bob, b), (self.carol, c))


class MadeByAPhone(Crew):
    def test_a_phone_makes_a_group_and_changes_it(self):
        b, a = self.group(self.bob, "Bob's", self.alice)
        # bob learns carol's key by her card.
        card = self.carol.rpc("make_vcard", [1])
        carols = self.bob.rpc("import_vcard_contents", card)[0]
        self.bob.rpc("add_contact_to_chat", b, carols)
        self.are_members(self.everybody, (self.bob, b), (self.alice, a))
        self.assertTrue(self.infos(self.alice, a, "MemberAddedToGroup"))
        self.alice.send(a, "hello both")
        c = self.carol.arrives("hello both")["chatId"]
        self.assertEqual("hello both", self.bob.arrives("hello both")["text"])
        if self.carol.chat(c)["isContactRequest"]:
            self.carol.rpc("accept_chat", c)
        self.all_hear(self.carol, c, "carol is here", (self.alice, a), (self.bob, b))
        self.alice.rpc("set_chat_name", a, "Ours")
        for party, chat in ((self.bob, b), (self.carol, c)):
            until(lambda: party.chat(chat)["name"] == "Ours", what=f"the name at {party}")
        self.bob.rpc("remove_contact_from_chat", b, self.bob.contact_of(self.alice))
        until(lambda: not self.alice.chat(a)["selfInGroup"], what="our removal")
        self.assertFalse(self.alice.chat(a)["canSend"])
        self.are_members([self.bob.address, self.carol.address], (self.carol, c), (self.bob, b))


class Links(Crew):
    def test_a_phone_joins_our_group_by_its_code(self):
        self.joins(self.alice, self.bob, self.carol)

    def test_we_join_a_phones_group_by_its_code(self):
        dave = peer("dave")
        self.joins(self.bob, self.alice, dave)

    def joins(self, owner, member, newcomer):
        """`member` is in the owner's group and never met the newcomer, who joins by the code."""
        theirs, its = self.group(owner, f"Open to {newcomer.name}", member)
        link = owner.rpc("get_chat_securejoin_qr_code", theirs)
        scanned = newcomer.rpc("check_qr", link)
        self.assertEqual(("askVerifyGroup", f"Open to {newcomer.name}"), (scanned["kind"], scanned["grpname"]))
        since = newcomer.now()
        chat = newcomer.rpc("secure_join", link)
        newcomer.wait("SecurejoinJoinerProgress", since, progress=1000)
        names = [owner.address, member.address, newcomer.address]
        self.are_members(names, (owner, theirs), (member, its), (newcomer, chat))
        self.assertFalse(newcomer.chat(chat)["isContactRequest"])
        self.all_hear(newcomer, chat, f"{newcomer.name} is new", (owner, theirs), (member, its))
        self.all_hear(member, its, f"welcome {newcomer.name}", (owner, theirs), (newcomer, chat))


class Codes(Case):
    """Somebody joins a group as the first thing."""

    def test_we_join_the_group_of_a_stranger(self):
        alice, bob = self.ours_and_a_phone()
        self.first(bob, alice)

    def test_a_stranger_joins_our_group(self):
        alice, bob = self.ours_and_a_phone()
        self.first(alice, bob)

    def first(self, owner, newcomer):
        theirs = owner.rpc("create_group_chat", "Straight in", False)
        theirs, its = join(owner, newcomer, theirs)
        for party, chat in ((owner, theirs), (newcomer, its)):
            until(lambda: len(party.members(chat)) == 2, what=f"both at {party}")
        self.sent(newcomer, its, owner)
        self.sent(owner, theirs, newcomer)
        self.assertTrue(newcomer.rpc("get_contact", newcomer.contact_of(owner)).get("isVerified", True))


class Pictures(Crew):
    def test_a_picture_is_set_and_removed_by_either(self):
        for maker, other in ((self.alice, self.bob), (self.bob, self.alice)):
            mine, its = self.group(maker, f"with a picture of {maker.name}", other)
            with tempfile.TemporaryDirectory(prefix="mail-groups-") as folder:
                path = pathlib.Path(folder) / "crew.png"
                path.write_bytes(png(64, 64))
                maker.rpc("set_chat_profile_image", mine, str(path))
            until(lambda: other.chat(its)["profileImage"], what=f"the picture at {other}")
            self.assertEqual(1, len(self.infos(other, its, "GroupImageChanged")), other)
            second = int(time.time())
            until(lambda second=second: int(time.time()) > second, what="another second, by which changes of groups are numbered")
            maker.rpc("set_chat_profile_image", mine, None)
            until(lambda: other.chat(its)["profileImage"] is None, what=f"no picture at {other}")


if __name__ == "__main__":
    unittest.main()
