"""Two people talk, one of them with Delta Chat: texts, answers, receipts, reactions, changes, timers; each seen at both ends."""
import unittest

from world import Case, Pair, RpcError, at_once, both_ways, each_way, peer, peer_is_older_than, setUpModule, subject, tearDownModule, until  # noqa: F401
from parties import DELIVERED, READ, SELF


class Joining(Case):
    def test_a_phone_scans_our_code(self):
        alice, bob = self.ours_and_a_phone()
        self.joined(alice, bob)

    def test_we_scan_the_code_of_a_phone(self):
        alice, bob = self.ours_and_a_phone()
        self.joined(bob, alice)

    def joined(self, inviter, joiner):
        link = inviter.rpc("get_chat_securejoin_qr_code", None)
        self.assertRegex(link, r"\Ahttps://i\.delta\.chat/#[0-9A-F]{40}&v=3&i=[^&]+&s=[^&]+&a=[^&]+&n=[^&]+\Z")
        scanned = joiner.rpc("check_qr", link)
        self.assertEqual("askVerifyContact", scanned["kind"])
        at_inviter, at_joiner = inviter.now(), joiner.now()
        chat = joiner.rpc("secure_join", link)
        done = inviter.wait("SecurejoinInviterProgress", at_inviter, progress=1000)
        joiner.wait("SecurejoinJoinerProgress", at_joiner, progress=1000)
        self.assertEqual(inviter.contact_of(joiner), done["contactId"])
        steps = [event["progress"] for event in joiner.of("SecurejoinJoinerProgress", at_joiner)]
        self.assertEqual((sorted(steps), 1000), (steps, steps[-1]))
        theirs = inviter.rpc("create_chat_by_contact_id", done["contactId"])
        for party, other, its in ((inviter, joiner, theirs), (joiner, inviter, chat)):
            full = party.chat(its)
            self.assertEqual((other.name, "Single", True, False, True),
                             (full["name"], full["chatType"], full["isEncrypted"], full["isContactRequest"], full["canSend"]), party)
            contact = party.rpc("get_contact", party.contact_of(other))
            self.assertEqual((other.address, other.name, True, True),
                             (contact["address"], contact["displayName"], contact.get("isVerified", True), contact["e2eeAvail"]), party)
            self.assertEqual([party.contact_of(other)], party.rpc("get_chat_contacts", its))
        for sender, from_chat, receiver in ((joiner, chat, inviter), (inviter, theirs, joiner)):
            _, got = self.sent(sender, from_chat, receiver)
            self.assertEqual(receiver.contact_of(sender), got["fromId"])
        self.assertEqual(theirs, inviter.arrives(joiner.texts(chat)[0])["chatId"])


class Talk(Pair):
    @both_ways
    def test_texts_with_receipts(self, sender, chat, receiver, its):
        since, there = sender.now(), receiver.now()
        text = f"Grüße aus der Halle 3 – ≥ 80 °C 🙂\n> no quote\n-- \nno footer, {sender.name}\n\n  the end"
        msg = sender.send(chat, text)
        event = receiver.wait("IncomingMsg", there, chatId=its)
        got = receiver.message(event["msgId"])
        self.is_padlocked(receiver, got)
        self.assertEqual((text, receiver.contact_of(sender), False), (got["text"], got["fromId"], got["isInfo"]))
        sender.wait("MsgDelivered", since, msgId=msg)
        self.assertEqual(DELIVERED, sender.state(msg))
        self.assertTrue(sender.message(msg)["showPadlock"])
        self.assertLess(abs(got["timestamp"] - sender.message(msg)["timestamp"]), 5)
        receiver.rpc("markseen_msgs", [event["msgId"]])
        sender.wait("MsgRead", since, msgId=msg)
        self.assertEqual(READ, sender.state(msg))
        self.assertEqual([sender.contact_of(receiver)],
                         [receipt["contactId"] for receipt in sender.rpc("get_message_read_receipts", msg)])


class ReceiptsOff(Pair):
    @each_way
    def test_no_receipts_when_they_are_off(self, sender, chat, receiver, _):
        receiver.rpc("set_config", "mdns_enabled", "0")
        try:
            before = len(self.rig.smtp.sent_by(receiver.address))
            sent, got = self.sent(sender, chat, receiver)
            receiver.rpc("markseen_msgs", [got["id"]])
            # The answer's mail is the next one of the receiver: no receipt went before it.
            self.sent(receiver, got["chatId"], sender)
            self.assertEqual(1, len(self.rig.smtp.sent_by(receiver.address)) - before)
            self.assertEqual(DELIVERED, sender.state(sent["id"]))
        finally:
            receiver.rpc("set_config", "mdns_enabled", "1")


class Texts(Pair):
    @both_ways
    def test_a_long_text_is_whole(self, sender, chat, receiver, _):
        words = " ".join(f"word{number}" for number in range(400))
        msg = sender.send(chat, f"long {sender.name} {words}")
        got = receiver.arrives(f"long {sender.name} word0")
        self.assertEqual(sender.message(msg)["text"], got["text"])

    @both_ways
    def test_answers_quote_what_they_answer(self, sender, chat, receiver, its):
        sent, got = self.sent(sender, chat, receiver)
        answer = receiver.send(its, f"an answer to {sender.name}", quotedMessageId=got["id"])
        seen = sender.arrives(f"an answer to {sender.name}")
        self.assertEqual(chat, seen["chatId"])
        for party, message, quoted in ((sender, seen, sent), (receiver, receiver.message(answer), got)):
            self.assertEqual(("WithMessage", quoted["id"], quoted["text"]),
                             (message["quote"]["kind"], message["quote"]["messageId"], message["quote"]["text"]), party)

    @both_ways
    def test_reactions_come_change_and_go(self, sender, chat, receiver, _):
        sent, got = self.sent(sender, chat, receiver)
        since = sender.now()
        for emoji in (["👍"], ["🔥"], []):
            receiver.rpc("send_reaction", got["id"], emoji)
            for party, msg, by in ((sender, sent["id"], sender.contact_of(receiver)), (receiver, got["id"], SELF)):
                until(lambda: self.reactions(party, msg) == ({by: emoji} if emoji else {}),
                      what=lambda: f"{emoji} at {party}: {self.reactions(party, msg)}")
        event = sender.wait("IncomingReaction", since, msgId=sent["id"])
        self.assertEqual(("👍", sender.contact_of(receiver)), (event["reaction"], event["contactId"]))

    @staticmethod
    def reactions(party, msg):
        found = party.message(msg)["reactions"]
        return {int(contact): emoji for contact, emoji in (found or {}).get("reactionsByContact", {}).items()}


class Changes(Pair):
    @both_ways
    def test_edits_and_deletion_for_everyone(self, sender, chat, receiver, _):
        sent, got = self.sent(sender, chat, receiver)
        right = f"as {sender.name} should have said"
        sender.rpc("send_edit_request", sent["id"], right)
        until(lambda: receiver.message(got["id"])["text"] == right, what="the edit")
        for party, msg in ((sender, sent["id"]), (receiver, got["id"])):
            self.assertTrue(party.message(msg)["isEdited"], party)
        since = receiver.now()
        sender.rpc("delete_messages_for_all", [sent["id"]])
        receiver.wait("MsgDeleted", since, msgId=got["id"])
        for party, its in ((sender, chat), (receiver, got["chatId"])):
            self.assertNotIn(right, party.texts(its))

    @both_ways
    def test_what_others_wrote_is_not_deleted_for_everyone(self, sender, chat, receiver, _):
        _, got = self.sent(sender, chat, receiver)
        with self.assertRaises(RpcError):
            receiver.rpc("delete_messages_for_all", [got["id"]])
        self.assertIn(got["text"], sender.texts(chat))


class Pins(Pair):
    @both_ways
    def test_messages_are_pinned_and_unpinned_by_either(self, sender, chat, receiver, its):
        if peer_is_older_than(2, 65):
            self.skipTest("this core knows no pins")
        sent, got = self.sent(sender, chat, receiver)
        self.assertFalse(got["isPinned"])
        for by, msg, there, other in ((sender, sent["id"], receiver, got["id"]), (receiver, got["id"], sender, sent["id"])):
            pinned = by is sender
            since = there.now()
            by.rpc("set_pinned_message_state", msg, pinned)
            until(lambda: there.message(other)["isPinned"] is pinned, what=f"the pin of {by} at {there}")
            told = "PinnedMessagesChanged" if there.kind == "core" else "MsgsChanged"
            there.wait(told, since, chatId=there.message(other)["chatId"])
            for party, its_msg, text in ((by, msg, f"You {'' if pinned else 'un'}pinned a message."),
                                         (there, other, f"Message {'' if pinned else 'un'}pinned by {by.name}.")):
                place = party.message(its_msg)["chatId"]
                self.assertIs(pinned, its_msg in party.rpc("get_pinned_messages", place))
                lines = [m for m in party.messages(place, infos=True) if m["parentId"] == its_msg and m["isInfo"]]
                self.assertEqual((text, "MessagePinned" if pinned else "MessageUnpinned"),
                                 (lines[-1]["text"], lines[-1]["systemMessageType"]), party)


class Names(Pair):
    @each_way
    def test_names_and_status_are_those_of_the_other(self, sender, chat, receiver, _):
        old = sender.name
        sender.rpc("set_config", "displayname", f"{old} Müller")
        self.sent(sender, chat, receiver)
        contact = receiver.contact_of(sender)
        until(lambda: receiver.rpc("get_contact", contact)["displayName"] == f"{old} Müller", what="the name")
        self.assertEqual(f"{old} Müller", receiver.chat(receiver.rpc("create_chat_by_contact_id", contact))["name"])
        sender.rpc("set_config", "displayname", old)

    @both_ways
    def test_forwarded_texts_say_so(self, sender, chat, receiver, _):
        sent, _ = self.sent(sender, chat, receiver)
        since = receiver.now()
        sender.rpc("forward_messages", [sent["id"]], chat)
        event = receiver.wait("IncomingMsg", since)
        again = receiver.message(event["msgId"])
        self.assertEqual((sent["text"], True), (again["text"], again["isForwarded"]))


class Timers(Pair):
    @each_way
    def test_messages_disappear(self, sender, chat, receiver, its):
        sender.rpc("set_chat_ephemeral_timer", chat, 1)
        until(lambda: receiver.rpc("get_chat_ephemeral_timer", its) == 1, what="the timer")
        line = receiver.messages(its, infos=True)[-1]
        self.assertEqual(("EphemeralTimerChanged", True), (line["systemMessageType"], line["isInfo"]))
        sender.send(chat, f"soon gone, {sender.name}")  # at the sender perhaps before it is read
        got = receiver.arrives(f"soon gone, {sender.name}")
        self.is_padlocked(receiver, got)
        receiver.rpc("markseen_msgs", [got["id"]])
        for party, chat_there in ((sender, chat), (receiver, its)):
            until(lambda: got["text"] not in party.texts(chat_there), what=f"the end of the message at {party}")
        sender.rpc("set_chat_ephemeral_timer", chat, 0)
        until(lambda: receiver.rpc("get_chat_ephemeral_timer", its) == 0, what="the timer's end")
        self.sent(sender, chat, receiver)


class Bots(Pair):
    @both_ways
    def test_a_bot_is_known_as_one(self, sender, chat, receiver, _):
        sender.rpc("set_config", "bot", "1")
        try:
            _, got = self.sent(sender, chat, receiver)
            self.assertTrue(got["isBot"])
            self.assertTrue(receiver.rpc("get_contact", receiver.contact_of(sender))["isBot"])
        finally:
            sender.rpc("set_config", "bot", "0")


if __name__ == "__main__":
    unittest.main()
