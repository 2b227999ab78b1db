#!/usr/bin/env python3
"""Answers every message with its own text: the whole of an application beside the gateway.

Goes on where it was when the gateway or the bot restarts, so that no message is missed. PRIVITTY_URL says where the
gateway is, EDGE_STATE in which file the bot keeps its place (echo_bot.state).
"""
import http.client
import json
import os
import time
import urllib.request

EDGE = os.environ.get("PRIVITTY_URL", "http://127.0.0.1:7200")
KEY = os.environ.get("PRIVITTY_API_KEY")  # where the gateway asks for keys
AUTH = {"X-API-Key": KEY} if KEY else {}
STATE = os.environ.get("EDGE_STATE", "echo_bot.state")


def rpc(method, *params):
    """One call; the result, or an exception with the gateway's own words."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(f"{EDGE}/rpc", body, {"Content-Type": "application/json", **AUTH})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    if "error" in answer:
        raise RuntimeError(answer["error"]["message"])
    return answer["result"]


def events(last_id):
    """Yields (id, event) for each incoming message, after `last_id` when given."""
    headers = AUTH | ({"Last-Event-ID": last_id} if last_id else {})
    request = urllib.request.Request(f"{EDGE}/events?types=IncomingMsg", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as stream:  # a ping comes every 15 s
        for line in stream:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                last_id = value
            elif name == "data":
                event = json.loads(value)
                if "type" in event:
                    yield last_id, event


def last_place():
    """The id of the last event that was answered; None at the very first start."""
    try:
        with open(STATE, encoding="ascii") as file:
            return file.read().strip() or None
    except FileNotFoundError:
        return None


def keep_place(event_id):
    with open(f"{STATE}.new", "w", encoding="ascii") as file:
        file.write(event_id)
    os.replace(f"{STATE}.new", STATE)


def answer_message(account, chat, msg):
    message = rpc("get_message", account, msg)
    print(f"chat {chat}: {message['text']}", flush=True)
    rpc("markseen_msgs", account, [msg])
    if rpc("can_send", account, chat):  # not to a channel that we only read
        rpc("send_msg", account, chat, {"text": f"You said: {message['text']}"})


def end_if_refused(problem):
    """Ends the bot with the gateway's own words where the same request would be refused again."""
    code = getattr(problem, "code", 500)
    if code < 500 and code not in (408, 429):
        raise SystemExit(f"refused with {code}: {problem.read().decode()}") from None


def main():
    try:
        print("invite:", rpc("get_chat_securejoin_qr_code", 1, None), flush=True)
    except OSError as problem:
        end_if_refused(problem)
        raise SystemExit(f"the gateway at {EDGE} is away: {problem}") from None
    last_id, pause = last_place(), 1
    while True:
        try:
            for event_id, event in events(last_id):
                answer_message(event["account_id"], event["chat_id"], event["msg_id"])
                last_id, pause = event_id, 1  # only now: a message whose answer failed comes again
                keep_place(event_id)
        except (OSError, http.client.HTTPException) as problem:  # the latter when the stream was cut off
            end_if_refused(problem)
            print(f"the gateway is away ({problem}), trying again in {pause} s", flush=True)
        time.sleep(pause)
        pause = min(pause * 2, 60)


if __name__ == "__main__":
    main()
