"""The daemon that is built without mail: what it is for works, and whoever asks for mail is told that this build has none."""
import pathlib
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from gateway import DAEMON, Gateway, RpcError, join, until  # noqa: E402


class WithoutMail(unittest.TestCase):
    def test_two_of_them_join_and_talk_and_go_on_after_a_restart(self):
        with Gateway("alice") as alice, Gateway("bob") as bob:
            at_alice, at_bob = join(alice, bob)
            for sender, chat, receiver, there, text in ((alice, at_alice, bob, at_bob, "to bob"), (bob, at_bob, alice, at_alice, "to alice")):
                sender.send(chat, text)
                until(lambda: text in receiver.texts(there), what=f"'{text}'")
            alice.restart()
            alice.send(at_alice, "after a restart")
            until(lambda: "after a restart" in bob.texts(at_bob), what="the text after a restart")
            self.assertEqual(200, alice.http("GET", "/health/ready")[0])

    def test_mail_is_refused_in_words(self):
        with Gateway("alice") as alice:
            account = alice.rpc("add_account")
            calls = {"add_or_update_transport": {"addr": "alice@example.org", "password": "secret"},
                     "add_transport_from_qr": "dclogin:alice@example.org?p=secret&v=1"}
            for method, argument in calls.items():
                with self.assertRaises(RpcError) as refused:
                    alice.rpc(method, account, argument)
                self.assertIn("without e-mail", str(refused.exception))
            self.assertNotIn("example.org", str(alice.rpc("list_transports", account)))

    def test_nothing_of_mail_is_in_it(self):
        program = pathlib.Path(DAEMON).read_bytes()
        for words in (b"this daemon has no lines to mail servers", b"rpgp", b"XCHATMAIL"):
            self.assertNotIn(words, program)


if __name__ == "__main__":
    unittest.main()
