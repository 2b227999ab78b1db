"""Neighbours that hold an API key of the victim's. Each function works until its process is ended, and counts its rounds."""
import json
import socket
import time

from neighbours.calls import batch, post, take


def rounds(work):
    """Repeats `work(world, kept, count)`: what it keeps between its rounds, and what it calls for the requests it began."""
    def run(world, tally):
        def count(done):
            with tally.get_lock():
                tally.value += done

        kept = {}
        while True:
            work(world, kept, count)
    run.__doc__ = work.__doc__
    return run


@rounds
def looks(world, kept, count):
    """two batches of 1,000 calls that look at each message and find none, hung up after 2 s"""
    body = kept.setdefault("body", batch("get_chat_media", 1, None, "Sticker", None, None))
    connections = [post(world["port"], world["key"], "/rpc", body) for _ in range(2)]
    time.sleep(2)
    for connection in connections:
        connection.close()
    count(2)


@rounds
def many_connections(world, kept, count):
    """64 connections, a batch of 100 such calls on each"""
    body = kept.setdefault("body", batch("get_chat_media", 1, None, "Sticker", None, None, count=100))
    sent = [post(world["port"], world["key"], "/rpc", body) for _ in range(64)]
    count(len(sent))
    take(sent, 30)


@rounds
def snapshots(world, _, count):
    """300 streams at once, each with a snapshot of 2,000 chats, closed after a second"""
    request = f"GET /events?snapshot=1 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {world['key']}\r\n\r\n".encode()
    streams = []
    for _ in range(300):
        stream = socket.create_connection(("127.0.0.1", world["port"]))
        stream.sendall(request)
        streams.append(stream)
    time.sleep(1)
    for stream in streams:
        stream.close()
    count(len(streams))


@rounds
def abandoned_polls(world, kept, count):
    """a thousand long polls a second whose clients go away"""
    body = kept.setdefault("body", batch("wait_next_msgs", 1, count=1)[1:-1])
    polls = [post(world["port"], world["key"], "/rpc", body) for _ in range(250)]
    time.sleep(0.25)
    for poll in polls:
        poll.close()
    count(len(polls))


@rounds
def large_bodies(world, kept, count):
    """four bodies of 16 MiB with as many small JSON values as are taken, at a time"""
    if "body" not in kept:
        unit = b'{"":0},' * 124_900
        kept["body"] = b'{"jsonrpc":"2.0","id":1,"method":"get_contacts_by_ids","params":[1,[' + unit[:-1] + b"]]}"
        kept["body"] += b" " * (16 * 1024 * 1024 - len(kept["body"]))
    sent = [post(world["port"], world["key"], "/rpc", kept["body"]) for _ in range(4)]
    count(len(sent))
    take(sent, 30)


@rounds
def floods_of_writes(world, kept, count):
    """16 batches of 1,000 messages to the neighbour's own chat at a time"""
    body = kept.setdefault("body", batch("misc_send_text_message", 1, world["own_chat"], "x" * 200))
    sent = [post(world["port"], world["key"], "/rpc", body) for _ in range(16)]
    count(len(sent))
    take(sent, 60)


@rounds
def publishes(world, kept, count):
    """arrays of 1,000 events on 200 channels, 8 at a time"""
    if "body" not in kept:
        events = [{"channel": f"noise{number % 200}", "data": {"n": number, "text": "x" * 200}} for number in range(1000)]
        kept["body"] = json.dumps(events).encode()
    sent = [post(world["port"], world["key"], "/publish", kept["body"]) for _ in range(8)]
    count(len(sent))
    take(sent, 30)


@rounds
def slow_files(world, kept, count):
    """16 messages with a file of 1 GiB each at a time, hung up after a second"""
    body = kept.setdefault("body", batch("send_msg", 1, world["own_chat"], {"file": world["large_file"]}, count=1)[1:-1])
    copies = [post(world["port"], world["key"], "/rpc", body) for _ in range(16)]
    time.sleep(1)
    for copy in copies:
        copy.close()
    count(len(copies))
