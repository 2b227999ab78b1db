"""Calls and places of one device at the other."""
import unittest

from world import setUpModule, tearDownModule, until  # noqa: F401
from parties import SELF
from second_devices import Devices


class CallsOfDevices(Devices):
    def own_call_at(self, party, chat, number):
        def look():
            found = [m for m in party.messages(chat) if m["viewType"] == "Call" and m["fromId"] == SELF]
            return found[number:]
        return until(look, what=f"the call at {party}")[0]

    def test_a_call_that_one_places(self):
        for device, other in self.both:
            since, there, back = self.bob.now(), other.now(), device.now()
            before = len([m for m in other.messages(self.chats[other]) if m["viewType"] == "Call" and m["fromId"] == SELF])
            msg = device.rpc("place_outgoing_call", self.chats[device], f"offer of {device.name}", False)
            # Another test's call may still ring.
            rings = self.bob.wait("IncomingCall", since, place_call_info=f"offer of {device.name}")
            copy = self.own_call_at(other, self.chats[other], before)
            self.assertEqual(SELF, copy["fromId"])
            self.assertEqual("Outgoing audio call", copy["text"])
            self.bob.rpc("accept_incoming_call", rings["msg_id"], "an answer")
            device.wait("OutgoingCallAccepted", back, msg_id=msg)
            other.wait("OutgoingCallAccepted", there, msg_id=copy["id"])
            device.rpc("end_call", msg)
            other.wait("CallEnded", there, msg_id=copy["id"])
            self.assertEqual("Completed", other.rpc("call_info", copy["id"])["state"]["kind"], other)
            self.bob.wait("CallEnded", since, msg_id=rings["msg_id"])

    def test_a_call_that_one_gives_up(self):
        for device, other in self.both:
            since = other.now()
            msg = device.rpc("place_outgoing_call", self.chats[device], f"in vain, {device.name}", True)
            device.rpc("end_call", msg)
            ended = other.wait("CallEnded", since)
            self.assertEqual("Canceled", other.rpc("call_info", ended["msg_id"])["state"]["kind"], other)

    def test_a_call_that_one_answers(self):
        for device, other in self.both:
            for accepts in (True, False):
                since, there = device.now(), other.now()
                msg = self.bob.rpc("place_outgoing_call", self.at_bob, f"for {device.name} {accepts}", False)
                here, copy = (one.wait("IncomingCall", events)["msg_id"] for one, events in ((device, since), (other, there)))
                if accepts:
                    device.rpc("accept_incoming_call", here, "an answer")
                    taken = other.wait("IncomingCallAccepted", there, msg_id=copy)
                    self.assertIs(False, taken["from_this_device"])
                device.rpc("end_call", here)
                other.wait("CallEnded", there, msg_id=copy)
                state = "Completed" if accepts else "Declined"
                for one, call in ((device, here), (other, copy)):
                    self.assertEqual(state, one.rpc("call_info", call)["state"]["kind"], one)
                until(lambda: self.bob.rpc("call_info", msg)["state"]["kind"] == state, what="the end at bob")


class PlacesOfDevices(Devices):
    def test_a_message_with_its_place(self):
        for device, other in self.both:
            device.send(self.chats[device], f"the leak, {device.name}", location=[52.5, 13.25])
            copy = other.arrives(f"the leak, {device.name}")
            until(lambda: other.message(copy["id"])["hasLocation"], what=f"the place at {other}")
            [place] = [p for p in other.rpc("get_locations", self.chats[other], SELF, 0, 0) if p["msgId"] == copy["id"]]
            self.assertEqual((52.5, 13.25), (place["latitude"], place["longitude"]))


class PathsOfDevices(Devices):  # places go to a chat once a minute: no other test's went before
    def test_a_path(self):
        for number, (device, other) in enumerate(self.both):
            device.rpc("send_locations_to_chat", self.chats[device], 600)
            if other.ours:  # core shows no line of another device
                until(lambda: any("Location streaming enabled" in m["text"] for m in other.messages(self.chats[other], infos=True)),
                      what=f"the line at {other}")
            walk = lambda: device.server.call("set_location", 50.0 + number, 8.5, 3.0)
            walk()

            def arrived():
                if not device.ours:
                    walk()  # core sends none of the second in which it began
                return [p for p in other.rpc("get_locations", self.chats[other], SELF, 0, 0) if p["latitude"] == 50.0 + number]
            until(arrived, what=f"the place at {other}")
            device.server.call("stop_sending_locations")


if __name__ == "__main__":
    unittest.main()
