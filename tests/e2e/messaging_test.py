"""Two daemons join, talk both ways, and go on after restarts."""
import json
import os
import unittest

from gateway import Gateway, RpcError, join, stored, until

DELIVERED, READ, SEEN = 26, 28, 16


class Pair(unittest.TestCase):
    """alice and bob, joined: `chat_a` is bob at alice's, `chat_b` alice at bob's."""

    def setUp(self):
        self.alice = self.enterContext(Gateway("alice"))
        self.bob = self.enterContext(Gateway("bob"))

    def join(self):
        self.chat_a, self.chat_b = join(self.alice, self.bob)


class Join(Pair):
    def test_progress_rises_to_1000_on_both_sides(self):
        at_alice, at_bob = self.alice.events(), self.bob.events()
        link = self.alice.rpc("get_chat_securejoin_qr_code", 1, None)
        self.assertRegex(link, r"^OPENPGP4FPR:[0-9A-F]{64}#")
        chat = self.bob.rpc("secure_join", 1, link)
        self.assertGreater(chat, 9)
        done = at_alice.wait("SecurejoinInviterProgress", progress=1000)
        at_bob.wait("SecurejoinJoinerProgress", progress=1000)
        for events in (at_alice.of("SecurejoinInviterProgress"), at_bob.of("SecurejoinJoinerProgress")):
            progress = [event["progress"] for event in events]
            self.assertEqual(progress, sorted(set(progress)), "progress only rises")
            self.assertEqual(progress[-1], 1000)
            self.assertTrue(all(0 < step <= 1000 for step in progress))
        contact = self.alice.rpc("get_contact", 1, done["contact_id"])
        self.assertTrue(contact["isVerified"])
        self.assertEqual(contact["address"], self.bob.rpc("get_config", 1, "addr"))
        self.assertGreaterEqual(done["contact_id"], 10)
        ids = [event["id"] for event in at_alice.seen]
        self.assertEqual(ids, sorted(set(ids)), "event ids only rise")

    def test_one_invite_serves_many(self):
        link = self.alice.rpc("get_chat_securejoin_qr_code", 1, None)
        carol = self.enterContext(Gateway("carol"))
        at_alice = self.alice.events()
        for joiner in (self.bob, carol):
            joiner.rpc("secure_join", 1, link)
            at_alice.wait("SecurejoinInviterProgress", progress=1000)
        self.assertEqual(link, self.alice.rpc("get_chat_securejoin_qr_code", 1, None), "it stays the live one")
        people = [c for c in self.alice.rpc("get_contact_ids", 1, 0, None) if c >= 10]
        self.assertEqual(len(people), 2)

    def test_a_withdrawn_invite_is_refused_with_progress_0_and_an_error(self):
        link = self.alice.rpc("get_chat_securejoin_qr_code", 1, None)
        self.alice.rpc("set_config_from_qr", 1, link)  # one's own invite: withdraws it
        at_bob, at_alice = self.bob.events(), self.alice.events()
        self.bob.rpc("secure_join", 1, link)
        at_bob.wait("SecurejoinJoinerProgress", progress=0)
        errors = until(lambda: at_bob.of("Error"), what="an Error event")
        self.assertTrue(errors[0]["msg"])
        self.assertFalse([e for e in at_alice.of("SecurejoinInviterProgress") if e["progress"] == 1000])

    def test_ones_own_invite_is_refused(self):
        link = self.alice.rpc("get_chat_securejoin_qr_code", 1, None)
        with self.assertRaisesRegex(RpcError, "own"):
            self.alice.rpc("secure_join", 1, link)

    def test_other_spellings_of_the_link_are_taken(self):
        link = self.alice.rpc("get_chat_securejoin_qr_code", 1, None)
        head, fields = link.split("#", 1)
        fingerprint = head.removeprefix("OPENPGP4FPR:")
        for index, spelling in enumerate((f"{head}?{fields}", f"{head}%23{fields}",
                                          f"https://i.privittytech.com/#{fingerprint}&{fields}")):
            with self.subTest(spelling[:32]), Gateway(f"joiner{index}") as joiner:
                at_joiner = joiner.events()
                joiner.rpc("secure_join", 1, spelling)
                at_joiner.wait("SecurejoinJoinerProgress", progress=1000)

    def test_nonsense_is_refused_with_words(self):
        for link in ("", "hello", "OPENPGP4FPR:00#a=x", "https://example.org/", "OPENPGP4FPR:" + "A" * 64):
            with self.subTest(link), self.assertRaises(RpcError) as caught:
                self.bob.rpc("secure_join", 1, link)
            self.assertGreater(len(caught.exception.message), 10)


class Talk(Pair):
    def test_messages_go_both_ways_and_are_marked_delivered_and_read(self):
        self.join()
        at_alice, at_bob = self.alice.events(), self.bob.events()
        sent = self.alice.send(self.chat_a, "Pump 3 runs hot")
        came = at_bob.wait("IncomingMsg", chat_id=self.chat_b)
        self.assertEqual(self.bob.rpc("get_message", 1, came["msg_id"])["text"], "Pump 3 runs hot")
        at_alice.wait("MsgDelivered", chat_id=self.chat_a, msg_id=sent)
        self.assertEqual(self.alice.state(sent), DELIVERED)
        self.bob.rpc("markseen_msgs", 1, [came["msg_id"]])
        at_bob.wait("MsgsNoticed", chat_id=self.chat_b)
        self.assertEqual(self.bob.state(came["msg_id"]), SEEN)
        at_alice.wait("MsgRead", chat_id=self.chat_a, msg_id=sent)
        self.assertEqual(self.alice.state(sent), READ)

        back = self.bob.send(self.chat_b, "Stopped it ☕")
        came = at_alice.wait("IncomingMsg", chat_id=self.chat_a)
        self.assertEqual(self.alice.rpc("get_message", 1, came["msg_id"])["text"], "Stopped it ☕")
        at_bob.wait("MsgDelivered", msg_id=back)

    def test_order_is_kept(self):
        self.join()
        texts = [f"message {n}" for n in range(100)]
        for text in texts:
            self.alice.send(self.chat_a, text)
        until(lambda: len(self.bob.texts(self.chat_b)) >= 100, what="100 messages")
        self.assertEqual(self.bob.texts(self.chat_b), texts)

    def test_with_receipts_off_none_is_sent(self):
        self.join()
        self.bob.rpc("set_config", 1, "mdns_enabled", "0")
        at_alice, at_bob = self.alice.events(), self.bob.events()
        self.alice.send(self.chat_a, "unread to you")
        came = at_bob.wait("IncomingMsg")
        self.bob.rpc("markseen_msgs", 1, [came["msg_id"]])
        # A message sent afterwards arrives afterwards: had there been a receipt, it would be here.
        self.bob.send(self.chat_b, "after it")
        at_alice.wait("IncomingMsg")
        self.bob.rpc("set_config", 1, "mdns_enabled", "1")
        second = self.alice.send(self.chat_a, "read to you")
        came = at_bob.wait("IncomingMsg")
        self.bob.rpc("markseen_msgs", 1, [came["msg_id"]])
        at_alice.wait("MsgRead", msg_id=second)
        self.assertEqual([event["msg_id"] for event in at_alice.of("MsgRead")], [second])

    def test_two_accounts_in_one_daemon_talk_as_well(self):
        second = self.alice.rpc("add_account")
        self.alice.rpc("configure", second)
        events = self.alice.events()
        link = self.alice.rpc("get_chat_securejoin_qr_code", 1, None)
        chat = self.alice.rpc("secure_join", second, link)
        done = events.wait("SecurejoinInviterProgress", account_id=1, progress=1000)
        until(lambda: [e for e in events.of("SecurejoinJoinerProgress")
                       if e["account_id"] == second and e["progress"] == 1000], what="the joiner's 1000")
        self.assertEqual([e["progress"] for e in events.of("SecurejoinJoinerProgress") if e["account_id"] == second],
                         [200, 400, 600, 1000])
        self.alice.send(chat, "hello, other self", account=second)
        came = events.wait("IncomingMsg", account_id=1)
        self.assertEqual(self.alice.rpc("get_message", 1, came["msg_id"])["text"], "hello, other self")
        mine = self.alice.rpc("create_chat_by_contact_id", 1, done["contact_id"])
        self.alice.send(mine, "hello back")
        came = events.wait("IncomingMsg", account_id=second)
        self.assertEqual(self.alice.rpc("get_message", second, came["msg_id"])["text"], "hello back")

    def test_the_invite_may_name_a_listener_for_peers_alone(self):
        from gateway import free_port
        peers = free_port()
        carol = self.enterContext(Gateway("carol", flags=[
            "--peer-listen", f"127.0.0.1:{peers}", "--public-url", f"http://127.0.0.1:{peers}"]))
        chat_c, chat_b = join(carol, self.bob)
        events = carol.events()
        self.bob.send(chat_b, "by the side door")
        events.wait("IncomingMsg", chat_id=chat_c)
        import http.client
        door = http.client.HTTPConnection("127.0.0.1", peers, timeout=10)
        door.request("POST", "/rpc", "{}", {"Content-Type": "application/json"})
        self.assertEqual(door.getresponse().status, 404, "the peers' door serves no calls")
        door.close()


class Files(Pair):
    def setUp(self):
        super().setUp()
        self.join()
        self.content = os.urandom(300_000) + b"the end"

    def check_at_bob(self, at_bob):
        came = at_bob.wait("IncomingMsg", chat_id=self.chat_b, seconds=30)["msg_id"]
        message = self.bob.rpc("get_message", 1, came)
        self.assertEqual(message["fileBytes"], len(self.content))
        self.assertEqual(message["fileName"], "report.bin")
        out = self.bob.folder / f"saved-{came}.bin"
        self.bob.rpc("save_msg_file", 1, came, str(out))
        self.assertEqual(out.read_bytes(), self.content)
        with self.assertRaises(RpcError, msg="never over a file"):
            self.bob.rpc("save_msg_file", 1, came, str(out))
        status, headers, body = self.bob.http("GET", f"/file/{came}?account_id=1")
        self.assertEqual((status, body), (200, self.content))
        status, headers, body = self.bob.http("GET", f"/file/{came}", headers={"Range": "bytes=65530-65545"})
        self.assertEqual((status, body), (206, self.content[65530:65546]))
        self.assertEqual(headers["Content-Range"], f"bytes 65530-65545/{len(self.content)}")
        status, _, body = self.bob.http("GET", "/file/999999")
        self.assertEqual(status, 404)
        self.assertIn("account_id=", json.loads(body)["error"], "where a message of another account is")
        self.assertNotIn("account_id=", json.loads(self.bob.http("GET", "/file/999999?account_id=1")[2])["error"])
        self.assertNotIn(self.content[:64], b"".join(stored(self.bob.accounts).values()), "sealed on disk")

    def test_a_file_by_path_arrives_whole(self):
        path = self.alice.folder / "report.bin"
        path.write_bytes(self.content)
        at_bob = self.bob.events()
        self.alice.rpc("send_msg", 1, self.chat_a, {"file": str(path), "viewtype": "File", "text": "here"})
        self.check_at_bob(at_bob)

    def test_an_uploaded_file_arrives_whole(self):
        status, _, body = self.alice.http("POST", "/file?name=report.bin", self.content)
        self.assertEqual(status, 200, body)
        import json
        at_bob = self.bob.events()
        self.alice.rpc("send_msg", 1, self.chat_a, {"file": json.loads(body)["path"], "filename": "report.bin"})
        self.check_at_bob(at_bob)

    def test_a_key_or_a_device_is_never_taken_for_a_file(self):
        for path in (self.alice.accounts / "master.key", "/dev/zero", "/proc/self/environ", self.alice.folder,
                     "/no/such/file"):
            with self.subTest(str(path)), self.assertRaises(RpcError) as caught:
                self.alice.rpc("send_msg", 1, self.chat_a, {"file": str(path)})
            self.assertGreater(len(caught.exception.message), 10)


class Restart(Pair):
    def setUp(self):
        super().setUp()
        self.join()

    def test_both_go_on_after_a_restart(self):
        for turn in range(3):
            self.alice.restart()
            self.bob.restart()
            at_alice, at_bob = self.alice.events(), self.bob.events()
            self.alice.send(self.chat_a, f"to bob {turn}")
            at_bob.wait("IncomingMsg", chat_id=self.chat_b)
            self.bob.send(self.chat_b, f"to alice {turn}")
            at_alice.wait("IncomingMsg", chat_id=self.chat_a)
        expected = [text for turn in range(3) for text in (f"to bob {turn}", f"to alice {turn}")]
        self.assertEqual(self.alice.texts(self.chat_a), expected)
        self.assertEqual(self.bob.texts(self.chat_b), expected)

    def test_a_message_to_a_peer_that_is_down_arrives_when_it_is_back(self):
        self.assertEqual(self.bob.stop(), 0)
        sent = [self.alice.send(self.chat_a, f"while you were away {n}") for n in range(5)]
        self.alice.restart()  # the outbox outlives its daemon too
        at_alice = self.alice.events()
        self.bob.start()
        for msg in sent:
            at_alice.wait("MsgDelivered", msg_id=msg, seconds=30)
        self.assertEqual(self.bob.texts(self.chat_b), [f"while you were away {n}" for n in range(5)])

    def test_missed_events_are_replayed_after_a_restart(self):
        first = self.alice.events()
        self.alice.send(self.chat_a, "seen live")
        received = first.wait("MsgDelivered")
        first.close()
        self.alice.streams.remove(first)
        missed = self.alice.send(self.chat_a, "missed")
        until(lambda: self.alice.state(missed) == DELIVERED, what="delivery")
        self.alice.restart()
        second = self.alice.events(last_event_id=received["id"])
        second.wait("MsgDelivered", msg_id=missed)
        self.assertTrue(all(event["id"] > received["id"] for event in second.seen), "nothing is reported twice")
        again = self.alice.events(f"last_event_id={received['id']}")  # the same by the query
        again.wait("MsgDelivered", msg_id=missed)
        live = self.alice.send(self.chat_a, "live again")
        second.wait("MsgDelivered", msg_id=live)
        ids = [event["id"] for event in second.seen]
        self.assertEqual(ids, sorted(set(ids)))

    def test_an_event_id_of_another_store_is_answered_with_lag(self):
        stream = self.alice.events(last_event_id=7)
        until(lambda: stream.frames, what="the lag event")
        self.assertEqual(stream.frames[0][0], "lag")


if __name__ == "__main__":
    unittest.main()
