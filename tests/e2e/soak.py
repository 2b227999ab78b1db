"""Two gateways talk while everything goes wrong: links that lose, delay, repeat and reorder, cuts, kill -9, clocks that
jump a year. At the end all that was kept by its sender is at the other side, once, in order, and nothing else is.

`scripts/soak-delivery` runs it long, delivery_test short. One seed gives every choice."""
import http.client
import random
import threading
import time

from bad_proxy import BadProxy, Weather
from gateway import Gateway, free_port, join, until
from moved_clock import YEAR, MovedClock

GOOD = Weather()


class Side:
    """A gateway behind a bad link, with a clock that can be moved."""

    def __init__(self, name, seed):
        port = free_port()
        self.proxy = BadProxy(seed, port)
        self.gateway = Gateway(name, port=port, flags=["--public-url", self.proxy.url])
        self.clock = MovedClock(self.gateway.folder)
        self.gateway.env = self.clock.env
        self.chat = None
        self.tried = 0

    def send_some(self, count):
        """Numbered messages. A call that dies with the daemon may or may not have been kept."""
        for _ in range(count):
            self.tried += 1
            try:
                self.gateway.send(self.chat, f"{self.gateway.name} {self.tried}")
            except (OSError, http.client.HTTPException, ValueError):
                return

    def said_by(self, who):
        return [text for text in self.gateway.texts(self.chat) if text.startswith(who.gateway.name + " ")]


def some_weather(chance):
    """Rarely good, rarely down, mostly in between."""
    if chance.random() < 0.15:
        return Weather(down=True)
    pick = lambda most: chance.choice((0, 0, most / 3, most))
    return Weather(lose=pick(0.3), cut_answer=pick(0.3), twice=pick(0.3), late=pick(0.2), delay=pick(0.2))


def talk(seed, messages, seconds_to_heal=120, report=print):
    """Sends about `messages` each way under faults, then heals the links and compares."""
    chance = random.Random(seed)
    sides = [Side("alice", seed + 1), Side("bob", seed + 2)]
    began = time.monotonic()
    kills = jumps = 0
    try:
        with sides[0].gateway, sides[1].gateway:
            sides[0].chat, sides[1].chat = join(sides[0].gateway, sides[1].gateway)
            while min(side.tried for side in sides) < messages:
                for side in sides:
                    if chance.random() < 0.3:
                        side.proxy.weather = some_weather(chance)
                burst = max(1, messages // 40)
                senders = [threading.Thread(target=side.send_some, args=(chance.randint(1, burst),)) for side in sides]
                for sender in senders:
                    sender.start()
                if chance.random() < 0.25:
                    victim = chance.choice(sides)
                    time.sleep(chance.uniform(0, 0.05))  # the random moment of the kill
                    victim.gateway.kill9()
                    if chance.random() < 0.3:
                        victim.clock.set(chance.choice((-YEAR, YEAR, 0)))
                        jumps += 1
                    victim.gateway.start()
                    kills += 1
                elif chance.random() < 0.1:
                    chance.choice(sides).clock.set(chance.choice((-YEAR, YEAR, 0)))
                    jumps += 1
                for sender in senders:
                    sender.join()
            for side in sides:
                side.proxy.weather = GOOD
                side.clock.set(0)
            for sender, receiver in (sides, sides[::-1]):
                kept = sender.said_by(sender)
                until(lambda r=receiver, s=sender, n=len(kept): len(r.said_by(s)) >= n, seconds_to_heal,
                      f"all {len(kept)} messages of {sender.gateway.name}")
                came = receiver.said_by(sender)
                assert came == kept, difference(sender.gateway.name, kept, came)
                failed = [m["id"] for m in sender.gateway.messages(sender.chat) if m["state"] == 24]
                assert not failed, f"{sender.gateway.name} gave up {failed[:5]}"
            report(f"seed {seed}: {sides[0].tried} and {sides[1].tried} messages, {kills} kills, {jumps} clock jumps, "
                 f"{time.monotonic() - began:.1f} s: all arrived once, in order")
    finally:
        for side in sides:
            side.proxy.close()


def difference(name, kept, came):
    """The first place where two lists part."""
    for place, (left, right) in enumerate(zip(kept, came)):
        if left != right:
            return f"{name}: at {place} was sent {left!r}, and came {right!r}"
    return f"{name}: {len(kept)} sent, {len(came)} came"
