"""A fleet's licenses, off line: issue, serve, activate, what needs one, and giving it back."""
import datetime
import json
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from gateway import CLI, Gateway, RpcError, free_port, join, scaled, until
from moved_clock import MOVABLE, YEAR, MovedClock


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
                # What was given back is got again from where it came from, once there is a seat.
                with self.assertRaises(RpcError) as full:
                    one.rpc("privitty_license_activate")
                self.assertIn("all 1 seats", full.exception.message)
                self.assertIsNone(three.rpc("privitty_license_deactivate"))
                self.assertIsNone(one.rpc("privitty_license_activate"))
                self.assertEqual(one.rpc("privitty_license_get_status"), 0)
                self.assertEqual(json.loads(one.rpc("privitty_license_get_info"))["activatedDevices"], 1)

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

    # Years ago, and within the days of grace that a license can have.
    ended = (datetime.date.today() - datetime.timedelta(days=2000)).isoformat()

    def test_a_license_that_no_device_would_take_is_not_issued(self):
        for words, said in ((["--devices", "0"], "--devices: expected 1 to"), (["--devices", "1000001"], "--devices"),
                            (["--grace-days", "3651"], "--grace-days: expected 0 to 3650"),
                            (["--expires", "2020-02-30x"], "--expires"), (["--expires", "2027-02-30"], "--expires"),
                            (["--expires", "2027-1-1"], "--expires"), (["--device", "AB" * 32], "--device"),
                            (["--customer", "A\udcff"], "--customer"), (["--customer", "A" * 257], "--customer"),
                            (["--customer", "A\nB"], "--customer"), (["--type", "\x1b[31m"], "--type")):
            done = cli("license", "issue", "--key", self.key, "--licenses", self.licenses,
                       *(["--expires", "never"] if "--expires" not in words else []),
                       *(["--customer", "Acme"] if "--customer" not in words else []), *words)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(said, done.stderr)

    def test_the_last_day_the_days_of_grace_and_the_end(self):
        with Gateway("one", flags=["--license-issuer", self.issuer]) as one, Gateway("two") as two:
            chat, _ = join(one, two)
            peer = one.rpc("get_chat_contacts", 1, chat)[0]
            fingerprint = cli("--accounts", one.accounts, "fingerprint").stdout.strip()
            for grace, number, word in ((3650, 1, "grace_period"), (0, 2, "expired")):
                done = cli("license", "issue", "--key", self.key, "--customer", "Acme", "--expires", self.ended,
                           "--grace-days", grace, "--device", fingerprint)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("the license is over already", done.stderr)
                (one.accounts / "privitty.lic").write_text(done.stdout)
                one.rpc("privitty_license_init", str(one.accounts), None, None)
                self.assertEqual(one.rpc("privitty_license_get_status"), number)
                plan = self.folder / f"{word}.txt"
                plan.write_text("a plan")
                group = one.rpc("create_group_chat", 1, word, False)
                one.rpc("add_contact_to_chat", 1, group, peer)
                for call in (("privitty_send_file", 1, chat, peer, str(plan), False, False, 0),
                             ("privitty_send_group_file", 1, group, str(plan), False, False, 0),
                             ("privitty_revoke_file_access", 1, chat, 1, None)):
                    with self.subTest(word=word, row=call[0]):
                        if number == 1:
                            try:
                                one.rpc(*call)
                            except RpcError as error:
                                self.assertNotEqual(error.code, -32001)
                            plan.with_name(plan.name + ".prv").unlink(missing_ok=True)
                        else:
                            with self.assertRaises(RpcError) as no:
                                one.rpc(*call)
                            self.assertEqual(no.exception.code, -32001)
                            self.assertIn("status is 'expired'", no.exception.message)

    @unittest.skipUnless(MOVABLE, "this build's clocks cannot be moved")
    def test_a_clock_that_ran_ahead_costs_the_license_until_its_issuer_is_asked_and_one_set_back_gains_nothing(self):
        clock = MovedClock(self.folder)
        with Gateway("one", flags=["--license-issuer", self.issuer, "--license-url", self.url], env=clock.env) as one:
            self.assertEqual(one.rpc("privitty_license_get_status"), 0)
            clock.set(100 * YEAR)
            self.assertEqual(one.rpc("privitty_license_get_status"), 2)
            clock.set(0)
            for _ in range(2):  # nor does a restart forget it
                self.assertEqual(one.rpc("privitty_license_get_status"), 4)
                with self.assertRaises(RpcError) as no:
                    one.rpc("privitty_license_check_feature", 1)
                self.assertIn("status is 'expired'", no.exception.message)
                one.restart()
            # Issued a second later at least, which is what distinguishes a new license from a kept one.
            until(lambda: one.rpc("privitty_license_sync") is None and one.rpc("privitty_license_get_status") == 0,
                  what="a newer license")
            self.assertIsNone(one.rpc("privitty_license_check_feature", 1))

    def test_who_asks_with_wrong_tokens_is_slowed_alone_and_a_returned_license_says_so_in_words(self):
        def fetch(url):
            try:
                with urllib.request.urlopen(urllib.request.Request(url, headers={"Device-Fingerprint": "a" * 64})) as answer:
                    return answer.status, {}
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.headers
        with Gateway("one", flags=["--license-issuer", self.issuer]) as one:
            license_of_one = ["--accounts", one.accounts, "license", "--issuer", self.issuer]
            self.assertEqual(cli(*license_of_one, "activate", self.url).returncode, 0)
            self.assertEqual(cli(*license_of_one, "sync").stdout.strip(), "active")
            done = cli(*license_of_one, "deactivate")
            self.assertEqual((done.returncode, done.stdout.strip()), (0, "no_license"))
            self.assertEqual(done.stderr.strip(), "the license was deactivated here")  # and no line of a log
        wrong = self.url[:-4] + ("0000" if self.url[-4:] != "0000" else "1111")
        for _ in range(10):
            self.assertEqual(fetch(wrong)[0], 404)
        status, headers = fetch(wrong)
        self.assertEqual(status, 429)
        self.assertLessEqual(int(headers["Retry-After"]), 6)
        self.assertEqual(fetch(self.url)[0], 200)  # a device with the right one, behind the same address
        self.assertEqual(fetch(wrong)[0], 429)


if __name__ == "__main__":
    unittest.main()
