"""Hosts of their own: two devices behind routers that masquerade, a relay outside, and lines that lose, delay, reorder
and end. The relay loses power, a day passes while a line is cut, a clock goes back a year.

`namespaces` makes the hosts. One seed gives every choice of the lines and of the order of the scenes."""
import os
import random
import socket
import time
import unittest

import namespaces
from bad_wire import CUT, GOOD, Weather
from gateway import Gateway, join, until
from moved_clock import DAY, YEAR, MovedClock
from namespaces import Network
from relay_test import kept
from soak import difference

SEED = int(os.environ.get("EDGE_TEST_SEED") or random.SystemRandom().randrange(1 << 31))
MESSAGES = int(os.environ.get("EDGE_TEST_NETNS_MESSAGES", "50"))
BURST = max(10, MESSAGES // 100)  # what each side says in a scene: long runs have some hundred of them

PORT, PEERS = 7200, 7300  # on hosts of their own every port is free
ALICE, BOB = "10.1.0.2", "10.2.0.2"
ROUGH = Weather(loss=0.3, delay=0.02, reorder=0.25)
FAIR = Weather(loss=0.1, delay=0.02, reorder=0.25)
SLOW = Weather(delay=2.0)
REASON = namespaces.why_not()


class Node(Gateway):
    """A daemon on a host of its own."""

    def __init__(self, host, address, *flags):
        super().__init__(host.name, port=PORT, flags=["--peer-listen", f"{address}:{PEERS}", *flags])
        self.host = host
        self.off = 0
        self.clock = MovedClock(self.folder)
        self.env = self.clock.env

    def move_clock(self, by):
        self.off += by
        self.clock.set(self.off)

    def start(self, seconds=20):
        with self.host.inside():
            return super().start(seconds)

    def http(self, *request, **options):
        with self.host.inside():
            return super().http(*request, **options)

    def events(self, *query, **options):
        with self.host.inside():
            return super().events(*query, **options)


class Talk:
    """What both sides say to each other; `said` is what each sent, in order."""

    def __init__(self, alice, bob):
        self.sides = (alice, bob)
        self.chats = dict(zip(self.sides, join(alice, bob, 60)))
        self.said = {side: [] for side in self.sides}

    def say(self, count):
        for _ in range(count):
            for side, said in self.said.items():
                said.append(f"{side.name} {len(said) + 1}")
                side.send(self.chats[side], said[-1])

    def received(self):
        """What came to each side, in order."""
        return [[text for text in side.texts(self.chats[side]) if text not in self.said[side]] for side in self.sides]

    def all_came(self, what):
        """Long: where packets are lost, TCP doubles its pause after each, from seconds over slow lines."""
        expected = [self.said[side] for side in reversed(self.sides)]
        until(lambda: all(len(came) >= len(said) for came, said in zip(self.received(), expected)), 150, what)
        for came, said in zip(self.received(), expected):
            assert came == said, f"{what}: " + difference("the other side", said, came)


def reaches(host, address, port=PEERS):
    with host.inside():
        try:
            socket.create_connection((address, port), timeout=5).close()
            return True
        except OSError:
            return False


@unittest.skipIf(REASON, REASON)
class Hosts(unittest.TestCase):
    def test_everything_arrives_once_and_in_order_whatever_the_lines_the_relay_and_the_clocks_do(self):
        print(f"EDGE_TEST_SEED={SEED} repeats this run", flush=True)
        self.random = random.Random(SEED)
        url = f"http://{Network.RELAY}:{PEERS}"
        with Network(("alice", "bob"), SEED) as self.network:
            alice, bob = self.network.devices
            with Node(self.network.relay, Network.RELAY, "--relay", "--relay-open", "--public-url", url) as self.relay, \
                    Node(alice, ALICE, "--relay-url", url) as one, Node(bob, BOB, "--relay-url", url) as other:
                self.nobody_reaches_a_device()
                # The relay knows the invite before anybody joins by it.
                one.rpc("get_chat_securejoin_qr_code", 1, None)
                self.network.set(FAIR)
                self.talk = Talk(one, other)
                self.play()
                for side in self.talk.sides:
                    failed = [m["id"] for m in side.messages(self.talk.chats[side]) if m["state"] == 24]
                    self.assertEqual(failed, [])

    def nobody_reaches_a_device(self):
        """But its own router, which shows that there is something to reach."""
        alice, bob = self.network.devices
        self.assertTrue(reaches(self.network.routers[1], BOB))
        self.assertFalse(reaches(alice, BOB))
        self.assertFalse(reaches(bob, ALICE))
        if self.network.masquerades:
            self.assertFalse(reaches(self.network.relay, ALICE))

    def play(self):
        scenes = [self.rough, self.a_day_without_a_line, self.the_relay_loses_power, self.a_year_back]
        print("the routers masquerade" if self.network.masquerades else "no masquerade here: plain routes")
        while min(map(len, self.talk.said.values())) < MESSAGES:
            self.random.shuffle(scenes)
            for scene in (*scenes, self.slow):  # last: TCP's time-outs stay long after it
                began = time.monotonic()
                scene()
                print(f"{scene.__name__}: {time.monotonic() - began:.1f} s", flush=True)
        for link in self.network.links:
            print(link)
            if link.wire:
                self.assertGreater(min(link.wire.lost, link.wire.overtook), 0)

    def rough(self):
        self.network.set(ROUGH)
        before = self.talk.received()
        self.talk.say(BURST)
        until(lambda: all(len(now) >= len(then) + BURST // 2 for now, then in zip(self.talk.received(), before)), 150,
              "half of what was said while packets were lost")
        self.network.set(GOOD)
        self.talk.all_came("what was said while packets were lost and overtook each other")

    def slow(self):
        self.network.set(SLOW)
        began = time.monotonic()
        self.talk.say(BURST)
        self.talk.all_came("what was said over slow lines")
        self.assertGreater(time.monotonic() - began, 2 * SLOW.delay)

    def a_day_without_a_line(self):
        self.network.set(GOOD)
        self.talk.all_came("what was said before the cut")
        cut = self.random.randrange(2)
        self.network.links[cut].set(CUT)
        before = self.talk.received()
        self.talk.say(BURST)
        until(lambda: kept(self.relay) > 0, 30, "what the relay keeps for the device that is away")
        self.assertEqual(self.talk.received(), before)
        for one in (self.relay, *self.talk.sides):
            one.move_clock(DAY)
        self.network.links[cut].set(GOOD)
        self.talk.all_came("the day without a line")

    def the_relay_loses_power(self):
        self.network.set(FAIR)
        self.talk.say(BURST // 2)
        self.relay.kill9()
        self.talk.say(BURST // 2)
        self.relay.start()
        self.talk.all_came("the relay's loss of power")

    def a_year_back(self):
        self.network.set(GOOD)
        side = self.random.choice(self.talk.sides)
        side.move_clock(-YEAR if side.off > -YEAR / 2 else YEAR)
        self.talk.say(BURST // 2)
        side.kill9()
        side.start()
        self.talk.say(BURST // 2)
        self.talk.all_came("a clock's way back by a year")


if __name__ == "__main__":
    unittest.main()
