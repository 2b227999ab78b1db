"""The mail logins (transports) of an account with several devices: what one adds, enters again, deletes and makes the primary one."""
import contextlib
import functools
import itertools
import os
import time
import unittest

import world
from world import Case, RpcError, at_once, join, peer, setUpModule, subject, tearDownModule, until  # noqa: F401
from faults_test import LineCut
from second_devices import second_device

STEPS = int(os.environ.get("EDGE_MAIL_STEPS", "6"))

# Core trusts the Web's authorities alone, and is told of a login as it was entered here.
ANY = "acceptInvalidCertificates"


class LoginsOfDevices(Case):
    """Each test has an account of its own: logins are five at most."""

    def setUp(self):
        self.alice = subject("alice")
        self.phone = second_device(self.alice, self.phones(), "alice's phone")
        self.both = ((self.alice, self.phone), (self.phone, self.alice))

    @staticmethod
    def phones():
        return world.SERVERS["core"]

    def logins(self, party):
        return {transport["addr"] for transport in party.rpc("list_transports")}

    def have(self, *addresses):
        wanted = {self.alice.address, *addresses}
        for one in (self.alice, self.phone):
            until(lambda: self.logins(one) == wanted, what=lambda: f"{wanted} at {one}, which has {self.logins(one)}")

    def add(self, device, name):
        address = self.rig.address(name)
        until(lambda: self.entered(device, address), what=f"the login of {address}")
        return address

    def send_from(self, device, address):
        device.rpc("set_config", "configured_addr", address)
        for one in (self.alice, self.phone):
            until(lambda: one.rpc("get_config", "configured_addr") == address, what=f"{address} as the primary login of {one}")

    def test_what_one_adds_and_deletes(self):
        added = []
        for device, other in self.both:
            added.append(self.add(device, f"added-{len(added)}"))
            self.have(*added)
            self.assertEqual(self.alice.address, other.rpc("get_config", "configured_addr"))
        # The other device reads the new mailbox: what lies there alone arrives.
        bob = peer("bob")
        at_alice, at_bob = join(self.alice, bob)
        self.alice.send(at_alice, "with both addresses")
        bob.arrives("with both addresses")
        self.phone.arrives("with both addresses")
        for device, other in self.both:
            device.rpc("delete_transport", added.pop())
            self.have(*added)
        bob.send(at_bob, "still there")
        for one in (self.alice, self.phone):
            one.arrives("still there")

    def test_a_deleted_one_is_added_again(self):
        for device, other in self.both:
            address = self.add(device, "again")
            self.have(address)
            other.rpc("delete_transport", address)
            deleted = int(time.time())
            self.have()
            # Core's times are seconds, and a deletion holds against what is added in the same one.
            until(lambda: int(time.time()) > deleted, what="the next second")
            until(lambda: self.entered(device, address), what="the login, entered again")
            self.have(address)
            device.rpc("delete_transport", address)
            self.have()

    def entered(self, device, address):
        """False while core is still busy with what the other device reported."""
        try:
            device.rpc("add_or_update_transport", self.rig.login(address, checks=ANY), seconds=60)
        except RpcError as error:
            if "already running" not in error.message:
                raise
            return False
        return True

    def test_the_login_that_one_sends_from(self):
        first = self.alice.address
        second = self.add(self.alice, "second")
        self.have(second)
        self.send_from(self.phone, second)
        self.send_from(self.alice, first)
        self.send_from(self.alice, second)
        self.alice.rpc("delete_transport", first)
        self.alice.address = second
        self.have()
        bob = peer("bob")
        at_alice, _ = join(self.alice, bob)
        self.alice.send(at_alice, "from the second address")
        bob.arrives("from the second address")
        self.phone.arrives("from the second address")

    def test_both_add_one_at_once(self):
        one, another = at_once(lambda: self.add(self.alice, "one"), lambda: self.add(self.phone, "another"))
        self.have(one, another)


@unittest.skipIf(world.SUBJECT == "core", "that is the same with core")
class LoginsOfOurDevices(LoginsOfDevices):
    """The same between two daemons of ours."""

    @staticmethod
    def phones():
        return world.SERVERS["ours"]

    def test_one_deletes_a_login_while_the_other_adds_one(self):
        # Core 2.57 takes what it deleted back from a report that was made before.
        third = self.add(self.alice, "third")
        self.have(third)
        one, _ = at_once(lambda: self.add(self.alice, "one"), lambda: self.phone.rpc("delete_transport", third))
        self.have(one)


@unittest.skipIf(world.SUBJECT == "core", "of our own devices: core 2.57 takes a deleted login back from an older report")
class LoginsOverBrokenLines(LineCut):
    """Both devices change the account's logins while the lines of one are cut and it is killed: they agree in the end."""

    COST = 30

    def logins(self, party):
        found = {transport["addr"] for transport in party.rpc("list_transports")}
        return party.rpc("get_config", "configured_addr"), found

    def agree(self, devices):
        self.persist(lambda: self.logins(devices[0]) == self.logins(devices[1]), 60,
                     lambda: f"one list of logins instead of {[self.logins(one) for one in devices]}")

    def change(self, device, extra):
        """Adds one, deletes one, enters one again or sends from another one, whatever is possible."""
        primary, found = self.logins(device)
        others = sorted(found - {primary, self.first})  # the first one never goes to other devices
        what = self.chance.choice(["add", "delete", "again", "choose"])
        with contextlib.suppress(RpcError):  # the other device was quicker
            if what == "add" and len(found) < 4 or not others:
                address = self.rig.address(f"extra{next(extra)}-")
                device.rpc("add_or_update_transport", self.rig.login(address, "plain"), seconds=60)
            elif what == "delete":
                device.rpc("delete_transport", self.chance.choice(others))
            elif what == "again":
                device.rpc("add_or_update_transport", self.rig.login(self.chance.choice(others), "plain"), seconds=60)
            else:
                device.rpc("set_config", "configured_addr", self.chance.choice([*others, self.first]))

    def test_logins_that_both_change(self):
        alice, extra = subject("alice"), itertools.count(1)
        phone = second_device(alice, self.server, "alice's phone", security="plain", imapPort=self.imap.port, smtpPort=self.smtp.port)
        devices, self.first = (alice, phone), alice.address
        for step in range(STEPS):
            self.imap.plan = [(self.chance.choice(["up", "down"]), self.chance.randrange(1, 4000)) for _ in range(3)]
            self.smtp.plan = [(self.chance.choice(["up", "down"]), self.chance.randrange(1, 4000)) for _ in range(2)]
            self.imap.cut_all()
            self.smtp.cut_all()
            at_once(*[functools.partial(self.change, device, extra) for device in devices])
            if step % 3 == 2:
                self.server.kill9()
                self.server.start()
                phone.rpc("start_io")
            if step % 2:
                self.again()
                continue  # the next changes are made before these are known
            self.agree(devices)
        self.imap.plan, self.smtp.plan = [], []
        self.agree(devices)
        self.assertGreater(self.imap.cuts + self.smtp.cuts, 0)


if __name__ == "__main__":
    unittest.main()
