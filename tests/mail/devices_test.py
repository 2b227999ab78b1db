"""A second device of the same person: the same key and mailbox, once here and once on a phone."""
import pathlib
import tempfile
import unittest

import world
from world import Case, at_once, join, peer, setUpModule, subject, tearDownModule, until  # noqa: F401
from files_test import png
from parties import IN_SEEN, READ, SELF, Server


def secret_key(party):
    with tempfile.TemporaryDirectory() as folder:
        party.rpc("export_self_keys", folder, None)
        return next(path for path in pathlib.Path(folder).iterdir() if "private" in path.name).read_text("utf-8")


def second_device(device, server, name):
    """Another account with the first one's key, at the first one's mailbox. Both send each other what they do."""
    other = world.of_class(server.unconfigured(name))
    with tempfile.NamedTemporaryFile("w", suffix=".asc") as file:
        file.write(secret_key(device))
        file.flush()
        other.rpc("import_self_keys", file.name, None)
    other.configure(device.address)
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


class TwoDevices(Devices):
    def test_both_have_one_key_and_read_and_write_the_same(self):
        keys = [device.rpc("get_chat_securejoin_qr_code", None).partition("#")[2][:40] for device in (self.alice, self.phone)]
        self.assertEqual(keys[0], keys[1])
        for device, other in self.both:
            self.is_padlocked(device, device.arrives("to both devices"))
            msg, copy, got = self.written(device, other, f"written at {device.name}")
            self.assertEqual(SELF, copy["fromId"], "it is one's own there too")
            self.is_padlocked(other, copy)
            self.assertEqual(1, self.bob.texts(self.at_bob).count(msg["text"]))
            self.bob.rpc("markseen_msgs", [got["id"]])
            device.is_delivered(msg["id"], READ)
            other.is_delivered(copy["id"], READ)

    def test_what_was_seen_at_one_is_seen_at_the_other(self):
        for turn in range(3):  # it depended on who read the mailbox first
            for device, other in self.both:
                text = f"seen at {device.name} {turn}"
                self.bob.send(self.at_bob, text)
                first, second = device.arrives(text), other.arrives(text)
                for one, msg in ((device, first), (other, second)):
                    self.assertLess(one.state(msg["id"]), IN_SEEN, f"nobody saw it at {one}")
                device.rpc("markseen_msgs", [first["id"]])
                until(lambda: other.state(second["id"]) == IN_SEEN, what=f"seen at {other}")

    def test_changes_of_messages(self):
        for device, other in self.both:
            msg, copy, _ = self.written(device, other, f"to be changed at {device.name}")
            device.rpc("send_edit_request", msg["id"], f"changed at {device.name}")
            until(lambda: other.message(copy["id"])["text"] == f"changed at {device.name}", what=f"the edit at {other}")
            self.bob.send(self.at_bob, f"to react at {device.name}")
            here, there = device.arrives(f"to react at {device.name}"), other.arrives(f"to react at {device.name}")
            device.rpc("send_reaction", here["id"], ["👍"])
            reactions = until(lambda: other.message(there["id"])["reactions"], what=f"the reaction at {other}")
            self.assertEqual({str(SELF): ["👍"]}, reactions["reactionsByContact"])
            device.rpc("delete_messages_for_all", [msg["id"]])
            until(lambda: msg["text"] not in other.texts(self.chats[other]) and
                  f"changed at {device.name}" not in other.texts(self.chats[other]), what=f"the deletion at {other}")

    def test_timers_of_chats(self):
        for seconds, (device, other) in zip((3600, 60), self.both):
            device.rpc("set_chat_ephemeral_timer", self.chats[device], seconds)
            until(lambda: other.rpc("get_chat_ephemeral_timer", self.chats[other]) == seconds, what=f"the timer at {other}")
            device.rpc("set_chat_ephemeral_timer", self.chats[device], 0)
            until(lambda: other.rpc("get_chat_ephemeral_timer", self.chats[other]) == 0, what=f"no timer at {other}")


class GroupsOfDevices(Devices):
    def group_at(self, party, name):
        def look():
            for chat in party.rpc("get_chatlist_entries", None, None, None):
                full = party.chat(chat) if chat > 9 else None
                if full and full["name"] == name:
                    return chat
            return None
        return until(look, what=f"the group {name} at {party}")

    def test_a_group_of_one_is_the_other_ones_too(self):
        for device, other in self.both:
            name = f"Group of {device.name}"
            group = device.rpc("create_group_chat", name, False)
            device.rpc("add_contact_to_chat", group, device.contact_of(self.bob))
            _, copy, got = self.written(device, other, f"first of {device.name}", group)
            there = copy["chatId"]
            self.assertEqual(name, other.chat(there)["name"])
            self.assertEqual(sorted([self.alice.address, self.bob.address]), other.members(there))
            self.is_padlocked(other, copy)
            self.bob.rpc("accept_chat", got["chatId"])
            # It goes on at the other device.
            self.written(other, device, f"second of {other.name}", there)
            self.bob.send(got["chatId"], f"answer to {device.name}")
            for one in (device, other):
                self.assertEqual({device: group, other: there}[one], one.arrives(f"answer to {device.name}")["chatId"])
            device.rpc("set_chat_name", group, f"{name}, renamed")
            until(lambda: other.chat(there)["name"] == f"{name}, renamed", what=f"the name at {other}")
            device.rpc("leave_group", group)
            until(lambda: not other.chat(there)["selfInGroup"], what=f"the leaving at {other}")

    def test_members_that_one_adds_and_removes(self):
        carol = peer("carol")
        at_alice, _ = join(self.alice, carol)
        until(lambda: any(self.phone.rpc("get_contact", c)["address"] == carol.address
                          for c in self.phone.rpc("get_contact_ids", 0, None)), what="carol at the phone")
        self.assertTrue(at_alice)
        for device, other in self.both:
            group = device.rpc("create_group_chat", f"Members by {device.name}", False)
            device.rpc("add_contact_to_chat", group, device.contact_of(self.bob))
            _, copy, _ = self.written(device, other, f"begun by {device.name}", group)
            device.rpc("add_contact_to_chat", group, device.contact_of(carol))
            until(lambda: carol.address in other.members(copy["chatId"]), what=f"carol at {other}")
            device.rpc("remove_contact_from_chat", group, device.contact_of(carol))
            until(lambda: carol.address not in other.members(copy["chatId"]), what=f"carol's removal at {other}")

    def test_whom_one_joins_is_a_contact_of_the_other(self):
        for device, other in self.both:
            friend = peer(f"friend of {device.name}".replace(" ", "").replace("'", ""))
            _, chat = join(friend, device)
            if not other.ours:  # core keeps it out of its list of contacts, also after a join at a core
                device.send(chat, f"from {device.name}")
                there = other.chat(other.arrives(f"from {device.name}")["chatId"])["contactIds"][0]
                self.assertEqual(friend.address, other.rpc("get_contact", there)["address"])
                continue
            until(lambda: any(other.rpc("get_contact", c)["address"] == friend.address
                              for c in other.rpc("get_contact_ids", 0, None)), what=f"{friend} at {other}")
            there = other.contact_of(friend)
            self.assertTrue(other.rpc("get_contact", there)["isVerified"])
            other.send(other.rpc("create_chat_by_contact_id", there), f"from {other.name}")
            friend.arrives(f"from {other.name}")
            self.assertEqual(chat, device.arrives(f"from {other.name}")["chatId"])


class NewsOfDevices(Devices):
    """What only our other devices get."""

    def test_an_invite_of_one_is_answered_by_the_other(self):
        for device, other in self.both:
            link = device.rpc("get_chat_securejoin_qr_code", None)
            # The second device has it once a later message from the first is there.
            self.written(device, other, f"after the invite of {device.name}")
            device.rpc("stop_io")
            try:
                friend = peer(f"guest of {device.name}".replace(" ", "").replace("'", ""))
                join(other, friend, link=link)
            finally:
                device.rpc("start_io")

    def test_a_group_that_nobody_was_told_of(self):
        group = self.phone.rpc("create_group_chat", "Quiet", False)
        self.phone.rpc("add_contact_to_chat", group, self.phone.contact_of(self.bob))
        self.phone.rpc("set_chat_name", group, "Quieter")
        self.phone.rpc("set_chat_description", group, "Of the pumps\nand nothing else")
        link = self.phone.rpc("get_chat_securejoin_qr_code", group)

        def look():
            return [c for c in self.alice.rpc("get_chatlist_entries", None, None, None) if self.alice.chat(c)["name"] == "Quieter"]
        there = until(look, what="the group at alice")[0]
        self.assertEqual(sorted([self.alice.address, self.bob.address]), self.alice.members(there))
        until(lambda: self.alice.rpc("get_chat_description", there) == "Of the pumps\nand nothing else", what="the description at alice")
        self.written(self.phone, self.alice, "after the invite to the group")
        self.phone.rpc("stop_io")
        try:
            guest = peer("guestofthegroup")
            join(self.alice, guest, there, link)
        finally:
            self.phone.rpc("start_io")
        until(lambda: guest.address in self.phone.members(group), what="the guest at the phone")

    def test_chats_are_archived_pinned_and_muted(self):
        for device, other in self.both:
            chat, there = self.chats[device], self.chats[other]
            for visibility, field in (("Archived", "archived"), ("Pinned", "pinned")):
                device.rpc("set_chat_visibility", chat, visibility)
                until(lambda: other.chat(there)[field], what=f"{visibility} at {other}")
            device.rpc("set_chat_visibility", chat, "Normal")
            until(lambda: not other.chat(there)["pinned"], what=f"no pin at {other}")
            device.rpc("set_chat_mute_duration", chat, {"kind": "Forever"})
            until(lambda: other.chat(there)["isMuted"], what=f"muted at {other}")
            device.rpc("set_chat_mute_duration", chat, {"kind": "NotMuted"})
            until(lambda: not other.chat(there)["isMuted"], what=f"not muted at {other}")
            device.rpc("set_chat_mute_duration", chat, {"kind": "Until", "duration": 3600})
            until(lambda: other.chat(there)["isMuted"], what=f"muted for a while at {other}")
            device.rpc("set_chat_mute_duration", chat, {"kind": "NotMuted"})
            until(lambda: not other.chat(there)["isMuted"], what=f"not muted again at {other}")

    def test_strangers_are_accepted_and_blocked(self):
        for device, other in self.both:
            stranger = peer(f"stranger of {device.name}".replace(" ", "").replace("'", ""))
            card = self.alice.rpc("make_vcard", [SELF])
            me = stranger.rpc("import_vcard_contents", card)[0]
            at_stranger = stranger.rpc("create_chat_by_contact_id", me)
            text = f"may I, {device.name}?"
            stranger.send(at_stranger, text)
            chat, there = device.arrives(text)["chatId"], other.arrives(text)["chatId"]
            for one, its in ((device, chat), (other, there)):
                self.assertTrue(one.chat(its)["isContactRequest"], one)
            device.rpc("accept_chat", chat)
            until(lambda: not other.chat(there)["isContactRequest"], what=f"accepted at {other}")
            contact, theirs = device.chat(chat)["contactIds"][0], other.chat(there)["contactIds"][0]
            device.rpc("change_contact_name", contact, f"Named at {device.name}")
            until(lambda: other.rpc("get_contact", theirs)["displayName"] == f"Named at {device.name}", what=f"the name at {other}")
            device.rpc("block_contact", contact)
            until(lambda: other.rpc("get_contact", theirs)["isBlocked"], what=f"blocked at {other}")
            device.rpc("unblock_contact", contact)
            until(lambda: not other.rpc("get_contact", theirs)["isBlocked"], what=f"not blocked at {other}")

    def test_settings(self):
        for device, other in self.both:
            for key, value in (("displayname", f"Alice at {device.name}"), ("selfstatus", f"with lines\nof {device.name}"),
                               ("mdns_enabled", "0"), ("mdns_enabled", "1")):
                since, here = other.now(), device.now()
                device.rpc("set_config", key, value)
                until(lambda: other.rpc("get_config", key) == value, what=f"{key} at {other}")
                for one, events in ((other, since), (device, here)):
                    one.wait("ConfigSynced", events, key=key)

    def own_picture(self, one):
        path = one.rpc("get_config", "selfavatar")
        if one.ours:  # its pictures are sealed: a message with the file names a plain copy
            note = one.rpc("send_msg", one.rpc("create_chat_by_contact_id", SELF), {"file": path})
            path = one.message(note)["file"]
        return pathlib.Path(path).read_bytes()

    def test_the_own_picture(self):
        for device, other in self.both:
            since = other.now()
            with tempfile.NamedTemporaryFile(suffix=".png") as file:
                file.write(png(32, 32))
                file.flush()
                device.rpc("set_config", "selfavatar", file.name)
            other.wait("ConfigSynced", since, key="selfavatar")
            other.wait("SelfavatarChanged", since)
            self.assertEqual(self.own_picture(device), self.own_picture(other))
            device.rpc("set_config", "selfavatar", None)
            until(lambda: not other.rpc("get_config", "selfavatar"), what=f"no picture at {other}")

    def test_messages_are_saved_and_deleted(self):
        for device, other in self.both:
            text = f"to keep at {device.name}"
            self.bob.send(self.at_bob, text)
            here, there = device.arrives(text), other.arrives(text)
            device.rpc("save_msgs", [here["id"]])
            saved = until(lambda: other.message(there["id"])["savedMessageId"], what=f"the copy at {other}")
            self.assertTrue(other.chat(other.message(saved)["chatId"])["isSelfTalk"])
            device.rpc("delete_messages", [here["id"]])
            until(lambda: text not in other.texts(self.chats[other]), what=f"the deletion at {other}")

    def test_notes_to_oneself(self):
        for device, other in self.both:
            notes = device.rpc("create_chat_by_contact_id", SELF)
            device.send(notes, f"note of {device.name}")
            copy = other.arrives(f"note of {device.name}")
            self.assertTrue(other.chat(copy["chatId"])["isSelfTalk"])
            self.assertEqual(SELF, copy["fromId"])


class CallsOfDevices(Devices):
    def own_call_at(self, party, chat, number):
        def look():
            found = [m for m in party.messages(chat) if m["viewType"] == "Call" and m["fromId"] == SELF]
            return found[number:]
        return until(look, what=f"the call at {party}")[0]

    def test_a_call_that_one_places(self):
        for device, other in self.both:
            since, there, back = self.bob.now(), other.now(), device.now()
            before = len([m for m in other.messages(self.chats[other]) if m["viewType"] == "Call" and m["fromId"] == SELF])
            msg = device.rpc("place_outgoing_call", self.chats[device], f"offer of {device.name}", False)
            # Another test's call may still ring.
            rings = self.bob.wait("IncomingCall", since, place_call_info=f"offer of {device.name}")
            copy = self.own_call_at(other, self.chats[other], before)
            self.assertEqual(SELF, copy["fromId"])
            self.assertEqual("Outgoing audio call", copy["text"])
            self.bob.rpc("accept_incoming_call", rings["msg_id"], "an answer")
            device.wait("OutgoingCallAccepted", back, msg_id=msg)
            other.wait("OutgoingCallAccepted", there, msg_id=copy["id"])
            device.rpc("end_call", msg)
            other.wait("CallEnded", there, msg_id=copy["id"])
            self.assertEqual("Completed", other.rpc("call_info", copy["id"])["state"]["kind"], other)
            self.bob.wait("CallEnded", since, msg_id=rings["msg_id"])

    def test_a_call_that_one_gives_up(self):
        for device, other in self.both:
            since = other.now()
            msg = device.rpc("place_outgoing_call", self.chats[device], f"in vain, {device.name}", True)
            device.rpc("end_call", msg)
            ended = other.wait("CallEnded", since)
            self.assertEqual("Canceled", other.rpc("call_info", ended["msg_id"])["state"]["kind"], other)

    def test_a_call_that_one_answers(self):
        for device, other in self.both:
            for accepts in (True, False):
                since, there = device.now(), other.now()
                msg = self.bob.rpc("place_outgoing_call", self.at_bob, f"for {device.name} {accepts}", False)
                here, copy = (one.wait("IncomingCall", events)["msg_id"] for one, events in ((device, since), (other, there)))
                if accepts:
                    device.rpc("accept_incoming_call", here, "an answer")
                    taken = other.wait("IncomingCallAccepted", there, msg_id=copy)
                    self.assertIs(False, taken["from_this_device"])
                device.rpc("end_call", here)
                other.wait("CallEnded", there, msg_id=copy)
                state = "Completed" if accepts else "Declined"
                for one, call in ((device, here), (other, copy)):
                    self.assertEqual(state, one.rpc("call_info", call)["state"]["kind"], one)
                until(lambda: self.bob.rpc("call_info", msg)["state"]["kind"] == state, what="the end at bob")


class PlacesOfDevices(Devices):
    def test_a_message_with_its_place(self):
        for device, other in self.both:
            device.send(self.chats[device], f"the leak, {device.name}", location=[52.5, 13.25])
            copy = other.arrives(f"the leak, {device.name}")
            until(lambda: other.message(copy["id"])["hasLocation"], what=f"the place at {other}")
            [place] = [p for p in other.rpc("get_locations", self.chats[other], SELF, 0, 0) if p["msgId"] == copy["id"]]
            self.assertEqual((52.5, 13.25), (place["latitude"], place["longitude"]))


class PathsOfDevices(Devices):  # places go to a chat once a minute: no other test's went before
    def test_a_path(self):
        for number, (device, other) in enumerate(self.both):
            device.rpc("send_locations_to_chat", self.chats[device], 600)
            if other.ours:  # core shows no line of another device
                until(lambda: any("Location streaming enabled" in m["text"] for m in other.messages(self.chats[other], infos=True)),
                      what=f"the line at {other}")
            walk = lambda: device.server.call("set_location", 50.0 + number, 8.5, 3.0)
            walk()

            def arrived():
                if not device.ours:
                    walk()  # core sends none of the second in which it began
                return [p for p in other.rpc("get_locations", self.chats[other], SELF, 0, 0) if p["latitude"] == 50.0 + number]
            until(arrived, what=f"the place at {other}")
            device.server.call("stop_sending_locations")


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
        channel = self.phone.rpc("create_broadcast", "Unread")
        there = until(lambda: self.channel_at(self.alice, "Unread"), what="the channel at alice")
        self.phone.rpc("set_chat_name", channel, "Unread yet")
        until(lambda: self.alice.chat(there)["name"] == "Unread yet", what="the name at alice")
        self.phone.rpc("set_chat_description", channel, "About pumps")
        until(lambda: self.alice.rpc("get_chat_description", there) == "About pumps", what="the description at alice")

    def channel_at(self, party, name):
        for chat in party.rpc("get_chatlist_entries", None, None, None):
            if party.chat(chat)["name"] == name:
                return chat
        return None


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
