"""Device commands over HTTP, by JSON-RPC and by privitty-edge run: what they put out, and how it comes."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import unittest
import uuid

from commands_world import JSON, LIST, SANITIZED, Stream, World, marker, processes_with
from gateway import CLI, Gateway, RpcError, scaled, until


class Output(World):
    def test_a_command_runs_and_its_output_comes_as_named_events(self):
        events = self.run_to_end("count 3 0")
        self.assertEqual([event.kind for event in events], ["output"] * 4 + ["complete"])
        self.assertEqual(self.lines(events), ["line 1", "line 2", "line 3"])
        self.assertEqual(self.lines(events, "stderr"), ["done"])
        self.assertEqual(events[-1].data["exit_code"], 3)
        self.assertIsInstance(events[-1].data["duration_ms"], int)
        self.assertNotIn("signal", events[-1].data)
        ids = [int(event.id) for event in events]
        self.assertEqual(ids, sorted(set(ids)))

    def test_once_a_command_is_over_a_reconnect_is_told_not_to_come_again(self):
        ident = self.started("echo hello")
        events = self.events(ident)
        stream = self.stream(ident, events[-1].id)
        self.assertEqual(stream.status, 204)
        self.assertEqual(stream.answer.read(), b"")
        # The query's form of the header, for those who cannot set one.
        self.assertEqual(self.stream(ident, last_event_id=events[-1].id).status, 204)

    def test_a_stream_that_is_cut_resumes_without_a_gap(self):
        ident = self.started("count 60 0.01")
        seen, last = [], None
        while not seen or seen[-1].kind != "complete":
            with self.stream(ident, last) as stream:
                taken = 0
                for event in stream:
                    if event.kind in ("connected", "heartbeat"):
                        self.assertTrue(last is None or event.id == last)
                        continue
                    seen.append(event)
                    last = event.id
                    taken += 1
                    if taken == 7 or event.kind == "complete":
                        break
        self.assertEqual(self.lines(seen), [f"line {i}" for i in range(1, 61)])
        self.assertEqual(self.events(ident), seen)

    def test_late_and_several_watchers_see_the_same_also_after_a_restart(self):
        ident = self.started("count 40 0.01")
        found = []
        watchers = [threading.Thread(target=lambda: found.append(self.events(ident))) for _ in range(5)]
        for watcher in watchers:
            watcher.start()
        for watcher in watchers:
            watcher.join(scaled(60))
        whole = self.events(ident)
        self.assertEqual(found, [whole] * 5)
        self.assertEqual(self.gateway.restart(), self.gateway)
        self.assertEqual(self.events(ident), whole)
        for at in range(len(whole) - 1):
            self.assertEqual(self.events(ident, whole[at].id), whole[at + 1:])
        self.assertEqual(self.stream(ident, whole[-1].id).status, 204)
        # What no daemon gave out begins at the beginning.
        for strange in ("0", "12", "99999999999999999", "not-an-id", "-1"):
            self.assertEqual(self.events(ident, strange), whole, strange)

    def test_ids_grow_over_a_restart(self):
        before = int(self.run_to_end("echo one")[-1].id)
        self.gateway.restart()
        self.assertGreater(int(self.run_to_end("echo two")[0].id), before)

    def test_a_restart_interrupts_a_command_which_then_ends_with_an_error(self):
        for how in ("stop", "kill9"):
            with self.subTest(how):
                mark = marker()
                ident = self.started(f"wait {mark}")
                stream = self.stream(ident)
                last = next(event for event in stream if event.kind == "output").id
                self.assertTrue(processes_with(mark))
                getattr(self.gateway, how)()
                until(lambda: not processes_with(mark), 20, "the end of what the command started")
                self.gateway.start()
                rest = self.events(ident, last)
                self.assertEqual([event.kind for event in rest], ["error"])
                self.assertIn("daemon", rest[0].data["message"])
                self.assertEqual(self.run_of(ident)["status"], "interrupted")
                self.assertEqual(self.stream(ident, rest[0].id).status, 204)
                self.assertEqual(self.lines(self.events(ident)), ["up"])

    def test_the_project_streams_its_commands_as_they_start(self):
        self.run_to_end("echo before")
        with Stream(self.gateway, "/projects/plant/events") as stream:
            events = iter(stream)
            connected = next(events)
            self.assertEqual(connected.kind, "connected")
            first = self.started("echo first")
            second = self.started("echo second", "other")  # another project's
            third = self.started("echo third")
            seen = []
            while sum(event.kind == "complete" for event in seen) < 2:
                event = next(events)
                if event.kind != "heartbeat":
                    seen.append(event)
        self.assertEqual({event.data["stream_id"] for event in seen}, {first, third})
        self.assertEqual(sorted(self.lines(seen)), ["first", "third"])
        self.wait_end(second)
        # The same again, from where it began, when all are over: from the files.
        self.gateway.restart()
        with Stream(self.gateway, "/projects/plant/events", connected.id) as stream:
            events = iter(stream)
            self.assertEqual(next(events).kind, "connected")
            again = [next(events) for _ in seen]
        self.assertEqual(again, seen)

    def test_odd_bytes_line_ends_and_progress(self):
        events = self.run_to_end("odd")
        output = {}
        for event in events[:-1]:
            output.setdefault(event.data["stream"], []).append(event.data)
        self.assertEqual([(line["line"], line.get("replaced", False)) for line in output["stdout"]],
                         [("a\ufffdb", True), ("crlf", False), ("no end", False)])
        self.assertEqual(output["stderr"][-1]["line"], "three")
        self.assertTrue(all(line.get("progress") for line in output["stderr"][:-1]))

    def test_long_lines_come_in_marked_pieces(self):
        events = self.run_to_end("long")
        self.assertEqual(self.text(events), "x" * 200000 + "\n" + "y" * 65536 + "\nz\n")
        pieces = [event.data for event in events if event.kind == "output"]
        self.assertEqual([piece.get("more", False) for piece in pieces], [True] * 3 + [False, False, False])
        self.assertTrue(all(len(piece["line"]) <= 65536 for piece in pieces))

    def test_what_is_kept_is_sealed(self):
        secret = "geheim-" + uuid.uuid4().hex
        self.run_to_end(f"echo {secret}")
        files = [path for path in (self.gateway.accounts / "commands").rglob("*") if path.is_file()]
        self.assertTrue(files)
        for path in files:
            self.assertNotIn(secret.encode(), path.read_bytes(), path)
            self.assertEqual(path.stat().st_mode & 0o77, 0, path)

    def test_a_reader_that_takes_nothing_stops_no_command_and_misses_nothing(self):
        count = 40_000
        ident = self.started(f"lines {'r' * 200} {count}")
        slow = socket.create_connection(("127.0.0.1", self.gateway.port))
        self.addCleanup(slow.close)
        slow.sendall(f"GET {self.path(ident)} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
        run = self.wait_end(ident)
        self.assertEqual(run["status"], "exited")
        slow.settimeout(scaled(60))
        received = b""
        while b"event: complete" not in received[-4096:]:
            part = slow.recv(1 << 20)
            self.assertTrue(part, "the stream ended before the command's end was reported")
            received += part
        self.assertEqual(received.count(b"event: output\n"), count)
        self.assertNotIn(b"event: lag", received)


class Amounts(World):
    def peak(self):
        status = pathlib.Path(f"/proc/{self.gateway.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) * 1024

    def test_gigabytes_of_output_at_constant_memory(self):
        size = int(os.environ.get("EDGE_TEST_OUTPUT_MIB", "128" if SANITIZED else "512")) << 20
        allowed = (768 if SANITIZED else 96) << 20
        before = self.peak()
        without_end = self.started(f"endless {size}")
        lines = self.started(f"lines {'m' * 1000} {size // 1001}")
        for ident in (without_end, lines):
            self.assertEqual(self.wait_end(ident, 240)["status"], "exited")
        self.assertLess(self.peak() - before, allowed)
        # The oldest is gone; a late watcher gets a notice of it, and sees the end.
        events = self.events(lines)
        self.assertEqual(events[0].kind, "lag")
        self.assertEqual(events[-1].kind, "complete")
        kept = sum(path.stat().st_size for path in (self.gateway.accounts / "commands").iterdir())
        self.assertLess(kept, 80 << 20)

    def test_a_hundred_commands_at_once(self):
        idents = [self.started("count 20 0.05") for _ in range(100)]
        self.assertEqual(len(set(idents)), 100)
        found = {}
        watchers = [threading.Thread(target=lambda i=ident: found.__setitem__(i, self.events(i))) for ident in idents]
        for watcher in watchers:
            watcher.start()
        for watcher in watchers:
            watcher.join(scaled(90))
        for ident in idents:
            self.assertEqual(self.lines(found[ident]), [f"line {i}" for i in range(1, 21)])
            self.assertEqual(found[ident][-1].data["exit_code"], 3)


class Run(World):
    """privitty-edge run."""

    def cli(self, *words, **more):
        return subprocess.run([CLI, "--url", self.gateway.url, "run", *words], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=scaled(60), **more)

    def test_output_comes_as_the_commands_own_and_so_does_the_exit_code(self):
        done = self.cli("plant", "--", "count", "3", "0")
        self.assertEqual(done.returncode, 3, done)
        self.assertEqual(done.stdout, b"line 1\nline 2\nline 3\n")
        self.assertEqual(done.stderr, b"done\n")
        done = self.cli("plant", "--", "echo", "two words; $x")
        self.assertEqual((done.returncode, done.stdout), (0, b"two words; $x\n"))
        self.assertEqual(self.cli("plant", "--", "ls -d /tmp").stdout, b"/tmp\n")
        self.assertEqual(self.cli("plant", "--", "long").stdout, b"x" * 200000 + b"\n" + b"y" * 65536 + b"\nz\n")

    def test_what_is_not_run_has_an_exit_code_of_its_own(self):
        done = self.cli("plant", "--", "rm", "x")
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"not allowed", done.stderr)
        self.assertEqual(self.cli("plant").returncode, 2)

    def test_interrupted_it_cancels_the_command(self):
        mark = marker()
        process = subprocess.Popen([CLI, "--url", self.gateway.url, "run", "plant", "--", "wait", mark],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"up\n")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=scaled(20))
        self.assertEqual(process.returncode, 143, errors)
        self.assertIn(b"cancelled", errors)
        self.assertEqual(processes_with(mark), [])

    def test_a_terminal_that_goes_cancels_the_command_unless_nohup_says_otherwise(self):
        for command, mark in (([], marker()), (["nohup"], marker())):
            process = subprocess.Popen([*command, CLI, "--url", self.gateway.url, "run", "plant", "--", "wait", mark],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            self.assertEqual(process.stdout.readline(), b"up\n")
            if command:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                ignored = int(re.search(r"SigIgn:\s*(\w+)", status)[1], 16)
                self.assertTrue(ignored >> (signal.SIGHUP - 1) & 1)
            process.send_signal(signal.SIGINT if command else signal.SIGHUP)
            process.communicate(timeout=scaled(20))
            self.assertEqual(process.returncode, 143)
            self.assertEqual(processes_with(mark), [])

    def test_a_reader_that_goes_cancels_the_command(self):
        mark = marker()
        process = subprocess.Popen([CLI, "--url", self.gateway.url, "run", "plant", "--", "wait", mark],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.assertEqual(process.stdout.readline(), b"up\n")
        process.stdout.close()
        self.assertEqual(process.wait(scaled(20)), 125)
        until(lambda: not processes_with(mark), what="the end of the command")

    def test_input(self):
        text = b"".join(b"%d\n" % i for i in range(100_000))
        done = subprocess.run([CLI, "--url", self.gateway.url, "run", "--input", "plant", "--", "cat"], input=text,
                              capture_output=True, timeout=scaled(60))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, text)
        self.assertEqual(self.cli("plant", "--", "cat").returncode, 0)

    def test_a_restart_of_the_daemon_in_the_middle_is_survived(self):
        mark = marker()
        process = subprocess.Popen([CLI, "--url", self.gateway.url, "run", "plant", "--", "wait", mark],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"up\n")
        self.gateway.kill9()
        self.gateway.start()
        rest, errors = process.communicate(timeout=scaled(30))
        self.assertEqual((process.returncode, rest), (125, b""), errors)
        self.assertIn(b"the daemon ended", errors)


class Closed(unittest.TestCase):
    def test_without_a_list_there_is_nothing(self):
        with Gateway("no-commands") as gateway:
            self.assertEqual(gateway.http("GET", "/projects")[0], 404)
            with self.assertRaisesRegex(RpcError, "--commands"):
                gateway.rpc("run_command", "p", "x")

    def test_anonymous_callers_from_elsewhere_run_nothing(self):
        gateway = Gateway("anonymous")
        self.addCleanup(gateway.remove)
        file = gateway.folder / "commands.toml"
        file.write_text(LIST)
        file.chmod(0o600)
        gateway.flags = ["--commands", str(file), "--allow-anonymous"]
        gateway.start()
        forwarded = {**JSON, "X-Forwarded-For": "203.0.113.7"}
        self.assertEqual(gateway.http("POST", "/projects/plant/shell", '{"command":"odd"}', forwarded)[0], 403)
        self.assertEqual(gateway.http("GET", "/projects", headers=forwarded)[0], 403)
        self.assertEqual(gateway.http("POST", "/projects/plant/shell", '{"command":"odd"}', JSON)[0], 202)


if __name__ == "__main__":
    unittest.main()
