"""Hosts of a test: network namespaces, joined by veth pairs with good and bad links between them.

The namespaces have no name: the kernel takes each away, with all that is in it, when the last process and the last
descriptor in it are gone, however the test ended. The namespace that the test was started in is left as it is.
"""
import contextlib
import ctypes
import os
import pathlib
import shutil
import subprocess

import bad_wire
from bad_wire import GOOD, BadWire

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
OWN = "/proc/thread-self/ns/net"


def checked(result):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise OSError(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()}")


@contextlib.contextmanager
def back_again():
    """The thread's namespace at the end is that of the beginning."""
    before = os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        checked(libc.setns(before, CLONE_NEWNET))
        os.close(before)


class Host:
    """A namespace with loopback up; forwards nothing unless asked to."""

    def __init__(self, name):
        self.name = name
        with back_again():
            checked(libc.unshare(CLONE_NEWNET))
            self.fd = os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)
        with self.inside():
            self.sysctl("ipv4/ip_forward", 0)
            with contextlib.suppress(FileNotFoundError):  # a kernel without IPv6
                self.sysctl("ipv6/conf/all/disable_ipv6", 1)
        self.ip("link set lo up")

    @contextlib.contextmanager
    def inside(self):
        """What this thread opens and starts in the meantime is in this namespace."""
        with back_again():
            checked(libc.setns(self.fd, CLONE_NEWNET))
            yield

    @staticmethod
    def sysctl(name, value):
        pathlib.Path("/proc/sys/net", name).write_text(f"{value}\n")

    def run(self, *words):
        with self.inside():
            run(*words)

    def ip(self, words):
        self.run("ip", *words.split())

    def close(self):
        os.close(self.fd)


def pair(one, name_at_one, other, name_at_other):
    """A veth pair. Made inside a namespace, so that the one that the test was started in never sees it."""
    one.ip(f"link add {name_at_one} type veth peer name {name_at_other} netns /proc/{os.getpid()}/fd/{other.fd}")
    one.ip(f"link set dev {name_at_one} up")
    other.ip(f"link set dev {name_at_other} up")


class Link:
    """A device's line, as bad as `set` says: by tc netem where the kernel has it, else by a wire of our own."""

    def __init__(self, device, home, seed):
        self.ends = ((device, "line"), (home, "inner"))
        self.middle = self.wire = None
        pair(device, "line", home, "inner")
        try:
            self._netem(GOOD)
        except OSError:
            device.ip("link del dev line")
            self.middle = Host("wire")
            pair(device, "line", self.middle, "left")
            pair(home, "inner", self.middle, "right")
            for host, interface in self.ends:
                with host.inside():
                    bad_wire.finish_checksums(interface)
            with self.middle.inside():
                self.wire = BadWire(("left", "right"), seed)

    def set(self, weather):
        if self.wire:
            self.wire.weather = weather
        else:
            self._netem(weather)

    def _netem(self, weather):
        words = ["delay", f"{weather.delay * 1000:g}ms", "loss", f"{weather.loss * 100:g}%", "limit", "10000"]
        if weather.reorder and weather.delay:
            words += ["reorder", f"{weather.reorder * 100:g}%"]
        for host, interface in self.ends:
            host.run("tc", "qdisc", "replace", "dev", interface, "root", "netem", *words)

    def __str__(self):
        wire = self.wire
        return (f"a wire that lost {wire.lost} packets, passed {wire.passed}, {wire.overtook} of them out of turn"
                if wire else "a line under tc netem")

    def close(self):
        if self.wire:
            self.wire.close()
        if self.middle:
            self.middle.close()


MASQUERADE = (
    ("nft", "add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }; "
            "add rule ip nat out oifname \"street\" masquerade"),
    ("iptables", "-t", "nat", "-A", "POSTROUTING", "-o", "street", "-j", "MASQUERADE"))


class Network:
    """A relay's host with a public address, and homes behind it: in each a router that masquerades, and a device.

        device 10.N.0.2 --- bad link --- 10.N.0.1 router 203.0.113.x --- relay 198.51.100.1
    """

    RELAY = "198.51.100.1"

    def __init__(self, names, seed):
        self.stack = contextlib.ExitStack()
        self.devices, self.routers, self.links = [], [], []
        self.masquerades = True
        with contextlib.ExitStack() as undo:
            undo.callback(self.stack.close)
            self.relay = self._host("relay")
            self.relay.ip(f"addr add {self.RELAY}/32 dev lo")
            for number, name in enumerate(names, 1):
                self._home(number, name, seed + number)
            undo.pop_all()

    def _host(self, name):
        host = Host(name)
        self.stack.callback(host.close)
        return host

    def _home(self, number, name, seed):
        device, router = self._host(name), self._host(f"{name}'s router")
        link = Link(device, router, seed)
        self.stack.callback(link.close)
        first = 4 * number
        pair(router, "street", self.relay, f"home{number}")
        self.relay.ip(f"addr add 203.0.113.{first + 1}/30 dev home{number}")
        router.ip(f"addr add 203.0.113.{first + 2}/30 dev street")
        router.ip(f"addr add 10.{number}.0.1/24 dev inner")
        router.ip(f"route add default via 203.0.113.{first + 1}")
        router.ip("route add unreachable 10.0.0.0/8")  # private addresses end at home
        device.ip(f"addr add 10.{number}.0.2/24 dev line")
        device.ip(f"route add default via 10.{number}.0.1")
        with router.inside():
            router.sysctl("ipv4/ip_forward", 1)
        if not self._masquerade(router):
            self.masquerades = False
            self.relay.ip(f"route add 10.{number}.0.0/24 via 203.0.113.{first + 2}")
        self.devices.append(device)
        self.routers.append(router)
        self.links.append(link)

    @staticmethod
    def _masquerade(router):
        for words in MASQUERADE:
            with contextlib.suppress(OSError):
                router.run(*words)
                return True
        return False

    def set(self, weather):
        for link in self.links:
            link.set(weather)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()


def why_not():
    """Why there can be no network of namespaces here; None when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "ip is missing: install iproute2"
    with contextlib.ExitStack() as stack:
        try:
            hosts = []
            for name in ("one", "other"):
                hosts.append(Host(name))
                stack.callback(hosts[-1].close)
            pair(hosts[0], "one", hosts[1], "other")
        except OSError as error:
            return f"this kernel refuses network namespaces or veth: {error}"
    return None
