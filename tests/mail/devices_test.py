"""A second device of the same person: what is written and changed at one is at the other."""
import unittest

from world import join, peer, setUpModule, tearDownModule, until  # noqa: F401
from parties import IN_SEEN, READ, SELF
from second_devices import Devices


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

    def test_a_group_in_which_nobody_else_is(self):
        for device, other in self.both:
            name = f"Alone of {device.name}"
            group = device.rpc("create_group_chat", name, False)
            msg = device.send(group, f"to myself in {name}")
            device.is_delivered(msg)
            copy = other.arrives(f"to myself in {name}")
            there = copy["chatId"]
            self.assertEqual((SELF, name), (copy["fromId"], other.chat(there)["name"]))
            self.is_padlocked(other, copy)
            back = other.send(there, f"and back in {name}")
            other.is_delivered(back)
            self.assertEqual(group, device.arrives(f"and back in {name}")["chatId"])
            device.rpc("send_edit_request", msg, f"changed in {name}")
            until(lambda: other.message(copy["id"])["text"] == f"changed in {name}", what=f"the edit at {other}")
            device.rpc("set_chat_name", group, f"{name}, renamed")
            until(lambda: other.chat(there)["name"] == f"{name}, renamed", what=f"the name at {other}")

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
            self.assertTrue(other.rpc("get_contact", there).get("isVerified", True))
            other.send(other.rpc("create_chat_by_contact_id", there), f"from {other.name}")
            friend.arrives(f"from {other.name}")
            self.assertEqual(chat, device.arrives(f"from {other.name}")["chatId"])


if __name__ == "__main__":
    unittest.main()
