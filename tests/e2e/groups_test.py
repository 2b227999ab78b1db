"""Groups and channels among real daemons: bob and carol each joined alice and never each other."""
import pathlib
import tempfile
import unittest

from gateway import Gateway, RpcError, join, until

DELIVERED, READ = 26, 28


class Crew(unittest.TestCase):
    def setUp(self):
        self.alice = self.enterContext(Gateway("alice"))
        self.bob = self.enterContext(Gateway("bob"))
        self.carol = self.enterContext(Gateway("carol"))
        for joiner in (self.bob, self.carol):
            join(self.alice, joiner)
        self.bob_id = self.contact(self.alice, "bob")
        self.carol_id = self.contact(self.alice, "carol")

    def contact(self, gateway, name):
        found = gateway.rpc("get_contact_ids", 1, 0, name)
        self.assertEqual(len(found), 1, found)
        return found[0]

    def group(self, name="Shift 2"):
        """A group of all three that everybody knows: its id at alice, bob and carol."""
        chat = self.alice.rpc("create_group_chat", 1, name, False)
        for contact in (self.bob_id, self.carol_id):
            self.alice.rpc("add_contact_to_chat", 1, chat, contact)
        self.alice.send(chat, "first words")
        return chat, *(self.chat_with(gateway, "first words") for gateway in (self.bob, self.carol))

    def chat_with(self, gateway, text):
        found = until(lambda: gateway.rpc("search_messages", 1, text, None), what=f"'{text}' at {gateway.name}")
        return gateway.rpc("get_message", 1, found[0])["chatId"]

    def full(self, gateway, chat):
        return gateway.rpc("get_full_chat_by_id", 1, chat)

    def names(self, gateway, chat):
        members = gateway.rpc("get_chat_contacts", 1, chat)
        return sorted(gateway.rpc("get_contact", 1, c)["displayName"] for c in members if c != 1)

    def infos(self, gateway, chat, kind):
        ids = gateway.rpc("get_message_ids", 1, chat, True, False)
        messages = gateway.rpc("get_messages", 1, ids)
        return [m for m in (messages[str(i)] for i in ids) if m["systemMessageType"] == kind]


class Groups(Crew):
    def test_a_group_is_made_talks_and_counts_receipts(self):
        at_alice = self.alice.events()
        chat, bobs, carols = self.group()
        basic = self.bob.rpc("get_basic_chat_info", 1, bobs)
        self.assertEqual((basic["chatType"], basic["name"]), ("Group", "Shift 2"))
        self.assertTrue(basic["isEncrypted"])
        self.assertFalse(basic["isContactRequest"])
        self.assertEqual(self.names(self.bob, bobs), ["alice", "carol"])
        self.assertIn(1, self.full(self.bob, bobs)["contactIds"])
        self.assertTrue(self.full(self.bob, bobs)["selfInGroup"])
        self.assertFalse(self.full(self.alice, chat)["isUnpromoted"])

        sent = self.bob.send(bobs, "hello from bob")
        self.assertEqual(self.chat_with(self.carol, "hello from bob"), carols)
        self.assertEqual(self.chat_with(self.alice, "hello from bob"), chat)
        until(lambda: self.bob.state(sent) == DELIVERED, what="delivery to both")
        for count, gateway in ((1, self.alice), (2, self.carol)):
            gateway.rpc("markseen_msgs", 1, gateway.rpc("search_messages", 1, "hello from bob", None))
            until(lambda: self.bob.rpc("get_message_read_receipt_count", 1, sent) == count, what="a receipt")
        self.assertEqual(self.bob.state(sent), READ)
        readers = {r["contactId"] for r in self.bob.rpc("get_message_read_receipts", 1, sent)}
        self.assertEqual(len(readers), 2)
        item = self.carol.rpc("get_chatlist_items_by_entries", 1, [carols])[str(carols)]
        self.assertEqual((item["summaryText1"], item["summaryText2"]), ("bob", "hello from bob"))
        self.assertTrue(item["isGroup"] and item["isSelfInGroup"])
        self.assertIn("carol", self.bob.rpc("get_chat_encryption_info", 1, bobs))
        self.assertTrue(at_alice.wait("ChatModified", chat_id=chat))

    def test_it_is_renamed_described_pictured_and_left(self):
        chat, bobs, carols = self.group()
        self.bob.rpc("set_chat_name", 1, bobs, "Night shift")
        until(lambda: self.full(self.carol, carols)["name"] == "Night shift", what="the new name")
        line = until(lambda: self.infos(self.carol, carols, "GroupNameChanged"), what="a line")[0]
        self.assertTrue(line["isInfo"])
        self.assertEqual(line["sender"]["displayName"], "bob")
        self.alice.rpc("set_chat_description", 1, chat, "22:00 to 6:00")
        until(lambda: self.bob.rpc("get_chat_description", 1, bobs) == "22:00 to 6:00", what="the description")

        picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "crew.png"
            path.write_bytes(picture)
            self.alice.rpc("set_chat_profile_image", 1, chat, str(path))
        line = until(lambda: self.infos(self.bob, bobs, "GroupImageChanged"), what="the picture")[0]
        self.assertTrue(self.full(self.bob, bobs)["profileImage"])
        status, _, body = self.bob.http("GET", f"/file/{line['id']}")
        self.assertEqual((status, body), (200, picture))
        self.alice.rpc("set_chat_profile_image", 1, chat, None)
        until(lambda: self.full(self.bob, bobs)["profileImage"] is None, what="no picture")

        self.alice.rpc("remove_contact_from_chat", 1, chat, self.carol_id)
        until(lambda: not self.full(self.carol, carols)["selfInGroup"], what="carol's removal")
        line = self.infos(self.carol, carols, "MemberRemovedFromGroup")[0]
        self.assertEqual(line["infoContactId"], 1)
        with self.assertRaisesRegex(RpcError, "not a member"):
            self.carol.send(carols, "still here?")
        self.assertEqual(self.alice.rpc("get_past_chat_contacts", 1, chat), [self.carol_id])
        self.bob.rpc("leave_group", 1, bobs)
        until(lambda: self.names(self.alice, chat) == [], what="bob's leaving")
        self.assertFalse(self.full(self.bob, bobs)["canSend"])

    def test_a_member_that_was_away_catches_up(self):
        chat, bobs, carols = self.group()
        self.assertEqual(self.carol.stop(), 0)
        for n in range(5):
            self.alice.send(chat, f"while you were away {n}")
        self.bob.rpc("set_chat_name", 1, bobs, "Changed meanwhile")
        until(lambda: self.full(self.alice, chat)["name"] == "Changed meanwhile", what="the name at alice")
        self.alice.rpc("remove_contact_from_chat", 1, chat, self.bob_id)
        last = self.alice.send(chat, "the last one")
        self.carol.start()
        until(lambda: "the last one" in self.carol.texts(carols), what="what was missed")
        self.assertEqual([t for t in self.carol.texts(carols) if t.startswith("while")],
                         [f"while you were away {n}" for n in range(5)])
        until(lambda: self.full(self.carol, carols)["name"] == "Changed meanwhile", what="the name")
        until(lambda: self.names(self.carol, carols) == ["alice"], what="the members")
        until(lambda: self.alice.state(last) == DELIVERED, what="the delivery")

    def test_a_link_adds_its_joiners(self):
        chat, bobs, _ = self.group("Crew")
        link = self.alice.rpc("get_chat_securejoin_qr_code", 1, chat)
        self.assertRegex(link, r"[#&]x=[^&]+")
        self.assertRegex(link, r"&g=Crew")
        dave = self.enterContext(Gateway("dave"))
        scanned = dave.rpc("check_qr", 1, link)
        self.assertEqual((scanned["kind"], scanned["grpname"]), ("askVerifyGroup", "Crew"))
        self.assertEqual(self.alice.rpc("check_qr", 1, link)["kind"], "withdrawVerifyGroup")
        events = dave.events()
        joined = dave.rpc("secure_join", 1, link)
        events.wait("SecurejoinJoinerProgress", progress=1000)
        until(lambda: self.full(dave, joined)["canSend"], what="dave as a member")
        until(lambda: self.names(self.bob, bobs) == ["alice", "carol", "dave"], what="dave at bob")
        dave.send(joined, "dave here")
        self.assertEqual(self.chat_with(self.bob, "dave here"), bobs)
        self.assertEqual(len(self.full(dave, joined)["contactIds"]), 4)
        self.alice.rpc("set_config_from_qr", 1, link)
        self.assertEqual(self.alice.rpc("check_qr", 1, link)["kind"], "reviveVerifyGroup")
        self.assertNotEqual(link, self.alice.rpc("get_chat_securejoin_qr_code", 1, chat))


class Channels(Crew):
    def test_one_sends_and_subscribers_see_only_the_sender(self):
        chat = self.alice.rpc("create_broadcast", 1, "News")
        self.alice.rpc("add_contact_to_chat", 1, chat, self.bob_id)
        link = self.alice.rpc("get_chat_securejoin_qr_code", 1, chat)
        self.assertEqual(self.carol.rpc("check_qr", 1, link)["kind"], "askJoinBroadcast")
        joined = self.carol.rpc("secure_join", 1, link)
        until(lambda: self.names(self.alice, chat) == ["bob", "carol"], what="both subscribers")
        until(lambda: self.full(self.carol, joined)["selfInGroup"], what="carol's subscription")
        sent = self.alice.send(chat, "line 4 is down")
        for gateway in (self.bob, self.carol):
            here = self.chat_with(gateway, "line 4 is down")
            basic = gateway.rpc("get_basic_chat_info", 1, here)
            self.assertEqual((basic["chatType"], basic["name"]), ("InBroadcast", "News"))
            self.assertEqual(self.names(gateway, here), ["alice"])
            self.assertFalse(gateway.rpc("can_send", 1, here))
            with self.assertRaisesRegex(RpcError, "channel"):
                gateway.send(here, "me too")
        self.assertEqual(self.full(self.alice, chat)["chatType"], "OutBroadcast")
        self.assertNotIn(1, self.full(self.alice, chat)["contactIds"])
        until(lambda: self.alice.state(sent) == DELIVERED, what="the delivery")
        self.carol.rpc("leave_group", 1, joined)
        until(lambda: self.names(self.alice, chat) == ["bob"], what="carol's leaving")


if __name__ == "__main__":
    unittest.main()
