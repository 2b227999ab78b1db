// Answers in which clients rely on Delta Chat's server, found by playing the same calls against
// both.
#include <fstream>
#include <limits>

#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"
#include "tests/support/catch.h"

using nlohmann::json;

namespace {

class CoreAnswers : public OneGateway {
 public:
  json ok(std::string_view method, json params = json::array()) {
    return result(service(), method, std::move(params));
  }
  std::string refused(std::string_view method, json params) {
    const json answer = call(service(), method, std::move(params));
    REQUIRE(answer.contains("error"));
    return answer["error"]["message"];
  }
  int saved() { return ok("create_chat_by_contact_id", {1, 1}); }
  json send(json data) { return ok("get_message", {1, ok("send_msg", {1, saved(), data})}); }
  json item(int chat) {
    return ok("get_chatlist_items_by_entries", {1, {chat}})[std::to_string(chat)];
  }
  std::string file(const std::string& name, std::string_view content) {
    const auto path = dir() / name;
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }
  std::string picture(const std::string& name) {
    using namespace std::string_view_literals;
    return file(
        name,
        "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x0a\0\0\0\x0a\x08\x02\0\0\0\x02\x50\x58\xea"sv);
  }
};

}  // namespace

TEST_CASE_METHOD(CoreAnswers, "a file is the kind of message that its name says") {
  CHECK(send({{"file", picture("a.png")}, {"viewtype", "File"}})["viewType"] == "Image");
  CHECK(send({{"file", picture("photo")}, {"viewtype", "Image"}})["viewType"] == "Image");
  CHECK(send({{"file", file("a.txt", "x")}, {"viewtype", "Image"}})["viewType"] == "File");
  CHECK(send({{"file", file("a.svg", "<svg/>")}, {"viewtype", "Image"}})["viewType"] == "File");
  CHECK(send({{"file", file("a.mp3", "x")}, {"viewtype", "Voice"}})["viewType"] == "Voice");
  CHECK(send({{"file", picture("b.png")}, {"viewtype", "Sticker"}})["viewType"] == "Sticker");
  for (const char* type : {"Image", "File", "Vcard", "Webxdc"}) {
    INFO(type);
    CHECK(refused("send_msg", {1, saved(), {{"text", "x"}, {"viewtype", type}}})
              .find("needs a file") != std::string::npos);
  }
  CHECK(refused("send_msg", {1, saved(), {{"text", "x"}, {"viewtype", "Unknown"}}})
            .starts_with("viewtype: "));
  CHECK(refused("send_msg", {1, saved(), {{"text", "x"}, {"viewtype", "Call"}}})
            .find("place_outgoing_call") != std::string::npos);
}

TEST_CASE_METHOD(CoreAnswers,
                 "a place alone is a message, and a page alone is refused by its name") {
  const json placed = send({{"location", {48.1, 11.5}}});
  CHECK(placed["text"] == "");
  CHECK(placed["hasLocation"] == true);
  CHECK(refused("send_msg", {1, saved(), {{"html", "<p>x</p>"}}}).find("html is not sent") !=
        std::string::npos);
}

TEST_CASE_METHOD(CoreAnswers, "a quoted message is quoted with its own text") {
  const json first = send({{"text", "hello"}});
  const json reply =
      send({{"text", "re"}, {"quotedMessageId", first["id"]}, {"quotedText", "goodbye"}});
  CHECK(reply["quote"]["text"] == "hello");
  CHECK(send({{"text", "re"}, {"quotedText", "goodbye"}})["quote"]["text"] == "goodbye");
}

TEST_CASE_METHOD(CoreAnswers, "chats tell what is in them") {
  const json empty = item(saved());
  CHECK(empty["summaryText2"] == "No messages.");
  CHECK(empty["lastUpdated"].is_null());
  ok("set_stock_strings", {{{"1", "Nichts."}}});
  CHECK(item(saved())["summaryText2"] == "Nichts.");
  send({{"text", "note"}});
  CHECK(item(saved())["summaryText1"] == "Me");
  CHECK(item(saved())["lastUpdated"].is_number());
  CHECK(ok("get_full_chat_by_id", {1, saved()})["selfInGroup"] == true);

  ok("add_device_message", {1, "a", {{"text", "one"}}});
  const int device = ok("get_chat_id_by_contact_id", {1, 5});
  CHECK(ok("get_full_chat_by_id", {1, device})["selfInGroup"] == false);
  CHECK(ok("get_basic_chat_info", {1, device})["isEncrypted"] == true);
  CHECK(ok("get_contact", {1, 1})["verifierId"].is_null());

  const int channel = ok("create_broadcast", {1, "News"});
  CHECK(ok("get_full_chat_by_id", {1, channel})["selfInGroup"] == false);
  ok("misc_send_text_message", {1, channel, "pump 3 is back"});
  CHECK(item(channel)["summaryText1"] == "");  // nobody else writes there
  const int group = ok("create_group_chat", {1, "Shift", false});
  CHECK(ok("add_contact_to_chat", {1, group, 1}).is_null());
  CHECK(ok("get_chat_contacts", {1, group}) == json({1}));
  ok("leave_group", {1, group});
  CHECK(ok("get_past_chat_contacts", {1, group}) == json({1}));
}

TEST_CASE_METHOD(CoreAnswers, "the word is:unread finds chats with fresh messages") {
  send({{"text", "note"}});
  ok("add_device_message", {1, "a", {{"text", "one"}}});
  const int device = ok("get_chat_id_by_contact_id", {1, 5});
  const auto found = [&](const char* query) {
    return ok("get_chatlist_entries", {1, nullptr, query, nullptr});
  };
  CHECK(found("is:unread") == json({device}));
  CHECK(found("is:unread device") == json({device}));
  CHECK(found(" Device is:unread ") == json({device}));
  CHECK(found("is:unread saved") == json::array());
  ok("marknoticed_chat", {1, device});
  CHECK(found("is:unread") == json::array());
}

TEST_CASE_METHOD(CoreAnswers,
                 "settings that are on or off take 0 and 1, and those that clients ask "
                 "for are known") {
  for (const char* key : {"mdns_enabled", "bot", "bcc_self", "is_muted"}) {
    INFO(key);
    CHECK(refused("set_config", {1, key, "yes"}).find("expected 0 or 1") != std::string::npos);
    CHECK(ok("set_config", {1, key, "1"}).is_null());
    CHECK(ok("set_config", {1, key, nullptr}).is_null());
  }
  // Core takes nothing but these of a switch; of the others it counts what it does not know as one.
  for (const char* wrong : {"", "2", "true", "01", " 1"}) {
    INFO(wrong);
    for (const char* key : {"bcc_self", "sync_msgs", "proxy_enabled", "notify_about_wrong_pw"}) {
      CHECK(refused("set_config", {1, key, wrong}).find("expected 0 or 1") != std::string::npos);
    }
  }
  for (const char* key : {"show_emails", "who_can_call_me"}) {
    INFO(key);
    for (const char* value : {"0", "1", "2"}) CHECK(ok("set_config", {1, key, value}).is_null());
    for (const char* wrong : {"", "3", "all"}) {
      CHECK(refused("set_config", {1, key, wrong}).find("expected one of 0, 1, 2; null") !=
            std::string::npos);
    }
    CHECK(ok("set_config", {1, key, nullptr}).is_null());
  }
  CHECK(refused("set_config", {1, "media_quality", "best"}).find("0 or 1") != std::string::npos);
  CHECK(ok("set_config", {1, "media_quality", "1"}).is_null());
  CHECK(refused("set_config", {1, "gossip_period", "often"}).find("seconds") != std::string::npos);
  for (const char* wrong : {"1 year", "yes", "-1"}) {
    CHECK(refused("set_config", {1, "delete_device_after", wrong}).find("number of seconds") !=
          std::string::npos);
  }
  CHECK(ok("set_config", {1, "delete_device_after", "3600"}).is_null());
  CHECK(ok("set_config", {1, "delete_device_after", "0"}).is_null());
  CHECK(ok("get_config", {1, "configured_mail_user"}).is_null());
  CHECK(ok("get_config", {1, "disable_idle"}) == "0");
  CHECK(ok("set_config", {1, "donation_request_next_check", "1800000000"}).is_null());
}

TEST_CASE_METHOD(CoreAnswers, "an address is entered as a link or in capitals, and is the same") {
  const int contact = ok("create_contact", {1, "mailto:A@b.c", "x"});
  CHECK(ok("get_contact", {1, contact})["address"] == "a@b.c");
  for (const char* same : {"a@b.c", "A@B.C", "MAILTO:a@B.c", "mailto:A@b.c"}) {
    INFO(same);
    CHECK(ok("create_contact", {1, same, nullptr}) == contact);
    CHECK(ok("lookup_contact_id_by_addr", {1, same}) == contact);
  }
  // Core takes the scheme away once, and nothing behind the address.
  const int odd = ok("create_contact", {1, "mailto:mailto:k@b.c", nullptr});
  CHECK(ok("get_contact", {1, odd})["address"] == "mailto:k@b.c");
  const int query = ok("create_contact", {1, "mailto:x@y.z?subject=hi", nullptr});
  CHECK(ok("get_contact", {1, query})["address"] == "x@y.z?subject=hi");
  CHECK(refused("create_contact", {1, "mailto:", nullptr}).find("no address") != std::string::npos);
}

TEST_CASE_METHOD(CoreAnswers, "a code of another program is refused in words when it is scanned") {
  CHECK(refused("check_qr", {1, "DCBACKUP4:x&y"}).find("Delta Chat's") != std::string::npos);
  CHECK(refused("check_qr", {1, "PRIVITTYBACKUP1:cut"}).find("cut or changed") !=
        std::string::npos);
}

TEST_CASE_METHOD(CoreAnswers, "what is known of a message and of a key names people") {
  const int other = ok("add_account");
  const int chat = ok("secure_join", {other, ok("get_chat_securejoin_qr_code", {1})});
  for (int i = 0; ok("can_send", {other, chat}) != true; ++i) {
    REQUIRE(i < 2000);
    ok("sleep", {0.01});
  }
  ok("set_chat_ephemeral_timer", {other, chat, 60});
  const json sent = ok("send_msg", {other, chat, {{"text", "hot"}}});
  ok("send_reaction", {other, sent, {"👍"}});
  const std::string known = ok("get_message_info", {other, sent});
  for (const char* words :
       {" by Me\n", "Ephemeral timer: 60 s\n", "Expires: ", "Reaction: 👍 by Me\n"}) {
    INFO(words);
    CHECK(known.find(words) != std::string::npos);
  }
  const int contact = ok("get_chat_contacts", {other, chat})[0];
  const std::string keys = ok("get_contact_encryption_info", {other, contact});
  CHECK(keys.find("Me (") != std::string::npos);
  CHECK(keys.find(ok("get_contact", {other, contact})["nameAndAddr"].get<std::string>() + ":\n") !=
        std::string::npos);
}

TEST_CASE_METHOD(CoreAnswers,
                 "several reactions may stand in one text, and the same one counts once") {
  const json id = send({{"text", "x"}})["id"];
  ok("send_reaction", {1, id, {"❤", "👍 😀", "👍"}});
  CHECK(ok("get_message_reactions", {1, id})["reactionsByContact"]["1"] == json({"❤", "👍", "😀"}));
  ok("send_reaction", {1, id, {""}});
  CHECK(ok("get_message_reactions", {1, id}).is_null());
}

TEST_CASE_METHOD(CoreAnswers, "a message is pinned and unpinned with a line, once") {
  const int first = send({{"text", "valve 3 stays shut"}})["id"];
  const int second = send({{"text", "second"}})["id"];
  CHECK(ok("get_message", {1, first})["isPinned"] == false);
  for (const int message : {second, first, first}) {
    ok("set_pinned_message_state", {1, message, true});
  }
  CHECK(ok("get_pinned_messages", {1, saved()}) == json({first, second}));
  CHECK(ok("get_message", {1, first})["isPinned"] == true);
  const json ids = ok("get_message_ids", {1, saved(), false, false});
  REQUIRE(ids.size() == 4);
  const json line = ok("get_message", {1, ids[3]});
  CHECK(line["text"] == "You pinned a message.");
  CHECK(line["systemMessageType"] == "MessagePinned");
  CHECK(line["isInfo"] == true);
  CHECK(line["parentId"] == first);
  CHECK(refused("set_pinned_message_state", {1, ids[3], true}).find("not pinned") !=
        std::string::npos);
  ok("set_pinned_message_state", {1, first, false});
  CHECK(ok("get_message", {1, item(saved())["lastMessageId"]})["systemMessageType"] ==
        "MessageUnpinned");
  CHECK(ok("get_pinned_messages", {1, saved()}) == json({second}));
  ok("get_next_event_batch");
  ok("delete_messages", {1, {second}});
  CHECK(ok("get_pinned_messages", {1, saved()}) == json::array());
  for (const json& event : ok("get_next_event_batch")) {
    CHECK(event["event"]["kind"] != "PinnedMessagesChanged");  // Python's client would end
  }
  ok("add_device_message", {1, "a", {{"text", "one"}}});
  const int device = ok("get_chat_id_by_contact_id", {1, 5});
  const json there = ok("get_message_ids", {1, device, false, false});
  CHECK(refused("set_pinned_message_state", {1, there.back(), true}).find("device chat") !=
        std::string::npos);
  CHECK(ok("get_locations", {1, nullptr, nullptr, 0, std::numeric_limits<std::int64_t>::max()}) ==
        json::array());
  CHECK(refused("get_pinned_messages", {1, 999}).find("999") != std::string::npos);
}

TEST_CASE_METHOD(CoreAnswers, "a message's summary is in one line or whole, with its kind or not") {
  const auto summary = [&](const json& message, bool forwarded, bool emoji, int characters) {
    return ok("get_message_summary_text", {1, message["id"], forwarded, emoji, characters});
  };
  const json text = send({{"text", "hello\nworld and more and more of a long line"}});
  CHECK(summary(text, true, true, 0) == "hello\nworld and more and more of a long line");
  CHECK(summary(text, true, true, 5) == "hello[...]");
  CHECK(summary(text, true, true, 20) == "hello world and [...]");
  CHECK(summary(text, true, true, 1000) == "hello world and more and more of a long line");
  const json image = send({{"file", picture("a.png")}});
  CHECK(summary(image, true, true, 20) == "📷 Image");
  CHECK(summary(image, true, false, 20) == "Image");
  const json captioned = send({{"file", picture("b.png")}, {"text", "gauge"}});
  CHECK(summary(captioned, true, true, 20) == "📷 gauge");
  CHECK(item(saved())["summaryText2"] == "📷 gauge");
  const json named = send({{"file", file("a.txt", "x")}, {"text", "list"}});
  CHECK(summary(named, true, true, 0) == "📎 a.txt – list");
  CHECK(summary(named, true, false, 20) == "a.txt – list");
  ok("forward_messages", {1, {text["id"]}, saved()});
  const json copy = ok("get_message", {1, item(saved())["lastMessageId"]});
  CHECK(summary(copy, true, true, 20) == "Forwarded: hello world and [...]");
  CHECK(summary(copy, false, true, 20) == "hello world and [...]");
}

TEST_CASE_METHOD(CoreAnswers, "methods that Delta Chat added after 2.57 answer") {
  CHECK(ok("is_sending_finished") == true);
  CHECK(ok("get_app_version", {"a client", "a source"}).is_null());
  CHECK(ok("get_contact", {1, 1})["freshness"] == "Normal");
  CHECK(ok("get_full_chat_by_id", {1, saved()})["freshness"] == "Normal");
  CHECK(item(saved())["freshness"] == "Normal");
  const int account = ok("add_account");
  const json before = ok("list_transports", {account});
  CHECK(ok("init_transports", {account, nullptr}).is_null());
  CHECK(ok("add_pseudo_transport", {account, "a@b.example"}).is_null());
  CHECK(ok("is_configured", {account}) == true);
  CHECK(ok("list_transports", {account}).size() == 1);
}
