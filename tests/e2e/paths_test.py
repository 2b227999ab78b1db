"""Callers' paths: what no row of the method table may read or write (every row that takes a path)."""
import os
import pathlib
import sqlite3
import stat
import tempfile
import threading
import unittest

from gateway import Gateway, RpcError, join

# How each row that takes a path is called with one. A row that is missing here fails the test below.
READS = {
    "send_msg": lambda g, path: g.rpc("send_msg", 1, 10, {"file": path}),
    "misc_send_msg": lambda g, path: g.rpc("misc_send_msg", 1, 10, None, path, None, None, None),
    "misc_set_draft": lambda g, path: g.rpc("misc_set_draft", 1, 10, None, path, None, None, None),
    "add_device_message": lambda g, path: g.rpc("add_device_message", 1, path, {"file": path}),
    "set_chat_profile_image": lambda g, path: g.rpc(
        "set_chat_profile_image", 1, g.rpc("create_group_chat", 1, "Crew", False), path),
    "parse_vcard": lambda g, path: g.rpc("parse_vcard", path),
    "import_vcard": lambda g, path: g.rpc("import_vcard", 1, path),
    "send_sticker": lambda g, path: g.rpc("send_sticker", 1, 10, path),
    "import_backup": lambda g, path: g.rpc("import_backup", g.rpc("add_account"), path, None),
    "import_self_keys": lambda g, path: g.rpc("import_self_keys", g.rpc("add_account"), path, None),
    "copy_to_blob_dir": lambda g, path: g.rpc("copy_to_blob_dir", 1, path),
    "set_config": lambda g, path: g.rpc("set_config", 1, "selfavatar", path),
    "batch_set_config": lambda g, path: g.rpc("batch_set_config", 1, {"selfavatar": path}),
}
# Rows that take a path in a parameter which does not say so.
OF_ANY_VALUE = {"set_config", "batch_set_config"}
WRITES = {"save_msg_file": lambda g, path, msg: g.rpc("save_msg_file", 1, msg, path),
          "export_backup": lambda g, path, msg: g.rpc("export_backup", 1, path, "secret"),
          "export_self_keys": lambda g, path, msg: g.rpc("export_self_keys", 1, path, None)}
# They look into the file: an ordinary one is refused for what it holds.
PARTICULAR = ("import_backup", "import_self_keys")
# A folder is as good for them as a file that is not there.
INTO_FOLDERS = ("export_backup", "export_self_keys")
# Those of protected files need somebody to protect them for: test_no_row_of_protected_files_...
PROTECTED = {
    "privitty_send_file": lambda g, chat, peer, msg, path:
        g.rpc("privitty_send_file", 1, chat, peer, path, True, True, 0),
    "privitty_send_group_file": lambda g, chat, peer, msg, path:
        g.rpc("privitty_send_group_file", 1, group_of(g, peer), path, True, True, 0),
    "privitty_decrypt_group_file": lambda g, chat, peer, msg, path:
        g.rpc("privitty_decrypt_group_file", 1, chat, msg, path),
    "privitty_decrypt_file": lambda g, chat, peer, msg, path: g.rpc("privitty_decrypt_file", 1, chat, msg, path),
    "privitty_get_file_id_by_path": lambda g, chat, peer, msg, path: g.rpc("privitty_get_file_id_by_path", 1, path),
    "privitty_init_forward_peer_add": lambda g, chat, peer, msg, path:
        g.rpc("privitty_init_forward_peer_add", 1, chat, chat, path),
}
NO_PATH = {"secure_join_with_ux_info",  # `uipath` is where a person clicked
           "get_webxdc_blob",  # `path` is within an app's archive
           "migrate_account", "set_webxdc_integration",  # refused to everybody
           "privitty_license_init"}  # its paths are ignored: the daemon has its own


def group_of(gateway, member):
    chat = gateway.rpc("create_group_chat", 1, "Crew", False)
    gateway.rpc("add_contact_to_chat", 1, chat, member)
    return chat


def rows_with_paths(document):
    def names(schema):
        schema = schema or {}
        for part in schema.get("anyOf", []):
            yield from names(part)
        if "$ref" in schema:
            target = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            yield from target.get("properties", {})
    for method in document["methods"]:
        for param in method["params"]:
            words = {param["name"].lower(), *(name.lower() for name in names(param["schema"]))}
            if any("path" in word or word in {"file", "destination"} for word in words):
                yield method["name"]


class Paths(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.file = self.folder / "report.png"
        self.file.write_text("a,b\n1,2\n")

    def refused(self, call, *args):
        with self.assertRaises(RpcError) as caught:
            call(*args)
        return str(caught.exception)

    def taken(self, name, call, gateway, path):
        if name not in PARTICULAR:
            return call(gateway, path)
        message = self.refused(call, gateway, path)
        for reason in ("--files", "hard links", "regular file", "not for callers"):
            self.assertNotIn(reason, message)

    def test_every_row_that_takes_a_path_is_known_here(self):
        with Gateway("alice") as gateway:
            rows = set(rows_with_paths(gateway.rpc("rpc.discover")))
        self.assertEqual(rows | OF_ANY_VALUE, set(READS) | set(WRITES) | set(PROTECTED) | NO_PATH)

    def test_no_row_reads_what_is_not_for_callers(self):
        key = self.folder / "elsewhere.key"
        with Gateway("alice", flags=["--key-file", str(key)]) as gateway:
            accounts = gateway.accounts
            os.mkfifo(self.folder / "pipe")
            (self.folder / "link").symlink_to(key)
            (self.folder / "store-link").symlink_to(accounts / "store.db")
            bad = [accounts / "store.db", accounts / "lock", key, self.folder / "link",
                   self.folder / "store-link", self.folder / "pipe", self.folder, "/proc/self/environ",
                   "/dev/zero", "/sys/kernel/notes", self.folder / "missing", "report.png", "/tmp/a\0b",
                   accounts / "blobs" / ".." / "store.db"]
            for name, call in READS.items():
                for path in bad:
                    with self.subTest(row=name, path=str(path)):
                        self.refused(call, gateway, str(path))
                with self.subTest(row=name, path="an ordinary file"):
                    self.taken(name, call, gateway, str(self.file))

    def test_a_refused_path_does_not_cost_the_database_its_locks(self):
        with Gateway("alice", flags=["--relay"]) as gateway:
            store = gateway.accounts / "store.db"
            os.link(store, self.folder / "hard-link")
            (self.folder / "link").symlink_to(store)
            os.link(gateway.accounts / "relay.db", self.folder / "relay-link")
            for path in (store, self.folder / "hard-link", self.folder / "link", self.folder / "relay-link"):
                for name, call in READS.items():
                    with self.subTest(row=name, path=str(path)):
                        self.refused(call, gateway, str(path))
            # A stranger who comes and goes: without our locks SQLite takes it for the last user and
            # removes the write-ahead log under the daemon.
            stranger = sqlite3.connect(store)
            stranger.execute("SELECT count(*) FROM sqlite_master").fetchall()
            stranger.close()
            gateway.send(10, "after the stranger")
            gateway.kill9()
            gateway.start()
            self.assertIn("after the stranger", gateway.texts(10))

    def test_no_row_writes_over_or_into_what_is_not_for_callers(self):
        with Gateway("alice") as gateway:
            msg = gateway.rpc("send_msg", 1, 10, {"file": str(self.file)})
            accounts = gateway.accounts
            (self.folder / "dangling").symlink_to(self.folder / "nowhere")
            bad = [self.file, self.folder / "dangling", accounts / "new", "/proc/new", "/dev/new",
                   self.folder / "missing" / "new", self.folder / "..", "new", ""]
            for name, call in WRITES.items():
                for path in bad:
                    if name in INTO_FOLDERS and path == self.folder / "..":
                        continue
                    with self.subTest(row=name, path=str(path)):
                        self.refused(call, gateway, str(path), msg)
                out = self.folder / f"out-of-{name}"
                call(gateway, str(out), msg)
                if name not in INTO_FOLDERS:
                    self.assertEqual(out.read_text(), self.file.read_text())
                self.assertEqual(stat.S_IMODE(out.stat().st_mode), 0o600)
            self.assertFalse((self.folder / "nowhere").exists())
            self.assertFalse((accounts / "new").exists())
            self.assertEqual(self.file.read_text(), "a,b\n1,2\n")

    def test_a_saved_file_has_its_name_only_when_it_is_whole(self):
        size = 40_000_000
        large = self.folder / "large.bin"
        large.write_bytes(os.urandom(size))
        saved = self.folder / "saved"
        saved.mkdir()
        with Gateway("alice") as gateway:
            msg = gateway.rpc("send_msg", 1, 10, {"file": str(large)})
            saving = threading.Thread(
                target=gateway.rpc, args=("save_msg_file", 1, msg, str(saved / "large.bin")))
            saving.start()
            # What is seen on the way is what a crash at that moment would leave.
            seen = set()
            while saving.is_alive():
                for entry in saved.iterdir():
                    seen.add((entry.name, entry.stat().st_size))
            saving.join()
            self.assertLessEqual(seen, {("large.bin", size)})
            self.assertEqual((saved / "large.bin").read_bytes(), large.read_bytes())

    def test_no_row_of_protected_files_reads_or_writes_what_is_not_for_callers(self):
        inside = self.folder / "data"
        inside.mkdir()
        plain = inside / "plan.txt"
        plain.write_text("a plan")
        with Gateway("alice", flags=["--allow-anonymous", "--files", str(inside)]) as alice, Gateway("bob") as bob:
            chat, _ = join(alice, bob)
            peer = alice.rpc("get_chat_contacts", 1, chat)[0]
            prv = alice.rpc("privitty_send_file", 1, chat, peer, str(plain), True, True, 0)["encrypted_path"]
            msg = alice.rpc("send_msg", 1, chat, {"file": prv})
            outside = self.folder / "outside.prv"
            outside.write_bytes(pathlib.Path(prv).read_bytes())
            (inside / "link.prv").symlink_to(outside)
            os.link(outside, inside / "hard.prv")
            bad = [alice.accounts / "store.db", alice.accounts / "master.key", outside, inside / "link.prv",
                   inside / "hard.prv", "/proc/self/environ", "/dev/zero", "plan.txt", "/tmp/a\0b", inside, inside / "missing"]
            for name, call in PROTECTED.items():
                for path in bad:
                    with self.subTest(row=name, path=str(path)):
                        message = self.refused(call, alice, chat, peer, msg, str(path))
                        if path in (outside, inside / "link.prv"):
                            self.assertIn("--files", message)
                        if path == inside / "hard.prv":
                            self.assertIn("hard links", message)
            self.assertEqual(PROTECTED["privitty_get_file_id_by_path"](alice, chat, peer, msg, prv), 1)
            # Neither the container nor the plaintext replaces a file.
            for name, path in (("privitty_send_file", plain), ("privitty_send_group_file", plain),
                               ("privitty_decrypt_file", prv), ("privitty_decrypt_group_file", prv)):
                self.assertIn("exists already", self.refused(PROTECTED[name], alice, chat, peer, msg, str(path)))
            self.assertEqual(plain.read_text(), "a plan")
            plain.unlink()
            self.assertEqual(PROTECTED["privitty_decrypt_file"](alice, chat, peer, msg, prv), str(plain))
            self.assertEqual(plain.read_text(), "a plan")
            self.assertEqual(stat.S_IMODE(plain.stat().st_mode), 0o600)
            self.assertEqual(sorted(path.name for path in inside.iterdir()), ["hard.prv", "link.prv", "plan.txt", "plan.txt.prv"])

    def test_without_keys_on_a_network_only_the_named_folders_are_open(self):
        inside = self.folder / "data"
        inside.mkdir()
        good = inside / "good.png"
        good.write_text("x")
        (inside / "way-out").symlink_to(self.file)
        with Gateway("alice", flags=["--allow-anonymous", "--files", str(inside)]) as gateway:
            for name, call in READS.items():
                for path in (self.file, inside / "way-out", inside / ".." / "report.png"):
                    with self.subTest(row=name, path=str(path)):
                        self.assertIn("--files", self.refused(call, gateway, str(path)))
                self.taken(name, call, gateway, str(good))
            # A file elsewhere that was linked into the folder; a copy of it is the caller's own.
            os.link(self.file, inside / "linked.png")
            for name, call in READS.items():
                with self.subTest(row=name):
                    self.assertIn("hard links", self.refused(call, gateway, str(inside / "linked.png")))
            self.file.unlink()
            for name, call in READS.items():
                self.taken(name, call, gateway, str(inside / "linked.png"))
            self.file.write_text("a,b\n1,2\n")
            msg = gateway.rpc("send_msg", 1, 10, {"file": str(good)})
            for name, call in WRITES.items():
                self.assertIn("--files", self.refused(call, gateway, str(self.folder / "out"), msg))
                call(gateway, str(inside / f"out-of-{name}"), msg)
            for name in INTO_FOLDERS:  # the folder above
                self.assertIn("--files", self.refused(WRITES[name], gateway, str(inside / ".."), msg))


if __name__ == "__main__":
    unittest.main()
