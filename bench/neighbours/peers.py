"""Neighbours that are other people's gateways and do not keep to the protocol (bench/hostile/)."""
import http.client
import pathlib
import socket
import subprocess
import time

from gateway import BIN
from neighbours.calls import Caller


def deposit(port, text):
    """Posts what join_flood printed: path and proof in the head, then the body."""
    head, body = text.split(b"\n\n", 1)
    path, key, at, mac, _ = head.decode().split("\n")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, body, {"Content-Type": "application/octet-stream", "Deposit-Key": key,
                                            "Deposit-Time": at, "Deposit-Mac": mac})
    connection.getresponse().read()
    connection.close()


def joins(world, tally):
    """deposits of 40 join requests by made-up people whose gateways take connections and never answer"""
    with socket.socket() as silent:
        silent.bind(("0.0.0.0", 0))
        silent.listen(1024)
        port, round_ = silent.getsockname()[1], 0
        while True:
            hosts = [f"http://127.0.{round_ % 250}.{n}:{port}" for n in (1, 2, 3)]
            flood = subprocess.run([str(BIN / "join_flood"), world["invite"], "40", *hosts], capture_output=True, check=True)
            deposit(world["port"], flood.stdout)
            round_ += 1
            with tally.get_lock():
                tally.value += 40
            time.sleep(0.2)


def lies(world, tally):
    """A joined contact's gateway that lies in each message it sends (bench/hostile/session_link.cpp)."""
    call, lie = Caller(world["hostile_port"]), pathlib.Path(world["lie_file"])
    lie.write_text(world["lie"])
    while True:
        for number in range(world["burst"]):
            with tally.get_lock():
                tally.value += 1
            call("misc_send_text_message", 1, world["hostile_chat"], f"{number}")
        if world["joins"]:  # a new session: whatever is parked is looked at
            lie.write_text("")
            call("secure_join", 1, world["invite"])
            lie.write_text(world["lie"])
        time.sleep(world["pause"])
