"""Dovecot on loopback: plain with STARTTLS on one port and TLS on the other. It runs as an ordinary user, out of a folder of
its own, and ends with the process that started it."""
import contextlib
import grp
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time

from gateway import free_port, scaled
from mailboxes import PASSWORD

PROGRAM = "/usr/sbin/dovecot"


def user():
    """Whom it runs as: (name, group, uid, gid). It refuses to serve mail as root."""
    entry = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
    return entry.pw_name, grp.getgrgid(entry.pw_gid).gr_name, entry.pw_uid, entry.pw_gid


def children(parent):
    """The processes that this one started and that still are its children."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


class Dovecot:
    def __init__(self, folder, mailboxes, certificate):
        self.folder = pathlib.Path(folder) / "dovecot"
        self.mailboxes = mailboxes
        self.certificate = certificate
        self.port, self.tls_port = free_port(), free_port()
        self.log = self.folder / "log"
        self.process = None
        self.name, self.group, self.uid, self.gid = user()
        self.folder.mkdir(parents=True)
        # Its sockets' paths have to fit into 108 bytes.
        self.run = pathlib.Path(folder) / "run"
        self.run.mkdir()
        copies = []
        for path in (certificate.file, certificate.key):
            copies.append(self.folder / path.name)
            shutil.copy(path, copies[-1])
        if not os.getuid():
            for path in (self.folder, self.run, *copies):
                os.chown(path, self.uid, self.gid)
        self.config = self.folder / "dovecot.conf"
        self.config.write_text(self._settings(*copies), encoding="utf-8")

    def _settings(self, certificate, key):
        return f"""
base_dir = {self.run}
state_dir = {self.run}
log_path = {self.log}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
default_internal_user = {self.name}
default_internal_group = {self.group}
default_login_user = {self.name}
default_vsz_limit = 1024M
mail_location = maildir:{self.mailboxes.boxes}/%u
mail_uid = {self.name}
mail_gid = {self.group}
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 1000
imap_idle_notify_interval = 29 mins
# Where inotify has no more for its user, it looks itself, by default twice a minute.
mailbox_idle_check_interval = 1 secs
passdb {{
  driver = passwd-file
  args = username_format=%Lu {self.mailboxes.locked}
  deny = yes
}}
# An address that begins with "small" has little room.
passdb {{
  driver = static
  username_filter = small*
  args = password={PASSWORD} userdb_uid={self.name} userdb_gid={self.group} userdb_home={self.mailboxes.boxes}/%Lu \
    userdb_quota_rule=*:storage=100K
}}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
mail_plugins = quota
plugin {{
  quota = maildir:User quota
}}
protocol imap {{
  mail_plugins = quota imap_quota
}}
userdb {{
  driver = prefetch
}}
userdb {{
  driver = static
  args = uid={self.name} gid={self.group} home={self.mailboxes.boxes}/%Lu
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  chroot =
  process_limit = 2000
  service_count = 0
  client_limit = 2000
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = {self.tls_port}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 3000
}}
service anvil {{
  chroot =
  client_limit = 6000
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  client_limit = 6000
}}
service stats {{
  chroot =
  client_limit = 6000
}}
"""

    def start(self):
        # setpriv sends it a signal when the thread that started it ends; so a thread that lives as long does it.
        words = ["setpriv", "--pdeathsig", "TERM", PROGRAM, "-F", "-c", str(self.config)]
        if not os.getuid():
            words[1:1] = ["--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"]
        started = threading.Event()
        threading.Thread(target=self._run, args=(words, started), daemon=True).start()
        started.wait()
        end = time.monotonic() + scaled(20)
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                probe.settimeout(scaled(5))
                if probe.recv(64).startswith(b"* OK"):
                    return self
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"dovecot did not start: {self.output}\n{self.words()}")
            time.sleep(0.02)

    def _run(self, words, started):
        self.output = ""
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True, cwd=self.folder)
        self.process = process
        started.set()
        self.output = process.stdout.read().decode("utf-8", "replace")
        process.wait()

    def words(self):
        """The end of its log."""
        with contextlib.suppress(FileNotFoundError):
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
        return "no log"

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(scaled(10))
            except subprocess.TimeoutExpired:
                self.kill9()
        self.process = None

    def kill9(self):
        """All of its processes at once, as by a power cut."""
        started = children(self.process.pid)
        self.process.kill()
        for child in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def restart(self):
        self.stop()
        return self.start()
