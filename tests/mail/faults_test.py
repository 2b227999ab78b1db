"""What goes wrong between a client and its servers: processes killed, lines cut, answers that refuse, mailboxes that change, mails
that nobody can read. Nothing acknowledged is lost and nothing comes twice."""
import contextlib
import os
import pathlib
import random
import tempfile
import threading
import time
import unittest

import world
from world import Case, at_once, join, scaled, setUpModule, subject, peer, tearDownModule, until  # noqa: F401
from cut_proxy import CutProxy
from dovecot import Dovecot
from moved_clock import DAY, MOVABLE, YEAR, MovedClock
from parties import DELIVERED, FAILED, Server
from small_disk import SmallDisk

SEED = int(os.environ.get("EDGE_TEST_SEED", random.SystemRandom().randrange(10 ** 6)))
MOMENT = threading.Event()
CUTS = int(os.environ.get("EDGE_MAIL_CUTS", "12" if world.SUBJECT == "ours" else "2"))


class OwnProcess(Case):
    """alice has a process of her own, and `folder` for it."""

    folder = None

    def setUp(self):
        self.server = self.enterContext(Server(world.SUBJECT, self.rig, folder=self.folder))

    def pair(self, **login):
        alice, bob = at_once(lambda: self.server.party("alice", **login), lambda: peer("bob"))
        return (alice, bob, *join(alice, bob))

    def again(self):
        """The network is there again, as an operating system says."""
        self.server.call("maybe_network")

    def persist(self, condition, seconds, what):
        """Waits for a condition; the network is said to be there again every second, so that nobody's pause is waited for."""
        said = time.monotonic()

        def asked():
            nonlocal said
            if time.monotonic() - said > 1:
                self.again()
                said = time.monotonic()
            return condition()
        return until(asked, seconds, what)

    def come_once(self, party, chat, texts, seconds=40):
        """All of these are in the chat, and each once. Core's pause before it connects again grows to 80 seconds."""
        seconds = seconds if party.ours or party.server is not self.server else 120
        try:
            self.persist(lambda: set(texts) <= set(party.texts(chat)), seconds, "all texts")
        except AssertionError as late:
            raise AssertionError(f"{late} at {party}: {sorted(set(texts) - set(party.texts(chat)))[:10]} are not there") from None
        found = [text for text in party.texts(chat) if text in set(texts)]
        self.assertEqual(sorted(texts), sorted(found), f"each once at {party}")


class Killed(OwnProcess):
    COST = 30

    def test_nothing_is_lost_when_the_process_is_killed(self):
        alice, bob, at_alice, at_bob = self.pair()
        chance = random.Random(SEED)
        print(f"EDGE_TEST_SEED={SEED}", flush=True)
        by_alice, by_bob = [], []
        for turn in range(6):
            for number in range(5):
                by_bob.append(f"bob {turn}.{number}")
                bob.send(at_bob, by_bob[-1])
                by_alice.append(f"alice {turn}.{number}")
                alice.send(at_alice, by_alice[-1])  # answered: it is acknowledged
            MOMENT.wait(chance.uniform(0, 1.5))  # when it is killed; nothing is waited for
            self.server.kill9()
            self.server.start()
            alice.rpc("start_io")
        self.come_once(bob, at_bob, by_alice)
        self.come_once(alice, at_alice, by_bob)
        for text in by_alice:
            msg = next(m["id"] for m in alice.messages(at_alice) if m["text"] == text)
            alice.is_delivered(msg)


class OwnMailServer(OwnProcess):
    """alice's mailbox is served by a Dovecot that may be killed; bob's by the rig's."""

    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="rig-")))
        folder.chmod(0o711)
        self.imap = Dovecot(folder, self.rig.mailboxes, self.rig.certificate)
        self.imap.start()
        self.addCleanup(self.imap.stop)

    def pair(self):
        return super().pair(imapPort=self.imap.tls_port)


class MailServerKilled(OwnMailServer):
    COST = 20

    def test_the_mail_server_dies_in_the_middle(self):
        alice, bob, at_alice, at_bob = self.pair()
        texts = {alice: [], bob: []}
        for turn in range(3):
            for sender, chat in ((alice, at_alice), (bob, at_bob)):
                for number in range(4):
                    texts[sender].append(f"{sender.name} {turn}.{number}")
                    sender.send(chat, texts[sender][-1])
            self.imap.kill9()
            texts[bob].append(f"while it was away {turn}")
            bob.send(at_bob, texts[bob][-1])
            self.imap.start()
            self.again()
        self.come_once(bob, at_bob, texts[alice])
        self.come_once(alice, at_alice, texts[bob])


class MailboxChanged(OwnMailServer):
    COST = 20

    def test_mailboxes_change_behind_the_clients_backs(self):
        alice, bob, at_alice, at_bob = self.pair()
        texts = [f"before {number}" for number in range(3)]
        for text in texts:
            bob.send(at_bob, text)
        self.come_once(alice, at_alice, texts)
        # All mails get new numbers, smaller ones, in a mailbox that says so.
        self.imap.stop()
        self.rig.mailboxes.forget_uids(alice.address)
        self.imap.start()
        self.again()
        texts.append("with new numbers")
        bob.send(at_bob, texts[-1])
        self.come_once(alice, at_alice, texts)
        # All mails go.
        self.rig.mailboxes.empty(alice.address)
        texts.append("after it was emptied")
        bob.send(at_bob, texts[-1])
        self.come_once(alice, at_alice, texts)
        self.sent(alice, at_alice, bob)


class LineCut(OwnProcess):
    """Through proxies and without TLS, so that a cut is between two bytes of IMAP and SMTP."""

    def setUp(self):
        super().setUp()
        self.imap, self.smtp = CutProxy(self.rig.imap.port), CutProxy(self.rig.smtp.port)
        self.addCleanup(self.imap.close)
        self.addCleanup(self.smtp.close)
        self.chance = random.Random(SEED)
        print(f"EDGE_TEST_SEED={SEED}", flush=True)

    def pair(self):
        return super().pair(security="plain", imapPort=self.imap.port, smtpPort=self.smtp.port)


class LineOfMailboxCut(LineCut):
    COST = 25

    def test_mails_come_once_over_lines_that_are_cut(self):
        alice, bob, at_alice, at_bob = self.pair()
        texts = []
        for number in range(CUTS):
            # Downwards: within greeting, login, SELECT, heads and bodies; upwards: within commands.
            cut = ("down", self.chance.randrange(1, 5000)) if number % 3 else ("up", self.chance.randrange(1, 300))
            cuts = self.imap.cuts
            self.imap.plan = [cut]
            self.imap.cut_all()
            for part in "abc":  # so many that bodies are long enough to be cut
                texts.append(f"cut {cut[0]} after {cut[1]} {part}")
                bob.send(at_bob, texts[-1])
            self.persist(lambda: self.imap.cuts > cuts or set(texts) <= set(alice.texts(at_alice)), 30, f"the cut at {cut}")
        self.come_once(alice, at_alice, texts)
        self.assertGreater(self.imap.cuts, CUTS // 2)


class LineOfSubmissionCut(LineCut):
    COST = 25

    def test_mails_go_once_over_lines_that_are_cut(self):
        alice, bob, at_alice, at_bob = self.pair()
        texts = []
        for number in range(CUTS):
            cut = ("up", self.chance.randrange(1, 3000)) if number % 2 else ("down", self.chance.randrange(1, 330))
            self.smtp.plan = [cut]
            self.smtp.cut_all()
            texts.append(f"cut {cut[0]} after {cut[1]}")
            msg = alice.send(at_alice, texts[-1])
            self.persist(lambda: alice.state(msg) >= DELIVERED, 30, f"the delivery in spite of the cut at {cut}")
        self.come_once(bob, at_bob, texts)
        self.assertGreater(self.smtp.cuts, CUTS // 2)


class Answers(OwnProcess):
    """What a submission server says besides yes."""

    def test_later_is_tried_again(self):
        alice, bob, at_alice, at_bob = self.pair()
        self.rig.smtp.fail("MAIL", "450 4.7.1: Too much mail from you", sender=alice.address)
        msg = alice.send(at_alice, "slowly")
        until(lambda: not any(f.sender == alice.address and f.times for f in self.rig.smtp.faults), what="the refusal")
        self.server.call("maybe_network")
        bob.arrives("slowly", 60)
        alice.is_delivered(msg)

    def test_an_answer_that_is_lost_makes_no_second_message(self):
        alice, bob, at_alice, at_bob = self.pair()
        self.rig.smtp.fail("END", None, sender=alice.address, deliver=True)
        msg = alice.send(at_alice, "taken, but who knows")
        bob.arrives("taken, but who knows")
        self.server.call("maybe_network")
        until(lambda: len([m for m in self.rig.smtp.sent_by(alice.address) if m.recipients == [bob.address]]) >= 4, 60, "the second try")
        alice.is_delivered(msg)
        ids = [m.header("Message-ID") for m in self.rig.smtp.sent_by(alice.address)]
        self.assertEqual(ids[-1], ids[-2])
        self.sent(alice, at_alice, bob)
        self.assertEqual(1, bob.texts(at_bob).count("taken, but who knows"))

    def test_never_is_said_with_the_servers_words(self):
        alice, bob, at_alice, at_bob = self.pair()
        for step, words in (("END", "554 5.7.1 the rules of this house"), ("RCPT", "550 5.2.1 mailbox is no more")):
            self.rig.smtp.fail(step, words, sender=alice.address)
            since = alice.now()
            msg = alice.send(at_alice, f"refused at {step}")
            alice.wait("MsgFailed", since, msgId=msg)
            self.assertEqual(FAILED, alice.state(msg))
            self.assertIn(words[10:], alice.message(msg)["error"])
        self.sent(alice, at_alice, bob)
        self.assertFalse([text for text in bob.texts(at_bob) if text.startswith("refused")])


class Unreadable(Case):
    def test_a_mail_that_nobody_can_read_costs_itself_alone(self):
        alice, bob = self.ours_and_a_phone()
        at_alice, at_bob = join(alice, bob)
        before, _ = self.sent(bob, at_bob, alice)
        good = self.rig.smtp.sent_by(bob.address)[-1].data
        head, _, body = good.partition(b"\r\n\r\n")
        fresh = head.replace(head[head.index(b"Message-ID: <") + 13:][:36], b"00000000-0000-4000-8000-00000000000%d")
        bad = [
            fresh % 1 + b"\r\n\r\n" + body.replace(b"\r\nwV", b"\r\nwW", 1)[:-400] + b"\r\n",       # cut off
            fresh % 2 + b"\r\n\r\n" + body[:900] + bytes([body[900] ^ 1]) + body[901:],                # one bit
            fresh % 3 + b"\r\n\r\n",                                                                   # nothing
            b"\r\n\r\n\xff\xfe\x00", b"", b"From: " + b"x" * 100_000, b"Content-Type: multipart/encrypted\r\n\r\nno parts",
            b"From: <eve@rig.test>\r\nTo: <a@b>\r\nSubject: plain\r\nMessage-ID: <plain@rig.test>\r\n\r\nhello in the clear\r\n",
        ]
        eve = b"From: <eve@rig.test>\r\nChat-Version: 1.0\r\nMessage-ID: <%d@rig.test>\r\n"
        encrypted = eve + b"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n"
        nested = b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (at, at + 1) for at in range(3_000))
        bad += [
            encrypted % 1 + b"To: " + b"<a@b>, " * 50_000 + b"<z@b>\r\n\r\n" + body,                   # thousands of recipients
            encrypted % 2 + b"X: y\r\n" * 100_000 + b"\r\n" + body,                                     # and of headers
            encrypted % 3 + b"\r\n" + b"--b\r\n\r\nx\r\n" * 50_000,                                   # and of parts
            encrypted % 4 + b"\r\n--b\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n" + nested,  # parts in parts
            encrypted % 5 + b"Subject: " + b"=?utf-8?B?/////w==?= " * 5_000 + b"\xff\xc0\x80\r\n\r\n" + body,
            encrypted % 6 + b"\r\n" + b"\n" * 8_000_000,                                                 # a large nothing
            eve % 7 + b"Secure-Join: vc-request\r\nSecure-Join-Invitenumber: " + b"A" * 30_000 + b"\r\nAutocrypt: addr=eve@rig.test; keydata="
            + b"mDME" * 20_000 + b"\r\n\r\nsecure-join: vc-request\r\n",
            eve % 8 + b"Chat-Group-ID: AAAAAAAAAAAAAAAAAAAAAA\r\nChat-Group-Name: clear\r\nContent-Type: text/plain\r\n\r\nhello in the clear\r\n",
        ]
        for number, data in enumerate(bad):
            self.rig.mailboxes.deliver(alice.address, data)
            if number % 3 == 0:
                self.sent(bob, at_bob, alice)
        self.sent(bob, at_bob, alice)
        self.sent(alice, at_alice, bob)
        self.assertNotIn("hello in the clear", alice.texts(at_alice))
        self.assertEqual([], alice.rpc("search_messages", "hello in the clear", None))


@unittest.skipUnless(MOVABLE and world.SUBJECT == "ours", "the clock cannot be moved")
class Clocks(Case):
    """alice's clock jumps; timestamps decide about groups, edits and codes. Without TLS: certificates have times of their own."""

    COST = 45

    def test_nothing_is_lost_when_the_clock_jumps(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="mail-clock-")))
        clock = MovedClock(folder)
        server = self.enterContext(Server(world.SUBJECT, self.rig, env=clock.env, folder=folder))
        alice, bob = at_once(lambda: server.party("alice", security="plain"), lambda: peer("bob"))
        at_alice, at_bob = join(alice, bob)
        for off in (-YEAR, 0, 30 * DAY, 0):
            clock.set(off)
            sent, _ = self.sent(alice, at_alice, bob, f"with a clock off by {off} ms")
            alice.is_delivered(sent["id"])
            _, got = self.sent(bob, at_bob, alice, f"to a clock off by {off} ms")
            alice.rpc("markseen_msgs", [got["id"]])
            until(lambda: bob.state(next(m["id"] for m in bob.messages(at_bob) if m["text"] == got["text"])) == 28, what="the receipt")


class FullDisk(OwnProcess):
    """alice's folder is on a small disk of its own."""

    def setUp(self):
        self.folder = SmallDisk(self, 40).folder
        super().setUp()

    def test_mails_wait_while_the_disk_is_full(self):
        alice, bob, at_alice, at_bob = self.pair()
        filler = self.folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as out:
            while True:
                out.write(b"\0" * 4096)
        texts = [f"no room {number}" for number in range(5)]
        for text in texts:
            bob.send(at_bob, text)
        until(lambda: len(self.rig.smtp.sent_by(bob.address)) >= 7, what="the mails")
        filler.unlink()
        texts.append("room again")
        bob.send(at_bob, texts[-1])
        self.server.call("maybe_network")
        self.come_once(alice, at_alice, texts, 60)
        self.sent(alice, at_alice, bob)


if __name__ == "__main__":
    unittest.main()
