// The events that follow from others for readers of get_next_event.
#include "rpc/derived_events.h"

#include "rpc/event_json.h"
#include "tests/support/catch.h"

using base::AccountId;
using base::ChatId;
using base::MsgId;
using messaging::Event;

namespace {

Event derived(messaging::EventBody body, std::uint32_t account = 1) {
  return {base::EventId(5), AccountId(account), 7, std::move(body)};
}

// "1:IncomingMsg", in order.
std::vector<std::string> names_of(const std::vector<Event>& events) {
  std::vector<std::string> out;
  for (const Event& one : rpc::with_derived(events)) {
    out.push_back(std::to_string(one.account.value) + ":" + std::string(rpc::event_type(one)));
  }
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "the messages of a commit are followed by one bunch for each account, after chats' entries") {
  CHECK(names_of({derived(messaging::IncomingMsg{ChatId(12), MsgId(17)}),
                  derived(messaging::ChatlistChanged{}),
                  derived(messaging::IncomingMsg{ChatId(12), MsgId(18)}),
                  derived(messaging::IncomingMsg{ChatId(13), MsgId(19)}),
                  derived(messaging::IncomingMsg{ChatId(12), MsgId(17)}, 2)}) ==
        Names{"1:IncomingMsg", "1:ChatlistChanged", "1:IncomingMsg", "1:IncomingMsg",
              "2:IncomingMsg", "1:ChatlistItemChanged", "1:ChatlistItemChanged",
              "2:ChatlistItemChanged", "1:IncomingMsgBunch", "2:IncomingMsgBunch"});
}

TEST_CASE("a chat that changed, and whose message tells of it, has another entry twice") {
  CHECK(names_of({derived(messaging::IncomingMsg{ChatId(12), MsgId(17)}),
                  derived(messaging::ChatModified{ChatId(12)}),
                  derived(messaging::ChatModified{ChatId(12)})}) ==
        Names{"1:IncomingMsg", "1:ChatModified", "1:ChatModified", "1:ChatlistItemChanged",
              "1:ChatlistItemChanged", "1:IncomingMsgBunch"});
}

TEST_CASE("a delivered message was sent before, and an account that changed has another entry") {
  CHECK(names_of({derived(messaging::MsgDelivered{ChatId(12), MsgId(17)})}) ==
        Names{"1:SmtpMessageSent", "1:MsgDelivered", "1:ChatlistItemChanged"});
  CHECK(names_of({derived(messaging::ContactsChanged{base::ContactId(1)}),
                  derived(messaging::AccountsChanged{})}) ==
        Names{"1:ContactsChanged", "1:AccountsItemChanged", "1:AccountsChanged"});
  CHECK(names_of({derived(messaging::TransportsModified{})}) ==
        Names{"1:TransportsModified", "1:AccountsItemChanged"});
  CHECK(names_of({derived(messaging::ContactsChanged{base::ContactId(10)})}) ==
        Names{"1:ContactsChanged"});
  CHECK(names_of({derived(messaging::AccountsChanged{})}) == Names{"1:AccountsChanged"});
}

TEST_CASE("an application's events are for the listeners of their channels alone") {
  CHECK(names_of({derived(messaging::ChannelEvent{}), derived(messaging::ConnectivityChanged{})}) ==
        Names{"1:ConnectivityChanged"});
}

TEST_CASE("nothing follows from what is about no chat, or about one that is gone") {
  CHECK(names_of({}).empty());
  CHECK(names_of({derived(messaging::ConnectivityChanged{})}) == Names{"1:ConnectivityChanged"});
  CHECK(names_of({derived(messaging::ChatDeleted{ChatId(12)})}) == Names{"1:ChatDeleted"});
}

TEST_CASE("no derived kind is in the log or offered to listeners of the stream") {
  for (const messaging::EventRow& row : messaging::event_rows()) {
    CHECK(row.name != "ChatlistItemChanged");
    CHECK(row.name != "IncomingMsgBunch");
  }
  CHECK_FALSE(messaging::event_kind_named("SmtpMessageSent"));
  CHECK(messaging::event_kind_named("ImapInboxIdle"));
}
