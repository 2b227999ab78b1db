"""The world of a module of tests: one rig, one process of Delta Chat's own server and one of the subject. EDGE_MAIL_SUBJECT says who
that is: "ours", or "core", by which the tests themselves are tried.

    from world import Pair, setUpModule, tearDownModule
"""
import concurrent.futures
import contextvars
import functools
import os
import unittest

import rig as rigs  # first: it makes the modules of the end-to-end tests known
from waiting import until  # noqa: F401
from gateway import RpcError, scaled  # noqa: F401 - tests take them from here
from parties import KINDS, Server, core_program, join

SUBJECT = os.environ.get("EDGE_MAIL_SUBJECT", "ours")
assert SUBJECT in KINDS, f"EDGE_MAIL_SUBJECT is {SUBJECT}: use one of {KINDS}"
RIG = None
SERVERS = {}
MADE = contextvars.ContextVar("MADE", default=None)  # the parties of the class that runs here
LAWLESS = set()  # the addresses whose mails may break the relay's rules


def setUpModule():  # noqa: N802 - the name is unittest's
    global RIG
    core_program()
    RIG = rigs.Rig()
    try:
        RIG.start()
        for kind in sorted({"core", SUBJECT}):
            SERVERS[kind] = Server(kind, RIG).start()
    except BaseException:
        tearDownModule()
        raise


def tearDownModule():  # noqa: N802
    """The relay's filter judged every mail that anybody sent: the module fails when it refused one."""
    try:
        for mail in RIG.smtp.mails:
            if mail.refused and mail.sender not in LAWLESS:
                raise AssertionError(f"a relay refuses a mail of {mail.sender} with '{mail.refused}':\n"
                                     + mail.data[:2000].decode("utf-8", "replace"))
        for server in SERVERS.values():
            server.__exit__(None, None, None)
    finally:
        SERVERS.clear()
        RIG.stop()


def at_once(*works):
    """Runs these beside each other; their results."""
    with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(contextvars.copy_context().run, work) for work in works]]


def of_class(party):
    """A party that goes offline with the end of the class: a hundred watched mailboxes are more than inotify has for one user."""
    if MADE.get() is not None:
        MADE.get().append(party)
    return party


def go_offline(parties):
    for party in parties:
        party.rpc("stop_io")


def subject(name, **login):
    return of_class(SERVERS[SUBJECT].party(name, **login))


def peer(name, **login):
    return of_class(SERVERS["core"].party(name, **login))


def peer_is_older_than(*version):
    said = SERVERS["core"].call("get_system_info")["deltachat_core_version"]
    return tuple(int(part) for part in said.removeprefix("v").split(".")[:2]) < version


def not_ours(reason):
    """A test of which our daemon does not do its part. EDGE_MAIL_ALL=1 makes them all the same."""
    return unittest.skipIf(SUBJECT == "ours" and not os.environ.get("EDGE_MAIL_ALL"), reason)


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.rig = RIG
        made = []
        MADE.set(made)
        cls.addClassCleanup(go_offline, made)

    @staticmethod
    def ours_and_a_phone(*phones):
        """(alice, the subject; bob, a core; and further ones by name), made at once."""
        return at_once(lambda: subject("alice"), *[functools.partial(peer, name) for name in ("bob", *phones)])

    def is_padlocked(self, party, message):
        self.assertIs(True, message["showPadlock"], f"at {party}: {message}")
        self.assertIs(True, party.chat(message["chatId"])["isEncrypted"], party)

    def sent(self, sender, chat, receiver, text=None, **data):
        """Sends a text and waits for it with its padlock: (the message as it is at the sender, at the receiver)."""
        text = text or f"{self.id().rpartition('.')[2]} {sender.name} {len(RIG.smtp.mails)}"
        msg = sender.send(chat, text, **data)
        got = receiver.arrives(text)
        self.is_padlocked(receiver, got)
        return sender.message(msg), got


class Pair(Case):
    """alice, the subject, invited bob, who is a core. `ways` are both directions: (sender, its chat, receiver, its chat)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice, cls.bob = at_once(lambda: subject("alice"), lambda: peer("bob"))
        cls.at_alice, cls.at_bob = join(cls.alice, cls.bob)
        cls.ways = [(cls.alice, cls.at_alice, cls.bob, cls.at_bob), (cls.bob, cls.at_bob, cls.alice, cls.at_alice)]


def one_way(test, case, way):
    try:
        test(case, *way)
    except BaseException as fault:
        fault.add_note(f"with {way[0]} as the sender")
        raise


def both_ways(test):
    """A test of a pair that is made in both directions at once: test(self, sender, its chat, receiver, its chat)."""
    @functools.wraps(test)
    def twice(self):
        at_once(*[functools.partial(one_way, test, self, way) for way in self.ways])
    return twice


def each_way(test):
    """The same, one direction after the other."""
    @functools.wraps(test)
    def twice(self):
        for way in self.ways:
            one_way(test, self, way)
    return twice
