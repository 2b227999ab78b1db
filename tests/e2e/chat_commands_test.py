"""Device commands from a chat: real daemons, one of which runs real programs for contacts."""
import json
import pathlib
import re
import signal
import tempfile
import unittest
import urllib.parse
import uuid

from gateway import Gateway, RpcError, join, until

PROGRAMS = r"""
[[command]]
name = "greet"
description = "Says hello"
program = "/bin/echo"
arguments = ["hello", "{{whom}}"]
{allow}
[[command.argument]]
name = "whom"
type = "choice"
choices = ["world", "plant", "; touch {marks}/injected"]
default = "world"

[[command]]
name = "mark"
description = "Leaves a mark and waits for a file"
program = 'echo "$1" >> {marks}/ran; while [ ! -e {marks}/go ]; do sleep 0.02; done; echo marked "$1"'
shell = true
arguments = ["{{what}}"]
at_once = 8
time_limit = "5m"
{allow}
[[command.argument]]
name = "what"
type = "string"
pattern = '[a-z0-9]+'

[[command]]
name = "report"
description = "Always a file"
program = "/bin/echo"
arguments = ["the secret report"]
output_mode = "file"
{allow}

[[command]]
name = "lines"
description = "As many lines as you like"
program = 'i=0; while [ $i -lt "$1" ]; do i=$((i+1)); echo "line $i of the output"; done'
shell = true
arguments = ["{{count}}"]
output_mode = "auto"
{allow}
[[command.argument]]
name = "count"
type = "int"
min = 1
max = 100000

[[command]]
name = "broken"
description = "Fails"
program = 'echo some output; echo what went wrong >&2; exit 3'
shell = true
{allow}

[[command]]
name = "others"
description = "Not for this contact"
program = "/bin/echo"
allow = {{ contacts = ["{other}"] }}
"""


def fingerprint(gateway):
    link = gateway.rpc("get_chat_securejoin_qr_code", 1, None)
    return re.search(r"[0-9A-Fa-f]{64}", link).group(0)


class Chat(unittest.TestCase):
    """A device, an operator who may run most of its commands, and a guest who may run none."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.operator = self.enterContext(Gateway("operator"))
        self.list = self.folder / "commands.toml"
        self.write_list()
        self.device = self.enterContext(Gateway("device", flags=["--commands", str(self.list)]))
        self.device_chat, self.chat = join(self.device, self.operator)

    def write_list(self, allow=None, without=()):
        allow = allow or f'allow = {{ contacts = ["{fingerprint(self.operator)}"] }}'
        text = PROGRAMS.format(allow=allow, marks=self.folder, other="f" * 64)
        rows = [row for row in re.split(r"(?=^\[\[command\]\])", text, flags=re.M)
                if not any(f'name = "{name}"' in row for name in without)]
        self.list.write_text("".join(rows))
        self.list.chmod(0o600)

    def reload(self, **changes):
        self.write_list(**changes)
        first_line = len(self.device.log)
        self.device.process.send_signal(signal.SIGHUP)
        self.device.wait_log("commands:", first_line=first_line)

    def manifest(self, asker=None, chat=None):
        text = (asker or self.operator).rpc("privitty_get_device_capabilities", 1, chat or self.chat)
        return text and json.loads(text)

    def ask(self, cmd, args=None, *, ident=None, asker=None, chat=None):
        """Sends a request as the documented client does; its req_id."""
        ident = ident or str(uuid.uuid4())
        text = json.dumps({"__pvt": "cmd_request", "schema_version": "1", "req_id": ident, "cmd": cmd,
                           "args": args or {}}, separators=(",", ":"))
        (asker or self.operator).send(chat or self.chat, text)
        return ident

    def answers(self, ident, asker=None, chat=None):
        """All answers to a request: (as JSON, the message)."""
        found = []
        for message in (asker or self.operator).messages(chat or self.chat):
            text = message["text"] or ""
            if f'"req_id":"{ident}"' in text and "cmd_response" in text:
                found.append((json.loads(text[text.index("{"):text.rindex("}") + 1]), message))
        return found

    def answer(self, ident, asker=None, chat=None):
        return until(lambda: self.answers(ident, asker, chat), what="the answer")[0]

    def result(self, cmd, args=None, **who):
        return self.answer(self.ask(cmd, args, **who), who.get("asker"), who.get("chat"))[0]

    def ran(self):
        """The words that `mark` was run with."""
        marks = self.folder / "ran"
        return marks.read_text().split() if marks.exists() else []

    def warnings(self, stream):
        return [event["msg"] for event in stream.of("Warning")]


class Requests(Chat):
    def test_the_manifest_lists_what_the_contact_may_run_and_follows_the_list(self):
        manifest = until(self.manifest, what="the manifest")
        self.assertTrue(manifest["commands_enabled"])
        self.assertEqual([command["name"] for command in manifest["commands"]],
                         ["help", "status", "greet", "mark", "report", "lines", "broken"])
        greet = manifest["commands"][2]
        self.assertEqual(greet["description"], "Says hello")
        self.assertEqual(greet["output_mode"], "text")
        self.assertEqual(greet["args"][0]["name"], "whom")
        self.assertEqual(greet["args"][0]["type"], "choice")
        self.assertEqual(greet["args"][0]["default"], "world")
        self.assertIn("plant", greet["args"][0]["choices"])
        self.assertEqual(manifest["commands"][5]["output_mode"], "auto")
        self.assertTrue(manifest["platform"].startswith("Linux"))
        self.assertTrue(manifest["edge_version"])
        events = self.operator.events()
        self.reload(without=["broken", "lines"])
        events.wait("PrivittyDeviceCapabilitiesReceived", chat_id=self.chat)
        self.assertEqual([command["name"] for command in self.manifest()["commands"]],
                         ["help", "status", "greet", "mark", "report"])
        # A contact that may run nothing gets no manifest; one that lost every right gets an empty one.
        guest = self.enterContext(Gateway("guest"))
        at_device, guest_chat = join(self.device, guest)
        guest_events = guest.events()
        self.device.send(at_device, "hello guest")
        guest_events.wait("IncomingMsg")
        self.assertIsNone(self.manifest(guest, guest_chat))
        self.reload(allow=f'allow = {{ contacts = ["{"e" * 64}"] }}')
        until(lambda: not self.manifest()["commands_enabled"], what="the empty manifest")
        self.assertEqual(self.manifest()["commands"], [])
        self.device.restart()
        self.assertEqual(self.manifest()["commands"], [])

    def test_a_request_is_answered_with_defaults_applied_and_the_run_is_recorded(self):
        events = self.operator.events()
        ident = self.ask("greet")
        answer, message = self.answer(ident)
        self.assertEqual(answer, {"__pvt": "cmd_response", "req_id": ident, "cmd": "greet", "status": "ok",
                                  "output": "hello world", "output_mode": "text", "message": ""})
        events.wait("PrivittyDeviceCmdResponse", chat_id=self.chat, msg_id=message["id"])
        self.assertEqual(self.result("greet", {"whom": "plant"})["output"], "hello plant")
        # A value is one word of the program's arguments.
        self.assertEqual(self.result("greet", {"whom": f"; touch {self.folder}/injected"})["output"],
                         f"hello ; touch {self.folder}/injected")
        self.assertFalse((self.folder / "injected").exists())
        runs = self.device.rpc("get_commands", None, 100)
        self.assertEqual([run["status"] for run in runs], ["exited"] * 3)
        self.assertEqual({run["caller"] for run in runs}, {f"contact:{fingerprint(self.operator).lower()}"})
        self.assertEqual({run["exit_code"] for run in runs}, {0})
        self.assertIn("greet", runs[-1]["command"])

    def test_help_and_status_are_built_in(self):
        text = self.result("help")["output"]
        self.assertTrue(text.startswith("Available commands:\n"), text)
        self.assertIn("/greet — Says hello", text)
        self.assertNotIn("others", text)
        self.assertRegex(self.result("status")["output"], r"^privitty-edged \d.*\nUptime: ")

    def test_what_is_refused_says_why_and_warns(self):
        warnings = self.device.events()
        answer = self.result("others")
        self.assertEqual(answer["status"], "unauthorized")
        self.assertTrue(answer["message"])
        answer = self.result("gone")
        self.assertEqual(answer["status"], "obsolete")
        answer = self.result("greet", {"whom": "somebody"})
        self.assertEqual(answer["status"], "failed")
        self.assertIn("whom", answer["message"])
        answer = self.result("mark")
        self.assertEqual(answer["status"], "failed")
        self.assertIn("what", answer["message"])
        answer = self.result("greet", {"whom": ["world"]})
        self.assertEqual(answer["status"], "failed")
        self.assertEqual(self.device.rpc("get_commands", None, 100), [])
        until(lambda: [text for text in self.warnings(warnings) if "others" in text], what="the warning")
        for _ in range(20):
            self.ask("others")
        self.result("help")
        self.assertLess(len(self.warnings(warnings)), 12)

        # Somebody who may run nothing, and a device that runs nothing.
        guest = self.enterContext(Gateway("guest"))
        at_device, guest_chat = join(self.device, guest)
        self.assertEqual(self.result("greet", asker=guest, chat=guest_chat)["status"], "unauthorized")
        self.assertEqual(self.result("help", asker=guest, chat=guest_chat)["status"], "unauthorized")
        guest.send(guest_chat, "/greet world")
        guest.send(guest_chat, "/unheard")
        until(lambda: "/unheard" in self.device.texts(at_device), what="the guest's texts")
        self.assertEqual(self.result("greet", asker=guest, chat=guest_chat)["status"], "unauthorized")
        self.assertFalse([text for text in guest.texts(guest_chat) if "hello" in text])
        ident = self.ask("greet", asker=self.device, chat=at_device)
        answer = self.answer(ident, self.device, at_device)[0]
        self.assertEqual(answer["status"], "unauthorized")
        self.assertEqual(self.device.rpc("get_commands", None, 100), [])

    def test_a_command_that_fails_is_answered_with_its_output(self):
        answer = self.result("broken")
        self.assertEqual(answer["status"], "failed")
        self.assertIn("3", answer["message"])
        self.assertIn("what went wrong", answer["output"])
        self.assertIn("some output", answer["output"])

    def test_plain_text_asks_as_well(self):
        events = self.operator.events()
        self.operator.send(self.chat, "/greet plant")
        event = events.wait("IncomingMsg", chat_id=self.chat)
        message = self.operator.rpc("get_message", 1, event["msg_id"])
        self.assertEqual(message["text"], "hello plant")
        self.assertEqual(message["quote"]["text"], "/greet plant")
        self.operator.send(self.chat, "/help")
        until(lambda: [t for t in self.operator.texts(self.chat) if t.startswith("Available commands:")], what="help")
        self.operator.send(self.chat, "/greet 'open")
        until(lambda: [t for t in self.operator.texts(self.chat) if t.startswith("greet: ")], what="the complaint")
        self.operator.send(self.chat, "/nothing")
        until(lambda: [t for t in self.operator.texts(self.chat) if t.startswith("nothing: ")], what="the complaint")
        # Ordinary texts are ordinary.
        for text in ("/etc/hosts is a file", "hello", "greet", json.dumps({"cmd": "greet"})):
            self.operator.send(self.chat, text)
        self.assertEqual(self.result("greet")["output"], "hello world")
        self.assertEqual(len(self.device.rpc("get_commands", None, 100)), 2)

    def test_members_of_a_group_may_what_the_group_may(self):
        group = self.device.rpc("create_group_chat", 1, "Operators", False)
        link = urllib.parse.unquote(self.device.rpc("get_chat_securejoin_qr_code", 1, group))
        ident = re.search(r"[&?#]x=([\w-]{22})", link).group(1)
        self.reload(allow=f'allow = {{ groups = ["{ident}"] }}')
        self.assertEqual(self.result("greet")["status"], "unauthorized")
        contact = self.device.rpc("get_chat_contacts", 1, self.device_chat)[0]
        self.device.rpc("add_contact_to_chat", 1, group, contact)
        until(lambda: (self.manifest() or {}).get("commands"), what="the manifest of a member")
        self.assertEqual(self.result("greet")["output"], "hello world")
        self.device.rpc("remove_contact_from_chat", 1, group, contact)
        until(lambda: not self.manifest()["commands"], what="the manifest of nobody")
        self.assertEqual(self.result("greet")["status"], "unauthorized")


class AtMostOnce(Chat):
    def test_three_run_at_once_and_a_name_runs_once(self):
        idents = [self.ask("mark", {"what": f"n{n}"}) for n in range(3)]
        until(lambda: sorted(self.ran()) == ["n0", "n1", "n2"], what="three runs")
        answer = self.result("mark", {"what": "n3"})
        self.assertEqual(answer["status"], "busy")
        self.ask("mark", {"what": "again"}, ident=idents[0])
        (self.folder / "go").touch()
        for n, ident in enumerate(idents):
            self.assertEqual(self.answer(ident)[0]["output"], f"marked n{n}")
        self.assertEqual(self.result("greet")["output"], "hello world")
        self.assertEqual(self.result("mark", {"what": "n4"})["output"], "marked n4")
        self.assertEqual(sorted(self.ran()), ["n0", "n1", "n2", "n4"])
        self.assertEqual(len(self.answers(idents[0])), 1)

    def test_a_device_that_is_killed_in_the_middle_answers_and_runs_nothing_twice(self):
        ident = self.ask("mark", {"what": "first"})
        until(lambda: self.ran() == ["first"], what="the run")
        self.device.kill9()
        late = self.ask("mark", {"what": "late"})
        self.device.start()
        answer = self.answer(ident)[0]
        self.assertEqual(answer["status"], "interrupted")
        self.assertTrue(answer["message"])
        until(lambda: self.ran() == ["first", "late"], what="the run that was asked for meanwhile")
        (self.folder / "go").touch()
        self.assertEqual(self.answer(late)[0]["output"], "marked late")
        self.device.restart()
        # The sender sends again what it does not know to have arrived; so does its user.
        self.ask("mark", {"what": "first"}, ident=ident)
        self.assertEqual(self.result("mark", {"what": "last"})["output"], "marked last")
        self.assertEqual(self.ran(), ["first", "late", "last"])
        self.assertEqual(len(self.answers(ident)), 1)
        self.assertEqual(len(self.answers(late)), 1)

    def test_kills_at_many_moments_leave_one_answer_each_and_one_run_at_most(self):
        (self.folder / "go").touch()
        idents = {}
        for n in range(6):
            word = f"k{n}"
            idents[word] = self.ask("mark", {"what": word})
            if n % 2 == 0:
                until(lambda: word in self.ran() or self.answers(idents[word]), what="a beginning")
            self.device.kill9()
            self.device.start()
        for word, ident in idents.items():
            self.assertIn(self.answer(ident)[0]["status"], ("ok", "interrupted"), word)
        self.assertEqual(self.result("greet")["output"], "hello world")
        for word, ident in idents.items():
            self.assertEqual(len(self.answers(ident)), 1, word)
            self.assertLessEqual(self.ran().count(word), 1)

    def test_requests_that_wait_at_the_sender_are_answered_once_the_device_is_back(self):
        self.device.kill9()
        ident = self.ask("greet")
        self.operator.kill9()
        self.operator.start()
        self.device.start()
        self.assertEqual(self.answer(ident)[0]["output"], "hello world")
        self.assertEqual(len(self.device.rpc("get_commands", None, 100)), 1)


class Files(Chat):
    def open_file(self, gateway, message):
        """The plaintext of a protected file, as a recipient opens it."""
        saved = self.folder / f"{uuid.uuid4()}.prv"
        gateway.rpc("save_msg_file", 1, message["id"], str(saved))
        path = gateway.rpc("privitty_decrypt_file", 1, message["chatId"], message["id"], str(saved))
        return pathlib.Path(path).read_text()

    def test_a_file_is_opened_by_the_requester_and_by_nobody_else(self):
        answer, message = self.answer(self.ask("report"))
        self.assertEqual((answer["status"], answer["output"], answer["output_mode"]), ("ok", "", "file"))
        self.assertTrue(message["fileName"].startswith("report-"), message["fileName"])
        self.assertTrue(message["fileName"].endswith(".txt.prv"), message["fileName"])
        until(lambda: self.operator.rpc("privitty_get_file_access_info", 1, message["id"])["shared"]["status"] ==
              "active", what="the grant")
        self.assertEqual(self.open_file(self.operator, message), "the secret report\n")
        # It may not be passed on, and its container alone opens nothing.
        guest = self.enterContext(Gateway("guest"))
        at_operator, guest_chat = join(self.operator, guest)
        saved = self.folder / "copy.prv"
        self.operator.rpc("save_msg_file", 1, message["id"], str(saved))
        with self.assertRaises(RpcError):
            self.operator.rpc("forward_messages", 1, [message["id"]], at_operator)
        with self.assertRaises(RpcError):
            guest.rpc("privitty_decrypt_file", 1, guest_chat, 1, str(saved))
        self.assertNotIn(b"the secret report", saved.read_bytes())
        # Another contact of the device was given nothing.
        at_device, _ = join(self.device, guest)
        own = [m for m in self.device.messages(self.device_chat) if m["file"]][0]
        with self.assertRaises(RpcError):
            self.device.rpc("send_msg", 1, at_device, {"file": own["file"]})

    def test_long_output_of_auto_is_a_file_and_short_output_a_text(self):
        answer, _ = self.answer(self.ask("lines", {"count": 3}))
        self.assertEqual(answer["output"], "line 1 of the output\nline 2 of the output\nline 3 of the output")
        self.assertEqual(answer["output_mode"], "text")
        answer, message = self.answer(self.ask("lines", {"count": 20000}))
        self.assertEqual((answer["status"], answer["output_mode"]), ("ok", "file"))
        until(lambda: self.operator.rpc("privitty_get_file_access_info", 1, message["id"])["shared"]["status"] ==
              "active", what="the grant")
        text = self.open_file(self.operator, message)
        self.assertEqual(text, "".join(f"line {n} of the output\n" for n in range(1, 20001)))
        self.operator.send(self.chat, "/lines 20000")
        until(lambda: [m for m in self.operator.messages(self.chat) if m["text"] == "lines: the output is in the file"],
              what="the file of a plain request")


if __name__ == "__main__":
    unittest.main()
