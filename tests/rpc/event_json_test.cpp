#include "rpc/event_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rpc/service.h"
#include "tests/rpc/schema_check.h"
#include "tests/support/catch.h"

using base::AccountId;
using base::ChatId;
using base::ContactId;
using base::MsgId;
using nlohmann::json;

namespace {

messaging::Event event(messaging::EventBody body, std::uint32_t account = 1) {
  return {base::EventId(5), AccountId(account), 0, std::move(body)};
}
std::string core(messaging::EventBody body, std::uint32_t account = 1) {
  return rpc::core_event_json(event(std::move(body), account), ChatId(44));
}

}  // namespace

TEST_CASE("event lines have the type first, then account_id, then the fields in order") {
  CHECK(rpc::event_json(event(messaging::IncomingMsg{ChatId(12), MsgId(17)})) ==
        R"({"type":"IncomingMsg","account_id":1,"chat_id":12,"msg_id":17})");
  CHECK(rpc::event_json(event(messaging::SecurejoinInviterProgress{ContactId(10), 1000}, 3)) ==
        R"({"type":"SecurejoinInviterProgress","account_id":3,"contact_id":10,"progress":1000})");
  CHECK(rpc::event_json(event(messaging::Error{"a\r\nb"})) ==
        R"({"type":"Error","account_id":1,"msg":"a\r\nb"})");
  CHECK(rpc::event_json(event(messaging::AccountsChanged{}, 0)) ==
        R"({"type":"AccountsChanged","account_id":0})");
  CHECK(
      rpc::event_json(event(messaging::PrivittyChatEncryptionChanged{ChatId(4), true})) ==
      R"({"type":"PrivittyChatEncryptionChanged","account_id":1,"chat_id":4,"is_encrypted":true})");
}

TEST_CASE("an event knows its type and its chat") {
  CHECK(rpc::chat_of(event(messaging::ChatModified{ChatId(9)})) == ChatId(9));
  CHECK(rpc::chat_of(event(messaging::Info{"x"})) == ChatId());
  CHECK(rpc::event_type(event(messaging::MsgRead{})) == "MsgRead");
}

TEST_CASE("core events are camelCase, but for those that never were") {
  CHECK(core(messaging::IncomingMsg{ChatId(12), MsgId(17)}) ==
        R"({"contextId":1,"event":{"chatId":12,"kind":"IncomingMsg","msgId":17}})");
  CHECK(core(messaging::ChatDeleted{ChatId(12)}) ==
        R"({"contextId":1,"event":{"chat_id":12,"kind":"ChatDeleted"}})");
  CHECK(core(messaging::SecurejoinInviterProgress{ContactId(10), 1000}) ==
        R"({"contextId":1,"event":{"chatId":44,"chatType":"Single","contactId":10,)"
        R"("kind":"SecurejoinInviterProgress","progress":1000}})");
  CHECK(core(messaging::ContactsChanged{ContactId()}) ==
        R"({"contextId":1,"event":{"contactId":null,"kind":"ContactsChanged"}})");
  CHECK(core(messaging::ConfigureProgress{1000, ""}) ==
        R"({"contextId":1,"event":{"comment":null,"kind":"ConfigureProgress","progress":1000}})");
  CHECK(core(messaging::AccountsChanged{}, 7) ==
        R"({"contextId":0,"event":{"kind":"AccountsChanged"}})");
  CHECK(rpc::overflow_event_json(3) ==
        R"({"contextId":0,"event":{"kind":"EventChannelOverflow","n":3}})");
}

namespace {

// Calls f with a value of each kind of event.
template <std::size_t kAt = 0, class F>
void for_each_kind(F f) {
  if constexpr (kAt < std::variant_size_v<messaging::EventBody>) {
    f(std::variant_alternative_t<kAt, messaging::EventBody>());
    for_each_kind<kAt + 1>(f);
  }
}

}  // namespace

TEST_CASE("every core event is as our OpenRPC document and Delta Chat's say") {
  const json document = json::parse(rpc::openrpc_document(rpc::method_table()));
  const json& schemas = document.at("components").at("schemas");
  const SchemaCheck own(schemas, true);
  const SchemaCheck reference = SchemaCheck::reference();
  std::size_t kinds = 0;
  for_each_kind([&](const auto& body) {
    using Body = std::remove_cvref_t<decltype(body)>;
    if constexpr (!std::is_same_v<Body, messaging::ChannelEvent> &&
                  !Body::kName.starts_with("Privitty")) {
      const json answered = json::parse(core(body));
      CHECK(own.fault("Event", answered) == "");
      CHECK(reference.fault("Event", answered) == "");
      ++kinds;
    }
  });
  const json overflow = json::parse(rpc::overflow_event_json(3));
  CHECK(own.fault("Event", overflow) == "");
  // The union lists those and the overflow, no more; an unknown kind is none of them.
  CHECK(schemas.at("EventType").at("oneOf").size() == kinds + 1);
  json unknown = overflow;
  unknown["event"]["kind"] = "Surprise";
  CHECK(own.fault("Event", unknown) != "");
}

TEST_CASE("the document marks as required what is always there, and nothing else") {
  const json document = json::parse(rpc::openrpc_document(rpc::method_table()));
  const json& schemas = document.at("components").at("schemas");
  CHECK(schemas.at("MessageData").value("required", json::array()).empty());
  CHECK(schemas.at("EnteredLoginParam").at("required") == json({"addr", "password"}));
  const json required = schemas.at("BasicChat").at("required");
  CHECK(std::find(required.begin(), required.end(), "profileImage") == required.end());
  CHECK(std::find(required.begin(), required.end(), "chatType") != required.end());
}
