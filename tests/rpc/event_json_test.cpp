#include "rpc/event_json.h"

#include <nlohmann/json.hpp>

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
  CHECK(core(messaging::ConfigureProgress{1000}) ==
        R"({"contextId":1,"event":{"comment":null,"kind":"ConfigureProgress","progress":1000}})");
  CHECK(core(messaging::AccountsChanged{}, 7) ==
        R"({"contextId":0,"event":{"kind":"AccountsChanged"}})");
  CHECK(rpc::overflow_event_json(3) ==
        R"({"contextId":0,"event":{"kind":"EventChannelOverflow","n":3}})");
}
