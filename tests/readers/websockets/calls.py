"""calls.py WS-URL: calls in any order, and events, with Python's websockets."""
import asyncio
import json
import sys

import websockets


async def main():
    async with websockets.connect(sys.argv[1] + "?events=1&types=MsgsChanged") as socket:
        answers, events, news = {}, [], asyncio.Event()

        async def read():
            async for text in socket:
                message = json.loads(text)
                if "id" in message:
                    answers.pop(message["id"]).set_result(message["result"])
                else:
                    events.append(message["params"])
                    news.set()
        reader = asyncio.create_task(read())

        def call(method, *params):
            ident = len(answers) + 1000 * len(events) + 1
            while ident in answers:
                ident += 1
            answers[ident] = asyncio.get_running_loop().create_future()
            request = json.dumps({"jsonrpc": "2.0", "id": ident, "method": method, "params": params})
            return asyncio.gather(socket.send(request), answers[ident])

        slow = call("sleep", 0.5)
        chat = (await call("create_chat_by_contact_id", 1, 1))[1]
        many = await asyncio.gather(*(call("get_config", 1, "displayname") for _ in range(200)))
        sent = (await call("send_msg", 1, chat, {"text": "over a WebSocket"}))[1]
        first = not slow.done()
        await slow
        while not any(event["data"].get("msg_id") == sent for event in events):
            news.clear()
            await news.wait()
        large = (await call("send_msg", 1, chat, {"text": "x" * 200_000}))[1]  # in several frames of the library's choice
        text = (await call("get_message", 1, large))[1]["text"]
        await (await socket.ping())
        reader.cancel()
        print(json.dumps({"names": sorted({name for _, name in many}), "quick ones first": first, "event": events[0]["event"],
                          "large": len(text)}))


asyncio.run(main())
