"""Writes down what Delta Chat sends: two and three cores talk on the rig, and each of their mails is kept with the keys that open it,
as vectors for the tests in C++. The accounts, keys and mails are made for this alone.

    python3 capture.py ../data/mail

It writes NN-STEP.eml, NAME.asc (secret keys) and index.tsv: for each mail its sender, a recipient and what is known of it, a name
and its value with "\\n" for line ends.
"""
import pathlib
import shutil
import sys
import tempfile

import rig as rigs
from waiting import until
from parties import Server, join


class Capture:
    def __init__(self, place, rig):
        self.place, self.rig = place, rig
        self.mails = []
        self.taken = 0

    def take(self, step, fact="", value=""):
        """Keeps the mails since the last step."""
        for mail in self.rig.smtp.mails[self.taken:]:
            name = f"{len(self.mails):02}-{step}.eml"
            (self.place / name).write_bytes(mail.data)
            self.mails.append("\t".join((name, mail.sender, mail.recipients[0], fact, str(value).replace("\n", "\\n"))))
        self.taken = len(self.rig.smtp.mails)

    def skip(self):
        self.taken = len(self.rig.smtp.mails)


def converse(capture, cores):
    alice, bob = (cores.party(name, f"{name}@example.org") for name in ("alice", "bob"))
    link = alice.rpc("get_chat_securejoin_qr_code", None)
    since, there = alice.now(), bob.now()
    at_bob = bob.rpc("secure_join", link)
    done = alice.wait("SecurejoinInviterProgress", since, progress=1000)
    bob.wait("SecurejoinJoinerProgress", there, progress=1000)
    at_alice = alice.rpc("create_chat_by_contact_id", done["contactId"])
    until(lambda: len(capture.rig.smtp.mails) == 4, what="the last mail of the join")
    capture.take("join", "link", link)

    def text(sender, chat, receiver, words, step, **data):
        msg = sender.send(chat, words, **data)
        got = receiver.arrives(words)
        sender.is_delivered(msg)
        capture.take(step, "text", words)
        return msg, got

    msg, got = text(bob, at_bob, alice, "hello alice", "text")
    alice.rpc("markseen_msgs", [got["id"]])
    bob.is_delivered(msg, 28)
    capture.take("receipt")
    alice.rpc("send_reaction", got["id"], ["👍"])
    until(lambda: bob.message(msg)["reactions"], what="the reaction")
    capture.take("reaction", "reaction", "👍")
    text(alice, at_alice, bob, "> quoted marks\n\na reply üñ\n-- \nno footer", "quote", quotedMessageId=got["id"])
    with tempfile.TemporaryDirectory() as folder:
        small, large = pathlib.Path(folder) / "small", pathlib.Path(folder) / "large"
        small.write_bytes(b"file body\n")
        large.write_bytes(bytes(141_000))  # compresses to little inside the encryption
        text(bob, at_bob, alice, "a file", "file", file=str(small), filename="Prüfbericht näm.txt", viewtype="File")
        msg, got = bob.send(at_bob, "a large file", file=str(large), filename="large.bin", viewtype="File"), alice.arrives("a large file")
        until(lambda: alice.message(got["id"])["downloadState"] == "Done", what="the large file")
        capture.take("large-file", "text", "a large file")
    msg, got = text(bob, at_bob, alice, "as it was", "text")
    bob.rpc("send_edit_request", msg, "as it is")
    until(lambda: alice.message(got["id"])["text"] == "as it is", what="the edit")
    capture.take("edit", "text", "as it is")
    bob.rpc("delete_messages_for_all", [msg])
    until(lambda: "as it is" not in alice.texts(at_alice), what="the deletion")
    capture.take("delete")
    bob.rpc("set_chat_ephemeral_timer", at_bob, 3600)
    until(lambda: alice.rpc("get_chat_ephemeral_timer", at_alice) == 3600, what="the timer")
    capture.take("timer", "timer", 3600)
    bob.rpc("set_chat_ephemeral_timer", at_bob, 0)
    until(lambda: alice.rpc("get_chat_ephemeral_timer", at_alice) == 0, what="the timer's end")
    capture.skip()

    group = alice.rpc("create_group_chat", "Group Ü", False)
    alice.rpc("add_contact_to_chat", group, alice.contact_of(bob))
    _, got = text(alice, group, bob, "first in the group", "group-text")
    bob.rpc("accept_chat", got["chatId"])
    carol = cores.party("carol", "carol@example.org")
    link = alice.rpc("get_chat_securejoin_qr_code", group)
    _, at_carol = join(alice, carol, group, link)
    until(lambda: len(bob.members(got["chatId"])) == 3, what="carol at bob")
    capture.take("group-join", "link", link)
    text(carol, at_carol, bob, "carol in the group", "group-text")
    alice.arrives("carol in the group")
    alice.rpc("set_chat_name", group, "Renamed")
    until(lambda: bob.chat(got["chatId"])["name"] == "Renamed", what="the name")
    capture.take("group-name", "name", "Renamed")
    alice.rpc("remove_contact_from_chat", group, alice.contact_of(carol))
    until(lambda: len(bob.members(got["chatId"])) == 2, what="carol's removal")
    capture.take("group-remove", "removed", carol.address)
    bob.rpc("leave_group", got["chatId"])
    until(lambda: len(alice.members(group)) == 1, what="bob's leaving")
    capture.take("group-leave", "removed", bob.address)

    channel = alice.rpc("create_broadcast", "Channel")
    link = alice.rpc("get_chat_securejoin_qr_code", channel)
    _, at_bob = join(alice, bob, channel, link)
    capture.take("channel-join", "link", link)
    text(alice, channel, bob, "to the channel", "channel-text")
    _, at_carol = join(alice, carol, channel, link)
    carol.arrives("to the channel")
    capture.take("channel-join", "link", link)  # with the post that was there before
    alice.rpc("set_chat_name", channel, "Channel Ü")
    until(lambda: carol.chat(at_carol)["name"] == "Channel Ü", what="the channel's name")
    capture.take("channel-name", "name", "Channel Ü")
    reader = next(c for c in alice.rpc("get_chat_contacts", channel) if alice.rpc("get_contact", c)["address"] == carol.address)
    alice.rpc("remove_contact_from_chat", channel, reader)
    until(lambda: not carol.chat(at_carol)["selfInGroup"], what="carol's removal from the channel")
    capture.take("channel-remove", "removed", carol.address)
    bob.rpc("leave_group", at_bob)
    until(lambda: not alice.members(channel), what="bob's leaving of the channel")
    capture.take("channel-leave", "removed", bob.address)
    for party in (alice, bob, carol):
        with tempfile.TemporaryDirectory() as folder:
            party.rpc("export_self_keys", folder, None)
            secret = next(path for path in pathlib.Path(folder).iterdir() if "private" in path.name)
            shutil.copy(secret, capture.place / f"{party.name}.asc")


def main():
    place = pathlib.Path(sys.argv[1])
    place.mkdir(parents=True, exist_ok=True)
    with rigs.Rig() as rig:
        for name in ("alice", "bob", "carol"):
            rig.mailboxes.add(f"{name}@example.org")
        with Server("core", rig) as cores:
            capture = Capture(place, rig)
            converse(capture, cores)
    (place / "index.tsv").write_text("".join(line + "\n" for line in capture.mails), encoding="utf-8")
    print(f"{len(capture.mails)} mails in {place}")


if __name__ == "__main__":
    main()
