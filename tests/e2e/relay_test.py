"""Devices that nobody can reach talk through a relay that is killed, flooded and not to be trusted."""
import base64
import hashlib
import hmac
import os
import pathlib
import random
import re
import sqlite3
import subprocess
import time
import unittest
import urllib.parse

import bad_relay
import gateway
from gateway import Gateway, until
from small_disk import SmallDisk

SEED = int(os.environ.get("EDGE_TEST_SEED") or random.SystemRandom().randrange(1 << 32))


def cli(relay, *words):
    return subprocess.run([gateway.CLI, "--accounts", str(relay.accounts), "relay", *words],
                          capture_output=True, text=True, check=True).stdout.strip()


def relay_gateway(*flags, url=None, folder=None):
    relay = Gateway("relay", folder=folder)
    relay.port = gateway.free_port()
    relay.url_for_devices = url or f"http://127.0.0.1:{relay.port}"
    relay.flags = ["--relay", "--public-url", relay.url_for_devices, *flags]
    return relay


def device(name, relay, token=None):
    made = Gateway(name)
    made.flags = ["--relay-url", relay.url_for_devices]
    if token:
        file = made.folder / "relay-token"
        file.write_text(token + "\n")
        made.flags += ["--relay-token-file", str(file)]
    return made


def rows(relay, query):
    """A look into relay.db, beside the running daemon."""
    db = sqlite3.connect(f"file:{relay.accounts}/relay.db?mode=ro", uri=True)
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


def kept(relay):
    return rows(relay, "SELECT envelopes FROM total")[0][0]


def connected(one):
    return until(lambda: one.rpc("get_connectivity", 1) >= 3000, what=f"{one.name}'s link to its relay")


def rss(one):
    status = pathlib.Path(f"/proc/{one.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


def deposit(relay, link, envelopes, key=None):
    """A deposit with an invite's token, made by hand: (status, headers)."""
    fields = dict(urllib.parse.parse_qsl(link.split("#", 1)[1]))
    token = base64.urlsafe_b64decode(fields["t"] + "==")
    body = b"".join(len(one).to_bytes(4, "big") + one for one in envelopes)
    k = key or hashlib.blake2b(b"privitty-edge deposit key" + token, digest_size=32).digest()
    name = hashlib.blake2b(b"privitty-edge deposit id" + token, digest_size=16).hexdigest()
    now = int(time.time() * 1000)
    box = fields["m"].encode()
    claim = len(box).to_bytes(4, "big") + box + now.to_bytes(8, "big") + hashlib.blake2b(body, digest_size=32).digest()
    status, headers, _ = relay.http(
        "POST", f"/relay/v1/mailboxes/{fields['m']}/envelopes", body,
        {"Deposit-Key": name, "Deposit-Time": str(now), "Deposit-Mac": hmac.new(k, claim, "sha256").hexdigest()})
    return status, headers


class ThroughARelay(unittest.TestCase):
    def test_admitted_devices_join_talk_and_send_files_and_the_relay_forgets(self):
        with relay_gateway() as relay:
            token = cli(relay, "admit", "boats")
            with device("alice", relay, token) as alice, device("bob", relay, token) as bob:
                connected(alice)
                connected(bob)
                link = alice.rpc("get_chat_securejoin_qr_code", 1, None)
                self.assertEqual(urllib.parse.unquote(re.search(r"u=([^&]+)", link)[1]), relay.url_for_devices)
                chat_a, chat_b = gateway.join(alice, bob)
                received = alice.events()
                for number in range(20):
                    bob.send(chat_b, f"from bob {number}")
                until(lambda: alice.texts(chat_a) == [f"from bob {n}" for n in range(20)], what="bob's texts")
                last = bob.rpc("get_message_ids", 1, chat_b, False, False)[-1]
                until(lambda: bob.state(last) == 26, what="delivery")
                alice.rpc("markseen_msgs", 1, [received.wait("IncomingMsg")["msg_id"]])
                until(lambda: any(m["state"] == 28 for m in bob.messages(chat_b)), what="the read receipt")

                source = bob.folder / "large.bin"
                data = random.Random(SEED).randbytes(3_000_000)
                source.write_bytes(data)
                bob.rpc("send_msg", 1, chat_b, {"file": str(source)})
                until(lambda: len(alice.messages(chat_a)) == 21, 60, what="the file")
                message = alice.messages(chat_a)[-1]
                status, _, body = alice.http("GET", f"/file/{message['id']}")
                self.assertEqual((status, body == data), (200, True))
                until(lambda: kept(relay) == 0, what="the relay to forget")

                # The operator ends it: nothing is taken or given out any more, and devices learn of it.
                self.assertEqual(deposit(relay, link, [b"x" * 300])[0], 204)
                cli(relay, "revoke", "boats")
                self.assertIn("revoked", cli(relay, "list"))
                self.assertEqual(deposit(relay, link, [b"x" * 300])[0], 401)
                bob.wait_log("relay admit")  # idle: only the end of its stream shows it
                until(lambda: bob.rpc("get_connectivity", 1) <= 2000, what="the device to know")
                alice.wait_log("relay admit")

    def test_metrics_tell_what_a_relay_keeps_takes_and_refuses(self):
        with relay_gateway("--relay-open") as relay, device("alice", relay) as alice:
            connected(alice)
            link = alice.rpc("get_chat_securejoin_qr_code", 1, None)
            alice.stop()
            self.assertEqual(deposit(relay, link, [b"x" * 300, b"y" * 200])[0], 204)
            self.assertEqual(deposit(relay, link, [b"x" * 300], key=b"x" * 32)[0], 401)
            lines = relay.http("GET", "/metrics")[2].decode().splitlines()
            figures = dict(line.rsplit(" ", 1) for line in lines if line.startswith("privitty_relay_"))
            self.assertEqual({name.removeprefix("privitty_relay_"): int(value) for name, value in figures.items()}, {
                "mailboxes": 1, "waiting_envelopes": 2, "waiting_bytes": 500, "kept_envelopes_total": 2,
                "kept_bytes_total": 500, "acknowledged_envelopes_total": 0, "expired_envelopes_total": 0,
                'refused_total{reason="unproven"}': 1, 'refused_total{reason="over_limit"}': 0,
                "repeated_deposits_total": 0, "writable": 1})

    def test_a_device_without_admission_is_told_what_to_do(self):
        with relay_gateway() as relay, device("alice", relay) as alice:
            alice.wait_log("relay admit")
            self.assertLessEqual(alice.rpc("get_connectivity", 1), 2000)

    def test_a_blocked_contact_and_a_withdrawn_invite_are_shut_out_at_the_relay(self):
        with relay_gateway("--relay-open") as relay, device("alice", relay) as alice, device("bob", relay) as bob:
            connected(alice)
            chat_a, chat_b = gateway.join(alice, bob)
            link = alice.rpc("get_chat_securejoin_qr_code", 1, None)
            keys = "SELECT count(*) FROM deposit_key JOIN mailbox ON mailbox.id = mailbox_id WHERE mailbox.name = '{}'"
            box = re.search(r"m=([0-9a-f]+)", link)[1]
            before = rows(relay, keys.format(box))[0][0]
            alice.rpc("set_config_from_qr", 1, link)
            until(lambda: rows(relay, keys.format(box))[0][0] == before - 1, what="the invite's end at the relay")
            self.assertEqual(deposit(relay, link, [b"x" * 300])[0], 401)

            contact = alice.rpc("get_chat_contacts", 1, chat_a)[0]
            alice.rpc("block_contact", 1, contact)
            until(lambda: rows(relay, keys.format(box))[0][0] < before - 1, what="the contact's end at the relay")
            bob.send(chat_b, "let me in")
            # What was taken away while the relay was away is taken away when it is back.
            alice.rpc("unblock_contact", 1, contact)
            until(lambda: "let me in" in alice.texts(chat_a), what="the text after unblocking")
            relay.stop()
            alice.rpc("block_contact", 1, contact)
            relay.start()
            until(lambda: rows(relay, keys.format(box))[0][0] < before - 1, 60, what="the block at the relay")

    def test_nothing_is_lost_when_the_relay_and_the_devices_are_killed_in_the_middle(self):
        with relay_gateway("--relay-open") as relay, device("alice", relay) as alice, device("bob", relay) as bob:
            connected(alice)
            chat_a, chat_b = gateway.join(alice, bob)
            dice = random.Random(SEED)
            print("seed", SEED)
            sent = {"alice": [], "bob": []}
            for number in range(60):
                for one, chat in ((alice, chat_a), (bob, chat_b)):
                    text = f"{one.name} {number}"
                    one.send(chat, text)
                    sent[one.name].append(text)
                if number % 10 == 5:
                    victim = dice.choice([relay, alice, bob])
                    victim.kill9()
                    victim.start()
            until(lambda: [t for t in bob.texts(chat_b) if t.startswith("alice")] == sent["alice"], 90, "alice's texts")
            until(lambda: [t for t in alice.texts(chat_a) if t.startswith("bob")] == sent["bob"], 90, "bob's texts")
            until(lambda: kept(relay) == 0, 60, what="the relay to forget")

    def test_a_relay_that_drops_repeats_reorders_invents_and_cuts_loses_nothing_for_good(self):
        port = gateway.free_port()
        with relay_gateway("--relay-open", url=f"http://127.0.0.1:{port}") as relay:
            bad = bad_relay.BadRelay(port, relay.port, SEED)
            print("seed", SEED)
            try:
                with device("alice", relay) as alice, device("bob", relay) as bob:
                    chat_a, chat_b = gateway.join(alice, bob, 90)
                    expected = [f"text {number}" for number in range(30)]
                    for text in expected:
                        bob.send(chat_b, text)
                    until(lambda: len(alice.texts(chat_a)) >= len(expected), 120, "bob's texts")
                    self.assertEqual(alice.texts(chat_a), expected)
                    self.assertGreater(len(bad.done), 1, bad.done)
            finally:
                bad.close()

    def test_a_full_mailbox_holds_its_senders_back_and_all_arrives_once_there_is_room(self):
        with relay_gateway("--relay-open", "--relay-mailbox-mib", "8") as relay, device("alice", relay) as alice, \
                device("bob", relay) as bob, device("carol", relay) as carol:
            connected(alice)
            chat_a, chat_b = gateway.join(alice, bob)
            carols, chat_c = gateway.join(carol, bob)
            alice.stop()
            source = bob.folder / "picture.bin"
            source.write_bytes(random.Random(SEED).randbytes(700_000))
            names = [f"file {number}" for number in range(10)]  # 7 MB; a contact may fill half of the mailbox
            for name in names:
                bob.rpc("send_msg", 1, chat_b, {"text": name, "file": str(source)})
            last = bob.rpc("get_message_ids", 1, chat_b, False, False)[-1]
            until(lambda: "it had no room or no time" in bob.rpc("get_message_info", 1, last), 60, "the mailbox to be full")
            bob.send(chat_c, "nobody else waits")
            until(lambda: carol.texts(carols) == ["nobody else waits"], what="another mailbox")
            alice.start()
            until(lambda: alice.texts(chat_a) == names, 60, "all files, in order")
            until(lambda: bob.state(last) == 26, what="delivery")

    def test_a_relay_whose_disk_is_full_is_emptied_by_its_devices(self):
        relay = relay_gateway("--relay-open", folder=SmallDisk(self, 24).folder)
        with relay, device("alice", relay) as alice, device("bob", relay) as bob:
            connected(alice)
            chat_a, chat_b = gateway.join(alice, bob)
            alice.stop()
            texts = [f"{number} {'x' * 60_000}" for number in range(300)]  # 18 MB
            for text in texts:
                bob.send(chat_b, text)
            last = bob.rpc("get_message_ids", 1, chat_b, False, False)[-1]
            until(lambda: "it had no room or no time" in bob.rpc("get_message_info", 1, last), 60, "the relay to be full")
            alice.start()
            until(lambda: len(alice.rpc("get_message_ids", 1, chat_a, False, False)) >= len(texts), 120, "all texts")
            self.assertEqual(alice.texts(chat_a), texts)
            until(lambda: bob.state(last) == 26, what="delivery")
            until(lambda: kept(relay) == 0, what="the relay to be empty")

    def test_a_flood_of_deposits_costs_the_relay_neither_memory_nor_its_other_devices(self):
        with relay_gateway("--relay-open") as relay, device("alice", relay) as alice, device("bob", relay) as bob:
            connected(alice)
            chat_a, chat_b = gateway.join(alice, bob)
            link = alice.rpc("get_chat_securejoin_qr_code", 1, None)
            junk = random.Random(SEED)
            for _ in range(20):  # what the first requests of a kind cost once
                deposit(relay, link, [junk.randbytes(60_000)], key=bytes(32))
            before = rss(relay)
            answers = {}
            for number in range(400):
                kind = number % 4
                if kind == 0:
                    status, _ = deposit(relay, link, [junk.randbytes(60_000)], key=bytes(32))  # a wrong proof
                elif kind == 1:
                    status, headers = deposit(relay, link, [junk.randbytes(500)])  # proven junk
                    if status == 429:
                        self.assertGreater(int(headers["Retry-After"]), 0)
                elif kind == 2:
                    status, _ = deposit(relay, link, [junk.randbytes(70_000)])  # too large for an invite
                else:
                    box = junk.randbytes(16).hex()
                    status, _, _ = relay.http("POST", f"/relay/v1/mailboxes/{box}/challenge", b"")
                answers[status] = answers.get(status, 0) + 1
            self.assertEqual(set(answers), {200, 204, 401, 413, 429}, answers)
            self.assertLessEqual(answers[204], 60)
            if not os.environ.get("EDGE_TEST_SANITIZED"):  # ASan keeps what was freed for a while
                self.assertLess(rss(relay) - before, 24 << 20)
            bob.send(chat_b, "still here")
            until(lambda: "still here" in alice.texts(chat_a), what="a text beside the flood")


if __name__ == "__main__":
    unittest.main()
