"""Delivery that survives: random faults on both links, and stores that go back to an older copy."""
import os
import random
import shutil
import unittest

import soak
from gateway import Gateway, join, until

SEED = int(os.environ.get("EDGE_TEST_SEED", random.SystemRandom().randrange(2**31)))
MESSAGES = int(os.environ.get("EDGE_TEST_MESSAGES", "300"))


class Faults(unittest.TestCase):
    def test_everything_arrives_once_and_in_order_under_random_faults(self):
        print(f"EDGE_TEST_SEED={SEED} repeats this run", flush=True)
        soak.talk(SEED, MESSAGES)


class Restore(unittest.TestCase):
    """An old copy of a side's accounts directory comes back in the middle of a conversation."""

    def restore_in_the_middle(self, restored_first):
        with Gateway("alice") as alice, Gateway("bob") as bob:
            chats = dict(zip((alice, bob), join(alice, bob)))
            said = {alice: [], bob: []}

            def say(gateway, count):
                for _ in range(count):
                    said[gateway].append(f"{gateway.name} {len(said[gateway])}")
                    gateway.send(chats[gateway], said[gateway][-1])

            def received(gateway, of):
                return [text for text in gateway.texts(chats[gateway]) if text.startswith(of.name + " ")]

            def all_received():
                return received(bob, alice)[-1:] == said[alice][-1:] and received(alice, bob)[-1:] == said[bob][-1:]

            say(alice, 3)
            say(bob, 3)
            until(all_received, what="the first messages")
            back = {"alice": alice, "bob": bob}[restored_first]
            other = bob if back is alice else alice
            back.stop()
            copy = back.folder / "copy"
            shutil.copytree(back.accounts, copy)
            back.start()
            say(alice, 5)
            say(bob, 5)
            until(all_received, what="what the copy does not hold")
            say(alice, 2)
            until(all_received, what="another turn")
            until(lambda: other.rpc("get_connectivity", 1) == 4000)
            back.stop()
            shutil.rmtree(back.accounts)
            shutil.copytree(copy, back.accounts)
            back.start()
            later = {gateway: len(said[gateway]) for gateway in said}
            say(back, 4)
            say(other, 4)
            say(back, 4)
            until(all_received, 60, "what was sent after the copy came back")
            # The other side has everything, in order; the restored one all that was sent since, in order, once.
            self.assertEqual(received(other, back), said[back])
            since = received(back, other)
            self.assertEqual(len(since), len(set(since)))
            self.assertEqual(since[-4:], said[other][later[other]:])
            self.assertEqual(since, [text for text in said[other] if text in set(since)])

    def test_of_the_first_side(self):
        self.restore_in_the_middle("alice")

    def test_of_the_second_side(self):
        self.restore_in_the_middle("bob")


if __name__ == "__main__":
    unittest.main()
