// The real methods over a real store: what clients of this API rely on, in the shapes they know.
#include <fstream>

#include "tests/rpc/known_shapes.h"

using nlohmann::json;

TEST_CASE_METHOD(KnownShapes, "account 1 is there, configured and described") {
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

TEST_CASE_METHOD(KnownShapes, "settings are kept, reset, and refused by name when unknown") {
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

TEST_CASE_METHOD(KnownShapes, "contacts have the known shape and addresses are looked up") {
  shape("Contact", ok("get_contact", {1, 1}));
  shape("Contact", ok("get_contact", {1, 5}));
  CHECK(ok("get_contact_ids", {1, 0, nullptr}) == json::array());
  CHECK(ok("get_contact_ids", {1, 2, nullptr}) == json({1}));
  for (const auto& contact : ok("get_contacts", {1, 2, nullptr})) shape("Contact", contact);
  shape("Contact", ok("get_contacts_by_ids", {1, {1}})["1"]);
  CHECK(ok("lookup_contact_id_by_addr", {1, "nobody@nowhere"}).is_null());
  CHECK(error("get_contact", {1, 4711})["code"] == -32603);
}

TEST_CASE_METHOD(KnownShapes, "what is asked for a hundred thousand times is answered once") {
  const std::vector<int> contacts(100'000, 1);
  const std::vector<int> chats(100'000, saved());
  CHECK(ok("get_contacts_by_ids", {1, contacts}).size() == 1);
  CHECK(ok("get_chatlist_items_by_entries", {1, chats}).size() == 1);
}

TEST_CASE_METHOD(KnownShapes, "a transport is the account's address, and no password is stored") {
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
  bool reported = false;
  for (const auto& event : ok("get_next_event_batch")) {
    shape("Event", event);
    reported |= event["event"]["kind"] == "ConfigureProgress" && event["event"]["progress"] == 1000;
  }
  CHECK(reported);
}

TEST_CASE_METHOD(KnownShapes, "an invite is a link and a picture, and one's own is refused") {
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

TEST_CASE_METHOD(KnownShapes,
                 "every method answers a missing account with an error, never a crash") {
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

TEST_CASE_METHOD(KnownShapes, "settings of user interfaces are listed by name") {
  CHECK(ok("get_all_ui_config_keys", {1}) == json::array());
  ok("set_config", {1, "ui.theme", "dark"});
  ok("set_config", {1, "ui.font", "12"});
  ok("set_config", {1, "displayname", "Edge"});
  CHECK(ok("get_all_ui_config_keys", {1}) == json({"ui.font", "ui.theme"}));
  ok("set_config", {1, "ui.theme", nullptr});
  CHECK(ok("get_all_ui_config_keys", {1}) == json({"ui.font"}));
}

TEST_CASE_METHOD(KnownShapes, "what an account takes of the disk grows with its files") {
  const std::uint64_t before = ok("get_account_file_size", {1});
  const std::string path = (dir() / "large.bin").string();
  std::ofstream(path) << std::string(300'000, 'x');
  ok("send_msg", {1, saved(), {{"file", path}}});
  CHECK(ok("get_account_file_size", {1}).get<std::uint64_t>() >= before + 300'000);
  const std::string report = ok("get_storage_usage_report_string", {1});
  CHECK(report.find("Files: 1 (") != std::string::npos);
  CHECK(report.find("Messages: 2\n") != std::string::npos);  // and the one that welcomes
}

TEST_CASE_METHOD(KnownShapes, "delivery's state is a page, and nobody pushes") {
  shape("NotifyState", ok("get_push_state", {1}));
  CHECK(ok("get_push_state", {1}) == "NotConnected");
  CHECK(ok("get_connectivity_html", {1}).get<std::string>().starts_with("<!DOCTYPE html>"));
  CHECK(ok("stop_background_fetch").is_null());
  CHECK(ok("stop_ongoing_process", {1}).is_null());
  CHECK(ok("download_full_message", {1, ok("send_msg", {1, saved(), {{"text", "x"}}})}).is_null());
  CHECK(ok("get_basic_chat_info", {1, ok("create_broadcast_list", {1})})["name"] == "Channel");
}

TEST_CASE_METHOD(KnownShapes, "what is not offered says so and why") {
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

TEST_CASE_METHOD(KnownShapes, "who waits for all work to be done is answered once delivery is on") {
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
