#include "rpc/derived_events.h"

#include <algorithm>
#include <utility>

#include "messaging/model/types.h"

namespace rpc {
namespace {

using messaging::Event;

// Ordered by their first event. A linear search, because a commit concerns few chats.
template <class T>
void add_once(std::vector<T>& list, T value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

bool changes_entry(const Event& event) {
  return !std::holds_alternative<messaging::ChatDeleted>(event.body) &&
         messaging::chat_of(event.body).valid();
}

// The account's name, status, tag or address, which a list of accounts shows.
bool changes_account(const Event& event) {
  if (std::holds_alternative<messaging::TransportsModified>(event.body)) return true;
  const auto* contact = std::get_if<messaging::ContactsChanged>(&event.body);
  return contact != nullptr && contact->contact_id == messaging::kSelf;
}

// A chat's place in the list. A chat that changed in two ways is reported twice: clients wait for both,
// as for its new name and the message that tells of it.
struct Entry {
  base::AccountId account;
  base::ChatId chat;
  bool itself;  // the chat, and not a message in it
  bool operator==(const Entry&) const = default;
};

std::string sent_text(const messaging::MsgDelivered& delivered) {
  return "Message " + std::to_string(delivered.msg_id.value) + " was handed to its recipients.";
}

}  // namespace

std::vector<Event> with_derived(std::span<const Event> events) {
  std::vector<Event> out;
  std::vector<Entry> entries;
  std::vector<base::AccountId> reached;
  const auto add = [&](const Event& cause, base::AccountId account, messaging::EventBody body) {
    out.push_back({cause.id, account, cause.at, std::move(body)});
  };
  for (const Event& event : events) {
    if (std::holds_alternative<messaging::ChannelEvent>(event.body)) continue;
    if (const auto* delivered = std::get_if<messaging::MsgDelivered>(&event.body)) {
      add(event, event.account, messaging::SmtpMessageSent{sent_text(*delivered)});
    }
    out.push_back(event);
    if (changes_account(event)) add(event, event.account, messaging::AccountsItemChanged{});
    if (changes_entry(event)) {
      const bool itself = std::holds_alternative<messaging::ChatModified>(event.body);
      add_once(entries, Entry{event.account, messaging::chat_of(event.body), itself});
    }
    if (std::holds_alternative<messaging::IncomingMsg>(event.body)) {
      add_once(reached, event.account);
    }
  }
  if (events.empty()) return out;
  for (const Entry& entry : entries) {
    add(events.back(), entry.account, messaging::ChatlistItemChanged{entry.chat});
  }
  for (const base::AccountId account : reached) {
    add(events.back(), account, messaging::IncomingMsgBunch{});
  }
  return out;
}

}  // namespace rpc
