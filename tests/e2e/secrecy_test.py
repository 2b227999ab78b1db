"""Nothing known is found on disk or on the wire, and the same search finds all of it without sealing."""
import json
import random
import string
import unittest

import wire
from gateway import Gateway, free_port, join, stored, until

CHANCE = random.Random(20260721)


def word(length):
    return "".join(CHANCE.choices(string.ascii_letters + string.digits, k=length))


def disk(gateway):
    """Every byte of a daemon's folder, file by file: database, WAL, blobs, everything."""
    return {f"{gateway.name}/{path.relative_to(gateway.folder)}": content
            for path, content in stored(gateway.folder).items()}


class Known:
    """The values that must not show: random, so that they are not there by chance."""

    def __init__(self):
        self.texts = [f"{word(12)} {word(CHANCE.randrange(8, 400))}" for _ in range(800)]
        self.texts += [f"Grüße {word(14)} ☃ {word(9)}" for _ in range(60)]
        self.files = [(f"name-{word(14)}.txt", CHANCE.randbytes(64) + word(3000).encode()) for _ in range(50)]
        self.names = [f"Name {word(16)}" for _ in range(36)]
        self.addresses = []

    def everything(self):
        """Name to values. Files count twice: their name and a piece of their middle."""
        return {
            "text": [text.encode() for text in self.texts],
            "name": [name.encode() for name in self.names],
            "address": [address.encode() for address in self.addresses],
            "file name": [name.encode() for name, _ in self.files],
            "file content": [content[:64] for _, content in self.files] +
                            [content[1500:1600] for _, content in self.files],
        }


class World:
    """Two daemons that reach each other only through recorders, and everything known gone through."""

    def __init__(self, test, known, env=None):
        self.recorders = [wire.Recorder(free_port()), wire.Recorder(free_port())]
        for recorder in self.recorders:
            test.addCleanup(recorder.close)
        self.profiles = [f"profile{word(10)}".lower(), f"profile{word(10)}".lower()]
        self.gateways = [
            test.enterContext(Gateway(profile, port=recorder.target, env=env, flags=["--public-url", recorder.url]))
            for profile, recorder in zip(self.profiles, self.recorders)]
        self.alice, self.bob = self.gateways
        chats = join(self.alice, self.bob)
        for gateway in self.gateways:
            known.addresses.append(gateway.rpc("get_config", 1, "addr"))
            known.addresses.append(gateway.name)
        self.carry(test, known, chats)

    def carry(self, test, known, chats):
        ends = list(zip(self.gateways, chats))
        for index, name in enumerate(known.names):
            self.gateways[index % 2].rpc("set_config", 1, "displayname", name)
            if index % 6 == 0:  # names travel with messages too
                gateway, chat = ends[index % 2]
                gateway.send(chat, known.texts[index])
        for index, text in enumerate(known.texts):
            gateway, chat = ends[index % 2]
            gateway.send(chat, text)
        for index, (name, content) in enumerate(known.files):
            gateway, chat = ends[index % 2]
            status, _, body = gateway.http("POST", f"/file?name={name}", content)
            test.assertEqual(status, 200, body)
            gateway.rpc("send_msg", 1, chat, {"file": json.loads(body)["path"], "filename": name})
        # Received at the other side means that it went over the wire and was stored there.
        for gateway, chat in ends:
            until(lambda g=gateway, c=chat: set(known.texts) <= set(g.texts(c)), 60, "every text on both sides")
            until(lambda g=gateway, c=chat: len([m for m in g.messages(c) if m["file"]]) >= len(known.files), 60,
                  "every file on both sides")

    def save_files(self):
        for gateway in self.gateways:
            for chat in gateway.rpc("get_chatlist_entries", 1, None, None, None):
                for message in gateway.messages(chat):
                    if message["file"]:
                        gateway.rpc("save_msg_file", 1, message["id"], str(gateway.folder / f"copy-{message['id']}"))

    def wire(self):
        return {f"wire {index}": recorder.bytes() for index, recorder in enumerate(self.recorders)}

    def fingerprints(self):
        links = [gateway.rpc("get_chat_securejoin_qr_code", 1, None) for gateway in self.gateways]
        return [link.removeprefix("OPENPGP4FPR:")[:64] for link in links]


def report(found, limit=8):
    return "; ".join(f"{value[:40]!r} as {sorted(places)[:4]}" for value, places in list(found.items())[:limit])


class Secrecy(unittest.TestCase):
    def test_the_search_can_find(self):
        values = [word(n).encode() for n in range(12, 40)] + ["Ünïcode wörds".encode(), CHANCE.randbytes(32)]
        for value in values:
            for name, dress in wire.dresses(value):
                for shift in range(3):
                    hay = CHANCE.randbytes(50 + shift) + dress + CHANCE.randbytes(50)
                    self.assertIn((name, "hay"), wire.find([value], {"hay": hay}).get(value, ()), (value, name))
            import base64
            for shift in range(3):
                hay = base64.b64encode(CHANCE.randbytes(30 + shift) + value + CHANCE.randbytes(30))
                self.assertIn(value, wire.find([value], {"hay": hay}), (value, shift))
        self.assertEqual(wire.find(values, {"hay": CHANCE.randbytes(100_000)}), {})

    def test_nothing_known_is_on_disk_or_on_the_wire(self):
        known = Known()
        world = World(self, known)
        values = [value for values in known.everything().values() for value in values]
        self.assertGreaterEqual(len(values), 1000)
        running = {name: data for gateway in world.gateways for name, data in disk(gateway).items()}
        for gateway in world.gateways:
            self.assertTrue(any(name.endswith("-wal") for name in running), "the WAL is searched as well")
        fingerprints = world.fingerprints()
        sender_keys = [bytes.fromhex(fpr) for fpr in fingerprints] + [fpr.encode() for fpr in fingerprints]
        traffic = world.wire()
        self.assertGreater(sum(map(len, traffic.values())), 500_000, "the traffic did go through the recorders")
        for gateway in world.gateways:
            self.assertEqual(gateway.stop(), 0)
        stopped = {f"{name} (stopped)": data for gateway in world.gateways for name, data in disk(gateway).items()}
        for what, haystacks, needles in (("disk", running, values), ("disk after a stop", stopped, values),
                                         ("wire", traffic, values + sender_keys)):
            with self.subTest(what):
                found = wire.find(needles, haystacks)
                self.assertFalse(found, f"{len(found)} known values found: {report(found)}")
        for gateway in world.gateways:  # the log is read by others too
            self.assertFalse(wire.find(values[:len(known.texts)], {"log": "\n".join(gateway.log).encode()}))

    def test_without_sealing_the_same_search_finds_everything_on_disk(self):
        known = Known()
        world = World(self, known, env={"PRIVITTY_TEST_SEALING_OFF": "1"})
        world.save_files()  # the switch is for the database; files' contents must be found in plain copies
        for gateway in world.gateways:
            self.assertEqual(gateway.stop(), 0)
        haystacks = {name: data for gateway in world.gateways for name, data in disk(gateway).items()}
        for what, values in known.everything().items():
            if what == "name":
                values = values[-2:]  # earlier ones were overwritten
            with self.subTest(what):
                found = wire.find(values, haystacks)
                missed = [value[:30] for value in values if value not in found]
                self.assertEqual((len(missed), missed[:5]), (0, []), f"not found, of {len(values)}")

    def test_the_same_search_finds_everything_on_an_open_wire(self):
        """The recorder and the search see what is there: the same texts as calls to /rpc through a recorder."""
        known = Known()
        with Gateway("alice") as alice:
            recorder = wire.Recorder(alice.port)
            self.addCleanup(recorder.close)
            door, alice.port = alice.port, recorder.port
            chat = alice.rpc("create_chat_by_contact_id", 1, 1)
            for text in known.texts[:50]:
                alice.send(chat, text)
            alice.texts(chat)
            alice.port = door
            plain = [text.encode() for text in known.texts[:50] if text.isascii()]
            found = wire.find(plain, {"wire": recorder.bytes()})
            self.assertEqual(len(found), len(plain))


if __name__ == "__main__":
    unittest.main()
