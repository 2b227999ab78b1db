// Two accounts of one gateway that join, talk and call, as their clients see it.
#include <algorithm>
#include <map>

#include "tests/rpc/known_shapes.h"

using nlohmann::json;

TEST_CASE_METHOD(KnownShapes,
                 "two accounts join and talk; waiting calls are answered by the message") {
  const int other = ok("add_account");
  const std::string link = ok("get_chat_securejoin_qr_code", {1});
  shape("Qr", ok("check_qr", {other, link}));
  const int chat = ok("secure_join", {other, link});
  until([&] { return ok("can_send", {other, chat}) == true; });
  until([&] { return ok("get_contact_ids", {1, 0, nullptr}).size() == 1; });
  // What came with joining is read away first.
  until([&] {
    const json next = ok("get_next_msgs", {1});
    if (!next.empty()) ok("markseen_msgs", {1, next});
    return next.empty();
  });
  Pending waiting;
  service().handle(R"({"jsonrpc":"2.0","id":1,"method":"wait_next_msgs","params":[1]})", a_caller(),
                   waiting.answer());
  CHECK_FALSE(waiting.came());
  const json sent = ok("send_msg", {other, chat, {{"text", "hello"}}});
  const json arrived = json::parse(waiting.wait())["result"];
  REQUIRE(arrived.size() == 1);
  const json message = ok("get_message", {1, arrived[0]});
  shape("Message", message);
  CHECK(message["text"] == "hello");
  CHECK(message["state"] == 10);
  CHECK(message["sender"]["isVerified"] == true);
  CHECK(message["showPadlock"] == true);
  // An answer that quotes it.
  const json answer =
      ok("send_msg", {1, message["chatId"], {{"text", "hi"}, {"quotedMessageId", arrived[0]}}});
  const json quoting = ok("get_message", {1, answer});
  shape("Message", quoting);
  CHECK(quoting["quote"]["kind"] == "WithMessage");
  CHECK(quoting["quote"]["text"] == "hello");
  ok("markseen_msgs", {1, arrived});
  until([&] { return ok("get_message", {other, sent})["state"] == 28; });
  for (const auto& receipt : ok("get_message_read_receipts", {other, sent})) {
    shape("MessageReadReceipt", receipt);
  }
  bool inviter = false;
  for (const auto& event : ok("get_next_event_batch")) {
    const bool ours = event["event"]["kind"].get<std::string>().starts_with("Privitty");
    if (!ours) shape("Event", event);
    if (event["event"]["kind"] == "SecurejoinInviterProgress" &&
        event["event"]["progress"] == 1000) {
      inviter = true;
      CHECK(event["event"]["chatId"] == message["chatId"]);
    }
  }
  CHECK(inviter);
}

TEST_CASE_METHOD(KnownShapes,
                 "a call between two accounts has the shapes and events that clients know") {
  const int other = ok("add_account");
  const int chat = ok("secure_join", {other, ok("get_chat_securejoin_qr_code", {1})});
  until([&] { return ok("can_send", {other, chat}) == true; });
  until([&] { return ok("get_contact_ids", {1, 0, nullptr}).size() == 1; });
  std::map<std::string, json> seen;  // the call's events, by kind
  const auto seen_all = [&](const std::vector<std::string>& kinds) {
    for (const auto& event : ok("get_next_event_batch")) {
      const std::string kind = event["event"]["kind"];
      if (kind.find("Call") == std::string::npos) continue;
      shape("Event", event);
      seen[kind + std::to_string(event["contextId"].get<int>())] = event["event"];
    }
    return std::all_of(kinds.begin(), kinds.end(),
                       [&](const std::string& kind) { return seen.contains(kind); });
  };
  const int placed = ok("place_outgoing_call", {other, chat, "offer", true});
  const std::string theirs = std::to_string(other);
  until([&] { return seen_all({"IncomingCall1"}); });
  const json came = seen["IncomingCall1"];
  CHECK(came["place_call_info"] == "offer");
  CHECK(came["has_video"] == true);
  const int call_id = came["msg_id"];
  const json message = ok("get_message", {1, call_id});
  shape("Message", message);
  CHECK(message["viewType"] == "Call");
  CHECK(message["text"] == "Incoming video call");
  const json info = ok("call_info", {1, call_id});
  shape("CallInfo", info);
  CHECK(info == json{{"hasVideo", true}, {"sdpOffer", "offer"}, {"state", {{"kind", "Alerting"}}}});
  CHECK(ok("accept_incoming_call", {1, call_id, "answer"}).is_null());
  until([&] { return seen_all({"IncomingCallAccepted1", "OutgoingCallAccepted" + theirs}); });
  CHECK(seen["IncomingCallAccepted1"]["from_this_device"] == true);
  CHECK(seen["OutgoingCallAccepted" + theirs]["accept_call_info"] == "answer");
  CHECK(seen["OutgoingCallAccepted" + theirs]["msg_id"] == placed);
  CHECK(ok("end_call", {other, placed}).is_null());
  until([&] { return seen_all({"CallEnded1", "CallEnded" + theirs}); });
  const json ended = ok("call_info", {1, call_id});
  shape("CallInfo", ended);
  CHECK(ended["state"] == json{{"kind", "Completed"}, {"duration", 1}});
  CHECK(error("call_info", {1, 4711})["message"].get<std::string>().find("4711") !=
        std::string::npos);
  CHECK(ok("ice_servers", {1}) == "[]");
}

TEST_CASE_METHOD(KnownShapes, "a pin is seen by the other, who may end it") {
  const int other = ok("add_account");
  const int chat = ok("secure_join", {other, ok("get_chat_securejoin_qr_code", {1})});
  until([&] { return ok("can_send", {other, chat}) == true; });
  const int sent = ok("send_msg", {other, chat, {{"text", "valve 3 stays shut"}}});
  until([&] { return !ok("search_messages", {1, "valve 3", nullptr}).empty(); });
  const int got = ok("search_messages", {1, "valve 3", nullptr})[0];
  const json arrived = ok("get_message", {1, got});
  CHECK(arrived["sender"]["freshness"] == "RecentlySeen");
  const int its = arrived["chatId"];
  ok("set_pinned_message_state", {other, sent, true});
  until([&] { return ok("get_pinned_messages", {1, its}) == json({got}); });
  const json ids = ok("get_message_ids", {1, its, false, false});
  const json line = ok("get_message", {1, ids.back()});
  shape("Message", line);
  CHECK(line["systemMessageType"] == "MessagePinned");
  CHECK(line["text"].get<std::string>().starts_with("Message pinned by "));
  CHECK(line["parentId"] == got);
  CHECK(line["fromId"] == arrived["fromId"]);
  ok("set_pinned_message_state", {1, got, false});
  until([&] { return ok("get_pinned_messages", {other, chat}) == json::array(); });
  CHECK(ok("get_message", {other, sent})["isPinned"] == false);
  until([&] { return ok("is_sending_finished") == true; });
}
