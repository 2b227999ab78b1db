"""Who takes part: accounts of Delta Chat's own server ("core") and of this project's daemon ("ours"), driven by one client over
standard input and output, so that every test can be played by either."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from gateway import DAEMON, ROOT, scaled
from rpc_pipes import RpcPipes
from waiting import until

VERSION = "2.57.0"
CLIENTS = pathlib.Path(os.environ.get("CLIENTS_DIR", ROOT / "build/clients"))
KINDS = ("core", "ours")
SELF = 1
IN_FRESH, IN_NOTICED, IN_SEEN = 10, 13, 16
PENDING, FAILED, DELIVERED, READ = 20, 24, 26, 28


def core_program():
    """Delta Chat's own server: the program that EDGE_CORE names, or the version that these tests were made with. npm installs that
    once, into a folder that other checks share."""
    if named := os.environ.get("EDGE_CORE"):
        return named
    folder = CLIENTS / f"core-{VERSION}"
    pattern = "node_modules/@deltachat/stdio-rpc-server-*/deltachat-rpc-server"
    if not list(folder.glob(pattern)):
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = pathlib.Path(tempfile.mkdtemp(prefix=f"core-{VERSION}-", dir=folder.parent))
        try:
            subprocess.run(["npm", "install", "--prefix", str(fresh), "--no-fund", "--no-audit", "--silent",
                            f"@deltachat/stdio-rpc-server@{VERSION}"], check=True, stdin=subprocess.DEVNULL, timeout=300)
            try:
                fresh.rename(folder)
            except OSError:
                shutil.rmtree(fresh)  # somebody else was quicker
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
    return str(next(folder.glob(pattern)))


class Server(RpcPipes):
    """One process with its accounts folder. Also a context manager that ends it and removes the folder."""

    def __init__(self, kind, rig, env=None, folder=None):
        assert kind in KINDS, kind
        super().__init__()
        self.kind = kind
        self.rig = rig
        self.own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix=f"mail-{kind}-"))
        self.env = env or {}

    # -- the process

    def command(self):
        if self.kind == "core":
            return [core_program()]
        program = self.folder / "deltachat-rpc-server"
        if not program.is_symlink():
            program.symlink_to(DAEMON)
        return [str(program)]

    def start(self):
        env = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_DATA_HOME")}
        env.update(HOME=str(self.folder), DC_ACCOUNTS_PATH=str(self.folder / "accounts"), SSL_CERT_FILE=str(self.rig.authority.file),
                   RUST_LOG="off", **self.env)
        self.log = (self.folder / "log").open("ab")
        self.attach(subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                     cwd=self.folder, env=env))
        return self

    def output_ended_because(self):
        return f"{self.kind} ended: {self.words()}"

    def end(self):
        """Ends the input and returns the exit code."""
        if self.process is None:
            return 0
        with self.lock:
            self.process.stdin.close()
        try:
            code = self.process.wait(scaled(20))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.kind} did not end with its input within {scaled(20):g} s") from None
        finally:
            self._ended()
        return code

    def kill9(self):
        self.process.kill()
        self.process.wait()
        self._ended()

    def _ended(self):
        for thread in self.threads:
            thread.join()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.log.close()
        self.process = None

    def restart(self):
        code = self.end()
        assert code == 0, f"{self.kind} ended with {code}: {self.words()}"
        return self.start()

    def words(self):
        """The end of what it logged."""
        text = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-40:])

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        try:
            code = self.end()
            words = self.words()
            if kind is not None and words:
                print(f"--- the last lines of {self.kind}'s log", words, sep="\n", flush=True)
            if kind is None and (code != 0 or "Sanitizer" in words or "runtime error" in words):
                raise AssertionError(f"{self.kind} ended with {code}: {words}")
        finally:
            if self.process:
                self.process.kill()
                self.process.wait()
            if self.own_folder:
                shutil.rmtree(self.folder, ignore_errors=True)

    def memory(self):
        """Resident, in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))

    # -- accounts

    def unconfigured(self, name):
        """An account without an address."""
        account = self.call("add_account")
        self.call("set_config", account, "displayname", name)
        return Party(self, account, name, None)

    def party(self, name, address=None, security="ssl", **login):
        """An account on the rig whose inbox is watched, with a name. Core trusts no authority but the Web's, so it is set to
        accept any certificate; ours checks."""
        made = self.unconfigured(name)
        made.configure(address or self.rig.address(name), security, **login)
        made.wait("ImapInboxIdle", 0)
        return made


class Party:
    """One account. Everything waits with a deadline."""

    def __init__(self, server, account, name, address):
        self.server, self.account, self.name, self.address = server, account, name, address

    def __repr__(self):
        return f"{self.name} ({self.server.kind})"

    @property
    def ours(self):
        return self.server.kind == "ours"

    def configure(self, address, security="ssl", **login):
        self.address = address
        checks = "strict" if self.ours else "acceptInvalidCertificates"
        self.rpc("add_or_update_transport", self.server.rig.login(address, security, **{"checks": checks, **login}), seconds=60)

    def rpc(self, method, *params, seconds=30):
        return self.server.call(method, self.account, *params, seconds=seconds)

    # -- events

    def now(self):
        """A place in the stream of events."""
        with self.server.grew:
            return len(self.server.events)

    def wait(self, kind, since, seconds=20, **fields):
        """The first such event from this place on."""
        end = time.monotonic() + scaled(seconds)
        with self.server.grew:
            place = since
            while True:
                for context, event, _ in self.server.events[place:]:
                    if context == self.account and event["kind"] == kind and fields.items() <= event.items():
                        return event
                place = len(self.server.events)
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"{self}: no {kind} {fields} within {scaled(seconds):g} s; saw "
                                         f"{[e for c, e, _ in self.server.events[since:] if c == self.account][-15:]}")
                self.server.grew.wait(left)

    def of(self, kind, since=0):
        with self.server.grew:
            return [event for context, event, _ in self.server.events[since:] if context == self.account and event["kind"] == kind]

    # -- what tests say often

    def message(self, msg):
        return self.rpc("get_message", msg)

    def state(self, msg):
        return self.message(msg)["state"]

    def chat(self, chat):
        return self.rpc("get_full_chat_by_id", chat)

    def send(self, chat, text=None, **data):
        """The id of a message that is on its way."""
        return self.rpc("send_msg", chat, {"text": text, **data} if text is not None else data)

    def arrives(self, text, seconds=20):
        """The message with this text, once it is here."""
        found = until(lambda: self.rpc("search_messages", text, None), seconds, f"'{text}' at {self}")
        return self.message(found[0])

    def messages(self, chat, infos=False):
        """A chat's messages, oldest first."""
        ids = self.rpc("get_message_ids", chat, False, False)
        loaded = self.rpc("get_messages", ids)
        there = [loaded[str(i)] for i in ids if loaded[str(i)]["kind"] == "message"]  # others went between the calls
        return [message for message in there if infos or not message["isInfo"]]

    def texts(self, chat):
        return [message["text"] for message in self.messages(chat)]

    def contact_of(self, other):
        """The id of another party's contact here: by its key, as chats know it."""
        found = [c for c in self.rpc("get_contact_ids", 0, None)
                 if c > 9 and self.rpc("get_contact", c)["address"] == other.address]
        keyed = [c for c in found if self.rpc("get_contact", c).get("isKeyContact", True)]
        assert len(keyed) == 1, f"{other} is {len(keyed)} contacts of {self}: {found}"
        return keyed[0]

    def members(self, chat):
        """The addresses of a group's members, its own among them, sorted."""
        return sorted(self.address if c == SELF else self.rpc("get_contact", c)["address"]
                      for c in self.rpc("get_chat_contacts", chat))

    def is_delivered(self, msg, state=DELIVERED):
        until(lambda: self.state(msg) >= state, what=lambda: f"state {state} of {self.message(msg)} at {self}")


def join(inviter, joiner, chat=None, link=None):
    """The joiner scans the inviter's code (of a group's with `chat`): their chats, (the inviter's, the joiner's)."""
    at_inviter, at_joiner = inviter.now(), joiner.now()
    link = link or inviter.rpc("get_chat_securejoin_qr_code", chat)
    joined = joiner.rpc("secure_join", link)
    done = inviter.wait("SecurejoinInviterProgress", at_inviter, progress=1000)
    joiner.wait("SecurejoinJoinerProgress", at_joiner, progress=1000)
    return chat or inviter.rpc("create_chat_by_contact_id", done["contactId"]), joined
