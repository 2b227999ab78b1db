"""A daemon as a container starts it: one setting makes account 1 a mail account, and a phone scans what `privitty-edge invite` prints."""
import os
import subprocess
import unittest

import world
from world import Case, peer, setUpModule, tearDownModule, until  # noqa: F401
from gateway import CLI, Gateway, scaled


@unittest.skipUnless(world.SUBJECT == "ours", "this is about our daemon")
class Started(Case):
    def daemon(self, account):
        return self.enterContext(Gateway("edge", env={"SSL_CERT_FILE": str(self.rig.authority.file), "PRIVITTY_MAIL_ACCOUNT": account}))

    def cli(self, gateway, *words):
        done = subprocess.run([CLI, *words], env={**os.environ, "PRIVITTY_URL": gateway.url}, capture_output=True, text=True, timeout=scaled(30), check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def test_from_the_start_to_a_message_on_a_phone(self):
        edge = self.daemon(self.rig.dcaccount())
        until(lambda: edge.rpc("is_configured", 1), what="the account")
        until(lambda: edge.rpc("get_connectivity", 1) == 4000, what="the connection")
        printed = self.cli(edge, "invite")
        link = next(line for line in printed.splitlines() if line.startswith("https://i.delta.chat/#"))
        phone = peer("phone")
        self.assertEqual("askVerifyContact", phone.rpc("check_qr", link)["kind"])
        events = edge.events()
        since = phone.now()
        chat = phone.rpc("secure_join", link)
        done = events.wait("SecurejoinInviterProgress", progress=1000)
        phone.wait("SecurejoinJoinerProgress", since, progress=1000)
        here = edge.rpc("create_chat_by_contact_id", 1, done["contact_id"])
        msg = edge.send(here, "Pump 3 runs hot")
        self.is_padlocked(phone, phone.arrives("Pump 3 runs hot"))
        phone.rpc("markseen_msgs", [phone.arrives("Pump 3 runs hot")["id"]])
        until(lambda: edge.state(msg) == 28, what="the receipt")
        phone.send(chat, "Stop it")
        came = events.wait("IncomingMsg")
        self.assertEqual("Stop it", edge.rpc("get_message", 1, came["msg_id"])["text"])

        # A second start finds the account as it is, and asks the relay for no other one.
        address = edge.rpc("get_config", 1, "configured_addr")
        edge.restart()
        until(lambda: edge.rpc("get_connectivity", 1) == 4000, what="the connection after a restart")
        self.assertEqual(address, edge.rpc("get_config", 1, "configured_addr"))
        phone.send(chat, "Start it again")
        until(lambda: "Start it again" in edge.texts(here), what="the next text")

    def test_a_start_with_a_link_that_names_the_servers(self):
        edge = self.daemon(self.rig.dclogin(self.rig.address("edge")))
        until(lambda: edge.rpc("get_connectivity", 1) == 4000, what="the connection")


if __name__ == "__main__":
    unittest.main()
