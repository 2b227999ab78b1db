"""Whoever writes into the stopped store without its key: the changed record fails, and every call that
concerns other records too answers for those."""
import contextlib
import sqlite3
import unittest

from gateway import Gateway, RpcError, join, until


class ChangedRows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.alice, cls.bob, cls.carol = (cls.enterClassContext(Gateway(name)) for name in ("alice", "bob", "carol"))
        cls.to_bob, cls.bobs = join(cls.alice, cls.bob)
        cls.to_carol, cls.carols = join(cls.alice, cls.carol)
        cls.contacts = {cls.alice.rpc("get_contact", 1, contact)["displayName"]: contact
                        for contact in cls.alice.rpc("get_contact_ids", 1, 0, None)}
        cls.group = cls.alice.rpc("create_group_chat", 1, "Shift", False)
        for contact in cls.contacts.values():
            cls.alice.rpc("add_contact_to_chat", 1, cls.group, contact)
        cls.alice.send(cls.group, "welcome")
        cls.bob.send(cls.bobs, "from bob")
        cls.carol.send(cls.carols, "from carol")
        until(lambda: "from bob" in cls.alice.texts(cls.to_bob) and "from carol" in cls.alice.texts(cls.to_carol))
        until(lambda: cls.has_text(cls.carol, "welcome") and cls.has_text(cls.bob, "welcome"))
        cls.from_bob, cls.from_carol = (cls.alice.rpc("get_message_ids", 1, chat, False, False)[-1]
                                        for chat in (cls.to_bob, cls.to_carol))

    @staticmethod
    def has_text(gateway, text):
        return any(text in gateway.texts(chat) for chat in gateway.rpc("get_chatlist_entries", 1, None, None, None))

    def change(self, statement):
        """Runs it on alice's stopped store; what was there comes back at the end of the test."""
        table = statement.split()[1]
        self.alice.stop()
        with self.store() as db:
            names = [column[1] for column in db.execute(f"PRAGMA table_info({table})")]
            before = list(db.execute(f"SELECT account_id, id, * FROM {table}"))
            db.execute(statement)
        self.alice.start()
        self.addCleanup(self.put_back, table, names, before)

    def put_back(self, table, names, rows):
        self.alice.stop()
        with self.store() as db:
            for account, number, *values in rows:
                db.execute(f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in names)}"
                           " WHERE account_id = ? AND id = ?", [*values, account, number])
        self.alice.start()

    @contextlib.contextmanager
    def store(self):
        with contextlib.closing(sqlite3.connect(self.alice.accounts / "store.db")) as db, db:
            yield db

    def test_a_message_with_another_author_is_shown_as_nobody_s(self):
        self.change(f"UPDATE message SET from_id = {self.contacts['bob']}, chat_id = {self.to_bob}"
                    f" WHERE id = {self.from_carol}")
        shown = self.alice.rpc("get_message", 1, self.from_carol)
        self.assertIn("cannot be shown", shown["error"])
        self.assertNotIn("from carol", shown["text"])
        self.assertEqual(5, shown["fromId"])  # the gateway itself
        self.assertEqual("Device messages", self.alice.rpc("get_basic_chat_info", 1, shown["chatId"])["name"])
        several = self.alice.rpc("get_messages", 1, [self.from_bob, self.from_carol])
        self.assertEqual("from bob", several[str(self.from_bob)]["text"])
        self.assertEqual("loadingError", several[str(self.from_carol)]["kind"])
        self.assertNotIn(self.from_carol, self.alice.rpc("get_message_ids", 1, self.to_bob, False, False))

    def test_a_changed_contact_costs_what_is_of_it_alone(self):
        bob, carol = self.contacts["bob"], self.contacts["carol"]
        self.change(f"UPDATE contact SET route_id = (SELECT route_id FROM contact WHERE id = {carol}) WHERE id = {bob}")
        several = self.alice.rpc("get_messages", 1, [self.from_bob, self.from_carol])
        self.assertEqual("loadingError", several[str(self.from_bob)]["kind"])
        self.assertEqual("from carol", several[str(self.from_carol)]["text"])
        self.assertIn("cannot be shown", self.alice.rpc("get_message", 1, self.from_bob)["error"])
        self.assertEqual([str(carol)], list(self.alice.rpc("get_contacts_by_ids", 1, [bob, carol])))
        with self.assertRaises(RpcError):
            self.alice.rpc("get_contact", 1, bob)

        to_group = self.alice.send(self.group, "to the group")
        until(lambda: self.has_text(self.carol, "to the group"))
        self.assertIn(f"contact {bob}: The recipient's record", self.alice.rpc("get_message_info", 1, to_group))
        self.alice.rpc("set_chat_name", 1, self.group, "Night shift")
        until(lambda: "Night shift" in [self.carol.rpc("get_basic_chat_info", 1, chat)["name"] for chat in
                                        self.carol.rpc("get_chatlist_entries", 1, None, None, None)])
        to_bob = self.alice.send(self.to_bob, "for bob alone")
        self.assertEqual(24, self.alice.state(to_bob))  # failed
        self.alice.send(self.to_carol, "for carol alone")
        until(lambda: "for carol alone" in self.carol.texts(self.carols))
        for gateway in (self.bob, self.carol):
            self.assertFalse(self.has_text(gateway, "for bob alone"))
        self.assertFalse(self.has_text(self.bob, "to the group"))

    def test_messages_of_a_changed_chat_do_not_keep_others_from_being_seen(self):
        self.carol.send(self.carols, "fresh")
        until(lambda: "fresh" in self.alice.texts(self.to_carol))
        fresh = self.alice.rpc("get_message_ids", 1, self.to_carol, False, False)[-1]
        self.change(f"UPDATE chat SET blocked = 1 - blocked WHERE id = {self.to_bob}")
        self.alice.rpc("markseen_msgs", 1, [self.from_bob, fresh])
        self.assertEqual(16, self.alice.state(fresh))


if __name__ == "__main__":
    unittest.main()
