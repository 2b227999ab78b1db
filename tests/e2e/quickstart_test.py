"""The README's commands, run as they stand there, in their order, so that the README cannot rot.

A comment before a code block says that it is run here:
    <!-- tested -->                          it must end with 0
    <!-- tested, prints: REGEX -->           and its output must match
    <!-- tested, goes on, prints: REGEX -->  it keeps running (a listener, a second daemon) until the end
A listener's output may only match after later blocks ran; it is checked at the end. The first blocks, scripts/run
and scripts/test, are not run: they build. What scripts/run starts is started here, with its defaults.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

from gateway import BIN, DAEMON, ROOT, Gateway, scaled, until

BLOCK = re.compile(r"<!-- tested(?P<more>, goes on)?(?:, prints: (?P<regex>.+?))? -->\n```sh\n(?P<code>.*?)```", re.S)


class Shell:
    """A block, running; `output` grows."""

    def __init__(self, code, folder, env):
        self.output = ""
        self.process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", code], cwd=folder, env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.output += line

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(scaled(15))
        self.reader.join()
        self.process.stdout.close()


class WithDefaults(Gateway):
    """The daemon as scripts/run starts it: without a flag."""

    def command(self):
        return [DAEMON]


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="edge-readme-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "build/release").mkdir(parents=True)
        (self.folder / "build/release/bin").symlink_to(BIN)
        (self.folder / "scripts").symlink_to(ROOT / "scripts")
        self.env = {**os.environ, "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder / "data"),
                    "TMPDIR": str(self.folder), "PYTHONUNBUFFERED": "1"}
        for name in [name for name in self.env if name.startswith("PRIVITTY_")]:
            del self.env[name]

    def test_the_first_screen_names_the_two_commands(self):
        readme = (ROOT / "README.md").read_text()
        first_screen = "\n".join(readme.splitlines()[:60])
        for command in ("scripts/run", "scripts/test"):
            self.assertIn(command, first_screen)
            self.assertTrue(os.access(ROOT / command, os.X_OK))

    def test_every_link_inside_the_project_leads_somewhere(self):
        for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md",
                         *sorted((ROOT / "docs").glob("*.md"))]:
            for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text()):
                with self.subTest(f"{document.name}: {link}"):
                    self.assertTrue((document.parent / link).exists())

    def test_the_documented_flags_are_those_of_help(self):
        shown = subprocess.run([DAEMON, "--help"], capture_output=True, text=True, check=True).stdout
        flags = set(re.findall(r"^  --([a-z-]+)", shown, re.M)) - {"help", "version", "openrpc"}
        table = (ROOT / "docs/operations.md").read_text().split("\nExit codes:")[0]
        self.assertEqual(set(re.findall(r"^\| `--([a-z-]+)", table, re.M)), flags)
        self.assertEqual(set(re.findall(r"PRIVITTY_[A-Z_]+", table)), set(re.findall(r"PRIVITTY_[A-Z_]+", shown)))

    def test_the_commands_work_as_they_stand(self):
        blocks = list(BLOCK.finditer((ROOT / "README.md").read_text()))
        self.assertGreaterEqual(len(blocks), 4, "the marks are there")
        edge = WithDefaults("defaults", folder=self.folder, port=7200, env=self.env)
        shells = []
        with edge:
            try:
                for block in blocks:
                    code = block["code"]
                    shell = Shell(code, self.folder, self.env)
                    shells.append((shell, block))
                    if block["more"]:
                        # Its connection must stand before the next block acts.
                        wanted = block["regex"] or "."
                        if "--listen" in code:
                            until(lambda s=shell, w=wanted: re.search(w, s.output), 20, f"{wanted} from:\n{code}")
                        else:
                            self.wait_for_listener(edge)
                        continue
                    self.assertEqual(shell.process.wait(scaled(60)), 0, f"{code}\n{shell.output}")
                    shell.reader.join()
                    if block["regex"]:
                        self.assertRegex(shell.output, block["regex"], code)
                for shell, block in shells:
                    if block["more"] and block["regex"]:
                        until(lambda s=shell, w=block["regex"]: re.search(w, s.output), 20,
                              f"{block['regex']} from:\n{block['code']}\n{shell.output}")
            finally:
                for shell, _ in shells:
                    shell.end()

    def wait_for_listener(self, edge):
        """Until somebody else's connection to the daemon is established."""
        port = f":{edge.port:04X}"
        until(lambda: any(row.split()[1].endswith(port) and row.split()[3] == "01"
                          for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]), 20, "the listener's connection")


if __name__ == "__main__":
    unittest.main()
