"""run_aiohttp.py URL KEY PROJECT COMMAND: starts the command and prints its output (aiohttp alone)."""
import asyncio
import json
import sys

import aiohttp

url, key, project, command = sys.argv[1:]


async def main():
    exit_code, headers = 125, {"Accept": "text/event-stream"}
    async with aiohttp.ClientSession(headers={"X-API-Key": key}) as session:
        async with session.post(f"{url}/projects/{project}/shell", json={"command": command}) as answer:
            answer.raise_for_status()
            run = (await answer.json())["data"]["id"]
        while True:
            try:
                async with session.get(f"{url}/projects/{project}/events", params={"stream_id": run}, headers=headers,
                                       timeout=aiohttp.ClientTimeout(total=None, sock_read=40)) as stream:
                    if stream.status == 204:
                        return exit_code
                    stream.raise_for_status()
                    event = {}
                    async for line in stream.content:
                        name, _, value = line.decode().rstrip("\n").partition(": ")
                        if name:
                            event[name] = value
                            continue
                        headers["Last-Event-ID"] = event.get("id", headers.get("Last-Event-ID", ""))
                        data = json.loads(event.get("data", "{}"))
                        if event.get("event") == "output":
                            print(data["line"], file=getattr(sys, data["stream"]), flush=True)
                        elif event.get("event") == "complete":
                            exit_code = data["exit_code"]
                        event = {}
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)


sys.exit(asyncio.run(main()))
