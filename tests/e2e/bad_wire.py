"""A wire between two interfaces that loses, delays and reorders packets: what tc netem does, for kernels without it.

It copies Ethernet frames between two interfaces of one network namespace, which no address and no route joins.
"""
import contextlib
import ctypes
import fcntl
import heapq
import random
import select
import socket
import struct
import threading
import time

EVERY_PROTOCOL = 3  # ETH_P_ALL
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17


class Weather:
    """Of each packet, each way: chances from 0 to 1 of loss and of overtaking those before it, and a delay in seconds."""

    def __init__(self, loss=0.0, delay=0.0, reorder=0.0):
        self.loss = loss
        self.delay = delay
        self.reorder = reorder


GOOD = Weather()
CUT = Weather(loss=1.0)


def finish_checksums(interface):
    """Has the kernel send whole packets on this interface: veth leaves checksums and segmentation to nobody."""
    value = ctypes.create_string_buffer(struct.pack("=II", ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP", interface.encode(), ctypes.addressof(value))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, request)


class BadWire:
    """Made by a thread that stands in the namespace of the two interfaces. The seed gives every choice."""

    def __init__(self, interfaces, seed):
        self.random = random.Random(seed)
        self.weather = GOOD
        self.passed = self.lost = self.overtook = 0
        self.ends = []
        for interface in interfaces:
            end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
            end.bind((interface, EVERY_PROTOCOL))
            end.setblocking(False)
            self.ends.append(end)
        self.waiting = []  # a heap of (due, number, end, frame)
        self.number = 0
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        other = dict(zip(self.ends, self.ends[::-1]))
        while not self.closed.is_set():
            pause = max(0, min(0.1, self.waiting[0][0] - time.monotonic())) if self.waiting else 0.1
            for end in select.select(self.ends, [], [], pause)[0]:
                with contextlib.suppress(OSError):
                    frame, source = end.recvfrom(65536)
                    if source[2] != socket.PACKET_OUTGOING:
                        self._take(frame, other[end])
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, _, end, frame = heapq.heappop(self.waiting)
                with contextlib.suppress(OSError):  # a full queue loses a packet, as queues do
                    end.send(frame)

    def _take(self, frame, end):
        weather = self.weather
        if self.random.random() < weather.loss:
            self.lost += 1
            return
        ahead = weather.delay > 0 and self.random.random() < weather.reorder
        self.overtook += ahead
        self.passed += 1
        self.number += 1
        heapq.heappush(self.waiting, (time.monotonic() + (0 if ahead else weather.delay), self.number, end, frame))

    def close(self):
        self.closed.set()
        self.thread.join()
        for end in self.ends:
            end.close()
