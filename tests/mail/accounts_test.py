"""How an account gets its servers: by parameters, by links, by a relay's registration page; and every way in which that fails, said
in plain words, with nothing sent to a server whose certificate is not right."""
import re
import unittest

import world
from world import SUBJECT, Case, RpcError, join, peer, setUpModule, subject, tearDownModule, until  # noqa: F401
from certificates import Authority
from gateway import free_port
from parties import Server
from wrong_server import WrongServer

# Delta Chat's connectivity: what a client shows as a light.
NOT_CONNECTED, CONNECTING, WORKING, CONNECTED = 1000, 2000, 3000, 4000
ANY = "acceptInvalidCertificates"
CHECKED = "strict" if SUBJECT == "ours" else ANY  # core trusts the Web's authorities alone


def empty(name="empty"):
    return world.SERVERS[SUBJECT].unconfigured(name)


class Configuring(Case):
    def configured(self, account, address):
        until(lambda: account.rpc("is_configured"), what="the configuration")
        account.address = address
        self.assertEqual(address, account.rpc("get_config", "configured_addr"))
        [transport] = account.rpc("list_transports")
        self.assertEqual(address, transport["addr"])
        self.assertIn("***@rig.test imap:[127.0.0.1:", account.rpc("get_info")["used_transport_settings"])
        bob = peer("bob")
        _, its = join(account, bob)
        self.sent(bob, its, account)
        return transport

    def test_by_parameters_over_both_kinds_of_tls(self):
        for security in ("ssl", "starttls"):
            account, address = empty(), self.rig.address("alice")
            since = account.now()
            account.rpc("add_or_update_transport", self.rig.login(address, security, CHECKED), seconds=60)
            account.wait("ConfigureProgress", since, progress=1000)
            account.wait("ImapInboxIdle", since)
            until(lambda: account.rpc("get_connectivity") == CONNECTED, what=f"the connection over {security}")
            self.configured(account, address)

    def test_by_a_link_that_names_the_servers(self):
        account, address = empty(), self.rig.address("alice")
        link = self.rig.dclogin(address, checks=1 if SUBJECT == "ours" else 3)
        self.assertEqual({"kind": "login", "address": address}, account.rpc("check_qr", link))
        account.rpc("add_transport_from_qr", link, seconds=60)
        self.configured(account, address)

    @unittest.skipUnless(SUBJECT == "ours", "core trusts the Web's authorities alone and takes no servers from a relay's answer")
    def test_by_the_registration_page_of_a_relay(self):
        account = empty()
        account.rpc("add_transport_from_qr", self.rig.dcaccount(), seconds=60)
        address = account.rpc("get_config", "configured_addr")
        self.assertRegex(address, r"\A\w{9}@rig\.test\Z")
        self.configured(account, address)

    def test_a_relay_that_makes_no_accounts_says_why(self):
        account = empty()
        self.rig.registration.refuse = (503, "no new accounts today")
        try:
            with self.assertRaises(RpcError) as refused:
                account.rpc("add_transport_from_qr", self.rig.dcaccount(), seconds=60)
        finally:
            self.rig.registration.refuse = None
        if SUBJECT == "ours":
            self.assertIn("no new accounts today", refused.exception.message)
        self.assertFalse(account.rpc("is_configured"))


class Refusals(Case):
    def refused(self, words, login, names=()):
        """The error of a login that has to fail. Ours names the server and says these words."""
        account = empty()
        since = account.now()
        with self.assertRaises(RpcError) as refused:
            account.rpc("add_or_update_transport", login, seconds=90)
        account.wait("ConfigureProgress", since, progress=0)
        self.assertFalse(account.rpc("is_configured"))
        self.assertEqual([], account.rpc("list_transports"))
        if SUBJECT == "ours":
            for word in (words, *names):
                self.assertRegex(refused.exception.message, word)
        self.assertNotIn(login["password"], refused.exception.message)

    def test_wrong_passwords(self):
        address = self.rig.address("alice")
        right = self.rig.login(address, checks=CHECKED)
        self.refused("(?i)password", {**right, "password": "not it"}, [f"127.0.0.1:({right['imapPort']}|{right['smtpPort']})"])
        self.refused("(?i)password", {**right, "password": "not it", "smtpPassword": right["password"]},
                     [f"127.0.0.1:{right['imapPort']}", "Authentication failed"])
        self.refused("(?i)password", {**right, "smtpPassword": "not it"}, [f"127.0.0.1:{right['smtpPort']}", "authentication failed"])

    def test_servers_that_are_not_there(self):
        address = self.rig.address("alice")
        closed = free_port()
        for server in ("imap", "smtp"):
            self.refused("(?i)connect|reach", {**self.rig.login(address, checks=CHECKED), f"{server}Port": closed}, [f"127.0.0.1:{closed}"])

    def test_certificates_that_are_not_right(self):
        address = self.rig.address("alice")
        authority = Authority(self.rig.folder / "others")
        wrong = {"of an unknown authority": authority.sign("stranger", "IP:127.0.0.1,DNS:localhost"),
                 "of another name": self.rig.authority.sign("other", "DNS:mail.example")}
        for what, certificate in wrong.items():
            for kind in ("imap", "smtp"):
                for starttls in (False, True):
                    with self.subTest(certificate=what, server=kind, starttls=starttls):
                        server = WrongServer(kind, certificate, starttls)
                        self.addCleanup(server.close)
                        login = {**self.rig.login(address, checks="strict" if kind == "imap" or SUBJECT == "ours" else ANY),
                                 f"{kind}Port": server.port, f"{kind}Security": "starttls" if starttls else "ssl"}
                        if kind == "smtp" and SUBJECT == "core":
                            continue  # its IMAP server would be refused first
                        self.refused("(?i)certificate", login, [f"127.0.0.1:{server.port}"])
                        self.assertGreater(server.tries, 0)
                        self.assertEqual(b"", server.sent_over_tls)
                        self.assertNotIn(login["password"].encode(), server.in_clear)

    def test_a_server_without_tls_where_it_is_asked_for(self):
        address = self.rig.address("alice")
        imap, smtp = self.rig.ports("starttls")
        for kind, port in (("imap", imap), ("smtp", smtp)):
            self.refused("(?i)tls|ssl", {**self.rig.login(address, checks=CHECKED), f"{kind}Port": port, f"{kind}Security": "ssl"},
                         [f"127.0.0.1:{port}"])


class Running(Case):
    """What an account says while it runs."""

    def test_connectivity_is_the_truth(self):
        with Server(SUBJECT, self.rig) as server:
            alice = server.party("alice")
            until(lambda: alice.rpc("get_connectivity") == CONNECTED, what="connected")
            self.assertIn("rig.test", alice.rpc("get_connectivity_html"))
            alice.rpc("stop_io")
            until(lambda: alice.rpc("get_connectivity") == NOT_CONNECTED, what="not connected")
            alice.rpc("start_io")
            until(lambda: alice.rpc("get_connectivity") == CONNECTED, what="connected again")
            server.restart()
            alice.rpc("start_io")
            until(lambda: alice.rpc("get_connectivity") == CONNECTED, what="connected after a restart")

    def test_a_password_that_was_changed_at_the_provider_is_told(self):
        with Server(SUBJECT, self.rig) as server:
            alice = server.party("alice")
            self.rig.lock_out(alice.address)
            try:
                alice.rpc("stop_io")
                alice.rpc("start_io")
                until(lambda: alice.rpc("get_connectivity") < CONNECTED, what="not connected")
                until(lambda: any(alice.address in text for text in self.device_texts(alice)), 40, "a device message")
            finally:
                self.rig.lock_out(alice.address, False)

    def test_a_mailbox_that_is_almost_full_is_told(self):
        address = self.rig.address("small")
        for _ in range(9):
            self.rig.mailboxes.deliver(address, b"Subject: old\r\n\r\n" + 100 * (b"x" * 98 + b"\r\n"))
        alice = subject("alice", address=address)
        until(lambda: re.search(r"\d+ ?%", re.sub("<style.*?</style>", "", alice.rpc("get_connectivity_html"), flags=re.S)),
              40, "the use of the mailbox on the page")
        if SUBJECT == "ours":  # core 2.57 shows it on the page alone
            until(lambda: any(re.search(r"\d+ ?%", text) for text in self.device_texts(alice)), 40, "a device message")

    @staticmethod
    def device_texts(party):
        chats = [chat for chat in party.rpc("get_chatlist_entries", None, None, None) if party.chat(chat)["isDeviceChat"]]
        return [text for chat in chats for text in party.texts(chat)]

    def test_several_transports(self):
        alice, bob = subject("alice"), peer("bob")
        _, its = join(alice, bob)
        other = self.rig.address("alice-other")
        alice.rpc("add_or_update_transport", self.rig.login(other, checks=CHECKED), seconds=60)
        self.assertEqual({alice.address, other}, {transport["addr"] for transport in alice.rpc("list_transports")})
        self.sent(alice, alice.rpc("create_chat_by_contact_id", alice.contact_of(bob)), bob)
        alice.rpc("set_config", "configured_addr", other)
        self.assertEqual(other, alice.rpc("get_config", "configured_addr"))
        self.sent(alice, alice.rpc("create_chat_by_contact_id", alice.contact_of(bob)), bob)
        before = len(self.rig.smtp.sent_by(bob.address))
        self.sent(bob, its, alice)
        reached = {address for mail in self.rig.smtp.sent_by(bob.address)[before:] for address in mail.recipients}
        self.assertIn(other, reached)
        old = alice.address
        alice.rpc("delete_transport", old)
        self.assertEqual([other], [transport["addr"] for transport in alice.rpc("list_transports")])
        self.sent(alice, alice.rpc("create_chat_by_contact_id", alice.contact_of(bob)), bob)
        self.sent(bob, its, alice)


if __name__ == "__main__":
    unittest.main()
