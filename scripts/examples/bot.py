#!/usr/bin/env python3
"""Answers every message with its own text: a bot in twenty lines of Python's standard library.

The gateway remembers what was marked as seen, so nothing is missed while the bot is away. PRIVITTY_URL says where it is."""
import json
import os
import sys
import time
import urllib.request

URL = os.environ.get("PRIVITTY_URL", "http://127.0.0.1:7200") + "/rpc"
KEY = os.environ.get("PRIVITTY_API_KEY")  # where the gateway asks for keys
AUTH = {"X-API-Key": KEY} if KEY else {}


def rpc(method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    with urllib.request.urlopen(urllib.request.Request(URL, body, {"Content-Type": "application/json", **AUTH})) as answer:
        return json.load(answer)["result"]


while True:
    try:
        for number in rpc("wait_next_msgs", 1):
            message = rpc("get_message", 1, number)
            ours = message["fromId"] <= 9 or message["isInfo"]
            if not ours and rpc("can_send", 1, message["chatId"]):  # not to a channel that we only read
                rpc("send_msg", 1, message["chatId"], {"text": f"You said: {message['text']}"})
            rpc("markseen_msgs", 1, [number])
    except (OSError, KeyError) as trouble:  # the gateway is away, or answers with an error
        code = getattr(trouble, "code", 500)
        if code < 500 and code not in (408, 429):  # it would be refused again
            raise SystemExit(f"refused with {code}: {trouble.read().decode()}") from None
        print(f"trying again: {trouble}", file=sys.stderr)
        time.sleep(1)
