"""The list of neighbours."""
import dataclasses
import time
from collections.abc import Callable

from neighbours import callers, peers, relays


@dataclasses.dataclass(frozen=True)
class Lie:
    """How a dishonest contact's gateway lies, in how many messages at a time, and whether it joins again after them."""
    words: str
    burst: int
    joins: bool = False
    pause: float = 0.1


@dataclasses.dataclass(frozen=True)
class Neighbour:
    name: str
    work: Callable
    does: str
    needs: frozenset = frozenset()
    lie: Lie | None = None
    more_kinds: tuple = ()  # what the bystander does besides
    processes: int = 1
    judged: bool = True

    @property
    def kinds(self):
        return ("calls", "sends", "deliveries", "arrivals", *self.more_kinds)


def busy(_, tally):
    """two processes that use the processors and leave the daemon alone: what the machine costs, not judged"""
    while True:
        with tally.get_lock():
            tally.value += 1
        end = time.monotonic() + 0.1
        while time.monotonic() < end:
            pass


def caller(name, work, **more):
    return Neighbour(name, work, work.__doc__, **more)


def liar(name, does, lie):
    return Neighbour(name, peers.lies, does, lie=lie)


ALL = {one.name: one for one in (
    caller("machine", busy, processes=2, judged=False),
    caller("polls", callers.abandoned_polls),
    caller("batches", callers.looks),
    caller("connections", callers.many_connections),
    caller("snapshots", callers.snapshots, needs=frozenset({"chats"})),
    caller("bodies", callers.large_bodies),
    caller("writes", callers.floods_of_writes),
    caller("publishes", callers.publishes),
    caller("files", callers.slow_files, needs=frozenset({"files"}), more_kinds=("files",)),
    caller("joins", peers.joins),
    liar("gaps", "a contact whose messages claim to be 99,998 steps further on than they are", Lie("skip 99998", 40)),
    liar("parked", "a contact whose envelopes of 1 MB name no session, and who joins again after each twenty",
         Lie("park 1000000", 20, joins=True)),
    liar("requests", "a contact whose every message asks for a new session", Lie("request", 50)),
    liar("groups", "a contact who changes all entries of a group of 500 strangers with every message", Lie("group 498", 5)),
    caller("mailboxes", relays.mailboxes, needs=frozenset({"relay"})),
)}
