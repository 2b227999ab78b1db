"""The daemon in the place of deltachat-rpc-server: how it starts and ends, where it stores, how accounts
are configured, and who reaches whom without HTTP."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from gateway import DAEMON, RpcError, scaled, until
from rpc_server import RpcServer, join, link_in


def run(program, *args, cwd, env=None, text=""):
    return subprocess.run([program, *args], cwd=cwd, env=env or {}, input=text, capture_output=True, text=True,
                          timeout=scaled(20))


def open_inodes(pid):
    """What a process has open, by inode; a file that it closes meanwhile is none of them."""
    inodes = set()
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(entry.stat().st_ino)
        except FileNotFoundError:
            continue
    return inodes


class Starting(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="edge-drop-in-")
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)
        self.program = link_in(self.folder)

    def test_version_openrpc_and_arguments_are_those_of_the_other_server(self):
        version = run(self.program, "--version", cwd=self.folder)
        self.assertEqual((0, ""), (version.returncode, version.stdout))
        self.assertRegex(version.stderr, r"\A\d+\.\d+\.\d+\n\Z")
        document = run(self.program, "--openrpc", cwd=self.folder)
        self.assertEqual(0, document.returncode)
        names = [method["name"] for method in json.loads(document.stdout)["methods"]]
        self.assertIn("get_next_event_batch", names)
        self.assertEqual(document.stdout, run(DAEMON, "--openrpc", cwd=self.folder).stdout)
        for wrong in (["--foo"], ["accounts"], ["--listen", "127.0.0.1:0"], ["--help"]):
            with self.subTest(wrong=wrong):
                refused = run(self.program, *wrong, cwd=self.folder)
                self.assertEqual((1, ""), (refused.returncode, refused.stdout))
                self.assertIn("deltachat-rpc-server" if len(wrong) == 1 else "no arguments", refused.stderr)
        self.assertEqual([pathlib.Path(self.program)], list(self.folder.iterdir()), "nothing was stored")

    def test_without_home_it_stores_in_accounts_below_the_working_folder(self):
        call = '{"jsonrpc":"2.0","id":1,"method":"get_all_account_ids","params":[]}\n'
        ended = run(self.program, cwd=self.folder, text=call)
        self.assertEqual((0, ""), (ended.returncode, ended.stderr))
        self.assertEqual({"jsonrpc": "2.0", "id": 1, "result": []}, json.loads(ended.stdout))
        self.assertTrue((self.folder / "accounts" / "store.db").is_file())
        by_flag = run(DAEMON, "--stdio", cwd=self.folder, env={"DC_ACCOUNTS_PATH": "elsewhere"}, text=call)
        self.assertEqual(0, by_flag.returncode, by_flag.stderr)
        self.assertTrue((self.folder / "elsewhere" / "store.db").is_file())

    def test_a_folder_of_something_else_is_refused_and_left_alone(self):
        documents = self.folder / "documents"
        documents.mkdir()
        (documents / "letter.txt").write_text("Dear")
        (self.folder / "a-file").write_text("not a folder")
        for program, flags in ((self.program, []), (DAEMON, ["--stdio"]),
                               (DAEMON, ["--listen", "127.0.0.1:0", "--accounts", str(documents)])):
            for name in ("documents", "a-file")[:1 if "--accounts" in flags else 2]:
                with self.subTest(program=program, flags=flags, name=name):
                    refused = run(program, *flags, cwd=self.folder, env={"DC_ACCOUNTS_PATH": name})
                    self.assertEqual((1, ""), (refused.returncode, refused.stdout))
                    self.assertIn("directory", refused.stderr)
                    self.assertIn(name, refused.stderr)
        self.assertEqual(["letter.txt"], [entry.name for entry in documents.iterdir()])
        # What an administrator puts there before the first start is no hindrance.
        (documents / "letter.txt").unlink()
        (documents / "edge.conf").write_text("workers = 2\n")
        (documents / "lost+found").mkdir()
        refused = run(DAEMON, "--stdio", "--accounts", str(documents), cwd=self.folder)
        self.assertEqual(1, refused.returncode, "no setting names edge.conf here")
        fine = run(DAEMON, "--stdio", "--accounts", str(documents), "--config", str(documents / "edge.conf"), cwd=self.folder)
        self.assertEqual(0, fine.returncode, fine.stderr)

    def test_the_end_of_input_ends_it_and_leaves_waiting_calls_unanswered(self):
        server = RpcServer(cwd=self.folder, reads_events=False).start()
        account = server.account("bot@edge")
        server.call("set_config", account, "last_msg_id", "1000")
        while server.send("get_next_event_batch").get(timeout=scaled(20))["result"][-1]["event"]["kind"] != "ImapInboxIdle":
            pass
        waits = [server.send("get_next_event"), server.send("get_next_event_batch"),
                 server.send("wait_next_msgs", account), server.send("sleep", 3600)]
        first, last = server.send("sleep", 0.3), server.send("get_system_info")  # answered in any order
        self.assertIn("result", last.get(timeout=scaled(20)))
        self.assertTrue(first.empty())
        self.assertIn("result", first.get(timeout=scaled(20)))
        self.assertEqual(0, server.end())
        self.assertEqual([None] * 4, [wait.get(timeout=scaled(20)) for wait in waits])


class Accounts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(RpcServer())

    def call(self, *args):
        return self.server.call(*args)

    def test_an_account_is_unconfigured_until_it_has_an_address(self):
        account = self.call("add_account")
        self.assertEqual({"kind": "Unconfigured", "id": account}, self.call("get_account_info", account))
        self.assertIs(False, self.call("is_configured", account))
        self.assertEqual([], self.call("list_transports", account))
        self.assertEqual([], self.call("get_chatlist_entries", account, None, None, None))
        for key in ("addr", "configured_addr", "configured"):
            self.assertIsNone(self.call("get_config", account, key))
        self.call("start_io", account)  # refused by an event, as Delta Chat's server does
        self.server.wait(account, "Warning", msg="can not start io on a context that is not configured")
        for call in (("get_chat_securejoin_qr_code", account, None), ("create_group_chat", account, "x", False)):
            with self.assertRaisesRegex(RpcError, "not configured"):
                self.call(*call)
        since = len(self.server.events)
        self.call("add_or_update_transport", account, {"addr": "bot@edge", "password": "not used"})
        place, _ = self.server.wait(account, "ConfigureProgress", since, progress=1000)
        self.server.wait(account, "ImapInboxIdle", place)
        self.assertIn("TransportsModified", self.server.kinds(account, since))
        self.assertIs(True, self.call("is_configured", account))
        for key in ("addr", "configured_addr"):
            self.assertEqual("bot@edge", self.call("get_config", account, key))
        [transport] = self.call("list_transports", account)
        self.assertEqual(("bot@edge", ""), (transport["addr"], transport["password"]))
        self.assertEqual("bot@edge", self.call("get_account_info", account)["addr"])
        self.assertEqual("bot@edge", self.call("get_contact", account, 1)["address"])
        self.assertEqual([11, 10], self.call("get_chatlist_entries", account, None, None, None))
        self.call("add_or_update_transport", account, {"addr": "other@edge", "password": ""})
        self.assertEqual("other@edge", self.call("get_config", account, "addr"))

    def test_every_way_to_configure_makes_a_native_account(self):
        for method, param in (("add_transport_from_qr", "dcaccount:edge"), ("set_config_from_qr", "DCACCOUNT:edge")):
            account = self.call("add_account")
            self.call(method, account, param)
            self.server.wait(account, "ConfigureProgress", progress=1000)
            self.assertRegex(self.call("get_config", account, "addr"), r"\A[a-z2-7]{9}@edge\Z")
        account = self.call("add_account")
        self.call("batch_set_config", account, {"addr": "echo@edge", "mail_pw": "x"})
        self.call("configure", account)
        self.assertEqual("echo@edge", self.call("get_config", account, "configured_addr"))
        self.call("configure", account)  # again: it stays as it is
        self.assertEqual("echo@edge", self.call("get_config", account, "configured_addr"))
        account = self.call("add_account")
        self.call("set_config", account, "bot", "1")
        self.call("configure", account)
        self.assertEqual([10], self.call("get_chatlist_entries", account, None, None, None), "bots are not welcomed")
        self.assertEqual([], self.call("get_next_msgs", account))
        self.assertIn("@", self.call("get_config", account, "configured_addr"))

    def test_a_login_that_fails_says_why(self):
        account = self.call("add_account")
        nowhere = "127.0.0.1:1, connecting: "
        closed = {"imapServer": "127.0.0.1", "imapPort": 1, "smtpServer": "127.0.0.1", "smtpPort": 1}
        for method, param, words in (
                ("add_or_update_transport", {"addr": "bot@example.org", "password": "x", **closed}, nowhere),
                ("add_or_update_transport", {"addr": "bot@example.org", "password": ""}, "Missing .IMAP. password"),
                ("add_or_update_transport", {"addr": "bot", "password": "x"}, "must contain '@'"),
                ("add_transport_from_qr", "dcaccount:https://127.0.0.1:1/new", "127.0.0.1:1, making an account: "),
                ("set_config_from_qr", "dclogin:me@example.org?p=x&v=1&ih=127.0.0.1&ip=1&sh=127.0.0.1&sp=1", nowhere),
                ("add_transport_from_qr", "dclogin:me@example.org?p=x", "login link cannot be read"),
                ("add_transport_from_qr", "hello", "does not contain account")):
            with self.subTest(param=param):
                since = len(self.server.events)
                with self.assertRaisesRegex(RpcError, words):
                    self.call(method, account, param)
                if param != "hello":  # that one is no login
                    _, failed = self.server.wait(account, "ConfigureProgress", since, progress=0)
                    self.assertRegex(failed["comment"], words)
        self.assertIs(False, self.call("is_configured", account))

    def test_scanned_texts_are_told_apart_as_the_other_server_does(self):
        account = self.server.account()
        digits = "0D4A9C2D3C2A5E2B5D4F0A9C2D3C2A5E2B5D4F0A"
        shown = "0D4A 9C2D 3C2A 5E2B 5D4F\n0A9C 2D3C 2A5E 2B5D 4F0A"
        ids = "i=aaaaaaaaaaaaa&s=bbbbbbbbbbbbb"
        invite = {"authcode": "bbbbbbbbbbbbb", "contact_id": 0, "fingerprint": shown, "invitenumber": "aaaaaaaaaaaaa"}
        for text, found in (
                ("dcaccount:edge", {"kind": "account", "domain": "edge"}),
                ("DCACCOUNT:nine.example.org", {"kind": "account", "domain": "nine.example.org"}),
                ("dcaccount:https://nine.example.org/new", {"kind": "account", "domain": "nine.example.org"}),
                ("dclogin:me@example.org?p=x&v=1", {"kind": "login", "address": "me@example.org"}),
                (f"https://i.delta.chat/#{digits}&v=3&{ids}&a=alice%40example.org&n=Alice",
                 {"kind": "askVerifyContact", "is_v3": True, **invite}),
                (f"OPENPGP4FPR:{digits}#a=alice%40example.org&g=Grp&x=grpidgrpid1&{ids}",
                 {"kind": "askVerifyGroup", "grpid": "grpidgrpid1", "grpname": "Grp", "is_v3": False, **invite}),
                (f"https://i.delta.chat/#{digits}&a=alice%40example.org&b=Chan&x=grpidgrpid1&{ids}",
                 {"kind": "askJoinBroadcast", "grpid": "grpidgrpid1", "name": "Chan", "is_v3": False, **invite}),
                (f"https://i.delta.chat/#{digits}&a=alice%40example.org", {"kind": "fprMismatch", "contact_id": None}),
                (f"https://i.delta.chat/#{digits}", {"kind": "fprWithoutAddr", "fingerprint": shown}),
                (f"https://i.delta.chat/{digits}", {"kind": "url", "url": f"https://i.delta.chat/{digits}"})):
            with self.subTest(text=text):
                self.assertEqual(found, self.call("check_qr", account, text))
        for text in ("dcaccount:", "https://i.delta.chat/#XX", "dclogin:me@example.org"):
            with self.subTest(text=text), self.assertRaises(RpcError):
                self.call("check_qr", account, text)


class Reaching(unittest.TestCase):
    def test_two_accounts_of_one_process_talk_and_relative_paths_are_those_of_the_working_folder(self):
        with RpcServer() as server:
            alice, bob = server.account("alice@edge"), server.account("bob@edge")
            _, chat = join(server, alice, server, bob)
            (pathlib.Path(server.cwd) / "note.txt").write_text("pump 3")
            server.call("send_msg", bob, chat, {"text": "Hello", "file": "note.txt"})
            _, event = server.wait(alice, "IncomingMsg")
            message = server.call("get_message", alice, event["msgId"])
            self.assertEqual(("Hello", "note.txt"), (message["text"], message["fileName"]))

    def test_two_servers_reach_each_other_and_links_outlive_a_restart(self):
        with RpcServer() as first, RpcServer() as second:
            alice, bob = first.account("alice@edge"), second.account("bob@edge")
            ports = {(pathlib.Path(server.cwd) / "accounts" / "peer_port").read_text() for server in (first, second)}
            self.assertEqual(2, len(ports))
            link = first.call("get_chat_securejoin_qr_code", alice, None)
            self.assertEqual(0, first.end())
            first.start()
            self.assertEqual(link, first.call("get_chat_securejoin_qr_code", alice, None))
            since = len(first.events)
            chat = second.call("secure_join", bob, link)
            first.call("start_io_for_all_accounts")
            first.wait(alice, "ImapInboxIdle", since)
            second.wait(bob, "SecurejoinJoinerProgress", progress=1000, seconds=60)
            second.call("misc_send_text_message", bob, chat, "Hello")
            _, event = first.wait(alice, "IncomingMsg", since)
            self.assertEqual("Hello", first.call("get_message", alice, event["msgId"])["text"])

    def test_nothing_but_peers_is_served(self):
        with RpcServer() as server:
            server.call("get_system_info")
            port = int((pathlib.Path(server.cwd) / "accounts" / "peer_port").read_text())
            self.assertTrue(10000 <= port < 32768)
            import http.client
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=scaled(10))
            self.addCleanup(connection.close)
            connection.request("POST", "/rpc", '{"jsonrpc":"2.0","id":1,"method":"get_system_info"}',
                               {"Content-Type": "application/json"})
            self.assertEqual(404, connection.getresponse().status)
            listening = until(lambda: pathlib.Path(f"/proc/{server.process.pid}/net/tcp").read_text())
            sockets = open_inodes(server.process.pid)
            own = [line.split() for line in listening.splitlines()[1:] if line.split()[3] == "0A" and int(line.split()[9]) in sockets]
            self.assertEqual([f"0100007F:{port:04X}"], [line[1] for line in own])

    def test_the_end_of_all_io_is_told_even_without_an_account(self):
        with RpcServer() as server:
            server.call("stop_io_for_all_accounts")
            server.wait(0, "Info")
            account = server.account()
            since = len(server.events)
            server.call("stop_io", account)
            server.wait(account, "ConnectivityChanged", since)
            self.assertEqual(1000, server.call("get_connectivity", account))


class Events(unittest.TestCase):
    """What clients wait for, and in which order."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(RpcServer())
        cls.alice, cls.bob = cls.server.account("alice@edge"), cls.server.account("bob@edge")
        cls.alice_bob, cls.bob_alice = join(cls.server, cls.alice, cls.server, cls.bob)

    def call(self, *args):
        return self.server.call(*args)

    def test_a_message_is_told_by_all_kinds_that_clients_know(self):
        since = len(self.server.events)
        sent = self.call("send_msg", self.bob, self.bob_alice, {"text": ""})  # an empty text can be sent
        place, event = self.server.wait(self.alice, "IncomingMsg", since)
        self.assertEqual("", self.call("get_message", self.alice, event["msgId"])["text"])
        self.server.wait(self.alice, "ChatlistItemChanged", place, chatId=self.alice_bob)
        bunch, _ = self.server.wait(self.alice, "IncomingMsgBunch", place)
        self.assertNotIn("IncomingMsg", self.server.kinds(self.alice, bunch))
        place, _ = self.server.wait(self.bob, "SmtpMessageSent", since)
        self.server.wait(self.bob, "MsgDelivered", place, msgId=sent)
        since = len(self.server.events)
        self.call("markseen_msgs", self.alice, [event["msgId"]])
        place, _ = self.server.wait(self.bob, "MsgRead", since, msgId=sent)
        self.server.wait(self.bob, "MsgReadCountChanged", place, chatId=self.bob_alice, msgId=sent)
        since = len(self.server.events)
        self.call("send_reaction", self.alice, event["msgId"], ["\N{THUMBS UP SIGN}"])
        _, reaction = self.server.wait(self.bob, "IncomingReaction", since)
        self.assertEqual({"chatId", "contactId", "kind", "msgId", "reaction"}, set(reaction))
        since = len(self.server.events)
        self.call("set_config", self.alice, "displayname", "Alice")
        self.server.wait(self.alice, "AccountsItemChanged", since)

    def test_the_inviter_s_first_message_comes_after_the_join_is_done(self):
        for number in range(5):
            carol = self.server.account(f"carol{number}@edge")
            link = self.call("get_chat_securejoin_qr_code", self.alice, None)
            since = len(self.server.events)
            self.call("secure_join", carol, link)
            _, done = self.server.wait(self.alice, "SecurejoinInviterProgress", since, progress=1000)
            self.call("misc_send_text_message", self.alice, self.call("create_chat_by_contact_id", self.alice, done["contactId"]), "hi")
            self.server.wait(carol, "IncomingMsg", since)
            kinds = [event["kind"] for context, event, _ in self.server.events[since:]
                     if context == carol and event.get("progress", 1000) == 1000]
            self.assertLess(kinds.index("SecurejoinJoinerProgress"), kinds.index("IncomingMsg"))

    def test_what_comes_while_io_is_stopped_comes_after_it_is_started(self):
        self.call("stop_io", self.alice)
        since = len(self.server.events)
        before = self.call("get_message_ids", self.alice, self.alice_bob, False, False)
        sent = self.call("misc_send_text_message", self.bob, self.bob_alice, "while you were away")
        until(lambda: "1 try" in self.call("get_message_info", self.bob, sent), what="a deposit that was put off")
        self.assertNotIn("IncomingMsg", self.server.kinds(self.alice, since))
        self.assertEqual(before, self.call("get_message_ids", self.alice, self.alice_bob, False, False))
        self.call("start_io", self.alice)
        self.server.wait(self.alice, "ImapInboxIdle", since)
        _, event = self.server.wait(self.alice, "IncomingMsg", since)
        self.assertEqual("while you were away", self.call("get_message", self.alice, event["msgId"])["text"])

    def test_waiting_for_messages_right_after_a_start_answers_at_once(self):
        account = self.server.account()
        self.call("set_config", account, "last_msg_id", str(max(self.call("get_next_msgs", account), default=0)))
        self.call("start_io", account)
        self.assertEqual([], self.call("wait_next_msgs", account))
        self.assertTrue(self.server.send("wait_next_msgs", account).empty())  # the next one waits

    def test_small_answers_are_the_other_server_s(self):
        gone = self.call("add_account")
        self.call("remove_account", gone)
        self.assertEqual([], self.call("get_existing_msg_ids", gone, [1, 2]))
        for text, valid in (("a@b@c", True), ("a@b", True), ("@b", False), ("a@", False), ("a b@c", False), ("a<b@c", False)):
            self.assertIs(valid, self.call("check_email_validity", text), text)


if __name__ == "__main__":
    unittest.main()
