"""Calls, locations, stickers and webxdc apps between two real daemons, which all cases share."""
import base64
import io
import json
import pathlib
import tempfile
import threading
import unittest
import zipfile

from gateway import Gateway, RpcError, join, until

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def app(**more):
    """The archive of a webxdc app."""
    files = {"index.html": "<html>votes</html>", "manifest.toml": 'name = "Votes"\nsource_code_url = "https://e.org"\n',
             "icon.png": PNG, **more}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


class CoreEvents:
    """Reads get_next_event_batch on a thread, as a client does: those events come nowhere else."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.seen = []
        self.ended = False
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while not self.ended:
            try:
                self.seen += [entry["event"] for entry in self.gateway.rpc("get_next_event_batch", seconds=60)]
            except (OSError, RpcError, AssertionError):
                return

    def of(self, kind, **fields):
        return [e for e in list(self.seen) if e["kind"] == kind and all(e.get(k) == v for k, v in fields.items())]

    def wait(self, kind, **fields):
        return until(lambda: self.of(kind, **fields), what=f"{kind} {fields} at {self.gateway.name}")[0]


class Extras(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.alice = cls.enterClassContext(Gateway("alice"))
        cls.bob = cls.enterClassContext(Gateway("bob"))
        cls.at_alice, cls.at_bob = join(cls.alice, cls.bob)
        cls.core_events = {gateway.name: CoreEvents(gateway) for gateway in (cls.alice, cls.bob)}

    @classmethod
    def tearDownClass(cls):
        for events in cls.core_events.values():
            events.ended = True

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def arrived(self, text):
        return until(lambda: self.bob.rpc("search_messages", 1, text, None), what=text)[0]

    def test_a_call_is_placed_accepted_and_ended(self):
        call = self.alice.rpc("place_outgoing_call", 1, self.at_alice, "offer", True)
        came = self.core_events["bob"].wait("IncomingCall", place_call_info="offer")
        self.assertEqual((came["chat_id"], came["has_video"]), (self.at_bob, True))
        self.assertEqual(self.bob.rpc("call_info", 1, came["msg_id"]),
                         {"hasVideo": True, "sdpOffer": "offer", "state": {"kind": "Alerting"}})
        self.bob.rpc("accept_incoming_call", 1, came["msg_id"], "answer")
        self.core_events["bob"].wait("IncomingCallAccepted", msg_id=came["msg_id"], from_this_device=True)
        self.core_events["alice"].wait("OutgoingCallAccepted", msg_id=call, accept_call_info="answer")
        self.alice.rpc("end_call", 1, call)
        self.core_events["bob"].wait("CallEnded", msg_id=came["msg_id"])
        self.assertEqual(self.bob.rpc("call_info", 1, came["msg_id"])["state"]["kind"], "Completed")
        self.assertEqual(self.bob.rpc("get_message", 1, came["msg_id"])["text"], "Incoming video call\n<1 minute")
        self.assertEqual(json.loads(self.alice.rpc("ice_servers", 1)), [])

    def test_locations_come_with_a_message_and_while_they_are_sent(self):
        sent = self.alice.rpc("send_msg", 1, self.at_alice, {"text": "I am here", "location": [48.5, -3.25]})
        self.assertTrue(self.alice.rpc("get_message", 1, sent)["hasLocation"])
        received = self.arrived("I am here")
        until(lambda: self.bob.rpc("get_message", 1, received)["hasLocation"])
        [place] = self.bob.rpc("get_locations", 1, self.at_bob, None, 0, 0)
        self.assertEqual((place["latitude"], place["longitude"], place["msgId"]), (48.5, -3.25, received))
        self.assertTrue(place["isIndependent"])
        self.assertFalse(self.alice.rpc("set_location", 1.0, 2.0, 3.0))
        self.alice.rpc("send_locations_to_chat", 1, self.at_alice, 3600)
        self.assertTrue(self.alice.rpc("is_sending_locations", 1))
        item = self.alice.rpc("get_chatlist_items_by_entries", 1, [self.at_alice])[str(self.at_alice)]
        self.assertTrue(item["isSendingLocation"])
        self.assertTrue(self.alice.rpc("set_location", 1.0, 2.0, 3.0))
        path = until(lambda: [one for one in self.bob.rpc("get_locations", 1, None, None, 0, 0)
                              if not one["isIndependent"]])
        self.assertEqual((path[0]["latitude"], path[0]["accuracy"]), (1, 3))
        self.assertTrue(self.core_events["bob"].of("LocationChanged", contactId=place["contactId"]))
        self.alice.rpc("stop_sending_locations")
        self.assertFalse(self.alice.rpc("is_sending_locations_to_chat", 1, self.at_alice))
        with self.assertRaisesRegex(RpcError, "latitude"):
            self.alice.rpc("set_location", 91.0, 0.0, 0.0)

    def test_stickers_are_sent_saved_and_listed(self):
        sent = self.alice.rpc("send_sticker", 1, self.at_alice, self.file("cat.png", PNG))
        self.assertEqual(self.alice.rpc("get_message", 1, sent)["viewType"], "Sticker")
        received = until(lambda: self.bob.rpc("get_chat_media", 1, self.at_bob, "Sticker", None, None))[0]
        self.bob.rpc("misc_save_sticker", 1, received, "cats")
        folder = pathlib.Path(self.bob.rpc("misc_get_sticker_folder", 1))
        self.assertEqual(self.bob.rpc("misc_get_stickers", 1), {"cats": [str(folder / "cats" / "cat.png")]})
        self.assertEqual((folder / "cats" / "cat.png").read_bytes(), PNG)
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        again = self.bob.rpc("send_sticker", 1, self.at_bob, str(folder / "cats" / "cat.png"))
        self.assertEqual(self.bob.rpc("get_message", 1, again)["fileName"], "cat.png")
        for name in ("", "..", ".hidden", "a/b"):
            with self.assertRaisesRegex(RpcError, "collection"):
                self.bob.rpc("misc_save_sticker", 1, received, name)
        with self.assertRaisesRegex(RpcError, "no sticker"):
            self.alice.rpc("misc_save_sticker", 1, self.alice.send(self.at_alice, "a text"), "cats")
        with self.assertRaisesRegex(RpcError, "accounts directory"):
            self.bob.rpc("send_sticker", 1, self.at_bob, str(folder / ".." / ".." / "store.db"))

    def test_an_app_is_read_and_updated_at_both_sides(self):
        sent = self.alice.rpc("send_msg", 1, self.at_alice, {"text": "vote now", "file": self.file("v.xdc", app())})
        received = self.arrived("vote now")
        self.assertEqual(self.bob.rpc("get_message", 1, received)["viewType"], "Webxdc")
        info = self.bob.rpc("get_webxdc_info", 1, received)
        self.assertEqual((info["name"], info["icon"], info["sourceCodeUrl"]), ("Votes", "icon.png", "https://e.org"))
        self.assertFalse(info["isAppSender"] or info["internetAccess"])
        icon = self.bob.rpc("get_webxdc_blob", 1, received, "icon.png")
        self.assertEqual(base64.b64decode(icon + "=" * (-len(icon) % 4)), PNG)
        update = {"payload": {"n": [1, 2.5, "ü"]}, "info": "bob voted", "href": "#1", "summary": "1 vote",
                  "notify": {self.alice.rpc("get_webxdc_info", 1, sent)["selfAddr"]: "look"}}
        self.bob.rpc("send_webxdc_status_update", 1, received, json.dumps(update), None)
        self.core_events["alice"].wait("WebxdcStatusUpdate", msgId=sent, statusUpdateSerial=1)
        notice = self.core_events["alice"].wait("IncomingWebxdcNotify", text="look", href="#1")
        [got] = json.loads(self.alice.rpc("get_webxdc_status_updates", 1, sent, 0))
        self.assertEqual(got, {**update, "serial": 1, "max_serial": 1})
        self.assertEqual(self.alice.rpc("get_webxdc_info", 1, sent)["summary"], "1 vote")
        line = self.alice.rpc("get_message", 1, notice["msgId"])
        self.assertEqual((line["text"], line["parentId"], line["isInfo"]), ("bob voted", sent, True))
        self.assertEqual(self.alice.rpc("get_webxdc_href", 1, notice["msgId"]), "#1")
        for bad in ("", "[]", '{"info": "no payload"}', '{"payload": 1, "info": 5}'):
            with self.assertRaisesRegex(RpcError, "update"):
                self.bob.rpc("send_webxdc_status_update", 1, received, bad, None)
        self.bob.restart()
        self.core_events["bob"] = CoreEvents(self.bob)
        self.assertEqual(json.loads(self.bob.rpc("get_webxdc_status_updates", 1, received, 0))[0]["payload"],
                         update["payload"])
        self.alice.rpc("delete_messages_for_all", 1, [sent])
        self.core_events["bob"].wait("WebxdcInstanceDeleted", msgId=received)

    def test_running_apps_talk_in_real_time_and_nothing_of_it_stays(self):
        sent = self.alice.rpc("send_msg", 1, self.at_alice, {"text": "play now", "file": self.file("g.xdc", app())})
        received = self.arrived("play now")
        self.alice.rpc("send_webxdc_realtime_advertisement", 1, sent)
        self.core_events["bob"].wait("WebxdcRealtimeAdvertisementReceived", msgId=received)
        self.bob.rpc("send_webxdc_realtime_advertisement", 1, received)
        self.core_events["alice"].wait("WebxdcRealtimeAdvertisementReceived", msgId=sent)
        data = list(b"ball at 3,4 ") + list(range(256))
        self.alice.rpc("send_webxdc_realtime_data", 1, sent, data)
        self.assertEqual(self.core_events["bob"].wait("WebxdcRealtimeData", msgId=received)["data"], data)
        self.bob.rpc("send_webxdc_realtime_data", 1, received, [1])
        self.core_events["alice"].wait("WebxdcRealtimeData", msgId=sent, data=[1])
        self.bob.rpc("leave_webxdc_realtime", 1, received)
        self.alice.rpc("send_webxdc_realtime_data", 1, sent, [2])
        self.alice.send(self.at_alice, "after the game")
        self.arrived("after the game")
        self.assertFalse(self.core_events["bob"].of("WebxdcRealtimeData", data=[2]))
        self.assertEqual(self.bob.rpc("get_webxdc_status_updates", 1, received, 0), "[]")
        with self.assertRaisesRegex(RpcError, "100,?000"):
            self.alice.rpc("send_webxdc_realtime_data", 1, sent, [0] * 100001)


if __name__ == "__main__":
    unittest.main()
