"""A whole mail world on loopback for one run: Dovecot, a submission server with a relay's rules, a registration page, an authority
and its certificates. Needs no root, changes nothing outside its folder, and ends with the process that started it."""
import imaplib
import itertools
import os
import pathlib
import shutil
import sys
import tempfile
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from certificates import Authority  # noqa: E402
from gateway import scaled  # noqa: E402
from dovecot import Dovecot, user  # noqa: E402
from mailboxes import Mailboxes  # noqa: E402
from registration import Registration  # noqa: E402
from smtp_server import SmtpServer  # noqa: E402
from waiting import until  # noqa: E402

DOMAIN = "rig.test"


class Rig:
    def __init__(self):
        # Short, because Dovecot's sockets lie below it; its user has to pass through it.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rig-"))
        self.folder.chmod(0o711)
        self.numbers = itertools.count(1)
        try:
            self.authority = Authority(self.folder / "tls")
            self.certificate = self.authority.sign("rig", "IP:127.0.0.1,DNS:localhost")
            self.mailboxes = Mailboxes(self.folder / "mail", None if os.getuid() else user()[2:])
            self.imap = Dovecot(self.folder, self.mailboxes, self.certificate)
            self.smtp = SmtpServer(self.mailboxes, self.certificate)
            self.registration = Registration(self.mailboxes, self.certificate, DOMAIN, self.dclogin)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def start(self):
        self.imap.start()
        self.smtp.start()
        self.registration.start()
        return self

    def stop(self):
        self.registration.stop()
        self.smtp.stop()
        self.imap.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()

    def address(self, name):
        """A new account: its address."""
        address = f"{name}{next(self.numbers)}@{DOMAIN}"
        self.mailboxes.add(address)
        return address

    def ports(self, security):
        tls = security == "ssl"
        return (self.imap.tls_port, self.smtp.tls_port) if tls else (self.imap.port, self.smtp.port)

    def login(self, address, security="ssl", checks="strict", **changes):
        """The parameters of add_or_update_transport for an account of the rig."""
        imap, smtp = self.ports(security)
        return {"addr": address, "password": self.mailboxes.passwords[address.lower()], "imapServer": "127.0.0.1", "imapPort": imap,
                "imapSecurity": security, "smtpServer": "127.0.0.1", "smtpPort": smtp, "smtpSecurity": security,
                "certificateChecks": checks, **changes}

    def dclogin(self, address, password=None, security="ssl", checks=1):
        """The same as a link. `checks`: 1 strict, 3 any certificate."""
        imap, smtp = self.ports(security)
        password = password or self.mailboxes.passwords[address.lower()]
        query = {"p": password, "v": 1, "ih": "127.0.0.1", "ip": imap, "is": security, "sh": "127.0.0.1", "sp": smtp, "ss": security,
                 "ic": checks}
        return f"dclogin:{urllib.parse.quote(address)}?{urllib.parse.urlencode(query, quote_via=urllib.parse.quote)}"

    def lock_out(self, address, locked=True):
        """No password is right for this account any more, or again the old one; on return the IMAP server knows it."""
        self.mailboxes.lock_out(address, locked)

        def is_locked():
            with imaplib.IMAP4("127.0.0.1", self.imap.port, timeout=scaled(10)) as client:
                try:
                    return client.login(address, self.mailboxes.passwords[address.lower()])[0] != "OK"
                except imaplib.IMAP4.error:
                    return True
        until(lambda: is_locked() == locked, what=f"the change of {address}'s password")

    def dcaccount(self):
        return f"dcaccount:{self.registration.url}"
