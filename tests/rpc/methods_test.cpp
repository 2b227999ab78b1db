// The real methods over a real store: what clients of this API rely on, in the shapes they know.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>

#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"
#include "tests/rpc/schema_check.h"
#include "tests/support/catch.h"

using nlohmann::json;

namespace {

class Gateway : public OneGateway {
 public:
  json ok(std::string_view method, json params = json::array()) {
    return result(service(), method, std::move(params));
  }
  json error(std::string_view method, json params) {
    const json answer = call(service(), method, std::move(params));
    REQUIRE(answer.contains("error"));
    return answer["error"];
  }
  void shape(std::string_view schema, const json& value) {
    CHECK(reference_.fault(schema, value) == "");
  }
  int saved() { return ok("create_chat_by_contact_id", {1, 1}); }

  // Polls until it holds; fails the test after 20 seconds.
  template <class F>
  void until(F holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      ok("sleep", {0.01});
    }
  }

 private:
  SchemaCheck reference_ = SchemaCheck::reference();
};

}  // namespace

TEST_CASE_METHOD(Gateway, "account 1 is there, configured and described") {
  CHECK(ok("get_all_account_ids") == json({1}));
  shape("Account", ok("get_account_info", {1}));
  for (const auto& account : ok("get_all_accounts")) shape("Account", account);
  CHECK(ok("is_configured", {1}) == true);
  CHECK(ok("get_config", {1, "addr"}) == "edge@example.org");
  CHECK(ok("get_connectivity", {1}).is_number_integer());
  const json info = ok("get_info", {1});
  for (const auto& value : info) CHECK(value.is_string());
  CHECK(ok("get_system_info").is_object());
  CHECK(error("get_account_info", {99})["code"] == -32603);
  CHECK(error("get_account_info", {99})["message"].get<std::string>().find("99") !=
        std::string::npos);
}

TEST_CASE_METHOD(Gateway, "settings are kept, reset, and refused by name when unknown") {
  CHECK(ok("set_config", {1, "displayname", "Line 4"}).is_null());
  CHECK(ok("get_config", {1, "displayname"}) == "Line 4");
  CHECK(ok("batch_set_config", {1, {{"ui.theme", "dark"}, {"displayname", nullptr}}}).is_null());
  const json both = ok("batch_get_config", {1, {"ui.theme", "selfstatus"}});
  CHECK(both["ui.theme"] == "dark");
  CHECK(both.contains("selfstatus"));
  const json unknown = error("get_config", {1, "nokey"});
  CHECK(unknown["message"].get<std::string>().find("nokey") != std::string::npos);
  // In one batch a read sees the write before it.
  const json batch = ask_json(
      service(),
      json::parse(
          R"([{"jsonrpc":"2.0","id":1,"method":"set_config","params":[1,"displayname","B"]},
              {"jsonrpc":"2.0","id":2,"method":"get_config","params":[1,"displayname"]}])"));
  CHECK(batch[1]["result"] == "B");
}

TEST_CASE_METHOD(Gateway, "a message to oneself is sent, listed and read in the known shapes") {
  const int chat = saved();
  const json id = ok("send_msg", {1, chat, {{"text", "Batch complete"}}});
  const json second = ok("misc_send_text_message", {1, chat, "two"});
  REQUIRE(id.is_number_integer());
  const std::string key = std::to_string(id.get<int>());
  const json messages = ok("get_messages", {1, {id, second, 999999}});
  CHECK(messages.size() == 3);
  for (const auto& message : messages) shape("MessageLoadResult", message);
  CHECK(messages[key]["text"] == "Batch complete");
  CHECK(messages[key]["state"] == 26);
  CHECK(messages["999999"]["kind"] == "loadingError");
  shape("Message", ok("get_message", {1, id}));
  shape("MessageInfo", ok("get_message_info_object", {1, id}));
  CHECK(ok("get_message_info", {1, id}).get<std::string>().find("Batch complete") !=
        std::string::npos);
  CHECK(ok("get_message_ids", {1, chat, false, false}) == json({id, second}));
  for (const auto& item : ok("get_message_list_items", {1, chat, false, true})) {
    shape("MessageListItem", item);
  }
  CHECK(ok("get_existing_msg_ids", {1, {id, 999999}}) == json::array({id}));
  shape("FullChat", ok("get_full_chat_by_id", {1, chat}));
  shape("BasicChat", ok("get_basic_chat_info", {1, chat}));
  CHECK(ok("can_send", {1, chat}) == true);
  CHECK(ok("get_chat_contacts", {1, chat}) == json({1}));
  const json entries = ok("get_chatlist_entries", {1, nullptr, nullptr, nullptr});
  CHECK(ok("get_chatlist_entries", {1}) == entries);
  CHECK(std::find(entries.begin(), entries.end(), chat) != entries.end());
  json asked = entries;
  asked.push_back(6);
  asked.push_back(4711);
  const json items = ok("get_chatlist_items_by_entries", {1, asked});
  for (const auto& item : items) shape("ChatListItemFetchResult", item);
  CHECK(items["6"]["kind"] == "ArchiveLink");
  CHECK(items["4711"]["kind"] == "Error");
  CHECK(ok("delete_messages", {1, {id}}).is_null());
  CHECK(ok("get_messages", {1, {id}})[key]["kind"] == "loadingError");
}

TEST_CASE_METHOD(Gateway, "a message without text and file, or to no chat, is refused in words") {
  const json empty = error("send_msg", {1, saved(), {{"txt", "typo"}}});
  CHECK(empty["code"] == -32602);
  CHECK(empty["message"] == "data: a message needs text or file; ignored: txt");
  CHECK(error("send_msg", {1, 4711, {{"text", "x"}}})["code"] == -32603);
  CHECK(error("send_msg", {1, saved()})["message"] == "data: missing, expected an object");
}

TEST_CASE_METHOD(Gateway, "contacts have the known shape and addresses are looked up") {
  shape("Contact", ok("get_contact", {1, 1}));
  shape("Contact", ok("get_contact", {1, 5}));
  CHECK(ok("get_contact_ids", {1, 0, nullptr}) == json::array());
  CHECK(ok("get_contact_ids", {1, 2, nullptr}) == json({1}));
  for (const auto& contact : ok("get_contacts", {1, 2, nullptr})) shape("Contact", contact);
  shape("Contact", ok("get_contacts_by_ids", {1, {1}})["1"]);
  CHECK(ok("lookup_contact_id_by_addr", {1, "nobody@nowhere"}).is_null());
  CHECK(error("get_contact", {1, 4711})["code"] == -32603);
}

TEST_CASE_METHOD(Gateway, "what is asked for a hundred thousand times is answered once") {
  const std::vector<int> contacts(100'000, 1);
  const std::vector<int> chats(100'000, saved());
  CHECK(ok("get_contacts_by_ids", {1, contacts}).size() == 1);
  CHECK(ok("get_chatlist_items_by_entries", {1, chats}).size() == 1);
}

TEST_CASE_METHOD(Gateway, "a transport is the account's address, and no password is stored") {
  const json list = ok("list_transports", {1});
  REQUIRE(list.size() == 1);
  shape("EnteredLoginParam", list[0]);
  CHECK(list[0]["addr"] == "edge@example.org");
  CHECK(list[0]["password"] == "");
  CHECK(ok("add_or_update_transport", {1, list[0]}).is_null());
  CHECK(ok("list_transports", {1}) == list);
  CHECK(ok("add_or_update_transport", {1, {{"addr", "a@b"}, {"password", "hunter2"}}}).is_null());
  const json named = ok("list_transports", {1});
  CHECK(named[0]["addr"] == "a@b");
  CHECK(named[0]["password"] == "");
  CHECK(ok("get_config", {1, "configured_addr"}) == "a@b");
  const json refused =
      error("add_or_update_transport", {1, {{"addr", "a@b.example"}, {"password", "hunter2"}}});
  CHECK(refused["message"].get<std::string>().find("no lines to mail servers") !=
        std::string::npos);
  CHECK(ok("configure", {1}).is_null());
  bool told = false;
  for (const auto& event : ok("get_next_event_batch")) {
    shape("Event", event);
    told |= event["event"]["kind"] == "ConfigureProgress" && event["event"]["progress"] == 1000;
  }
  CHECK(told);
}

TEST_CASE_METHOD(Gateway, "a draft is kept, shown, sent and dropped") {
  const int chat = saved();
  CHECK(ok("get_draft", {1, chat}).is_null());
  ok("misc_set_draft", {1, chat, "later"});
  const json draft = ok("get_draft", {1, chat});
  shape("Message", draft);
  CHECK(draft["state"] == 19);
  const json id = ok("misc_send_draft", {1, chat});
  CHECK(ok("get_message", {1, id})["text"] == "later");
  CHECK(ok("get_draft", {1, chat}).is_null());
  CHECK(error("misc_send_draft", {1, chat})["code"] == -32603);
}

TEST_CASE_METHOD(Gateway, "an invite is a link and a picture, and one's own is refused") {
  const std::string link = ok("get_chat_securejoin_qr_code", {1, nullptr});
  CHECK(link.starts_with("OPENPGP4FPR:"));
  CHECK(ok("get_chat_securejoin_qr_code", {1}) == link);
  const json svg = ok("get_chat_securejoin_qr_code_svg", {1});
  CHECK(svg[0] == link);
  CHECK(svg[1].get<std::string>().starts_with("<svg"));
  const json own = ok("check_qr", {1, link});
  shape("Qr", own);
  CHECK(own["kind"] == "withdrawVerifyContact");
  CHECK_FALSE(own["authcode"].get<std::string>().empty());
  shape("Qr", ok("check_qr", {1, "just words"}));
  // As it comes from a scanner, a mail or a keyboard that begins with a capital.
  std::string shouted = link;
  for (std::size_t i = 0; i < shouted.find(':'); ++i) {
    shouted[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(shouted[i])));
  }
  const std::string web =
      "HTTPS://I.PrivittyTech.COM/#" +
      std::string(link).replace(link.find('#'), 1, "&").substr(link.find(':') + 1);
  for (const std::string& scanned : {" \t" + link + "\r\n", shouted + "\n", web + " ",
                                     "\xEF\xBB\xBF" + link, "\xC2\xA0" + link}) {
    INFO(scanned);
    CHECK(ok("check_qr", {1, scanned}) == own);
  }
  CHECK(ok("check_qr", {1, " HTTPS://example.org/x\n"}) ==
        json{{"kind", "url"}, {"url", "HTTPS://example.org/x"}});
  CHECK(call(service(), "secure_join", {1, link}).contains("error"));
  CHECK(ok("set_config_from_qr", {1, link}).is_null());
  CHECK(ok("check_qr", {1, link})["kind"] == "reviveVerifyContact");
}

TEST_CASE_METHOD(Gateway, "two accounts join and talk; waiting calls are answered by the message") {
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

TEST_CASE_METHOD(Gateway, "files go in by path and come out as they were, never over a file") {
  const std::string source = dir() / "report.csv";
  std::ofstream(source) << "a,b\n1,2\n";
  const int chat = saved();
  const json id = ok("send_msg", {1, chat, {{"text", "see"}, {"file", source}}});
  const json message = ok("get_message", {1, id});
  shape("Message", message);
  CHECK(message["fileName"] == "report.csv");
  CHECK(message["fileBytes"] == 8);
  const std::string copy = dir() / "copy.csv";
  CHECK(ok("save_msg_file", {1, id, copy}).is_null());
  std::ifstream in(copy);
  CHECK(std::string((std::istreambuf_iterator<char>(in)), {}) == "a,b\n1,2\n");
  CHECK(error("save_msg_file", {1, id, copy})["code"] == -32603);
  const json blob = ok("copy_to_blob_dir", {1, source});
  CHECK(ok("send_msg", {1, chat, {{"file", blob}, {"filename", "again.csv"}}}).is_number_integer());
  CHECK(blob.get<std::string>().starts_with(ok("get_blob_dir", {1}).get<std::string>()));
}

TEST_CASE_METHOD(Gateway, "every method answers a missing account with an error, never a crash") {
  rpc::SchemaBook book;
  for (const rpc::Method& method : rpc::method_table().methods()) {
    const auto info = method.describe(book);
    if (info.params.empty() || info.params.front().name != "account_id") continue;
    json params = {{"account_id", 4711}};
    for (const auto& param : info.params) {
      if (!param.required || param.name == "account_id") continue;
      if (param.type == "integer") params[param.name] = 12;
      if (param.type == "string") params[param.name] = "OPENPGP4FPR:x";
      if (param.type == "boolean") params[param.name] = false;
      if (param.type.starts_with("list")) params[param.name] = json::array();
      if (param.type.starts_with("map")) params[param.name] = json::object();
      if (param.type == "MessageData") params[param.name] = {{"text", "x"}};
      if (param.type == "EnteredLoginParam") params[param.name] = {{"addr", ""}, {"password", ""}};
      if (param.type == "ChatVisibility") params[param.name] = "Normal";
      if (param.type == "MuteDuration") params[param.name] = {{"kind", "Forever"}};
    }
    const json answer = call(service(), method.name, params);
    INFO(method.name << " " << answer.dump());
    // Delta Chat answers [] to some lists of nothing; everything else is an error.
    const bool harmless =
        answer.contains("result") && answer["result"].is_structured() && answer["result"].empty();
    CHECK((answer.contains("error") || harmless));
    if (answer.contains("error")) {
      CHECK(answer["error"]["message"].get<std::string>().find("log id") == std::string::npos);
    }
  }
}

TEST_CASE_METHOD(Gateway, "a chat's first unread message, and chats marked fresh and noticed") {
  ok("marknoticed_all_chats", {1});  // a new account has a message that welcomes
  const json first = ok("add_device_message", {1, "a", {{"text", "one"}}});
  const json second = ok("add_device_message", {1, "b", {{"text", "two"}}});
  const int chat = ok("get_message", {1, first})["chatId"];
  CHECK(ok("get_first_unread_message_of_chat", {1, chat}) == first);
  CHECK(ok("marknoticed_all_chats", {1}).is_null());
  CHECK(ok("get_first_unread_message_of_chat", {1, chat}).is_null());
  CHECK(ok("get_fresh_msg_cnt", {1, chat}) == 0);
  CHECK(ok("markfresh_chat", {1, chat}).is_null());
  CHECK(ok("get_first_unread_message_of_chat", {1, chat}) == second);
  CHECK(ok("get_fresh_msg_cnt", {1, chat}) == 1);
  CHECK(ok("get_message", {1, first})["state"] == 13);
  ok("markseen_msgs", {1, {second}});
  ok("markfresh_chat", {1, chat});
  CHECK(ok("get_message", {1, second})["state"] == 10);
  // Nothing was received in Saved messages.
  ok("send_msg", {1, saved(), {{"text", "note"}}});
  ok("markfresh_chat", {1, saved()});
  CHECK(ok("get_fresh_msg_cnt", {1, saved()}) == 0);
  error("markfresh_chat", {1, 4711});
  error("get_first_unread_message_of_chat", {1, 4711});
}

TEST_CASE_METHOD(Gateway, "messages are shown as search results and in notifications") {
  const json note = ok("send_msg", {1, saved(), {{"text", "Pump 3\nruns hot"}}});
  const json told = ok("add_device_message", {1, "a", {{"text", "update"}}});
  const json results = ok("message_ids_to_search_results", {1, {note, told, note, 999999}});
  CHECK(results.size() == 2);
  for (const auto& result : results) shape("MessageSearchResult", result);
  const json found = results[std::to_string(note.get<int>())];
  CHECK(found["message"] == "Pump 3\nruns hot");
  CHECK(found["authorId"] == 1);
  CHECK(found["chatId"] == saved());
  CHECK(found["chatName"] == "Saved messages");
  const json shown = ok("get_message_notification_info", {1, note});
  shape("MessageNotificationInfo", shown);
  CHECK(shown["summaryText"] == "Pump 3 runs hot");
  CHECK(shown["chatName"] == "Saved messages");
  CHECK(shown["summaryPrefix"].is_null());
  error("get_message_notification_info", {1, 999999});
}

TEST_CASE_METHOD(Gateway, "settings of user interfaces are listed by name") {
  CHECK(ok("get_all_ui_config_keys", {1}) == json::array());
  ok("set_config", {1, "ui.theme", "dark"});
  ok("set_config", {1, "ui.font", "12"});
  ok("set_config", {1, "displayname", "Edge"});
  CHECK(ok("get_all_ui_config_keys", {1}) == json({"ui.font", "ui.theme"}));
  ok("set_config", {1, "ui.theme", nullptr});
  CHECK(ok("get_all_ui_config_keys", {1}) == json({"ui.font"}));
}

TEST_CASE_METHOD(Gateway, "what an account takes of the disk grows with its files") {
  const std::uint64_t before = ok("get_account_file_size", {1});
  const std::string path = (dir() / "large.bin").string();
  std::ofstream(path) << std::string(300'000, 'x');
  ok("send_msg", {1, saved(), {{"file", path}}});
  CHECK(ok("get_account_file_size", {1}).get<std::uint64_t>() >= before + 300'000);
  const std::string report = ok("get_storage_usage_report_string", {1});
  CHECK(report.find("Files: 1 (") != std::string::npos);
  CHECK(report.find("Messages: 2\n") != std::string::npos);  // and the one that welcomes
}

TEST_CASE_METHOD(Gateway, "messages older than a span are counted, but for Saved messages") {
  ok("send_msg", {1, saved(), {{"text", "note"}}});  // the device chat has one that welcomes
  CHECK(ok("estimate_auto_deletion_count", {1, false, 3600}) == 0);
  until([&] { return ok("estimate_auto_deletion_count", {1, false, 0}) == 1; });
  CHECK(ok("estimate_auto_deletion_count", {1, true, 3600}) == 0);
  CHECK(error("estimate_auto_deletion_count", {1, false, -1})["code"] == -32602);
}

TEST_CASE_METHOD(Gateway, "delivery's state is a page, and nobody pushes") {
  shape("NotifyState", ok("get_push_state", {1}));
  CHECK(ok("get_push_state", {1}) == "NotConnected");
  CHECK(ok("get_connectivity_html", {1}).get<std::string>().starts_with("<!DOCTYPE html>"));
  CHECK(ok("stop_background_fetch").is_null());
  CHECK(ok("stop_ongoing_process", {1}).is_null());
  CHECK(ok("download_full_message", {1, ok("send_msg", {1, saved(), {{"text", "x"}}})}).is_null());
  CHECK(ok("get_basic_chat_info", {1, ok("create_broadcast_list", {1})})["name"] == "Channel");
}

TEST_CASE_METHOD(Gateway, "what is not offered says so and why") {
  struct Refused {
    const char* method;
    json params;
    const char* words;
  };
  for (const auto& [method, params, words] : {
           Refused{"migrate_account", {"/tmp/dc.db"}, "add_account"},
           Refused{"create_group_chat_unencrypted", {1, "Shift"}, "create_group_chat"},
           Refused{"delete_transport", {1, "edge@example.org"}, "no transport of this account"},
           Refused{"set_transport_unpublished", {1, "edge@example.org", true}, "native transport"},
           Refused{"get_http_response", {1, "http://127.0.0.1:1/"}, "no web pages"},
           Refused{"set_webxdc_integration", {1, "/tmp/a.xdc"}, "gateway"},
           Refused{"init_webxdc_integration", {1, nullptr}, "gateway"},
       }) {
    INFO(method);
    CHECK(error(method, params)["message"].get<std::string>().find(words) != std::string::npos);
  }
}

TEST_CASE_METHOD(Gateway, "reactions to a message, its edit and its deletion for all") {
  const json id = ok("send_msg", {1, saved(), {{"text", "Pump 3 runs hot"}}});
  CHECK(ok("get_message_reactions", {1, id}).is_null());
  CHECK(ok("send_reaction", {1, id, {"👍", "🔥"}}) == id);
  const json reactions = ok("get_message_reactions", {1, id});
  shape("Reactions", reactions);
  CHECK(reactions["reactionsByContact"]["1"] == json({"👍", "🔥"}));
  CHECK(reactions["reactions"][0] == json({{"count", 1}, {"emoji", "👍"}, {"isFromSelf", true}}));
  shape("Message", ok("get_message", {1, id}));
  CHECK(ok("get_message", {1, id})["reactions"] == reactions);
  ok("send_reaction", {1, id, json::array()});
  CHECK(ok("get_message_reactions", {1, id}).is_null());
  CHECK(error("send_reaction", {1, id, {"two words"}})["message"].get<std::string>().find(
            "reaction: expected emojis") != std::string::npos);
  CHECK(ok("send_edit_request", {1, id, "Pump 4 runs hot"}).is_null());
  CHECK(ok("get_message", {1, id})["text"] == "Pump 4 runs hot");
  CHECK(ok("get_message", {1, id})["isEdited"] == true);
  CHECK(error("send_edit_request", {1, id, " "})["code"] == -32602);
  const json device = ok("add_device_message", {1, "a", {{"text", "one"}}});
  error("send_edit_request", {1, device, "mine"});
  error("delete_messages_for_all", {1, {id, device}});
  CHECK(ok("delete_messages_for_all", {1, {id}}).is_null());
  CHECK(ok("get_existing_msg_ids", {1, {id, device}}) == json::array({device}));
}

TEST_CASE_METHOD(Gateway,
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

TEST_CASE_METHOD(Gateway, "who waits for all work to be done is answered once delivery is on") {
  CHECK(ok("wait_for_all_work_done", {1}).is_null());
  CHECK(error("wait_for_all_work_done", {99})["message"].get<std::string>().find("99") !=
        std::string::npos);
  ok("stop_io", {1});
  Pending waiting;
  service().handle(R"({"jsonrpc":"2.0","id":1,"method":"wait_for_all_work_done","params":[1]})",
                   a_caller(), waiting.answer());
  CHECK_FALSE(waiting.came());
  ok("start_io", {1});
  CHECK(json::parse(waiting.wait())["result"].is_null());
}
