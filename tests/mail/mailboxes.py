"""The mail accounts of the rig and their maildirs: made whole before anybody logs in, and mails that appear there whole."""
import contextlib
import itertools
import os
import pathlib
import secrets
import shutil
import threading
import time


PASSWORD = "s3cret+%Lu"  # %Lu is the address


class Mailboxes:
    """Accounts by address. Safe for concurrent callers. `owner` is (uid, gid) of the IMAP server where that is another user."""

    def __init__(self, folder, owner=None):
        self.folder = pathlib.Path(folder)
        self.owner = owner
        self.boxes = self.folder / "boxes"
        self.passwords = {}
        self.locked = self.folder / "locked"  # who may not log in any more
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.boxes.mkdir(parents=True)
        self._own(self.boxes)
        self._write_locked(set())

    def _own(self, path):
        if self.owner:
            os.chown(path, *self.owner)

    def _write_locked(self, addresses):
        self.locked_out = set(addresses)
        fresh = self.locked.with_suffix(".new")
        fresh.write_text("".join(f"{address}:\n" for address in sorted(addresses)), encoding="utf-8")
        self._own(fresh)
        os.replace(fresh, self.locked)

    def box(self, address):
        return self.boxes / address.lower()

    def add(self, address):
        """A new account; returns its password, which the IMAP server knows by the same rule (PASSWORD): it reads lists of accounts
        no more often than once a second."""
        address = address.lower()
        with self.lock:
            if not self.box(address).exists():
                made = self.boxes / f".{secrets.token_hex(8)}"
                for part in ("", "tmp", "new", "cur"):
                    (made / part).mkdir()
                    self._own(made / part)
                os.rename(made, self.box(address))
            self.passwords[address] = PASSWORD.replace("%Lu", address)
        return self.passwords[address]

    def lock_out(self, address, locked=True):
        """No password is right for this account any more (within a second), or again the old one."""
        with self.lock:
            self._write_locked(self.locked_out | {address.lower()} if locked else self.locked_out - {address.lower()})

    def is_right(self, address, password):
        with self.lock:
            return address.lower() not in self.locked_out and self.passwords.get(address.lower()) == password

    def has(self, address):
        with self.lock:
            return address.lower() in self.passwords

    def deliver(self, address, data):
        """Puts a mail there; readers see it whole or not at all."""
        name = f"{time.time():.0f}.M{next(self.numbers)}P{os.getpid()}.rig,S={len(data)}"
        written = self.box(address) / "tmp" / name
        written.write_bytes(data)
        self._own(written)
        os.rename(written, self.box(address) / "new" / name)

    def mails(self, address):
        """The files of all mails that are there now, oldest first."""
        found = [path for part in ("new", "cur") for path in (self.box(address) / part).iterdir()]
        return sorted(found, key=lambda path: (int(path.name.split(".")[0]), int(path.name.split(".M")[1].split("P")[0])))

    def empty(self, address):
        """Removes all mails behind the IMAP server's back."""
        for path in self.mails(address):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    def forget_uids(self, address):
        """The mailbox gets new UIDs and another UIDVALIDITY; the IMAP server has to be stopped."""
        for path in self.box(address).glob("dovecot*"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        # A number that no clock gives: it differs from the old one in any case, and it is smaller.
        listing = self.box(address) / "dovecot-uidlist"
        listing.write_text(f"3 V{secrets.randbelow(10 ** 6) + 1} N1\n", encoding="ascii")
        self._own(listing)
