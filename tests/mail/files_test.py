"""Files as Delta Chat sends and reads them: small ones in one mail, large ones in two, pictures, voice, cards; byte by byte at both ends."""
import hashlib
import pathlib
import struct
import tempfile
import unittest
import zlib

import world
from world import Pair, both_ways, setUpModule, tearDownModule, until  # noqa: F401


def noise(size, seed):
    """Bytes that no compression makes smaller, and always the same."""
    found = b""
    while len(found) < size:
        found += hashlib.sha512(f"{seed} {len(found)}".encode()).digest()
    return found[:size]


GIF = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"  # of one pixel


def png(width, height):
    """A picture of one colour."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + b"\x30\x90\x60" * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Files(Pair):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="mail-files-")))

    def send(self, sender, chat, receiver, name, data, text="", **more):
        """Sends a file; the message at the receiver once it is there whole. Pictures and voice messages may get other names on their way."""
        path = self.folder / f"{sender.name}-{name}"
        path.write_bytes(data)
        since = receiver.now()
        msg = sender.send(chat, text, file=str(path), filename=name, **more)
        got = receiver.message(receiver.wait("IncomingMsg", since, seconds=40)["msgId"])
        self.is_padlocked(receiver, got)
        until(lambda: receiver.message(got["id"])["downloadState"] == "Done", 40, f"the whole file at {receiver}")
        got = receiver.message(got["id"])
        for party, message in ((sender, sender.message(msg)), (receiver, got)):
            if message["viewType"] in ("File", "Vcard"):
                self.assertEqual(name, message["fileName"], party)
            self.assertEqual((pathlib.Path(name).suffix, len(data), text),
                             (pathlib.Path(message["fileName"]).suffix, message["fileBytes"], message["text"]), party)
            self.assertEqual(data, pathlib.Path(message["file"]).read_bytes(), party)
        sender.is_delivered(msg)
        return got


class SmallFiles(Files):
    @both_ways
    def test_a_small_file_is_one_mail(self, sender, chat, receiver, _):
        before = len(self.rig.smtp.sent_by(sender.address))
        got = self.send(sender, chat, receiver, "Prüfbericht (März).txt", "Füllstand 80 %\r\n".encode() * 300, f"from {sender.name}")
        self.assertEqual("File", got["viewType"])
        self.assertEqual(1, len(self.rig.smtp.sent_by(sender.address)) - before)

    @both_ways
    def test_files_of_odd_bytes_and_names(self, sender, chat, receiver, _):
        for name, data in (("all.bin", bytes(range(256)) * 4), ("a.tar.gz", noise(1000, "gz")), ("no extension", b"x\n.\n..\n")):
            self.send(sender, chat, receiver, name, data, f"{name} {sender.name}")

    @both_ways
    def test_a_picture_is_one(self, sender, chat, receiver, _):
        got = self.send(sender, chat, receiver, "plan.png", png(40, 30), viewtype="Image")
        self.assertEqual(("Image", "image/png"), (got["viewType"], got["fileMime"]))
        self.assertEqual((40, 30), (got["dimensionsWidth"], got["dimensionsHeight"]))

    @both_ways
    def test_other_pictures_have_their_sizes(self, sender, chat, receiver, _):
        for name, data, viewtype, size in (("dot.gif", GIF, "Gif", (1, 1)), ("stick.png", png(20, 10), "Sticker", (20, 10))):
            got = self.send(sender, chat, receiver, name, data, viewtype=viewtype)
            self.assertEqual((viewtype, *size), (got["viewType"], got["dimensionsWidth"], got["dimensionsHeight"]), receiver)

    @both_ways
    def test_a_voice_message_is_one(self, sender, chat, receiver, _):
        got = self.send(sender, chat, receiver, "note.ogg", b"OggS" + noise(3000, "voice"), viewtype="Voice")
        self.assertEqual("Voice", got["viewType"])


class LargeFiles(Files):
    @both_ways
    def test_a_large_file_is_two_mails(self, sender, chat, receiver, _):
        before = len(self.rig.smtp.sent_by(sender.address))
        text = f"the large one of {sender.name}"
        got = self.send(sender, chat, receiver, "large.bin", noise(300_000, sender.name), text)
        mails = self.rig.smtp.sent_by(sender.address)[before:]
        self.assertEqual(["1"], [mail.header("Chat-Is-Post-Message") for mail in mails if mail.header("Chat-Is-Post-Message")])
        self.assertEqual(2, len(mails))
        self.assertEqual(1, receiver.texts(got["chatId"]).count(text), "the two mails are one message")

    @both_ways
    def test_large_files_are_read_and_answered(self, sender, chat, receiver, its):
        got = self.send(sender, chat, receiver, "second.bin", noise(200_000, f"2 {sender.name}"), f"read me, {sender.name}")
        sent = next(m for m in sender.messages(chat) if m["text"] == got["text"])
        receiver.rpc("markseen_msgs", [got["id"]])
        sender.is_delivered(sent["id"], 28)
        receiver.send(its, f"seen it, {sender.name}", quotedMessageId=got["id"])
        answer = sender.arrives(f"seen it, {sender.name}")
        self.assertEqual(sent["id"], answer["quote"]["messageId"])


class Cards(Files):
    @both_ways
    def test_a_card_makes_a_contact(self, sender, chat, receiver, _):
        card = sender.rpc("make_vcard", [1])
        got = self.send(sender, chat, receiver, "me.vcf", card.encode(), viewtype="Vcard")
        self.assertEqual("Vcard", got["viewType"])
        self.assertEqual((sender.address, True), (got["vcardContact"]["addr"], bool(got["vcardContact"]["key"])))
        made = receiver.rpc("import_vcard", got["file"])
        self.assertEqual([receiver.contact_of(sender)], made)


class Avatars(Files):
    def test_the_picture_of_a_phone_comes_with_a_message(self):
        self.comes(*self.ways[1])

    def test_our_picture_goes_with_a_message(self):
        self.comes(*self.ways[0])

    @unittest.skipUnless(world.SUBJECT == "ours", "core makes large pictures small")
    def test_a_large_picture_of_ours_arrives_whole(self):
        path = self.folder / "large.png"
        path.write_bytes(png(64, 64) + noise(600_000, "face"))
        self.alice.rpc("set_config", "selfavatar", str(path))
        self.alice.send(self.at_alice, "with a large face")
        self.bob.arrives("with a large face")
        contact = self.bob.contact_of(self.alice)

        def shown():
            image = self.bob.rpc("get_contact", contact)["profileImage"]
            return image and pathlib.Path(image).read_bytes() == path.read_bytes()
        until(shown, what="the large picture")

    def comes(self, sender, chat, receiver, _):
        path = self.folder / f"{sender.name}.png"
        path.write_bytes(png(64, 64))
        sender.rpc("set_config", "selfavatar", str(path))
        since = receiver.now()
        sender.send(chat, f"with a face, {sender.name}")
        receiver.arrives(f"with a face, {sender.name}")
        contact = receiver.contact_of(sender)
        until(lambda: receiver.rpc("get_contact", contact)["profileImage"], what="the picture")
        receiver.wait("ContactsChanged", since, contactId=contact)
        image = pathlib.Path(receiver.rpc("get_contact", contact)["profileImage"]).read_bytes()
        if sender.ours:  # core may make another file of its picture
            self.assertEqual(path.read_bytes(), image)
        sender.rpc("set_config", "selfavatar", None)
        sender.send(chat, f"without, {sender.name}")
        receiver.arrives(f"without, {sender.name}")
        until(lambda: receiver.rpc("get_contact", contact)["profileImage"] is None, what="no picture")


if __name__ == "__main__":
    unittest.main()
