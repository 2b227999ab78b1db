"""Somebody who holds nothing but an invite sends many made-up people, whose gateways take connections and say nothing."""
import socket
import threading
import unittest

import gateway
from gateway import Gateway, until

EACH = 14  # of three gateways: under an invite's sixty an hour


class Silence:
    """Listens on all loopback addresses, takes connections and never answers."""

    def __init__(self):
        self.socket = socket.create_server(("0.0.0.0", 0), backlog=1024)
        self.port = self.socket.getsockname()[1]
        self.held = []
        self.thread = threading.Thread(target=self._take, daemon=True)
        self.thread.start()

    def _take(self):
        while True:
            try:
                self.held.append(self.socket.accept()[0])
            except OSError:
                return

    def open(self):
        """How many connections the other side still waits on."""
        count = 0
        for connection in self.held:
            connection.setblocking(False)
            try:
                # What is there is the request; an end after it is the other side's.
                data = connection.recv(1 << 20, socket.MSG_PEEK)
                if data:
                    count += 1
            except BlockingIOError:
                count += 1
            except OSError:
                pass
        return count

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        for connection in self.held:
            connection.close()


class MadeUpJoiners(unittest.TestCase):
    def test_their_connections_hold_up_neither_contacts_nor_other_joiners(self):
        silence = Silence()
        self.addCleanup(silence.close)
        with Gateway("alice") as alice, Gateway("bob") as bob:
            chat_a, chat_b = gateway.join(alice, bob)
            link = alice.rpc("get_chat_securejoin_qr_code", 1, None)
            crowds = []
            try:
                for number in range(3):
                    crowd = Gateway(f"crowd{number}", flags=["--public-url", f"http://127.0.{number}.9:{silence.port}"])
                    crowds.append(crowd.start())
                for _ in range(EACH):
                    for crowd in crowds:
                        crowd.rpc("secure_join", crowd.rpc("add_account"), link)
                until(lambda: len(silence.held) >= 6, what="connections to the made-up joiners")
                alice.send(chat_a, "while they hang")
                until(lambda: bob.texts(chat_b) == ["while they hang"], 5, what="the message to the contact")
                held = silence.open()
                self.assertGreater(held, 0)
                self.assertLessEqual(held, 16)
                self.assertGreaterEqual(alice.rpc("get_connectivity", 1), 3000)
                with Gateway("carol") as carol:
                    chat_c, chat_d = gateway.join(alice, carol)
                    carol.send(chat_d, "I came all the same")
                    until(lambda: alice.texts(chat_c) == ["I came all the same"], what="the honest joiner's message")
                # One URL each, the first tries a second and more apart: never thousands.
                self.assertLessEqual(len(silence.held), 3 * EACH * 4)
            finally:
                for crowd in crowds:
                    crowd.remove()


if __name__ == "__main__":
    unittest.main()
