"""kill -9 of either side at random moments while messages flow both ways.

Nothing acknowledged is lost, nothing arrives twice, event ids never go back. The seed is printed;
EDGE_TEST_SEED repeats a run's choices and EDGE_TEST_CRASH_ROUNDS sets the number of kills.
"""
import http.client
import json
import os
import random
import threading
import unittest

from gateway import Gateway, free_port, join, until

SEED = int(os.environ.get("EDGE_TEST_SEED", random.SystemRandom().randrange(2**32)))
ROUNDS = int(os.environ.get("EDGE_TEST_CRASH_ROUNDS", "100"))


class Side:
    """A gateway, what it acknowledged, and every event it ever reported, over all its lives."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.chat = None
        self.tried = 0
        self.acknowledged = []
        self.reported = []
        self.last_id = None
        self.stream = None

    def listen(self):
        self.stream = self.gateway.events(last_event_id=self.last_id)

    def keep_events(self):
        """Takes over what the present stream saw; the next one resumes behind it."""
        if self.stream is not None:
            self.reported += self.stream.seen
            if self.stream.seen:
                self.last_id = self.stream.seen[-1]["id"]
            self.stream = None

    def send_until(self, stop):
        """Sends numbered messages until asked to stop or until the daemon is gone."""
        while not stop.is_set():
            self.tried += 1
            text = f"{self.gateway.name} {self.tried}"
            try:
                self.gateway.send(self.chat, text)
            except (OSError, http.client.HTTPException, ValueError):
                return  # killed: this one may or may not be there
            self.acknowledged.append(text)

    def kill_and_start(self):
        self.gateway.kill9()
        self.keep_events()
        self.gateway.start()
        self.listen()


class Crash(unittest.TestCase):
    def check_events(self, side):
        ids = [event["id"] for event in side.reported]
        for before, after in zip(ids, ids[1:]):
            self.assertLess(before, after, f"{side.gateway.name}: an event id went back")
        incoming = [event["msg_id"] for event in side.reported if event["type"] == "IncomingMsg"]
        self.assertEqual(len(incoming), len(set(incoming)), "each message is announced once")
        delivered = [event["msg_id"] for event in side.reported if event["type"] == "MsgDelivered"]
        self.assertEqual(len(delivered), len(set(delivered)), "each delivery is reported once")

    def check_texts(self, sender, receiver):
        kept = sender.gateway.texts(sender.chat)
        own = [text for text in kept if text.startswith(sender.gateway.name + " ")]
        self.assertEqual(len(own), len(set(own)), "the sender holds each message once")
        self.assertEqual(set(sender.acknowledged) - set(own), set(), "the sender keeps what it acknowledged")
        arrived = lambda: [text for text in receiver.gateway.texts(receiver.chat)
                           if text.startswith(sender.gateway.name + " ")]
        try:
            until(lambda: len(arrived()) >= len(own), 60, "every message at the other side")
        finally:
            came = arrived()
            missing = [text for text in own if text not in set(came)]
            print(f"{sender.gateway.name} -> {receiver.gateway.name}: tried {sender.tried}, acknowledged "
                  f"{len(sender.acknowledged)}, arrived {len(came)}, missing {missing[:5]}", flush=True)
        self.assertEqual(len(came), len(set(came)), "nothing arrives twice")
        self.assertEqual(set(came), set(own), "what is kept is what arrives")
        incoming = [event for event in receiver.reported if event["type"] == "IncomingMsg"]
        self.assertEqual(len(incoming), len(came), "every message was announced to the listener")

    def test_kill_9_at_random_moments(self):
        print(f"seed {SEED}, {ROUNDS} rounds", flush=True)
        chance = random.Random(SEED)
        with Gateway("alice", port=free_port()) as alice, Gateway("bob", port=free_port()) as bob:
            sides = [Side(alice), Side(bob)]
            sides[0].chat, sides[1].chat = join(alice, bob)
            for side in sides:
                side.listen()
            pause = threading.Event()
            for _ in range(ROUNDS):
                victim = chance.choice(sides)
                stop = threading.Event()
                senders = [threading.Thread(target=side.send_until, args=(stop,)) for side in sides]
                for sender in senders:
                    sender.start()
                pause.wait(chance.uniform(0, 0.15))  # the random moment
                victim.kill_and_start()
                stop.set()
                for sender in senders:
                    sender.join()
            for side in sides:
                self.assertGreaterEqual(len(side.acknowledged), ROUNDS // 4, "messages did flow")
            for sender, receiver in (sides, sides[::-1]):
                own = len([t for t in sender.gateway.texts(sender.chat) if t.startswith(sender.gateway.name + " ")])
                until(lambda r=receiver, n=own: len([e for e in r.reported + r.stream.seen if e["type"] == "IncomingMsg"]) >= n,
                      120, "the last announcement")
            for side in sides:
                side.keep_events()
            for sender, receiver in (sides, sides[::-1]):
                self.check_texts(sender, receiver)
            for side in sides:
                self.check_events(side)

    def test_two_kills_in_a_row_before_anything_is_delivered(self):
        """The outbox and the half-done receipt survive: the sender dies, the receiver dies, both return."""
        with Gateway("alice", port=free_port()) as alice, Gateway("bob", port=free_port()) as bob:
            chat_a, chat_b = join(alice, bob)
            for turn in range(5):
                bob.kill9()
                alice.send(chat_a, f"turn {turn}")
                alice.kill9()
                bob.start()
                alice.start()
                until(lambda t=turn: f"turn {t}" in bob.texts(chat_b), 60, "the message")
            self.assertEqual(bob.texts(chat_b), [f"turn {n}" for n in range(5)])


class Damage(unittest.TestCase):
    def test_commits_that_a_broken_log_lost_are_reported_until_somebody_removes_the_report(self):
        with Gateway("alice") as alice:
            for number in range(50):
                alice.send(10, f"text {number}")
            self.assertEqual(alice.http("GET", "/health/ready")[0], 200)
            alice.kill9()
            log = alice.accounts / "store.db-wal"
            damaged = bytearray(log.read_bytes())
            self.assertGreater(len(damaged), 20_000)
            damaged[len(damaged) // 2] ^= 1
            log.write_bytes(damaged)
            report = alice.accounts / "store.db.lost"
            for start in range(3):
                alice.start()
                left = len(alice.texts(10))
                self.assertGreater(50, left - start)
                status, _, body = alice.http("GET", "/health/ready")
                self.assertEqual(status, 503)
                [reason] = json.loads(body)["reasons"]
                self.assertRegex(reason, r"store\.db: acknowledged commits are missing: [1-9]\d* ")
                self.assertIn(report.name, reason)
                self.assertTrue(any("acknowledged commits are missing" in line for line in alice.log))
                [kept] = alice.accounts.glob("store.db-wal.damaged-*")
                self.assertEqual(kept.read_bytes(), damaged)
                alice.send(10, "it goes on")
                alice.kill9()
            alice.start()
            self.assertEqual(alice.texts(10)[-3:], ["it goes on"] * 3)
            report.unlink()
            self.assertEqual(alice.http("GET", "/health/ready")[0], 200)
            alice.restart()
            self.assertEqual(alice.http("GET", "/health/ready")[0], 200)


if __name__ == "__main__":
    unittest.main()
