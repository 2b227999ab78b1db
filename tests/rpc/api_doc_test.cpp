// docs/api.md and rpc.discover come from the method table.
#include <fstream>
#include <iterator>
#include <set>

#include "rpc/service.h"
#include "tests/rpc/ask.h"
#include "tests/support/catch.h"
#include "tests/support/source.h"

using nlohmann::json;

namespace {

const std::string kPath = test::source_path("docs/api.md");

const char* const kTier1[] = {"get_system_info",
                              "get_next_event",
                              "get_next_event_batch",
                              "get_info",
                              "maybe_network",
                              "add_account",
                              "remove_account",
                              "get_all_accounts",
                              "get_all_account_ids",
                              "get_account_info",
                              "select_account",
                              "get_selected_account_id",
                              "is_configured",
                              "start_io",
                              "stop_io",
                              "start_io_for_all_accounts",
                              "stop_io_for_all_accounts",
                              "get_connectivity",
                              "set_config",
                              "get_config",
                              "batch_set_config",
                              "batch_get_config",
                              "add_or_update_transport",
                              "add_transport_from_qr",
                              "list_transports",
                              "configure",
                              "get_chatlist_entries",
                              "get_chatlist_items_by_entries",
                              "get_basic_chat_info",
                              "get_full_chat_by_id",
                              "create_chat_by_contact_id",
                              "get_chat_id_by_contact_id",
                              "accept_chat",
                              "get_chat_contacts",
                              "can_send",
                              "send_msg",
                              "misc_send_text_message",
                              "get_message",
                              "get_messages",
                              "get_message_ids",
                              "get_fresh_msgs",
                              "get_next_msgs",
                              "wait_next_msgs",
                              "markseen_msgs",
                              "delete_messages",
                              "get_contact",
                              "get_chat_securejoin_qr_code",
                              "check_qr",
                              "secure_join",
                              "get_contact_ids",
                              "lookup_contact_id_by_addr",
                              "get_message_info",
                              "rpc.discover"};

}  // namespace

TEST_CASE("docs/api.md is what the method table says; rpc_tests \"[write-docs]\" writes it anew") {
  std::ifstream in(kPath, std::ios::binary);
  const std::string written((std::istreambuf_iterator<char>(in)), {});
  CHECK((written == rpc::api_markdown(rpc::method_table())));
}

TEST_CASE("write docs/api.md", "[.][write-docs]") {
  std::ofstream(kPath, std::ios::binary) << rpc::api_markdown(rpc::method_table());
}

TEST_CASE("every method that a bot needs is served") {
  for (const char* name : kTier1) {
    INFO(name);
    CHECK(rpc::method_table().find(name) != nullptr);
  }
}

TEST_CASE("every row has a doc, a classification and documented parameters in snake_case") {
  rpc::SchemaBook book;
  for (const rpc::Method& method : rpc::method_table().methods()) {
    INFO(method.name);
    CHECK_FALSE(method.doc.empty());
    CHECK(method.row.fuzz != rpc::Fuzz::unclassified);
    CHECK((method.run_now == nullptr) != (method.run_later == nullptr));
    for (const auto& param : method.describe(book).params) {
      INFO(param.name);
      CHECK(param.name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos);
    }
  }
}

TEST_CASE("rpc.discover is a complete OpenRPC document") {
  base::ManualClock clock;
  rpc::Service service(nullptr, clock);
  const json document = result(service, "rpc.discover");
  CHECK(document["openrpc"] == "1.2.6");
  CHECK(document["info"].contains("title"));
  CHECK(document["info"].contains("version"));
  CHECK(document["methods"].size() == rpc::method_table().methods().size());
  const json& schemas = document["components"]["schemas"];
  std::set<std::string> refs;
  const std::function<void(const json&)> collect = [&](const json& node) {
    if (node.is_object() && node.contains("$ref")) {
      const std::string ref = node["$ref"];
      REQUIRE(ref.starts_with("#/components/schemas/"));
      refs.insert(ref.substr(ref.rfind('/') + 1));
    }
    if (node.is_structured()) {
      for (const auto& child : node) collect(child);
    }
  };
  collect(document);
  CHECK(refs.size() > 10);
  for (const auto& ref : refs) {
    INFO(ref);
    CHECK(schemas.contains(ref));
  }
  for (const auto& method : document["methods"]) {
    CHECK(method["result"].contains("schema"));
    bool optional = false;
    for (const auto& param : method["params"]) {
      INFO(method["name"].get<std::string>());
      const bool required = param["required"];
      // Positional: what is required comes first, but where Delta Chat has it otherwise.
      if (method["name"] != "get_locations") CHECK_FALSE((required && optional));
      optional = !required;
    }
  }
}
