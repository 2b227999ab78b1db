"""Device commands: how they are ended and bounded, and who may run them."""
import json
import pathlib
import signal
import subprocess
import tempfile
import unittest

from commands_world import JSON, LIST, Stream, World, marker, processes_with
from gateway import CLI, Gateway, RpcError, scaled, until


class Configured(unittest.TestCase):
    def test_without_a_list_the_endpoint_says_how_to_switch_it_on(self):
        with Gateway("plain") as gateway:
            for method, path in (("GET", "/projects"), ("POST", "/projects/plant/shell"), ("GET", "/projects/plant/events")):
                status, _, body = gateway.http(method, path)
                self.assertEqual(status, 404)
                self.assertIn("start it with --commands FILE", body.decode())

    def test_a_folder_that_holds_the_accounts_is_warned_of(self):
        with tempfile.TemporaryDirectory() as folder:
            accounts, listed = pathlib.Path(folder) / "a", pathlib.Path(folder) / "commands.toml"
            listed.write_text(f'[[project]]\nname = "notes"\nfolder = "{folder}"\n[project.allow]\nkeys = true\n'
                              '[[project.line]]\nline = "ls -l"\n', encoding="utf-8")
            listed.chmod(0o600)
            accounts.mkdir()
            with Gateway("edge", folder=accounts, flags=["--commands", str(listed)]) as gateway:
                ran = subprocess.run([CLI, "--url", gateway.url, "run", "notes", "--", "ls", "-l"], capture_output=True,
                                     text=True, timeout=scaled(60), check=False)
                if ran.returncode == 0:
                    self.skipTest("this kernel has no Landlock")
                self.assertTrue(any('project "notes": commands cannot list its folder' in line for line in gateway.log),
                                gateway.log)


class Control(World):
    def test_who_asks_for_what_is_not_there_is_told_what_is(self):
        status, error = self.start("echo hi", "nowhere")
        self.assertEqual(status, 404)
        self.assertIn("plant", error)
        status, error = self.start("eco hi")
        self.assertEqual(status, 403)
        self.assertIn("echo {text}", error)
        self.assertEqual(self.start("nobody")[0], 403)
        self.assertEqual(self.start("count 0 0")[0], 400)
        self.assertEqual(self.start("echo 'unfinished")[0], 400)
        for body in ("", "{}", "[]", '{"command":7}', "nonsense"):
            self.assertEqual(self.gateway.http("POST", "/projects/plant/shell", body, JSON)[0], 400, body)
        self.assertEqual(self.gateway.http("POST", "/projects/plant/shell", '{"command":"odd"}')[0], 415)
        for path in ("/projects/nowhere/events", "/projects/nowhere/commands", "/projects/plant/events?stream_id=cmd-0"):
            self.assertEqual(self.gateway.http("GET", path)[0], 404, path)
        ident = self.started("echo hi")
        self.assertEqual(self.gateway.http("GET", self.path(ident, "other"))[0], 404)
        self.assertEqual(self.run_to_end("ls -d /tmp")[0].data["line"], "/tmp")

    def test_projects_and_their_commands_are_listed(self):
        projects = json.loads(self.gateway.http("GET", "/projects")[2])["data"]
        self.assertEqual([project["name"] for project in projects], ["plant", "other"])
        usages = [command["usage"] for command in projects[0]["commands"]]
        self.assertIn("echo {text}", usages)
        self.assertIn("ls -d /tmp", usages)
        self.assertNotIn("nobody", usages)
        ident = self.started("wait 60")
        listed = json.loads(self.gateway.http("GET", "/projects/plant/commands")[2])["data"]
        self.assertEqual((listed[0]["id"], listed[0]["status"]), (ident, "running"))
        self.assertEqual(self.gateway.http("GET", "/projects/plant/commands?limit=0")[0], 400)
        self.cancel(ident)
        self.wait_end(ident)
        listed = json.loads(self.gateway.http("GET", "/projects/plant/commands?limit=1")[2])["data"]
        self.assertEqual([(run["id"], run["status"]) for run in listed], [(ident, "cancelled")])

    def cancel(self, ident, project="plant"):
        return self.gateway.http("POST", f"/projects/{project}/commands/{ident}/cancel")

    def test_a_command_is_cancelled_with_all_that_it_started(self):
        mark = marker()
        ident = self.started(f"wait {mark}")
        stream = self.stream(ident)
        next(event for event in stream if event.kind == "output")
        self.assertEqual(self.cancel(ident, "other")[0], 404)
        self.assertEqual(self.cancel(ident)[0], 200)
        end = [event for event in stream if event.kind == "complete"][0]
        self.assertEqual(end.data["signal"], "SIGTERM")
        self.assertEqual(end.data["exit_code"], 143)
        self.assertEqual(end.data["reason"], "cancelled")
        self.assertEqual(processes_with(mark), [])
        self.assertEqual(self.cancel(ident)[0], 409)
        self.assertEqual(self.cancel("cmd-0000000000000000")[0], 404)

    def test_at_its_time_limit_a_command_ends_with_grandchildren_in_sessions_of_their_own(self):
        mark = marker()
        events = self.run_to_end(f"short {mark}")
        self.assertEqual(events[-1].kind, "complete")
        self.assertEqual(events[-1].data["reason"], "time_limit")
        self.assertEqual(processes_with(mark), [])

    def test_what_a_command_leaves_behind_is_ended(self):
        mark = marker()
        events = self.run_to_end(f"leaves {mark}")
        self.assertEqual(self.lines(events), ["left"])
        self.assertEqual(events[-1].data["exit_code"], 0)
        self.assertEqual(processes_with(mark), [])

    def test_too_many_at_once_are_refused_and_nothing_waits(self):
        idents = [self.started("wait 60") for _ in range(3)]
        status, error = self.start("wait 60")
        self.assertEqual(status, 409)
        self.assertIn("at once", error)
        for ident in idents:
            self.cancel(ident)
        for ident in idents:
            self.wait_end(ident)
        idents = [self.started("count 2000 0.1") for _ in range(120)]
        try:
            status, headers, _ = self.gateway.http("POST", "/projects/plant/shell", '{"command":"echo hi"}', JSON)
            self.assertEqual(status, 429)
            self.assertTrue(headers["Retry-After"])
        finally:
            for ident in idents:
                self.cancel(ident)
        for ident in idents:
            self.wait_end(ident)
        self.run_to_end("echo again")

    def test_standard_input(self):
        ident = self.started("cat")
        place = f"/projects/plant/commands/{ident}/stdin"
        stream = iter(self.stream(ident))
        self.assertEqual(self.gateway.http("POST", place, '{"data":"one\\n"}', JSON)[0], 204)
        self.assertEqual(next(event for event in stream if event.kind == "output").data["line"], "one")
        self.assertEqual(self.gateway.http("POST", place, b"two\xff\n", {"Content-Type": "application/octet-stream"})[0], 204)
        self.assertEqual(next(event for event in stream if event.kind == "output").data["line"], "two\ufffd")
        for body in ("[]", '{"date":"x"}', '{"data":7}'):
            self.assertEqual(self.gateway.http("POST", place, body, JSON)[0], 400, body)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(self.gateway.http("POST", place, "a=b", form)[0], 415)
        capitals = {"Content-Type": "Application/JSON; charset=utf-8"}
        self.assertEqual(self.gateway.http("POST", place, '{"data":"three\\n"}', capitals)[0], 204)
        self.assertEqual(next(event for event in stream if event.kind == "output").data["line"], "three")
        self.assertEqual(self.gateway.http("POST", place + "?close=perhaps")[0], 400)
        self.assertEqual(self.gateway.http("POST", place + "?close=True")[0], 204)
        self.assertEqual([event for event in stream if event.kind == "complete"][0].data["exit_code"], 0)
        self.assertEqual(self.gateway.http("POST", place, '{"data":"three"}', JSON)[0], 409)
        waiting = self.started("wait 60")
        place = f"/projects/plant/commands/{waiting}/stdin"
        self.assertEqual(self.gateway.http("POST", place, '{"data":"x"}', JSON)[0], 403)
        self.cancel(waiting)

    def test_nothing_that_is_sent_becomes_code_or_an_option_or_a_way_out(self):
        corpus = ["; id", "$(id)", "`id`", "&& id", "| id", "> /tmp/edge-injected", "*", "~", "~root", "{a,b}", "$HOME",
                  "${PATH}", "%n%s", "\\x41", "a b", "  ", "'", '"', "#x", "!x", "--exec=id", "-rf", "../../etc/passwd",
                  "/etc/passwd", "=cmd", "{text}", "{{text}}", "a;b", "\u202eabc", "\U0001f600"]
        for text in corpus:
            command = "arguments '" + text.replace("'", "'\\''") + "'"
            status, data = self.start(command)
            self.assertIn(status, (200, 202), (text, data))
            events = self.events(data["id"])
            self.assertEqual(self.lines(events), [ascii(["--", text])], text)
        for text in ("--exec=id", "-rf", "../x", "/etc/passwd", "~root", "a/../../b"):
            self.assertEqual(self.start(f"echo '{text}'")[0], 400, text)
        for command in ("echo a; id", "echo $(id) x", "echo a\nid", "echo a\0b", "echo", "echo a b", "'echo a'", "./echo a",
                        "/bin/echo a", "ECHO a", "ls -d /tmp /etc", "ls -d /etc", "echo \ta\r\n"):
            self.assertIn(self.start(command)[0], (400, 403), command)
        self.assertFalse(pathlib.Path("/tmp/edge-injected").exists())

    def test_a_command_inherits_nothing_of_the_daemon(self):
        names = {line.split("=")[0] for line in self.lines(self.run_to_end("environment"))}
        self.assertEqual(names, {"PATH", "LANG"})

    def test_a_mistake_in_a_reloaded_list_leaves_the_old_one_in_force(self):
        try:
            first = len(self.gateway.log)
            self.file.write_text(LIST + '\n[[command]]\nname = "bad"\n')
            self.gateway.process.send_signal(signal.SIGHUP)
            line = self.gateway.wait_log("stays in force", first_line=first)
            self.assertIn(f"commands.toml:{LIST.count(chr(10)) + 2}", line)
            self.assertIn("program", line)
            self.run_to_end("echo still")
            first = len(self.gateway.log)
            self.file.write_text(LIST.replace('name = "other"', 'name = "new"'))
            self.gateway.process.send_signal(signal.SIGHUP)
            self.gateway.wait_log("commands: ", first_line=first)
            until(lambda: self.start("echo hi", "new")[0] in (200, 202), what="the new list")
            self.assertEqual(self.start("echo hi", "other")[0], 404)
        finally:
            first = len(self.gateway.log)
            self.file.write_text(LIST)
            self.gateway.process.send_signal(signal.SIGHUP)
            self.gateway.wait_log("commands: ", first_line=first)
        # The daemon does not start with a mistake, and says where it is.
        wrong = self.gateway.folder / "wrong.toml"
        wrong.write_text("at_once = 0\n")
        wrong.chmod(0o600)
        daemon = Gateway("wrong-list", flags=["--commands", str(wrong)])
        self.addCleanup(daemon.remove)
        with self.assertRaisesRegex(AssertionError, r"wrong\.toml:1: at_once"):
            daemon.start()

    def test_json_rpc(self):
        run = self.gateway.rpc("run_command", "plant", "count 5 0")
        self.assertEqual((run["status"], run["project"], run["command"]), ("running", "plant", "count 5 0"))
        self.assertEqual(self.wait_end(run["id"])["exit_code"], 3)
        output = self.gateway.rpc("get_command_output", run["id"])
        self.assertTrue(output["complete"])
        self.assertFalse(output["missing"])
        self.assertEqual(sorted(line["line"] for line in output["lines"]), ["done"] + [f"line {i}" for i in range(1, 6)])
        after, lines = None, []
        while True:
            page = self.gateway.rpc("get_command_output", run["id"], after, 2)
            lines += page["lines"]
            after = page["next"]
            if page["complete"]:
                break
            self.assertEqual(len(page["lines"]), 2)
        self.assertEqual(lines, output["lines"])
        waiting = self.gateway.rpc("run_command", "plant", "wait 60")
        self.assertEqual(self.gateway.rpc("cancel_command", waiting["id"])["id"], waiting["id"])
        self.assertEqual(self.wait_end(waiting["id"])["status"], "cancelled")
        listed = self.gateway.rpc("get_commands", "plant", 2)
        self.assertEqual([run["id"] for run in listed][0], waiting["id"])
        for call in (("run_command", "plant", "rm x"), ("run_command", "nowhere", "x"), ("cancel_command", "cmd-1"),
                     ("get_command_output", "cmd-1"), ("get_commands", "nowhere")):
            with self.assertRaises(RpcError):
                self.gateway.rpc(*call)

    def test_refused_attempts_are_warned_of_and_everything_is_counted(self):
        self.gateway.restart()  # warnings are few a minute
        events = self.gateway.events("types=Warning")
        self.start("rm -rf / # refused")
        self.assertIn("rm -rf / # refused", events.wait("Warning")["msg"])
        self.run_to_end("echo counted")
        text = self.gateway.http("GET", "/metrics")[2].decode()
        figures = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[0] != "#"}
        self.assertGreaterEqual(figures["privitty_commands_started_total"], 1)
        self.assertGreaterEqual(figures['privitty_commands_ended_total{status="exited"}'], 1)
        self.assertGreaterEqual(figures['privitty_commands_refused_total{reason="not_allowed"}'], 1)
        self.assertGreaterEqual(figures["privitty_command_output_lines_total"], 1)
        self.assertGreaterEqual(figures["privitty_command_streams_total"], 1)


class Keys(World):
    keys = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = {name: cls.make_key(name, scope) for name, scope in (
            ("all", "commands"), ("echo", "commands:echo"), ("other", "commands:other"), ("read", "rpc:read"),
            ("admin", "admin"))}
        cls.authority = cls.key["admin"]

    @classmethod
    def make_key(cls, name, scope):
        made = subprocess.run([CLI, "keys", "--api-keys", str(cls.key_file), "add", name, "--scope", scope],
                              capture_output=True, text=True, check=True)
        key = next(word for word in made.stdout.split() if len(word) > 30)
        until(lambda: cls.gateway.http("GET", "/projects", headers={"X-API-Key": key})[0] != 401, what="the new key")
        return {"X-API-Key": key}

    def test_a_key_runs_what_its_scope_names(self):
        self.assertEqual(self.start("echo hi")[0], 401)
        self.assertEqual(self.start("echo hi", headers=self.key["read"])[0], 403)
        for name, project, command, status in (
                ("all", "plant", "echo hi", 202), ("admin", "plant", "echo hi", 202), ("echo", "plant", "echo hi", 202),
                ("echo", "plant", "odd", 403), ("echo", "plant", "ls -d /tmp", 403), ("echo", "other", "echo hi", 202),
                ("other", "other", "wait 0", 202), ("other", "plant", "odd", 403)):
            self.assertEqual(self.start(command, project, self.key[name])[0], status, (name, project, command))

    def test_a_key_sees_what_it_may_run(self):
        mine = self.started("echo mine", headers=self.key["echo"])
        theirs = self.started("count 1 0", headers=self.key["all"])
        for ident, status in ((mine, 200), (theirs, 404)):
            with Stream(self.gateway, self.path(ident), headers=self.key["echo"]) as stream:
                self.assertEqual(stream.status, status)
        listed = json.loads(self.gateway.http("GET", "/projects/plant/commands?limit=1000",
                                              headers=self.key["echo"])[2])["data"]
        self.assertIn(mine, [run["id"] for run in listed])
        self.assertNotIn(theirs, [run["id"] for run in listed])
        self.assertEqual({run["command"].split()[0] for run in listed}, {"echo"})
        cancel = f"/projects/plant/commands/{theirs}/cancel"
        self.assertEqual(self.gateway.http("POST", cancel, headers=self.key["echo"])[0], 404)
        # A project's stream keeps to the same.
        for ident in (mine, theirs):
            with Stream(self.gateway, self.path(ident), headers=self.key["all"]) as stream:
                self.assertEqual(list(stream)[-1].kind, "complete")
        with Stream(self.gateway, "/projects/plant/events", headers=self.key["echo"]) as stream:
            events = iter(stream)
            self.assertEqual(next(events).kind, "connected")
            self.started("count 1 0", headers=self.key["all"])
            seen = self.started("echo seen", headers=self.key["all"])
            self.assertEqual(next(event for event in events if event.kind == "output").data["stream_id"], seen)
        who = [run["caller"] for run in listed if run["id"] == mine]
        self.assertEqual(len(who), 1)
        self.assertNotIn(who[0], ("", "local"))

    def ticket(self, project="plant", key="all"):
        status, _, body = self.gateway.http("POST", f"/projects/{project}/ticket", headers=self.key[key])
        self.assertEqual(status, 200, body)
        return json.loads(body)["data"]["ticket"]

    def test_a_ticket_opens_one_stream_and_its_reconnects(self):
        ident = self.started("count 200 0.02", headers=self.key["all"])
        other = self.started("echo other", headers=self.key["all"])
        ticket = self.ticket()
        self.assertEqual(self.gateway.http("GET", self.path(ident))[0], 401)
        self.assertEqual(self.gateway.http("GET", f"/events?ticket={ticket}")[0], 401)
        self.assertEqual(self.gateway.http("GET", f"/projects?ticket={ticket}")[0], 401)
        self.assertEqual(self.gateway.http("GET", self.path(ident, "other", ticket=ticket))[0], 401)
        lines, last = [], None
        for _ in range(3):
            with Stream(self.gateway, self.path(ident, ticket=ticket), last) as stream:
                self.assertEqual(stream.status, 200)
                for event in stream:
                    if event.kind == "output":
                        lines.append(event.data["line"])
                        last = event.id
                        if len(lines) % 5 == 0:
                            break
        self.assertEqual(lines, [f"line {i}" for i in range(1, 16)])
        with Stream(self.gateway, self.path(other, ticket=ticket)) as stream:
            self.assertEqual(stream.status, 401)
        cancel = f"/projects/plant/commands/{ident}/cancel"
        self.assertEqual(self.gateway.http("POST", f"{cancel}?ticket={ticket}")[0], 401)
        self.assertEqual(self.gateway.http("POST", cancel, headers=self.key["all"])[0], 200)
        # A ticket of /events opens no output.
        made = self.make_key("events", "events")
        status, _, body = self.gateway.http("POST", "/events/ticket", headers=made)
        self.assertEqual(status, 200)
        wrong = json.loads(body)["ticket"]
        self.assertEqual(self.gateway.http("GET", self.path(ident, ticket=wrong))[0], 401)

    def test_a_key_that_is_revoked_ends_its_streams(self):
        made = self.make_key("short-lived", "commands")
        ident = self.started("wait 60", headers=made)
        with Stream(self.gateway, self.path(ident), headers=made) as stream:
            events = iter(stream)
            next(event for event in events if event.kind == "output")
            subprocess.run([CLI, "keys", "--api-keys", str(self.key_file), "revoke", "short-lived"],
                           capture_output=True, check=True)
            self.assertEqual([event.kind for event in events if event.kind != "heartbeat"], [])
        self.gateway.http("POST", f"/projects/plant/commands/{ident}/cancel", headers=self.key["all"])
