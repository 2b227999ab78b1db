"""A random history of a group of three to five, some of them cores and some the subject's: everybody does what comes to its mind, at
once and without waiting for the others, and in the end all agree.

EDGE_TEST_SEED repeats a history; EDGE_MAIL_STEPS says how long it is.
"""
import os
import random
import threading
import unittest

from world import Case, at_once, join, peer, setUpModule, subject, tearDownModule, until  # noqa: F401
from parties import SELF

STEPS = int(os.environ.get("EDGE_MAIL_STEPS", "30"))
MOMENT = threading.Event()


class History(Case):
    COST = 40

    def setUp(self):
        self.seed = int(os.environ.get("EDGE_TEST_SEED", random.SystemRandom().randrange(10 ** 6)))
        print(f"EDGE_TEST_SEED={self.seed}", flush=True)
        self.chance = random.Random(self.seed)

    def test_all_agree_in_the_end(self):
        names = ["ann", "ben", "cem", "dia", "eva"][:self.chance.randrange(3, 6)]
        # ann is ours and ben a core; the others by lot. These two and cem stay; the others come and go.
        makers = [subject, peer, *(self.chance.choice((subject, peer)) for _ in names[2:])]
        self.parties = at_once(*[lambda make=make, name=name: make(name) for make, name in zip(makers, names)])
        self.stay, self.guests = self.parties[:3], self.parties[3:]
        self.all_know_all()
        founder = self.chance.choice(self.stay)
        chat = founder.rpc("create_group_chat", "History", False)
        for other in self.stay:
            if other is not founder:
                founder.rpc("add_contact_to_chat", chat, founder.contact_of(other))
        founder.send(chat, "it begins")
        self.chats = {founder: chat}
        for other in self.stay:
            if other is not founder:
                self.chats[other] = other.arrives("it begins")["chatId"]
                other.rpc("accept_chat", self.chats[other])
        self.texts, self.reactions, self.edited, self.number = [], {}, {}, 0
        for _ in range(STEPS):
            self.step()
            if self.chance.random() < 0.3:
                MOMENT.wait(self.chance.uniform(0, 1))
        # The last word of each brings what its sender knows.
        self.come(self.texts)
        for party in self.stay:
            party.send(self.chats[party], f"last word of {party.name}")
        self.come([f"last word of {party.name}" for party in self.stay])
        self.agree()

    def all_know_all(self):
        for party in self.parties:
            for other in self.parties:
                if other is not party:
                    contact = party.rpc("import_vcard_contents", other.rpc("make_vcard", [SELF]))[0]
                    party.rpc("change_contact_name", contact, other.name)

    def step(self):
        party = self.chance.choice(self.stay)
        chat = self.chats[party]
        what = self.chance.choices(("text", "text of a guest", "edit", "reaction", "name", "guest"), (8, 3, 2, 3, 1, 4))[0]
        self.number += 1
        if what == "text":
            self.texts.append(f"{self.number} by {party.name}")
            party.send(chat, self.texts[-1])
        elif what == "text of a guest" and self.guests:
            guest = self.chance.choice(self.guests)
            its = self.chat_of(guest)
            if its and guest.chat(its)["canSend"]:
                guest.send(its, f"{self.number} by a guest")
        elif what == "edit":
            own = [m for m in party.messages(chat) if m["fromId"] == SELF and m["text"] in self.texts]
            if own:
                message = self.chance.choice(own)
                fresh = f"{message['text']} edited"
                self.texts[self.texts.index(message["text"])] = fresh
                party.rpc("send_edit_request", message["id"], fresh)
        elif what == "reaction":
            seen = [m for m in party.messages(chat) if m["text"] == "it begins"]
            emoji = self.chance.choice("👍🔥😀🎉")
            party.rpc("send_reaction", seen[0]["id"], [emoji])
            self.reactions[party.address] = emoji
        elif what == "name":
            party.rpc("set_chat_name", chat, f"History {self.number}")
        elif what == "guest" and self.guests:
            guest = self.chance.choice(self.guests)
            contact = party.contact_of(guest)
            if guest.address in party.members(chat):
                party.rpc("remove_contact_from_chat", chat, contact)
            else:
                party.rpc("add_contact_to_chat", chat, contact)

    @staticmethod
    def chat_of(guest):
        """The group at a guest that is or was in it; accepted, if it asks."""
        for chat in guest.rpc("get_chatlist_entries", None, None, None):
            full = guest.chat(chat)
            if full["chatType"] == "Group":
                if full["isContactRequest"]:
                    guest.rpc("accept_chat", chat)
                return chat
        return None

    def come(self, texts):
        for party in self.stay:
            until(lambda: set(texts) <= set(party.texts(self.chats[party])), 60, f"all texts at {party} (seed {self.seed})")

    def agree(self):
        def views():
            return {str(party): (party.chat(self.chats[party])["name"], party.members(self.chats[party])) for party in self.stay}
        until(lambda: len(set(map(str, views().values()))) == 1, 60, lambda: f"one name and list (seed {self.seed}): {views()}")
        name, members = next(iter(views().values()))
        for party in self.stay:
            texts = [text for text in party.texts(self.chats[party]) if text in self.texts]
            self.assertEqual(sorted(self.texts), sorted(texts), f"each text once at {party} (seed {self.seed})")
            until(lambda: self.reactions_at(party) == self.reactions, 60, f"the reactions at {party} (seed {self.seed})")
        for guest in self.guests:
            chat = self.chat_of(guest)
            inside = guest.address in members
            if chat or inside:
                until(lambda: (self.chat_of(guest) is not None and guest.chat(self.chat_of(guest))["selfInGroup"]) == inside, 60,
                      f"{guest} knows whether it is a member (seed {self.seed})")
            if inside:
                until(lambda: (guest.members(self.chat_of(guest)), guest.chat(self.chat_of(guest))["name"]) == (members, name), 60,
                      f"the list at {guest} (seed {self.seed})")

    def reactions_at(self, party):
        message = next(m for m in party.messages(self.chats[party]) if m["text"] == "it begins")
        found = (message["reactions"] or {}).get("reactionsByContact", {})
        return {party.address if int(c) == SELF else party.rpc("get_contact", int(c))["address"]: emoji[0] for c, emoji in found.items()}


if __name__ == "__main__":
    unittest.main()
