"""Neighbours of those who are reached through the same relay."""
import subprocess

from gateway import BIN


def mailboxes(world, tally):
    """opens mailboxes of made-up owners at an open relay, without end, on 4 connections"""
    command = [str(BIN / "mailbox_flood"), str(world["port"]), world["url"], "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as flood:
        try:
            for _ in flood.stdout:
                with tally.get_lock():
                    tally.value += 1
        finally:
            flood.kill()
