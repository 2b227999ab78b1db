"""A full disk: what was acknowledged survives, the rest is refused with words, and deletions make room again."""
import contextlib
import os
import shutil
import threading
import unittest

from gateway import Gateway, RpcError, free_port, join, until
from small_disk import SmallDisk


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.disk = SmallDisk(self, 8)
        self.folder = self.disk.folder

    def test_what_was_acknowledged_survives_and_the_rest_is_refused_with_words(self):
        gateway = self.enterContext(Gateway("alice", folder=self.folder))
        chat = gateway.rpc("create_chat_by_contact_id", 1, 1)
        acknowledged = []
        filler = "x" * 60_000
        with self.assertRaises(RpcError) as refused:
            for number in range(1000):
                gateway.send(chat, f"{number} {filler}")
                acknowledged.append(str(number))
        self.assertRegex(refused.exception.message.lower(), "full|space|disk")
        self.assertGreater(len(acknowledged), 5)
        self.assertIn(gateway.http("GET", "/health")[0], (200, 503))
        kept = lambda: [text.split()[0] for text in gateway.texts(chat)]
        self.assertEqual(kept(), acknowledged, "reading goes on")
        with self.assertRaises(RpcError):
            gateway.send(chat, filler)
        with self.assertRaises((RpcError, AssertionError)):
            status, _, body = gateway.http("POST", "/file?name=big.bin", os.urandom(9_000_000))
            self.assertEqual(status, 200, body)
        self.disk.resize(64)

        def works_again():
            with contextlib.suppress(RpcError):
                gateway.send(chat, "room again")
                return True
        until(works_again, 20, "sending once there is room")
        self.assertEqual(gateway.stop(), 0)
        gateway.start()
        self.assertEqual(kept(), [*acknowledged, "room"], "and after a restart")

    def test_a_full_store_can_be_emptied_by_its_own_calls(self):
        self.disk.resize(16)
        gateway = self.enterContext(Gateway("alice", folder=self.folder))
        chat = gateway.rpc("create_chat_by_contact_id", 1, 1)
        filler = "x" * 60_000
        sent = []
        with self.assertRaises(RpcError):
            for number in range(1000):
                sent.append(gateway.send(chat, f"{number} {filler}"))
        self.assertGreater(len(sent), 5)
        for message in sent[:-1]:
            gateway.rpc("delete_messages", 1, [message])
        self.assertEqual([sent[-1]], gateway.rpc("get_message_ids", 1, chat, False, False))

        def works_again():
            with contextlib.suppress(RpcError):
                return gateway.send(chat, f"again {filler}")
        until(works_again, 20, "sending after the deletion")

    def fill(self, gateway, chat, filler):
        sent = []
        with self.assertRaises(RpcError):
            for _ in range(1000):
                sent.append(gateway.send(chat, filler))
        return sent

    def test_what_needs_more_room_than_there_seems_to_be_can_be_deleted(self):
        filler = "x" * 60_000
        for name, delete in (("a chat", lambda chat, sent: gateway.rpc("delete_chat", 1, chat)),
                             ("messages", lambda chat, sent: gateway.rpc("delete_messages", 1, sent))):
            with self.subTest(name):
                self.disk.resize(24)
                with Gateway("alice", folder=f"{self.folder}/{name}") as gateway:
                    chat = gateway.rpc("create_group_chat", 1, "large", False)
                    sent = self.fill(gateway, chat, filler)
                    # Not full any more, and by far not room enough to overwrite all at once.
                    self.disk.resize(29)
                    delete(chat, sent)
                    self.assertEqual([], gateway.rpc("get_existing_msg_ids", 1, sent))
                shutil.rmtree(f"{self.folder}/{name}", ignore_errors=True)

    def test_a_chat_larger_than_the_room_left_can_be_deleted_on_a_full_disk(self):
        self.disk.resize(24)
        gateway = self.enterContext(Gateway("alice", folder=self.folder))
        chat = gateway.rpc("create_group_chat", 1, "large", False)
        filler = "x" * 60_000
        sent = self.fill(gateway, chat, filler)
        self.assertGreater(len(sent) * len(filler), 8_000_000, "more than the reserve holds")
        gateway.rpc("delete_chat", 1, chat)
        self.assertEqual([], gateway.rpc("get_existing_msg_ids", 1, sent))
        kept = gateway.rpc("create_chat_by_contact_id", 1, 1)
        for _ in range(20):
            gateway.send(kept, filler)

    def test_a_full_disk_can_be_emptied_a_second_time(self):
        self.disk.resize(24)
        gateway = self.enterContext(Gateway("alice", folder=self.folder))
        chat = gateway.rpc("create_group_chat", 1, "large", False)
        filler = "x" * 3_000
        for _ in range(2):
            with self.assertRaises(RpcError):
                for _ in range(10_000):
                    gateway.send(chat, filler)
            gateway.rpc("delete_messages", 1, gateway.rpc("get_message_ids", 1, chat, False, False)[:3])
        gateway.rpc("delete_chat", 1, chat)

    def test_a_chat_can_be_deleted_on_a_full_disk_while_others_read(self):
        self.disk.resize(24)
        gateway = self.enterContext(Gateway("alice", folder=self.folder))
        chat = gateway.rpc("create_group_chat", 1, "large", False)
        sent = self.fill(gateway, chat, "x" * 60_000)
        deleted = threading.Event()

        def read():
            while not deleted.is_set():
                with contextlib.suppress(RpcError):  # messages that are gone
                    gateway.rpc("get_messages", 1, sent[:50])
        readers = [threading.Thread(target=read) for _ in range(6)]
        for reader in readers:
            reader.start()
        try:
            gateway.rpc("delete_chat", 1, chat)
        finally:
            deleted.set()
            for reader in readers:
                reader.join()
        self.assertEqual([], gateway.rpc("get_existing_msg_ids", 1, sent))

    def test_a_receiver_with_a_full_disk_acknowledges_nothing_it_cannot_keep(self):
        bob = self.enterContext(Gateway("bob", folder=self.folder, port=free_port()))
        alice = self.enterContext(Gateway("alice"))
        chat_a, chat_b = join(alice, bob)
        sent = []
        for number in range(200):
            sent.append(f"{number} {'y' * 60_000}")
            alice.send(chat_a, sent[-1])
        until(lambda: any("full" in line.lower() or "space" in line.lower() for line in bob.log), 30,
              "the receiver's word about its disk")
        self.disk.resize(128)
        until(lambda: len(bob.texts(chat_b)) >= len(sent), 60, "everything once there is room")
        self.assertEqual(bob.texts(chat_b), sent)


if __name__ == "__main__":
    unittest.main()
