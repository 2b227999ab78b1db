"""Who writes without having joined: requests, accepted or blocked, with padlock from the first mail."""
import unittest

from world import Case, RpcError, at_once, join, peer, setUpModule, subject, tearDownModule, until  # noqa: F401


class Strangers(Case):
    def test_a_stranger_on_a_phone_asks(self):
        alice, bob = self.ours_and_a_phone()
        self.asks(bob, alice)

    def test_we_write_to_a_phone_that_does_not_know_us(self):
        alice, bob = self.ours_and_a_phone()
        self.asks(alice, bob)

    def asks(self, stranger, receiver):
        """The stranger got the receiver's card from somebody else."""
        contact = stranger.rpc("import_vcard_contents", receiver.rpc("make_vcard", [1]))[0]
        chat = stranger.rpc("create_chat_by_contact_id", contact)
        self.assertTrue(stranger.chat(chat)["isEncrypted"])
        sent, got = self.sent(stranger, chat, receiver, "may I?")
        full = receiver.chat(got["chatId"])
        self.assertEqual((True, False), (full["isContactRequest"], full["canSend"]))
        self.assertFalse(receiver.rpc("get_contact", got["fromId"]).get("isVerified", False))
        self.assertEqual(stranger.name, receiver.rpc("get_contact", got["fromId"])["displayName"])
        receiver.rpc("markseen_msgs", [got["id"]])
        receiver.rpc("accept_chat", got["chatId"])
        self.assertFalse(receiver.chat(got["chatId"])["isContactRequest"])
        answer, seen = self.sent(receiver, got["chatId"], stranger, "you may")
        self.assertEqual((chat, contact), (seen["chatId"], seen["fromId"]))
        # Seen before it was accepted, the request has no receipt; what comes after has.
        sent, got = self.sent(stranger, chat, receiver, "thank you")
        receiver.rpc("markseen_msgs", [got["id"]])
        stranger.is_delivered(sent["id"], 28)

    def test_a_blocked_one_is_not_heard(self):
        alice, bob, carol = self.ours_and_a_phone("carol")
        (_, bobs), (_, carols) = at_once(lambda: join(alice, bob), lambda: join(alice, carol))
        contact = alice.contact_of(bob)
        alice.rpc("block_contact", contact)
        bob.send(bobs, "psst")
        until(lambda: len(self.rig.smtp.sent_by(bob.address)) >= 3, what="the mail")
        carol.send(carols, "later")
        alice.arrives("later")
        self.assertEqual([], [event for event in alice.of("IncomingMsg") if alice.message(event["msgId"])["text"] == "psst"])
        alice.rpc("unblock_contact", contact)
        bob.send(bobs, "again")
        alice.arrives("again")


if __name__ == "__main__":
    unittest.main()
