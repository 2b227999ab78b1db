#!/usr/bin/env python3
"""Prints every event on a line of its own, and misses none: it reconnects where it was cut off. Standard library alone.

    PRIVITTY_URL=http://127.0.0.1:7200 listen.py 'types=IncomingMsg'      # any query of /events
"""
import http.client
import os
import sys
import time
import urllib.error
import urllib.request

URL = os.environ.get("PRIVITTY_URL", "http://127.0.0.1:7200") + "/events?" + "&".join(sys.argv[1:])
KEY = os.environ.get("PRIVITTY_API_KEY")  # where the gateway asks for keys
AUTH = {"X-API-Key": KEY} if KEY else {}


def events(response):
    """(id, type, data) of each event; the id also of a bare position, with data None."""
    position, kind, data = None, "message", []
    for raw in response:
        line = raw.decode("utf-8").rstrip("\r\n")
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            position = value
        elif name == "event":
            kind = value
        elif name == "data":
            data.append(value)
        elif name == "":  # an event is complete; or a comment: it stands in no event, so an id before it is a position
            yield position, kind, "\n".join(data) if data else None
            kind, data = "message", []


def main():
    last = None
    while True:
        request = urllib.request.Request(URL, headers=AUTH | ({"Last-Event-ID": last} if last else {}))
        try:
            # Twice the ping's interval without a byte: the other side is gone.
            with urllib.request.urlopen(request, timeout=45) as response:
                for position, kind, data in events(response):
                    if data is not None:
                        print(data if kind == "message" else f"{kind}: {data}", flush=True)
                    last = position or last
        except urllib.error.HTTPError as refusal:
            if refusal.code < 500 and refusal.code not in (408, 429):  # it would be refused again
                sys.exit(f"refused with {refusal.code}: {refusal.read().decode()}")
            print(f"reconnecting: {refusal}", file=sys.stderr)
        except (OSError, http.client.HTTPException) as trouble:  # the latter when it was cut off
            print(f"reconnecting: {trouble}", file=sys.stderr)
        time.sleep(1)


if __name__ == "__main__":
    main()
