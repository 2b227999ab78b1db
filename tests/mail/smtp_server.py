"""A small submission server: it checks passwords, senders and recipients as a relay does, asks the relay's filter about every mail,
delivers into the rig's mailboxes, and can be made to fail."""
import base64
import binascii
import contextlib
import dataclasses
import socket
import socketserver
import threading
import time

from gateway import free_port
from relay_rules import LARGEST, why_refused


@dataclasses.dataclass
class Mail:
    """A mail that a client submitted. `refused` is the answer of the filter; such a mail was not delivered."""
    sender: str
    recipients: list
    data: bytes
    refused: str = None
    accepted: float = 0  # when, by the monotonic clock

    def header(self, name):
        """An outer header, unfolded; None when it is not there."""
        head = self.data.split(b"\r\n\r\n", 1)[0].decode("utf-8", "replace").replace("\r\n\t", " ").replace("\r\n ", " ")
        for line in head.split("\r\n"):
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None


@dataclasses.dataclass
class Fault:
    """An answer instead of the right one, so many times: at AUTH, MAIL, RCPT, DATA (before the mail) or END (after it). `answer`
    None closes the connection instead; at END `deliver` says whether the mail is taken nevertheless."""
    step: str
    answer: str = None
    times: int = 1
    sender: str = None
    deliver: bool = False


class SmtpServer:
    """Plain with STARTTLS on `port`, TLS on `tls_port`. Safe for concurrent callers."""

    def __init__(self, mailboxes, certificate):
        self.mailboxes = mailboxes
        self.context = certificate.context()
        self.mails = []
        self.strict = True  # whether the filter refuses; it judges in any case
        self.faults = []
        self.sessions = set()
        self.lock = threading.Lock()
        self.servers = []
        self.port, self.tls_port = free_port(), free_port()

    def start(self):
        self.servers = [_Listener(("127.0.0.1", port), self, tls) for port, tls in ((self.port, False), (self.tls_port, True))]
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()
        self.servers = []
        with self.lock:
            sessions = list(self.sessions)
        for session in sessions:
            with contextlib.suppress(OSError):
                session.shutdown(socket.SHUT_RDWR)

    def fail(self, step, answer=None, times=1, sender=None, deliver=False):
        with self.lock:
            self.faults.append(Fault(step, answer, times, sender and sender.lower(), deliver))

    def fault(self, step, sender):
        """The fault that is due at this step, or None."""
        with self.lock:
            for fault in self.faults:
                if fault.step == step and fault.times > 0 and fault.sender in (None, sender.lower()):
                    fault.times -= 1
                    return fault
        return None

    def clear_faults(self):
        with self.lock:
            self.faults.clear()

    def accept(self, mail):
        """The answer to a whole mail."""
        mail.refused = why_refused(mail.sender, mail.data)
        with self.lock:
            self.mails.append(mail)
        if mail.refused and self.strict:
            return mail.refused
        for recipient in mail.recipients:
            self.mailboxes.deliver(recipient, mail.data)
        mail.accepted = time.monotonic()
        return "250 2.0.0 queued"

    def sent_by(self, address):
        with self.lock:
            return [mail for mail in self.mails if mail.sender.lower() == address.lower()]


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address, owner, tls):
        self.owner = owner
        self.tls = tls
        super().__init__(address, _Session)

    def handle_error(self, request, client_address):
        pass  # a client that broke off


class _Session(socketserver.BaseRequestHandler):
    def handle(self):
        self.server_of_rig = self.server.owner
        self.encrypted = False
        self.user = None
        self.connection = self.request
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.server_of_rig.lock:
            self.server_of_rig.sessions.add(self.connection)
        try:
            if self.server.tls:
                self._encrypt()
            self.reader = self.connection.makefile("rb", buffering=1 << 18)
            self.say("220 rig.test ESMTP")
            self.reset()
            while (line := self.reader.readline(1000)) and self.command(line.decode("utf-8", "replace").rstrip("\r\n")):
                pass
        except OSError:
            pass  # gone
        finally:
            with self.server_of_rig.lock:
                self.server_of_rig.sessions.discard(self.request)
                self.server_of_rig.sessions.discard(self.connection)
            with contextlib.suppress(OSError):
                self.connection.close()

    def _encrypt(self):
        self.connection = self.server_of_rig.context.wrap_socket(self.connection, server_side=True)
        self.encrypted = True
        with self.server_of_rig.lock:
            self.server_of_rig.sessions.add(self.connection)

    def say(self, *lines):
        self.connection.sendall("".join(line + "\r\n" for line in lines).encode())

    def reset(self):
        self.sender, self.recipients = None, []

    def command(self, line):
        """Answers one command; False ends the session."""
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        if verb in ("EHLO", "HELO"):
            extensions = ["rig.test", "AUTH PLAIN LOGIN", f"SIZE {LARGEST}", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES"]
            if not self.encrypted:
                extensions.append("STARTTLS")
            self.say(*[f"250-{word}" for word in extensions[:-1]], f"250 {extensions[-1]}")
        elif verb == "STARTTLS" and not self.encrypted:
            self.say("220 2.0.0 go on")
            self._encrypt()
            self.reader = self.connection.makefile("rb", buffering=1 << 18)
            self.user = None
        elif verb == "AUTH":
            return self.authenticate(rest)
        elif verb == "MAIL":
            return self.mail_from(rest)
        elif verb == "RCPT":
            return self.rcpt_to(rest)
        elif verb == "DATA":
            return self.data()
        elif verb == "RSET":
            self.reset()
            self.say("250 2.0.0 ok")
        elif verb == "NOOP":
            self.say("250 2.0.0 ok")
        elif verb == "QUIT":
            self.say("221 2.0.0 bye")
            return False
        else:
            self.say("502 5.5.2 unknown command")
        return True

    def failed(self, step):
        """Whether a fault answered this step; True and the session's fate."""
        fault = self.server_of_rig.fault(step, self.sender or self.user or "")
        if fault is None:
            return None
        if fault.answer is None:
            return "closed"
        self.say(fault.answer)
        return "answered"

    def authenticate(self, rest):
        how, _, first = rest.partition(" ")
        try:
            if how.upper() == "PLAIN":
                if not first:
                    self.say("334 ")
                    first = self.reader.readline(1000).decode().strip()
                _, user, password = base64.b64decode(first).decode().split("\0")
            elif how.upper() == "LOGIN":
                words = [first] if first else []
                for question in ("VXNlcm5hbWU6", "UGFzc3dvcmQ6")[len(words):]:
                    self.say(f"334 {question}")
                    words.append(self.reader.readline(1000).decode().strip())
                user, password = (base64.b64decode(word).decode() for word in words)
            else:
                self.say("504 5.5.4 unknown mechanism")
                return True
        except (ValueError, binascii.Error, UnicodeDecodeError):
            self.say("501 5.5.2 malformed credentials")
            return True
        self.user = user
        if fate := self.failed("AUTH"):
            self.user = None
            return fate == "answered"
        if not self.server_of_rig.mailboxes.is_right(user, password):
            self.user = None
            self.say("535 5.7.8 Error: authentication failed")
        else:
            self.say("235 2.7.0 Authentication successful")
        return True

    @staticmethod
    def path(rest):
        """The address between the angle brackets."""
        return rest[rest.index("<") + 1:rest.index(">")] if "<" in rest and ">" in rest else ""

    def mail_from(self, rest):
        if not self.user:
            self.say("530 5.7.0 Authentication required")
            return True
        self.sender = self.path(rest)
        if fate := self.failed("MAIL"):
            self.reset()
            return fate == "answered"
        size = [word[5:] for word in rest.upper().split() if word.startswith("SIZE=")]
        if self.sender.lower() != self.user.lower():
            self.say(f"553 5.7.1 <{self.sender}>: Sender address rejected: not owned by user {self.user}")
        elif size and int(size[0]) > LARGEST:
            self.say("552 5.3.4 Message size exceeds fixed limit")
        else:
            self.say("250 2.1.0 Ok")
            return True
        self.reset()
        return True

    def rcpt_to(self, rest):
        recipient = self.path(rest)
        if self.sender is None:
            self.say("503 5.5.1 Error: need MAIL command")
            return True
        if fate := self.failed("RCPT"):
            return fate == "answered"
        if self.server_of_rig.mailboxes.has(recipient):
            self.recipients.append(recipient)
            self.say("250 2.1.5 Ok")
        else:
            self.say(f"550 5.1.1 <{recipient}>: Recipient address rejected: User unknown")
        return True

    def data(self):
        if not self.recipients:
            self.say("554 5.5.1 Error: no valid recipients")
            return True
        if fate := self.failed("DATA"):
            return fate == "answered"
        self.say("354 End data with <CR><LF>.<CR><LF>")
        lines = []
        while (line := self.reader.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        mail = Mail(self.sender, self.recipients, b"".join(lines))
        fault = self.server_of_rig.fault("END", self.sender)
        self.reset()
        if fault and not fault.deliver:
            if fault.answer:
                self.say(fault.answer)
            return fault.answer is not None
        answer = self.server_of_rig.accept(mail)
        if fault:
            if fault.answer:
                self.say(fault.answer)
            return fault.answer is not None
        self.say(answer)
        return True
