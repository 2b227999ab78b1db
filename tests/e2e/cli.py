"""Runs privitty-edge."""
import os
import subprocess

from gateway import CLI, scaled

DONE, FAILED, USAGE = 0, 1, 2


def edge(*words, url=None, env=None):
    """Runs it to its end: (exit code, stdout, stderr)."""
    where = ["--url", url] if url else []
    done = subprocess.run([CLI, *where, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          encoding="utf-8", timeout=scaled(60), env={**os.environ, **(env or {})}, check=False)
    return done.returncode, done.stdout, done.stderr
