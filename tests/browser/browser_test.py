"""A page in a real Chromium against the real daemon; scripts/browser-test runs it.

The page is served from here, on an origin of its own. /events and /publish of that origin are passed on to the daemon byte
by byte, as a reverse proxy would, so that EventSource can be watched without CORS as well.
"""
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "readers")]
from cutting_proxy import CuttingProxy  # noqa: E402
from gateway import Gateway, free_port, until  # noqa: E402
from listed_commands import LINES, add_commands, expected_lines  # noqa: E402


class Site:
    """Serves the page, takes its reports, and passes the rest on to the daemon."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.progress, self.reports = [], []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                got = connection.recv(65536)
                if not got:
                    return
                request += got
            head, _, body = request.partition(b"\r\n\r\n")
            target = head.split()[1].decode()
            lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            while lengths and len(body) < int(lengths[0]):
                body += connection.recv(65536)
            if target.startswith("/page"):
                self._answer(connection, (HERE / "page.html").read_bytes(), "text/html")
            elif target in ("/report", "/progress"):
                if target == "/report":
                    self.reports.append(json.loads(body))
                else:
                    self.progress.append(body.decode())
                self._answer(connection, b"", "text/plain")
            elif target.startswith("/events"):
                self._pass_on(connection, request)
            else:
                self._answer(connection, b"", "text/plain", "404 Not Found")

    def _answer(self, connection, body, kind, status="200 OK"):
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                           f"Connection: close\r\n\r\n".encode() + body)

    def _pass_on(self, connection, request):
        try:
            with socket.create_connection(("127.0.0.1", self.gateway.port)) as daemon:
                daemon.sendall(request)
                while got := daemon.recv(65536):
                    connection.sendall(got)
        except OSError:
            pass  # the daemon is away, or the page

    def close(self):
        self.listener.close()


class Browser(unittest.TestCase):
    def setUp(self):
        self.edge = self.enterContext(Gateway("edge", port=free_port()))
        self.site = Site(self.edge)
        self.addCleanup(self.site.close)

    def open(self, test, **more):
        """Opens the page with this test in a Chromium of its own."""
        profile = tempfile.mkdtemp(prefix="edge-browser-")
        self.addCleanup(shutil.rmtree, profile, ignore_errors=True)
        url = f"{self.site.origin}/page?" + urllib.parse.urlencode({"test": test, "edge": self.edge.url, **more})
        browser = subprocess.Popen(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                                    "--no-first-run", "--remote-debugging-port=0", f"--user-data-dir={profile}", url],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

        def end():
            browser.kill()
            browser.wait()
        self.addCleanup(end)

    def report(self):
        return until(lambda: self.site.reports, 90, f"the page's report after {self.site.progress}")[0]

    def publish(self, data, **more):
        self.edge.rpc("publish_event", "c", data, more.get("type"), more.get("id"))

    def test_eventsource_reconnects_and_misses_nothing(self):
        self.open("stream")
        until(lambda: "open" in self.site.progress, 90, "the stream")
        self.publish("first")
        until(lambda: "first" in self.site.progress, what="the first event")
        self.edge.stop()
        self.edge.start()
        self.publish("two\nlines")
        self.publish({"t": 54}, type="Reading", id="own/1")
        self.publish("last")
        seen = self.report()
        self.assertEqual(seen["messages"], ["first", "two\nlines", "last"])
        self.assertEqual([data for _, data in seen["named"]], ['{"t":54}'])
        self.assertRegex(seen["named"][0][0], r"^\d+/own/1$")
        self.assertGreaterEqual(seen["opened"], 2)

    def test_messaging_events_have_names_when_asked_for(self):
        self.open("named")
        until(lambda: "open" in self.site.progress, 90, "the stream")
        chat = self.edge.rpc("create_chat_by_contact_id", 1, 1)
        self.edge.send(chat, "hello")
        seen = self.report()
        self.assertEqual((seen["type"], seen["chat_id"]), ("MsgsChanged", chat))

    def test_a_page_of_another_origin_drives_nothing_and_reads_nothing(self):
        self.open("foreign")
        seen = self.report()
        self.assertEqual(self.edge.rpc("get_config", 1, "displayname"), "edge")
        for what in ("plain", "json", "read"):
            self.assertIn("error", seen[what], what)
        for what in ("simple", "publish"):  # opaque to the page: it may not even know the status
            self.assertEqual(seen[what].get("status", 0), 0, what)
        self.assertEqual(seen["socket"], "refused", "a WebSocket is opened without a preflight")
        self.assertEqual(seen["stream"], "error 2", "refused for good, not tried again and again")
        self.assertEqual(self.edge.rpc("publish_event", "c", "x")["subscribers"], 0)

    def test_an_origin_that_is_allowed_reads_and_calls(self):
        self.edge.stop()
        self.edge.flags = ["--cors", self.site.origin]
        try:
            self.edge.start()
        except AssertionError as refused:
            if "--cors: not available" not in str(refused):
                raise
            self.skipTest("this daemon has no --cors yet")
        self.open("allowed")
        until(lambda: "open" in self.site.progress, 90, "the stream")
        self.publish("for the page")
        seen = self.report()
        self.assertEqual(json.loads(seen["json"]["text"])["result"], "edge")
        self.assertEqual(seen["socket"], "edge")
        self.assertEqual(seen["stream"], "for the page")

    def test_a_command_runs_and_its_output_comes_whole_over_a_stream_that_is_cut(self):
        self.edge.stop()
        key = add_commands(self.edge)
        self.edge.flags += ["--cors", self.site.origin]
        self.edge.start()
        proxy = CuttingProxy(self.edge.port, [700, 4000])
        self.addCleanup(proxy.close)
        self.open("command", edge=proxy.url, key=key, command=f"count {LINES}")
        seen = self.report()
        self.assertEqual([line for line in seen["lines"] if line.startswith("line")], expected_lines("stdout"))
        self.assertEqual([line for line in seen["lines"] if line.startswith("at")], expected_lines("stderr"))
        self.assertEqual((seen["exit_code"], seen["opened"]), (3, 3))
        self.assertEqual((proxy.cut, proxy.statuses), (2, [200, 200, 200, 204]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
