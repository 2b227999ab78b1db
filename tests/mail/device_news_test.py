"""What only our other devices get: invites, chats, settings, our picture, what was saved and deleted, notes."""
import pathlib
import tempfile
import unittest

from world import join, peer, setUpModule, tearDownModule, until  # noqa: F401
from files_test import png
from parties import SELF
from second_devices import Devices


class NewsOfDevices(Devices):
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


if __name__ == "__main__":
    unittest.main()
