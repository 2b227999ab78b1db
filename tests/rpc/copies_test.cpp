// Copies of messages (save_msgs, forward_messages_to_account), vCards as files, the order of
// accounts, and words of a client's language.
#include <fstream>

#include "rpc/service.h"
#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"
#include "tests/support/catch.h"

using nlohmann::json;

namespace {

struct Copies {
  OneGateway gateway;
  rpc::Dispatcher& api() { return gateway.service(); }
  json saved(const json& account = 1) {
    return result(api(), "create_chat_by_contact_id", {account, 1});
  }
  json chat = result(api(), "create_group_chat", {1, "Shift 2", false});
  json message(const json& id, const json& account = 1) {
    return result(api(), "get_message", {account, id});
  }
  json send(const std::string& text) {
    return result(api(), "misc_send_text_message", {1, chat, text});
  }
  json ids_in(const json& in, const json& account = 1) {
    return result(api(), "get_message_ids", {account, in, false, false});
  }
  std::string file(const std::string& name, const std::string& content) {
    const auto path = gateway.dir() / name;
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }
};

}  // namespace

TEST_CASE("saved messages know their originals, and those their copies") {
  Copies copies;
  const json first = copies.send("Pump 3 runs hot");
  const json second = copies.send("Stopped it");
  CHECK(copies.message(first)["savedMessageId"].is_null());
  result(copies.api(), "save_msgs", {1, json::array({second, first})});
  const json ids = copies.ids_in(copies.saved());
  REQUIRE(ids.size() == 2);
  const json copy = copies.message(ids[0]);
  CHECK(copy["text"] == "Pump 3 runs hot");  // in the order of their times
  CHECK(copy["originalMsgId"] == first);
  CHECK(copy["savedMessageId"].is_null());
  CHECK(copy["isForwarded"] == false);
  CHECK(copies.message(first)["savedMessageId"] == ids[0]);
  CHECK(copies.message(first)["originalMsgId"].is_null());
  // A copy is not saved once more, and all or none are.
  const json refused = call(copies.api(), "save_msgs", {1, json::array({first, ids[0]})});
  CHECK(refused["error"]["code"] == -32602);
  CHECK(copies.ids_in(copies.saved()).size() == 2);

  result(copies.api(), "delete_messages", {1, json::array({first})});
  CHECK(copies.message(ids[0])["originalMsgId"].is_null());
  result(copies.api(), "delete_messages", {1, json::array({ids[1]})});
  CHECK(copies.message(second)["savedMessageId"].is_null());
}

TEST_CASE("messages are forwarded into another account's chat, with their files") {
  Copies copies;
  const json other = result(copies.api(), "add_account");
  const json there = copies.saved(other);
  const std::string content(200'000, 'x');
  const json text = copies.send("see the plan");
  const json with_file = result(
      copies.api(), "send_msg",
      {1, copies.chat, json{{"text", "the plan"}, {"file", copies.file("plan.txt", content)}}});
  result(copies.api(), "forward_messages_to_account",
         {1, json::array({with_file, text}), other, there});
  const json ids = copies.ids_in(there, other);
  REQUIRE(ids.size() == 2);
  CHECK(copies.message(ids[0], other)["text"] == "see the plan");
  const json copy = copies.message(ids[1], other);
  CHECK(copy["text"] == "the plan");
  CHECK(copy["fileName"] == "plan.txt");
  CHECK(copy["fileBytes"] == content.size());
  CHECK(copy["file"] != copies.message(with_file)["file"]);
  // The copy is the other account's own: it stays when the original goes.
  result(copies.api(), "delete_messages", {1, json::array({with_file})});
  const std::string out = (copies.gateway.dir() / "out.txt").string();
  result(copies.api(), "save_msg_file", {other, ids[1], out});
  std::ifstream in(out, std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == content);
  // Nothing goes where nothing may be sent.
  const json device = result(copies.api(), "create_chat_by_contact_id", {other, 5});
  CHECK(call(copies.api(), "forward_messages_to_account", {1, json::array({text}), other, device})
            .contains("error"));
  CHECK(call(copies.api(), "forward_messages_to_account", {1, json::array({4711}), other, there})
            .contains("error"));
}

TEST_CASE("accounts are listed in the order that was set, also after a restart") {
  Copies copies;
  const json two = result(copies.api(), "add_account");
  const json three = result(copies.api(), "add_account");
  const auto listed = [&] { return result(copies.api(), "get_all_account_ids"); };
  CHECK(listed() == json({1, two, three}));
  result(copies.api(), "set_accounts_order", json::array({json::array({three, 4711, 1})}));
  CHECK(listed() == json({three, 1, two}));
  copies.gateway.restart();
  CHECK(listed() == json({three, 1, two}));
  const json four = result(copies.api(), "add_account");
  CHECK(listed() == json({three, 1, two, four}));
  copies.gateway.restart();
  CHECK(listed() == json({three, 1, two, four}));
}

TEST_CASE("a client's own words stand in the place of ours") {
  Copies copies;
  const auto name = [&] {
    return result(copies.api(), "get_basic_chat_info", {1, copies.saved()})["name"];
  };
  CHECK(name() == "Saved messages");
  result(copies.api(), "set_stock_strings",
         json::array({json{{"69", "Gemerktes"}, {"2", "Ich"}, {"4711", "nothing"}}}));
  CHECK(name() == "Gemerktes");
  copies.send("hallo");
  const json items =
      result(copies.api(), "get_chatlist_items_by_entries", {1, json::array({copies.chat})});
  CHECK(items[copies.chat.dump()]["summaryText1"] == "Ich");
  // Lines of groups have places for names, in the order of the language.
  const json group = result(copies.api(), "create_group_chat", {1, "Crew", false});
  result(copies.api(), "misc_send_text_message", {1, group, "first"});
  result(
      copies.api(), "set_stock_strings",
      json::array({json{{"124", "%2$s heißt jetzt, was %1$s hieß (100 %)"}, {"170", "Geheim"}}}));
  result(copies.api(), "set_chat_name", {1, group, "Gang"});
  const json lines = result(copies.api(), "get_message_ids", {1, group, false, false});
  const auto text = [&](const json& id) {
    return result(copies.api(), "get_message", {1, id})["text"];
  };
  CHECK(text(lines.front()) == "Geheim");
  CHECK(text(lines.back()) == "Gang heißt jetzt, was Crew hieß (100 %)");
  CHECK(call(copies.api(), "set_stock_strings", json::array({json{{"x", "y"}}}))["error"]["code"] ==
        -32602);
  CHECK(call(copies.api(), "set_stock_strings",
             json::array({json{{"69", "X %1$s"}}}))["error"]["code"] == -32602);
}

TEST_CASE("the picture of an invite says whom it leads to; of another text it says nothing") {
  Copies copies;
  result(copies.api(), "set_config", {1, "displayname", "Pump & <3>"});
  const json link = result(copies.api(), "get_chat_securejoin_qr_code", {1, nullptr});
  const std::string svg = result(copies.api(), "create_qr_svg", json::array({link}));
  CHECK(svg.find("Scan to chat with Pump &amp; &lt;3&gt;</text>") != std::string::npos);
  const std::string both = result(copies.api(), "get_chat_securejoin_qr_code_svg", {1, nullptr})[1];
  CHECK(both == svg);
  const json group = result(copies.api(), "get_chat_securejoin_qr_code", {1, copies.chat});
  const std::string of_group = result(copies.api(), "create_qr_svg", json::array({group}));
  CHECK(of_group.find("Scan to join group Shift 2</text>") != std::string::npos);
  const std::string plain = result(copies.api(), "create_qr_svg", json::array({"a text"}));
  CHECK(plain.find("<text") == std::string::npos);
}

TEST_CASE("a vCard that is sent as a file is shown with its message, and parsed and imported") {
  Copies copies;
  const std::string card =
      "BEGIN:VCARD\r\nVERSION:4.0\r\nEMAIL:pump@plant.example\r\nFN:Pump 3\r\nEND:VCARD";
  const std::string path = copies.file("pump.vcf", card);
  const json parsed = result(copies.api(), "parse_vcard", json::array({path}));
  REQUIRE(parsed.size() == 1);
  CHECK(parsed[0]["addr"] == "pump@plant.example");
  CHECK(parsed[0]["displayName"] == "Pump 3");
  CHECK(parsed[0]["key"].is_null());

  const json sent = result(copies.api(), "send_msg", {1, copies.chat, json{{"file", path}}});
  const json message = copies.message(sent);
  CHECK(message["viewType"] == "Vcard");
  CHECK(message["vcardContact"]["displayName"] == "Pump 3");
  CHECK(result(copies.api(), "parse_vcard", json::array({message["file"]})) == parsed);
  const json ids = result(copies.api(), "import_vcard", {1, message["file"]});
  REQUIRE(ids.size() == 1);
  CHECK(result(copies.api(), "get_contact", {1, ids[0]})["displayName"] == "Pump 3");
  CHECK(result(copies.api(), "import_vcard", {1, path}) == ids);

  // Of another account the file is not there.
  const json other = result(copies.api(), "add_account");
  const std::string huge = copies.file("huge.vcf", std::string(1024 * 1024 + 1, 'x'));
  CHECK(call(copies.api(), "parse_vcard", json::array({huge})).contains("error"));
  rpc::Grants grants;
  grants.add(rpc::KeyScope::read);
  grants.accounts = {base::AccountId(other.get<std::uint32_t>())};
  Pending pending;
  copies.api().handle(json{{"jsonrpc", "2.0"},
                           {"id", 1},
                           {"method", "parse_vcard"},
                           {"params", json::array({message["file"]})}}
                          .dump(),
                      a_caller(std::make_shared<const rpc::Access>("k", grants)), pending.answer());
  CHECK(json::parse(pending.wait()).contains("error"));

  const std::string ours = result(copies.api(), "make_vcard", {1, json::array({1, ids[0]})});
  const json imported = result(copies.api(), "import_vcard_contents", {other, ours});
  REQUIRE(imported.size() == 2);
  CHECK(result(copies.api(), "get_contact", {other, imported[0]})["isKeyContact"] == true);
}
