"""A fleet's licenses, off line: issue, serve, activate, what needs one, and giving it back."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from gateway import CLI, Gateway, RpcError, free_port, join, scaled, until


def cli(*args):
    return subprocess.run([CLI, *map(str, args)], capture_output=True, text=True, timeout=scaled(30), check=False)


class Licenses(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.key, self.licenses = self.folder / "issuer.key", self.folder / "licenses"
        done = cli("--json", "license", "issue", "--key", self.key, "--customer", "Acme", "--devices", 1,
                   "--expires", "2099-12-31", "--licenses", self.licenses)
        self.assertEqual(done.returncode, 0, done.stderr)
        issued = json.loads(done.stdout)
        self.issuer = issued["issuer"]
        self.assertIn(self.issuer, done.stderr)
        self.server = subprocess.Popen([CLI, "license", "serve", "--key", self.key, "--licenses", self.licenses,
                                        "--listen", f"127.0.0.1:{free_port()}"], stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end_server)
        bound = re.search(r"http://\S+", self.server.stderr.readline()).group(0)
        self.url = bound + issued["path"]

    def end_server(self):
        self.server.terminate()
        self.assertEqual(self.server.wait(scaled(10)), 0)
        self.server.stderr.close()

    def test_a_license_is_needed_only_where_an_issuer_is_configured(self):
        with Gateway("one", flags=["--license-issuer", self.issuer]) as one, Gateway("two") as two:
            chat, _ = join(one, two)
            peer = one.rpc("get_chat_contacts", 1, chat)[0]
            plan = self.folder / "plan.txt"
            plan.write_text("a plan")
            send = (1, chat, peer, str(plan), False, False, 0)
            with self.assertRaises(RpcError) as no:
                one.rpc("privitty_send_file", *send)
            self.assertEqual(no.exception.code, -32001)
            self.assertEqual(no.exception.message,
                             "Privitty license required: status is 'no_license'. Run `privitty-edge license activate "
                             "<url>` to install or renew.")
            self.assertEqual(one.rpc("privitty_license_get_status"), 3)
            one.send(chat, "plain texts are free")
            until(lambda: "plain texts are free" in two.texts(two.rpc("get_chatlist_entries", 1, None, None, None)[0]),
                  what="the text")
            self.assertEqual(two.rpc("privitty_license_get_status"), 5)

            done = cli("--accounts", one.accounts, "license", "--issuer", self.issuer, "activate", self.url)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("licensed to Acme", done.stdout)
            one.restart()
            self.assertEqual(one.rpc("privitty_license_get_status"), 0)
            info = json.loads(one.rpc("privitty_license_get_info"))
            self.assertEqual((info["status"], info["customerId"], info["maxDevices"]), ("active", "Acme", 1))
            self.assertTrue(one.rpc("privitty_send_file", *send)["encrypted_path"].endswith(".prv"))
            self.assertIsNone(one.rpc("privitty_license_sync"))

            # The only seat is taken until it is given back.
            with Gateway("three", flags=["--license-issuer", self.issuer, "--license-url", self.url]) as three:
                three.wait_log("all 1 seats")
                self.assertEqual(three.rpc("privitty_license_get_status"), 3)
                self.assertIsNone(one.rpc("privitty_license_deactivate"))
                self.assertEqual(one.rpc("privitty_license_get_status"), 3)
                three.restart()  # asks again, as it has no privitty.lic
                self.assertEqual(three.rpc("privitty_license_get_status"), 0)
                done = cli("--accounts", three.accounts, "license", "--issuer", self.issuer, "status")
                self.assertEqual(done.stdout.strip(), "active")

    def test_a_license_for_one_device_is_a_file_put_in_place(self):
        with Gateway("one", flags=["--license-issuer", self.issuer]) as one:
            fingerprint = cli("--accounts", one.accounts, "fingerprint").stdout.strip()
            done = cli("license", "issue", "--key", self.key, "--customer", "Acme", "--expires", "never",
                       "--device", fingerprint)
            self.assertEqual(done.returncode, 0, done.stderr)
            (one.accounts / "privitty.lic").write_text(done.stdout)
            self.assertIsNone(one.rpc("privitty_license_init", str(one.accounts), None, None))
            self.assertEqual(one.rpc("privitty_license_get_status"), 0)
            self.assertIsNone(one.rpc("privitty_license_check_feature", 1))


if __name__ == "__main__":
    unittest.main()
