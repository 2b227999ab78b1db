"""The scene of one measurement: the victim's daemon with its history, an honest contact, and whoever the neighbour is."""
import contextlib
import multiprocessing
import os
import re
import subprocess
import time

from gateway import BIN, CLI, Gateway, free_port, until
from neighbours import bystander
from neighbours.calls import Caller, batch, post, take

MESSAGES = 5000
CHATS = 2000
KEY = re.compile(r"edge_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")
TICKS = os.sysconf("SC_CLK_TCK")


def add_key(keys, name, *scopes):
    done = subprocess.run([CLI, "keys", "--api-keys", str(keys), "add", name, "--scope", ",".join(scopes)],
                          capture_output=True, text=True, check=True)
    return KEY.search(done.stdout)[0]


def processor_time(pid):
    """Seconds that a process used until now."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Scene:
    def __init__(self, folder, neighbour, seconds):
        self.folder, self.neighbour, self.seconds = folder / neighbour.name, neighbour, seconds
        self.stack, self.gateways = contextlib.ExitStack(), []
        self.folder.mkdir()

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def build(self):
        needs = self.neighbour.needs
        keys = self.folder / "keys.json"
        admin = add_key(keys, "bystander", "admin")
        port = free_port()
        self.world = {"port": port, "url": f"http://127.0.0.1:{port}", "bystander_key": admin,
                      "key": add_key(keys, "neighbour", "rpc:read", "rpc:write", "events", "publish:*")}
        flags = ["--api-keys", str(keys), "--files", str(self.folder)]
        if "relay" in needs:
            flags += ["--relay", "--relay-open", "--public-url", self.world["url"]]
        self.victim = self.add(Gateway("victim", folder=self.folder / "victim", port=port, flags=flags))
        self.call = Caller(port, admin)
        self.world["own_chat"] = self.call("create_chat_by_contact_id", 1, 1)
        self.fill(batch("misc_send_text_message", 1, self.world["own_chat"], "Reading: the pump runs at 71.3 % and 54 °C",
                        count=500), MESSAGES // 500)
        if "chats" in needs:
            self.fill(batch("create_group_chat", 1, "Shift", False, count=500), CHATS // 500)
        if "files" in needs:
            self.make_files()
        self.world["invite"] = self.call("get_chat_securejoin_qr_code", 1, None)
        through = ["--relay-url", self.world["url"]] if "relay" in needs else []
        honest = self.add(Gateway("honest", folder=self.folder / "honest", port=free_port(), flags=through))
        self.world["contact_port"] = honest.port
        self.world["chat_at_contact"], self.world["contact_chat"] = self.join(Caller(honest.port))
        if self.neighbour.lie:
            self.add_dishonest()
        self.pipe, theirs = multiprocessing.Pipe()
        self.bystander = multiprocessing.Process(target=bystander.run, daemon=True,
                                                 args=(self.world, self.neighbour.kinds, self.seconds, theirs))
        self.bystander.start()

    def add(self, gateway):
        self.gateways.append(gateway)
        return self.stack.enter_context(gateway)

    def fill(self, body, times):
        for _ in range(times):
            take([post(self.world["port"], self.world["bystander_key"], "/rpc", body)], 60)

    def make_files(self):
        small, large = self.folder / "small.bin", self.folder / "large.bin"
        small.write_bytes(os.urandom(64 * 1024))
        with open(large, "wb") as file:
            file.truncate(1 << 30)
        self.world |= {"small_file": str(small), "large_file": str(large)}

    def join(self, joiner):
        """The joiner joins by the victim's invite; the joiner's chat, and the victim's."""
        known = set(self.call("get_contact_ids", 1, 0, None))
        chat = joiner("secure_join", 1, self.world["invite"])

        def verified():
            new = [one for one in self.call("get_contact_ids", 1, 0, None) if one not in known and one > 9]
            return next((one for one in new if self.call("get_contact", 1, one)["isVerified"]), None)

        return chat, self.call("create_chat_by_contact_id", 1, until(verified, 60, "the join"))

    def add_dishonest(self):
        file = self.folder / "lie"
        file.write_text("")
        hostile = Gateway("dishonest", folder=self.folder / "dishonest", port=free_port(), env={"EDGE_LIE_FILE": str(file)})
        hostile.command = lambda: [str(BIN / "hostile_gateway"), *Gateway.command(hostile)[1:]]
        self.add(hostile)
        chat, _ = self.join(Caller(hostile.port))
        lie = self.neighbour.lie
        self.world |= {"hostile_port": hostile.port, "hostile_chat": chat, "lie_file": str(file), "lie": lie.words,
                       "burst": lie.burst, "pause": lie.pause, "joins": lie.joins}

    def measure(self):
        self.pipe.send("measure")
        return self.pipe.recv()

    def wait_quiet(self, seconds=15):
        """Until the daemons have nothing left to do of what the neighbour began, or the time is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            before = sum(processor_time(one.process.pid) for one in self.gateways)
            time.sleep(0.5)
            if sum(processor_time(one.process.pid) for one in self.gateways) - before < 0.05:
                return

    def __exit__(self, *_):
        if hasattr(self, "bystander"):
            with contextlib.suppress(OSError):
                self.pipe.send("end")
            self.bystander.join(5)
        for gateway in self.gateways:  # what is left to do is nobody's any more
            if gateway.running():
                gateway.kill9()
        self.stack.close()
