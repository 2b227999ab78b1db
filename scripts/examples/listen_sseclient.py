#!/usr/bin/env python3
"""The same with sseclient-py, which takes a stream apart into events: pip install requests sseclient-py.

    PRIVITTY_URL=http://127.0.0.1:7200 listen_sseclient.py 'channel=orders'
"""
import os
import sys
import time

import requests
import sseclient

URL = os.environ.get("PRIVITTY_URL", "http://127.0.0.1:7200") + "/events?" + "&".join(sys.argv[1:])
KEY = os.environ.get("PRIVITTY_API_KEY")  # where the gateway asks for keys
AUTH = {"X-API-Key": KEY} if KEY else {}
last = None
while True:  # the package reads one connection: coming back is up to us
    try:
        with requests.get(URL, headers=AUTH | ({"Last-Event-ID": last} if last else {}), stream=True, timeout=(5, 45)) as answer:
            if 400 <= answer.status_code < 500 and answer.status_code not in (408, 429):  # it would be refused again
                sys.exit(f"refused with {answer.status_code}: {answer.text}")
            answer.raise_for_status()
            for event in sseclient.SSEClient(answer).events():
                print(event.data if event.event == "message" else f"{event.event}: {event.data}", flush=True)
                last = event.id or last
    except (requests.ConnectionError, requests.HTTPError, requests.exceptions.ChunkedEncodingError) as trouble:
        print(f"reconnecting: {trouble}", file=sys.stderr)
    time.sleep(1)
