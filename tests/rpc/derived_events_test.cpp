// The events that follow from others for readers of get_next_event.
#include "rpc/derived_events.h"

#include "rpc/event_json.h"
#include "tests/support/catch.h"

using base::AccountId;
using base::ChatId;
using base::MsgId;
using messaging::Event;

namespace {

Event event(messaging::EventBody body, std::uint32_t account = 1) {
  return {base::EventId(5), AccountId(account), 7, std::move(body)};
}

// "1:IncomingMsg", in order.
std::vector<std::string> told(const std::vector<Event>& events) {
  std::vector<std::string> out;
  for (const Event& one : rpc::with_derived(events)) {
    out.push_back(std::to_string(one.account.value) + ":" + std::string(rpc::event_type(one)));
  }
  return out;
}

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "the messages of a commit are followed by one bunch for each account, after chats' entries") {
  CHECK(told({event(messaging::IncomingMsg{ChatId(12), MsgId(17)}),
              event(messaging::ChatlistChanged{}),
              event(messaging::IncomingMsg{ChatId(12), MsgId(18)}),
              event(messaging::IncomingMsg{ChatId(13), MsgId(19)}),
              event(messaging::IncomingMsg{ChatId(12), MsgId(17)}, 2)}) ==
        Told{"1:IncomingMsg", "1:ChatlistChanged", "1:IncomingMsg", "1:IncomingMsg",
             "2:IncomingMsg", "1:ChatlistItemChanged", "1:ChatlistItemChanged",
             "2:ChatlistItemChanged", "1:IncomingMsgBunch", "2:IncomingMsgBunch"});
}

TEST_CASE("a delivered message was sent before, and an account that changed has another entry") {
  CHECK(told({event(messaging::MsgDelivered{ChatId(12), MsgId(17)})}) ==
        Told{"1:SmtpMessageSent", "1:MsgDelivered", "1:ChatlistItemChanged"});
  CHECK(told({event(messaging::ContactsChanged{base::ContactId(1)}),
              event(messaging::AccountsChanged{})}) ==
        Told{"1:ContactsChanged", "1:AccountsItemChanged", "1:AccountsChanged"});
  CHECK(told({event(messaging::TransportsModified{})}) ==
        Told{"1:TransportsModified", "1:AccountsItemChanged"});
  CHECK(told({event(messaging::ContactsChanged{base::ContactId(10)})}) ==
        Told{"1:ContactsChanged"});
  CHECK(told({event(messaging::AccountsChanged{})}) == Told{"1:AccountsChanged"});
}

TEST_CASE("an application's events are for the listeners of their channels alone") {
  CHECK(told({event(messaging::ChannelEvent{}), event(messaging::ConnectivityChanged{})}) ==
        Told{"1:ConnectivityChanged"});
}

TEST_CASE("nothing follows from what is about no chat, or about one that is gone") {
  CHECK(told({}).empty());
  CHECK(told({event(messaging::ConnectivityChanged{})}) == Told{"1:ConnectivityChanged"});
  CHECK(told({event(messaging::ChatDeleted{ChatId(12)})}) == Told{"1:ChatDeleted"});
}

TEST_CASE("no derived kind is in the log or offered to listeners of the stream") {
  for (const messaging::EventRow& row : messaging::event_rows()) {
    CHECK(row.name != "ChatlistItemChanged");
    CHECK(row.name != "IncomingMsgBunch");
  }
  CHECK_FALSE(messaging::event_kind_named("SmtpMessageSent"));
  CHECK(messaging::event_kind_named("ImapInboxIdle"));
}
