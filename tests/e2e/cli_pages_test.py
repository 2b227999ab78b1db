"""privitty-edge: completion, manual pages and examples, made from what --help is made from."""
import re
import shutil
import subprocess
import unittest

from cli import DONE, FAILED, USAGE, edge
from gateway import DAEMON, scaled


class Pages(unittest.TestCase):
    def text(self, *words):
        code, out, said = edge(*words)
        self.assertEqual((code, said), (DONE, ""))
        return out

    def commands(self):
        """Every command with its path, as --help shows them."""
        found = []

        def walk(path):
            out = self.text(*path, "--help")
            if "Subcommands:" not in out:
                return
            for line in out.split("Subcommands:")[1].split("\n\n")[0].splitlines():
                if line.startswith("  ") and line[2] not in " -":
                    found.append((*path, line.split()[0]))
                    walk((*path, line.split()[0]))
        walk(())
        return found

    def complete(self, shell, *words):
        """What the shell offers for the last word."""
        script = self.text("completion", shell)
        if shell == "bash":
            asked = " ".join(f"'{word}'" for word in words)
            run = f"COMP_WORDS=(privitty-edge {asked}); COMP_CWORD={len(words)}; _privitty_edge; printf '%s\\n' \"${{COMPREPLY[@]}}\""
            out = subprocess.run(["bash", "-c", script + run], capture_output=True, text=True, timeout=scaled(20), check=True)
        else:
            line = " ".join(["privitty-edge", *words])
            out = subprocess.run(["fish", "--no-config", "-c", script + f"complete -C '{line}'"], capture_output=True, text=True,
                                 timeout=scaled(20), check=True)
        self.assertEqual(out.stderr, "")
        return [found.split("\t")[0] for found in out.stdout.split("\n") if found]

    def test_every_command_and_flag_is_completed(self):
        commands = self.commands()
        self.assertIn(("groups", "rename"), commands)
        for shell in ("bash", "fish"):
            if not shutil.which(shell):
                continue
            with self.subTest(shell):
                for command in commands:
                    if shell == "fish" and len(command) > 1 and command[0] in ("license", "keys", "relay"):
                        continue  # one of each depth is enough for it
                    self.assertIn(command[-1], self.complete(shell, *command[:-1], command[-1][:2]), command)
                self.assertEqual(self.complete(shell, "se"), ["search", "send"] if shell == "fish" else ["send", "search"])
                self.assertEqual(self.complete(shell, "--url", "http://x", "groups", "ma"), ["make"])
                self.assertEqual(self.complete(shell, "delete", "88", "--for"), ["--for-all"])
                self.assertIn("--file", self.complete(shell, "send", "12", "--"))
                self.assertNotIn("make", self.complete(shell, "send", "groups", "ma"))
        if shutil.which("zsh"):
            subprocess.run(["zsh", "-n"], input=self.text("completion", "zsh"), text=True, check=True, timeout=scaled(20))
        self.assertEqual(edge("completion", "cmd")[0], FAILED)

    def test_the_manual_has_every_command_and_its_examples(self):
        page = self.text("man")
        for command in self.commands():
            if command not in (("groups",), ("keys",), ("license",), ("relay",), ("commands",)):
                self.assertIn(".SS privitty\\-edge " + " ".join(command).replace("-", "\\-"), page)
        self.assertIn("privitty\\-edge groups make 'Pump crew'", page)
        self.assertIn("PRIVITTY_URL", page)
        daemon = self.text("man", "privitty-edged")
        shown = subprocess.run([DAEMON, "--help"], capture_output=True, text=True, timeout=scaled(20), check=True).stdout
        for flag in re.findall(r"^  (--[a-z-]+)", shown, re.M):
            if flag not in ("--help", "--version", "--openrpc"):  # no settings
                self.assertIn(flag.replace("-", "\\-"), daemon)
        if shutil.which("groff"):
            for text in (page, daemon):
                done = subprocess.run(["groff", "-k", "-man", "-Tutf8", "-ww"], input=text, capture_output=True, text=True,
                                      timeout=scaled(30), check=True)
                self.assertEqual(done.stderr, "")

    def test_the_help_of_every_command_has_an_example_of_it(self):
        self.assertRegex(self.text("send", "--help"), r"examples:\n  privitty-edge send 12")
        for command in self.commands():
            shown = self.text(*command, "--help")
            if "Subcommands:" in shown:
                continue
            with self.subTest(command):
                self.assertRegex(shown, r"examples:\n(.|\n)*" + " .*".join(command))

    def test_a_wrong_command_line_names_the_help_that_says_how(self):
        for words, named in ((["send"], "privitty-edge send"), (["groups", "add"], "privitty-edge groups add"),
                             (["frobnicate"], "privitty-edge")):
            with self.subTest(words):
                code, _, said = edge(*words)
                self.assertEqual(code, USAGE)
                self.assertTrue(said.rstrip().endswith(f"; see {named} --help"), said)


if __name__ == "__main__":
    unittest.main()
