"""The bystander: another party, in a process of its own, that notes how long what it wants takes."""
import contextlib
import re
import socket
import threading
import time

from neighbours.calls import Caller, Refused

LONGEST = 60.0  # seconds that a message is waited for
CHAT = re.compile(rb'"chat_id":(\d+)')


class Arrivals:
    """When messages of one chat came, by the event stream of the gateway that receives them."""

    def __init__(self, port, key, chat):
        self.seen, self.grew = [], threading.Condition()
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.connection.sendall(
            f"GET /events?types=IncomingMsg HTTP/1.0\r\nHost: localhost\r\nX-API-Key: {key}\r\n\r\n".encode())
        threading.Thread(target=self.read, args=(str(chat).encode(),), daemon=True).start()

    def read(self, chat):
        with contextlib.suppress(OSError):
            for line in self.connection.makefile("rb"):
                found = CHAT.search(line) if b'"IncomingMsg"' in line else None
                if found and found[1] == chat:
                    with self.grew:
                        self.seen.append(time.perf_counter())
                        self.grew.notify_all()

    def count(self):
        with self.grew:
            return len(self.seen)

    def after(self, count):
        """When the next one after the first `count` came."""
        with self.grew:
            if not self.grew.wait_for(lambda: len(self.seen) > count, LONGEST):
                raise Refused(f"a message did not arrive within {LONGEST:g} s")
            return self.seen[count]


class Measure:
    """Milliseconds of each time that something was done, and what was refused."""

    def __init__(self):
        self.times, self.refusals = [], []

    def repeat(self, end, pause, action):
        """`action` returns when it was done, or nothing: now."""
        while time.perf_counter() < end:
            begun = time.perf_counter()
            try:
                done = action() or time.perf_counter()
                self.times.append((done - begun) * 1000)
            except (Refused, OSError) as refusal:
                self.refusals.append(str(refusal))
            time.sleep(pause)


def passing(send, arrivals):
    """A message on its way: sent by `send`, seen by `arrivals`."""
    def action():
        before = arrivals.count()
        send()
        return arrivals.after(before)
    return action


def run(world, kinds, seconds, pipe):
    """Measures for some seconds whenever the pipe says so; answers with the times and refusals of each kind.

    calls: get_chatlist_entries. sends: a durable message. deliveries: a message to a contact, until the contact's gateway
    reports it. arrivals: the other way. files: a message with a small file, copied by the daemon.
    """
    def victim():
        return Caller(world["port"], world["bystander_key"])

    read, write, deliver, attach = victim(), victim(), victim(), victim()
    contact = Caller(world["contact_port"])
    at_contact = Arrivals(world["contact_port"], "", world["chat_at_contact"])
    at_victim = Arrivals(world["port"], world["bystander_key"], world["contact_chat"])
    text = "Pump 3 runs hot"
    actions = {
        "calls": (0.01, lambda: read("get_chatlist_entries", 1, None, None, None) and None),
        "sends": (0.02, lambda: write("misc_send_text_message", 1, world["own_chat"], text) and None),
        "deliveries": (0.02, passing(lambda: deliver("misc_send_text_message", 1, world["contact_chat"], text), at_contact)),
        "arrivals": (0.02, passing(lambda: contact("misc_send_text_message", 1, world["chat_at_contact"], text), at_victim)),
        "files": (0.02, lambda: attach("send_msg", 1, world["own_chat"], {"file": world.get("small_file")}) and None),
    }
    while pipe.recv() == "measure":
        measures = {kind: Measure() for kind in kinds}
        end = time.perf_counter() + seconds
        threads = [threading.Thread(target=measures[kind].repeat, args=(end, *actions[kind])) for kind in kinds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pipe.send({kind: (measure.times, measure.refusals) for kind, measure in measures.items()})
