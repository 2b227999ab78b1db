"""Backups: every answer of the API is the same before and after; kill -9 and a full disk in the middle leave the old
account or the new one; backup and restore of the command line, while messages flow."""
import concurrent.futures
import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import unittest

from gateway import CLI, Gateway, RpcError, join, scaled, until
from small_disk import SmallDisk

# Read methods that say something about the daemon, its events or its place, or that wait.
OF_THE_DAEMON = {
    "get_system_info", "get_info", "get_all_accounts", "get_all_account_ids", "get_selected_account_id",
    "get_next_event", "get_next_event_batch", "wait_next_msgs", "wait_for_all_work_done", "is_sending_finished", "sleep",
    "get_connectivity", "get_connectivity_html",
    "get_account_file_size", "get_storage_usage_report_string", "get_push_state", "rpc.discover",
    "get_chat_securejoin_qr_code", "get_chat_securejoin_qr_code_svg", "check_qr", "get_http_response"}


def answers(gateway, account=1):
    """The answer of every read method to every chat, message and contact that there is, by its call."""
    call = lambda method, *params: gateway.rpc(method, account, *params)
    chats = call("get_chatlist_entries", None, None, None)
    messages = sorted({i for chat in chats for i in call("get_message_ids", chat, True, False)})
    contacts = call("get_contact_ids", 0, None)
    values = {"account_id": [account], "chat_id": chats, "message_id": messages, "msg_id": messages,
              "contact_id": contacts, "chat_ids": [chats], "message_ids": [messages], "entries": [chats],
              "ids": [contacts], "contact_ids": [contacts], "list_flags": [0, 1], "info_only": [False, True],
              "add_daymarker": [False, True], "query": [None, "a", "plan"], "query_string": [None, "plan"],
              "query_contact_id": [None, *contacts], "key": ["displayname", "selfstatus", "bot", "addr", "ui.note"],
              "keys": [["displayname", "ui.note", "configured_addr"]], "addr": ["bob@" + os.uname().nodename],
              "message_type": ["File"], "or_message_type2": [None], "or_message_type3": [None],
              "include_blocked": [False, True], "from_server": [False], "seconds": [3600]}
    found = {}
    for method in gateway.rpc("rpc.discover")["methods"]:
        name = method["name"]
        if not method["x-scope"].endswith("read") or name in OF_THE_DAEMON:
            continue
        sets = [values.get(param["name"], [None]) for param in method["params"]]
        for params in itertools.product(*sets):
            try:
                answer = gateway.rpc(name, *params)
            except RpcError as error:
                answer = ["error", error.message]
            text = json.dumps(answer, sort_keys=True).replace(str(gateway.accounts), "DIR")
            found[f"{name} {json.dumps(params[1:])}"] = text
    return found


class Answers(unittest.TestCase):
    def test_every_answer_is_the_same_and_contacts_notice_nothing(self):
        with Gateway("alice") as alice, Gateway("bob") as bob, Gateway("spare") as spare:
            chat, bobs = join(alice, bob)
            folder = pathlib.Path(tempfile.mkdtemp(dir=alice.folder))
            (alice.folder / "plan.txt").write_text("the plan " * 20_000)
            asked = alice.send(chat, "a plan?")
            alice.rpc("send_msg", 1, chat, {"file": str(alice.folder / "plan.txt"), "text": "a plan"})
            until(lambda: "a plan" in bob.texts(bobs), what="the file at Bob's")
            theirs = bob.rpc("get_message_ids", 1, bobs, False, False)
            bob.rpc("send_reaction", 1, theirs[-1], ["👍"])
            bob.rpc("send_msg", 1, bobs, {"text": "good", "quotedMessageId": theirs[-1]})
            until(lambda: "good" in alice.texts(chat), what="Bob's answer")
            alice.rpc("send_edit_request", 1, asked, "a plan, please?")
            group = alice.rpc("create_group_chat", 1, "Shift 2", False)
            alice.rpc("add_contact_to_chat", 1, group, alice.rpc("get_chat_contacts", 1, chat)[0])
            alice.send(group, "in the group")
            until(lambda: any("in the group" in bob.texts(one) for one in
                              bob.rpc("get_chatlist_entries", 1, None, None, None)), what="the group at Bob's")
            alice.rpc("batch_set_config", 1, {"displayname": "Alice", "ui.note": "kept", "selfstatus": "here"})
            alice.rpc("misc_set_draft", 1, chat, "half a", None, None, None, None)
            alice.rpc("stop_io", 1)
            before = answers(alice)
            self.assertGreater(len(before), 150)
            events = alice.events()
            alice.rpc("export_backup", 1, str(folder), "secret")
            written = events.wait("ImexFileWritten")
            events.wait("ImexProgress", progress=1000)
            self.assertEqual([written["path"]], [str(path) for path in folder.iterdir()])
            self.assertEqual(alice.stop(), 0)

            come = spare.events()
            spare.rpc("import_backup", 1, written["path"], "secret")
            come.wait("ImexProgress", progress=1000)
            after = answers(spare)
            self.assertEqual(before.keys(), after.keys())
            for what, said in before.items():
                with self.subTest(what):
                    self.assertEqual(self.lasting(said), self.lasting(after[what]))

            bob.send(bobs, "are you still there?")
            spare.send(chat, "at another place")
            until(lambda: "at another place" in bob.texts(bobs), 40, "a message of the restored account")
            until(lambda: "are you still there?" in spare.texts(chat), 40, "a message to the restored account")
            self.assertEqual(bob.texts(bobs).count("good"), 1)

    @staticmethod
    def lasting(answer):
        """Without what goes on by itself: when somebody was seen last."""
        return re.sub(r'"lastSeen": \d+|"wasSeenRecently": \w+', "", answer)


class Interrupted(unittest.TestCase):
    """A backup with 3,000 messages, made once."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="edge-backup-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        with Gateway("alice") as alice:
            chat = alice.rpc("create_chat_by_contact_id", 1, 1)
            for start in range(0, 3000, 1000):
                batch = [{"jsonrpc": "2.0", "id": i, "method": "send_msg",
                          "params": [1, chat, {"text": f"{i} " + "x" * 200}]} for i in range(start, start + 1000)]
                _, _, answers_ = alice.http("POST", "/rpc", json.dumps(batch), {"Content-Type": "application/json"}, 60)
                assert all("result" in answer for answer in json.loads(answers_)), answers_[:300]
            big = alice.folder / "big.bin"
            big.write_bytes(os.urandom(3_000_000))
            alice.rpc("send_msg", 1, chat, {"file": str(big), "text": "3000 big"})
            cls.addr = alice.rpc("get_account_info", 1)["addr"]
            cls.file = cls.folder / "alice.pvebak"
            alice.rpc("export_backup", 1, str(cls.file), "secret")

    def whole(self, gateway):
        """The account is the one that was there before, or the one of the backup with all of it."""
        addr = gateway.rpc("get_account_info", 1)["addr"]
        if addr != self.addr:
            self.assertIn("spare", addr)
            self.assertEqual([i for i in gateway.rpc("get_contact_ids", 1, 0, None) if i > 9], [])
            return False
        chat = gateway.rpc("create_chat_by_contact_id", 1, 1)
        self.assertEqual(len(gateway.rpc("get_message_ids", 1, chat, False, False)), 3001)
        return True

    def test_kill_9_in_the_middle_leaves_the_old_account_or_the_new_one(self):
        with Gateway("spare") as spare:
            for progress in (25, 300, 575, 650, 800, 925):
                events = spare.events()
                caller = threading.Thread(target=self.quiet_import, args=(spare,))
                caller.start()
                events.wait("ImexProgress", 30)
                with contextlib.suppress(AssertionError):
                    until(lambda: any(e["progress"] >= progress for e in list(events.of("ImexProgress"))), 10)
                spare.kill9()
                caller.join()
                spare.close_streams()
                spare.start()
                if self.whole(spare):
                    break
                left = [path.name for path in spare.accounts.iterdir() if path.name.startswith("import-")]
                self.assertEqual(left, [])
            else:
                spare.rpc("import_backup", 1, str(self.file), "secret", seconds=60)
            self.assertTrue(self.whole(spare))
            self.assertEqual(spare.rpc("get_all_account_ids"), [1])

    def quiet_import(self, gateway):
        with contextlib.suppress(Exception):
            gateway.rpc("import_backup", 1, str(self.file), "secret", seconds=60)

    def test_stop_ongoing_process_ends_it_and_nothing_is_changed(self):
        with Gateway("spare") as spare, concurrent.futures.ThreadPoolExecutor(1) as pool:
            events = spare.events()
            running = pool.submit(spare.rpc, "import_backup", 1, str(self.file), "secret", seconds=60)
            events.wait("ImexProgress", 30)
            spare.rpc("stop_ongoing_process", 1)
            try:
                running.result(scaled(60))
            except RpcError as error:
                self.assertIn("stopped", error.message)
                self.assertFalse(self.whole(spare))
                events.wait("ImexProgress", progress=0)
            else:
                self.assertTrue(self.whole(spare))  # it was through

    def test_a_full_disk_refuses_both_ways_and_leaves_nothing(self):
        small = SmallDisk(self, 9)
        with Gateway("spare", folder=small.folder) as spare:
            with self.assertRaises(RpcError) as refused:
                spare.rpc("import_backup", 1, str(self.file), "secret", seconds=60)
            self.assertRegex(refused.exception.message.lower(), "full|space|disk")
            self.assertFalse(self.whole(spare))
            spare.send(spare.rpc("create_chat_by_contact_id", 1, 1), "there is room for this")
            small.resize(64)
        with Gateway("alice") as alice:
            alice.rpc("import_backup", 1, str(self.file), "secret", seconds=60)
            little = SmallDisk(self, 1).folder
            with self.assertRaises(RpcError) as refused:
                alice.rpc("export_backup", 1, str(little), "secret", seconds=60)
            self.assertRegex(refused.exception.message.lower(), "full|space|disk")
            self.assertEqual(list(little.iterdir()), [])


class CommandLine(unittest.TestCase):
    def run_cli(self, gateway, *words, env=None, stdin=subprocess.DEVNULL):
        return subprocess.run([CLI, "--url", gateway.url, *words], capture_output=True, text=True, stdin=stdin,
                              timeout=scaled(60), check=False, env={**os.environ, **(env or {})}, cwd=gateway.folder)

    def test_a_backup_into_a_folder_names_its_file(self):
        with Gateway("alice") as alice:
            folder = alice.folder / "backups"
            folder.mkdir()
            for words in (["--json"], []):
                before = set(folder.iterdir())
                made = self.run_cli(alice, *words, "backup", "--no-passphrase", str(folder))
                self.assertEqual(made.returncode, 0, made.stderr)
                [file] = set(folder.iterdir()) - before
                self.assertIn(str(file.resolve()), made.stdout)

    def test_backup_while_messages_flow_and_restore(self):
        with Gateway("alice") as alice, Gateway("spare") as spare:
            chat = alice.rpc("create_chat_by_contact_id", 1, 1)
            done, sent = threading.Event(), []

            def flow():
                while not done.is_set():
                    sent.append(alice.send(chat, f"{len(sent)}"))
            writer = threading.Thread(target=flow)
            writer.start()
            until(lambda: len(sent) > 20, what="messages")
            (alice.folder / "pass").write_text("a long passphrase\n")
            made = self.run_cli(alice, "backup", "a.pvebak", "--passphrase-file", "pass")
            at_end = len(sent)
            done.set()
            writer.join()
            self.assertEqual(made.returncode, 0, made.stderr)
            file = alice.folder / "a.pvebak"
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            self.assertIn(str(file.resolve()), made.stdout)
            again = self.run_cli(alice, "backup", "a.pvebak", "--passphrase-file", "pass")
            self.assertEqual(again.returncode, 1)
            self.assertIn("exists already", again.stderr)
            none = self.run_cli(alice, "backup", "b.pvebak")
            self.assertIn("PRIVITTY_BACKUP_PASSPHRASE", none.stderr)

            wrong = self.run_cli(spare, "restore", str(file), env={"PRIVITTY_BACKUP_PASSPHRASE": "wrong"})
            self.assertEqual(wrong.returncode, 1)
            self.assertIn("the passphrase is wrong, or the file is damaged", wrong.stderr)
            alice.stop()
            back = self.run_cli(spare, "--json", "restore", str(file),
                                env={"PRIVITTY_BACKUP_PASSPHRASE": "a long passphrase"})
            self.assertEqual(back.returncode, 0, back.stderr)
            self.assertEqual(json.loads(back.stdout)["account"], 1)
            texts = spare.texts(chat)
            self.assertEqual(texts, [str(i) for i in range(len(texts))], "one moment of it, without a gap")
            self.assertGreater(len(texts), 20)
            self.assertLessEqual(len(texts), at_end + 1)
            twice = self.run_cli(spare, "restore", str(file),
                                 env={"PRIVITTY_BACKUP_PASSPHRASE": "a long passphrase"})
            self.assertIn("here already", twice.stderr)
            self.assertEqual(spare.rpc("get_all_account_ids"), [1])


class Moving(unittest.TestCase):
    def test_an_account_moves_by_a_code_and_lives_in_one_place(self):
        with Gateway("alice") as alice, Gateway("bob") as bob, Gateway("spare") as spare, \
                concurrent.futures.ThreadPoolExecutor(2) as pool:
            chat, bobs = join(alice, bob)
            big = alice.folder / "big.bin"
            big.write_bytes(os.urandom(2_000_000))
            alice.rpc("send_msg", 1, chat, {"file": str(big), "text": "a large file"})
            until(lambda: "a large file" in bob.texts(bobs), what="the file at Bob's")
            old, new = alice.events(), spare.events()
            given = pool.submit(alice.rpc, "provide_backup", 1, seconds=60)
            code = until(lambda: self.code_of(alice), what="the code")
            seen = spare.rpc("check_qr", 1, code)
            self.assertEqual(seen["kind"], "backup2")
            self.assertIn(seen["auth_token"], code)
            self.assertIn("<svg", alice.rpc("get_backup_qr_svg", 1))
            with self.assertRaises(RpcError):
                bob.rpc("get_backup", 1, code)  # in use
            wrong = code.replace(seen["auth_token"], "A" * 43)
            with self.assertRaises(RpcError) as refused:
                spare.rpc("get_backup", 1, wrong)
            self.assertIn("the code is good once", refused.exception.message)
            spare.rpc("get_backup", 1, code, seconds=60)
            given.result(scaled(60))
            self.assertIn("moved to another gateway", old.wait("Error")["msg"])
            old.wait("ImexProgress", progress=1000)
            new.wait("ImexProgress", progress=1000)
            with self.assertRaises(RpcError) as refused:
                alice.rpc("start_io", 1)
            self.assertIn("lives on another gateway", refused.exception.message)
            alice.rpc("start_io_for_all_accounts")
            self.assertEqual(alice.rpc("get_connectivity", 1), 1000)
            spare.send(chat, "from the new place")
            until(lambda: "from the new place" in bob.texts(bobs), 40, "a message of the moved account")
            bob.send(bobs, "to the new place")
            until(lambda: "to the new place" in spare.texts(chat), 40, "a message to the moved account")
            self.assertEqual(alice.texts(chat).count("to the new place"), 0)
            self.assertEqual(alice.restart().rpc("get_connectivity", 1), 1000)

    @staticmethod
    def code_of(gateway):
        with contextlib.suppress(RpcError):
            return gateway.rpc("get_backup_qr", 1)

    def test_an_identity_alone(self):
        with Gateway("alice") as alice, Gateway("spare") as spare:
            alice.rpc("export_self_keys", 1, str(alice.folder), "secret")
            file = next(alice.folder.glob("privitty-edge-identity-*"))
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            link = spare.rpc("get_chat_securejoin_qr_code", 1, None)
            for passphrase, says in (("wrong", "the passphrase is wrong"), (None, "none was given")):
                with self.assertRaises(RpcError) as refused:
                    spare.rpc("import_self_keys", 1, str(file), passphrase)
                self.assertIn(says, refused.exception.message)
            spare.rpc("import_self_keys", 1, str(file.parent), "secret")  # or the folder that it is alone in
            same = lambda what: (alice.rpc("get_info", 1)[what], spare.rpc("get_info", 1)[what])
            self.assertEqual(*same("fingerprint"))
            self.assertNotEqual(*same("mailbox"))
            self.assertNotEqual(link, spare.rpc("get_chat_securejoin_qr_code", 1, None))
            self.assertEqual(spare.restart().rpc("get_info", 1)["fingerprint"], alice.rpc("get_info", 1)["fingerprint"])
            with self.assertRaises(RpcError) as refused:
                alice.rpc("import_self_keys", 1, str(file), "secret")
            self.assertIn("here already", refused.exception.message)


if __name__ == "__main__":
    unittest.main()
