"""SIGTERM and SIGINT end the daemon in time whatever is open, and with 0."""
import signal
import socket
import threading
import unittest

from gateway import Gateway, scaled


class Stop(unittest.TestCase):
    def stop_with_everything_open(self, signum):
        with Gateway("alice") as gateway:
            streams = [gateway.events() for _ in range(20)]
            parked = []
            for method, params in (("get_next_event_batch", []), ("wait_next_msgs", [1]), ("sleep", [600])):
                for _ in range(10):
                    body = ('{"jsonrpc":"2.0","id":1,"method":"%s","params":%s}' % (method, params)).encode()
                    caller = socket.create_connection(("127.0.0.1", gateway.port))
                    caller.sendall(b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                   b"Content-Length: %d\r\n\r\n" % len(body) + body)
                    parked.append(caller)
            half = socket.create_connection(("127.0.0.1", gateway.port))
            half.sendall(b"POST /rpc HTTP/1.1\r\nHost: local")  # a head that never ends
            self.assertEqual(gateway.http("GET", "/health")[0], 200)
            gateway.process.send_signal(signum)
            code = gateway.process.wait(scaled(5))
            self.assertEqual(code, 0, "\n".join(gateway.log[-20:]))
            for stream in streams:
                stream.thread.join(scaled(5))
                self.assertFalse(stream.thread.is_alive(), "the streams are closed")
            for caller in [*parked, half]:
                caller.close()

    def test_sigterm(self):
        self.stop_with_everything_open(signal.SIGTERM)

    def test_sigint(self):
        self.stop_with_everything_open(signal.SIGINT)

    def test_sigquit(self):
        with Gateway("alice") as gateway:
            gateway.process.send_signal(signal.SIGQUIT)
            self.assertEqual(gateway.process.wait(scaled(20)), 0)

    def test_what_was_acknowledged_while_stopping_is_there_afterwards(self):
        with Gateway("alice") as gateway:
            chat = gateway.rpc("create_chat_by_contact_id", 1, 1)
            acknowledged = []

            def send(name):
                try:
                    for number in range(100_000):
                        gateway.send(chat, f"{name} {number}")
                        acknowledged.append(f"{name} {number}")
                except Exception:  # the daemon is gone, as it should be
                    pass

            senders = [threading.Thread(target=send, args=(name,)) for name in "abcd"]
            for sender in senders:
                sender.start()
            while len(acknowledged) < 50 and any(sender.is_alive() for sender in senders):
                senders[0].join(0.01)
            self.assertEqual(gateway.stop(), 0)
            for sender in senders:
                sender.join()
            self.assertGreaterEqual(len(acknowledged), 50)
            gateway.start()
            kept = gateway.texts(chat)
            self.assertEqual(len(kept), len(set(kept)))
            self.assertEqual(set(acknowledged) - set(kept), set())


if __name__ == "__main__":
    unittest.main()
