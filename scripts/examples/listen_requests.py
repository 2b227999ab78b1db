#!/usr/bin/env python3
"""The same with the requests package, in a few lines: apt install python3-requests.

    PRIVITTY_URL=http://127.0.0.1:7200 listen_requests.py 'channel=orders'
"""
import os
import sys
import time

import requests

URL = os.environ.get("PRIVITTY_URL", "http://127.0.0.1:7200") + "/events?" + "&".join(sys.argv[1:])
KEY = os.environ.get("PRIVITTY_API_KEY")  # where the gateway asks for keys
AUTH = {"X-API-Key": KEY} if KEY else {}
last = None
while True:
    try:
        with requests.get(URL, headers=AUTH | ({"Last-Event-ID": last} if last else {}), stream=True, timeout=(5, 45)) as answer:
            if 400 <= answer.status_code < 500 and answer.status_code not in (408, 429):  # it would be refused again
                sys.exit(f"refused with {answer.status_code}: {answer.text}")
            answer.raise_for_status()
            answer.encoding = "utf-8"  # event streams are; requests would guess Latin-1
            data, position = [], None
            for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
                if line.startswith("id:"):
                    position = line[3:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].removeprefix(" "))
                elif not line or line.startswith(":"):  # a comment stands in no event: an id before it is a position
                    if data:
                        print("\n".join(data), flush=True)
                    data, last = [], position or last
    except (requests.ConnectionError, requests.HTTPError, requests.exceptions.ChunkedEncodingError) as trouble:
        print(f"reconnecting: {trouble}", file=sys.stderr)
    time.sleep(1)
