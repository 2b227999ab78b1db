"""run_requests.py URL KEY PROJECT COMMAND: starts the command and prints its output (requests, sseclient-py)."""
import json
import sys
import time

import requests
import sseclient

url, key, project, command = sys.argv[1:]
session = requests.Session()
session.headers["X-API-Key"] = key

answer = session.post(f"{url}/projects/{project}/shell", json={"command": command})
answer.raise_for_status()
run = answer.json()["data"]["id"]

exit_code, last_id = 125, None
while True:
    try:
        stream = session.get(f"{url}/projects/{project}/events", params={"stream_id": run}, stream=True,
                             headers={"Accept": "text/event-stream", "Last-Event-ID": last_id})
        if stream.status_code == 204:
            break
        stream.raise_for_status()
        for event in sseclient.SSEClient(stream).events():
            last_id = event.id or last_id
            data = json.loads(event.data)
            if event.event == "output":
                print(data["line"], file=getattr(sys, data["stream"]), flush=True)
            elif event.event == "complete":
                exit_code = data["exit_code"]
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        time.sleep(0.2)
sys.exit(exit_code)
