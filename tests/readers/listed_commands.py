"""A daemon's list of commands with one that counts, for programs that print its output."""
import subprocess

from gateway import CLI

LINES = 200
LIST = """
[[command]]
name = "count"
program = 'i=0; while [ $i -lt "$1" ]; do i=$((i+1)); echo "line $i: größer"; [ $((i % 10)) != 0 ] || { echo "at $i" >&2; sleep 0.05; }; done; exit 3'
shell = true
arguments = ["{lines}"]
at_once = 10
allow = { keys = true }
[[command.argument]]
name = "lines"
type = "int"
min = 1
max = 100000

[[project]]
name = "plant"
folder = "/tmp"
commands = ["count"]
"""


def add_commands(gateway):
    """Gives a daemon that is not running the list and API keys; returns a key for its commands."""
    file = gateway.folder / "commands.toml"
    file.write_text(LIST)
    file.chmod(0o600)
    keys = gateway.folder / "keys"
    made = subprocess.run([CLI, "keys", "--api-keys", str(keys), "add", "rdev", "--scope", "commands"],
                          capture_output=True, text=True, check=True)
    gateway.flags += ["--commands", str(file), "--api-keys", str(keys)]
    return next(word for word in made.stdout.split() if len(word) > 30)


def expected_lines(stream):
    """What `count LINES` writes to the stream."""
    if stream == "stdout":
        return [f"line {i}: größer" for i in range(1, LINES + 1)]
    return [f"at {i}" for i in range(10, LINES + 1, 10)]
