"""Apps, places and calls between the subject and Delta Chat."""
import io
import json
import pathlib
import tempfile
import unittest
import zipfile

from world import Pair, both_ways, each_way, setUpModule, tearDownModule, until  # noqa: F401


def app(name):
    """A webxdc file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("index.html", "<script src=webxdc.js></script>")
        archive.writestr("manifest.toml", f'name = "{name}"')
    return made.getvalue()


class Apps(Pair):
    @both_ways
    def test_an_app_and_its_updates(self, sender, chat, receiver, its):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "checklist.xdc"
            path.write_bytes(app(f"List of {sender.name}"))
            since = receiver.now()
            msg = sender.send(chat, file=str(path), viewtype="Webxdc")
            got = receiver.message(receiver.wait("IncomingMsg", since)["msgId"])
        self.is_padlocked(receiver, got)
        self.assertEqual("Webxdc", got["viewType"])
        for party, message in ((sender, msg), (receiver, got["id"])):
            self.assertEqual(f"List of {sender.name}", party.rpc("get_webxdc_info", message)["name"])
        sender.rpc("send_webxdc_status_update", msg, json.dumps({"payload": {"done": 1}, "summary": "one done"}), None)
        self.assertEqual([{"done": 1}], until(lambda: self.payloads(receiver, got["id"]), what="the update"))
        receiver.rpc("send_webxdc_status_update", got["id"], json.dumps({"payload": {"done": 2}, "info": f"{receiver.name} did it"}), None)
        for party, message in ((sender, msg), (receiver, got["id"])):
            until(lambda: self.payloads(party, message) == [{"done": 1}, {"done": 2}], what=f"both updates at {party}")
        until(lambda: f"{receiver.name} did it" in [m["text"] for m in sender.messages(chat, infos=True)], what="the line")

    @staticmethod
    def payloads(party, msg):
        return [update["payload"] for update in json.loads(party.rpc("get_webxdc_status_updates", msg, 0))]


class Places(Pair):
    def test_where_a_phone_is(self):
        self.comes(*self.ways[1])

    def test_where_we_are(self):
        self.comes(*self.ways[0])

    def comes(self, sender, chat, receiver, its):
        sender.send(chat, f"the leak, {sender.name}", location=[52.5, 13.25])
        got = receiver.arrives(f"the leak, {sender.name}")
        self.assertTrue(got["hasLocation"])
        [place] = until(lambda: receiver.rpc("get_locations", its, receiver.contact_of(sender), 0, 0), what="the place")
        self.assertEqual((52.5, 13.25, True), (place["latitude"], place["longitude"], place["isIndependent"]))


class Calls(Pair):
    @each_way
    def test_a_call_is_placed_taken_and_ended(self, sender, chat, receiver, its):
        since, back = receiver.now(), sender.now()
        msg = sender.rpc("place_outgoing_call", chat, "an offer", False)
        rings = receiver.wait("IncomingCall", since)
        self.assertEqual("an offer", rings["place_call_info"])
        receiver.rpc("accept_incoming_call", rings["msg_id"], "an answer")
        taken = sender.wait("OutgoingCallAccepted", back)
        self.assertEqual((msg, "an answer"), (taken["msg_id"], taken["accept_call_info"]))
        sender.rpc("end_call", msg)
        receiver.wait("CallEnded", since, msg_id=rings["msg_id"])
        for party, message in ((sender, msg), (receiver, rings["msg_id"])):
            self.assertEqual("Completed", party.rpc("call_info", message)["state"]["kind"], party)


if __name__ == "__main__":
    unittest.main()
