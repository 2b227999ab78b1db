"""The daemon under the name deltachat-rpc-server, as clients of Delta Chat's server start it: over pipes,
with DC_ACCOUNTS_PATH, and an event loop that reads get_next_event_batch all the time."""
import os
import pathlib
import subprocess
import tempfile
import time

from gateway import DAEMON, scaled
from rpc_pipes import RpcPipes

NAME = "deltachat-rpc-server"


def link_in(folder):
    """The path of a link of that name in the folder."""
    link = pathlib.Path(folder) / NAME
    if not link.is_symlink():
        link.symlink_to(DAEMON)
    return str(link)


class RpcServer(RpcPipes):
    def __init__(self, accounts=None, *, cwd=None, env=None, reads_events=True):
        super().__init__()
        self.folder = None if cwd else tempfile.TemporaryDirectory(prefix="edge-rpc-")
        self.cwd = str(cwd or self.folder.name)
        self.program = link_in(self.cwd)
        self.env = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_DATA_HOME")}
        self.env.update(env or {})
        if accounts is not None:
            self.env["DC_ACCOUNTS_PATH"] = str(accounts)
        self.reads_events = reads_events

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        try:
            if self.process and self.process.poll() is None:
                self.end()
        finally:
            if self.process and self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            if self.folder:
                self.folder.cleanup()

    def start(self):
        self.attach(subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                     cwd=self.cwd, env=self.env), self.reads_events)
        return self

    def output_ended_because(self):
        return self.process.stderr.read().decode(errors="replace")

    def wait(self, account, kind, since=0, seconds=20, **fields):
        """The first such event from place `since` on: (its place, the event)."""
        end = time.monotonic() + scaled(seconds)
        with self.grew:
            while True:
                for place, (context, event, _) in enumerate(self.events[since:], since):
                    if context == account and event["kind"] == kind and fields.items() <= event.items():
                        return place, event
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"no {kind} {fields} of account {account} in {self.events[since:]}")
                self.grew.wait(left)

    def kinds(self, account, since=0):
        with self.grew:
            return [event["kind"] for context, event, _ in self.events[since:] if context == account]

    def account(self, addr="edge"):
        """A configured account: by an address, or by an account link to a domain."""
        account = self.call("add_account")
        if "@" in addr:
            self.call("add_or_update_transport", account, {"addr": addr, "password": "unused"})
        else:
            self.call("add_transport_from_qr", account, f"dcaccount:{addr}")
        return account

    def end(self):
        """Ends the input and returns the exit code."""
        with self.lock:
            self.process.stdin.close()
        code = self.process.wait(scaled(20))
        for thread in self.threads:
            thread.join()
        self.process.stderr.close()
        return code


def join(inviter, inviter_account, joiner, joiner_account):
    """Both know each other; returns their chats: the inviter's and the joiner's."""
    since = len(inviter.events)
    link = inviter.call("get_chat_securejoin_qr_code", inviter_account, None)
    chat = joiner.call("secure_join", joiner_account, link)
    joiner.wait(joiner_account, "SecurejoinJoinerProgress", progress=1000)
    _, done = inviter.wait(inviter_account, "SecurejoinInviterProgress", since, progress=1000)
    return inviter.call("create_chat_by_contact_id", inviter_account, done["contactId"]), chat
