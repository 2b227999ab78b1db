#include "messaging/peering/postponed_renewals.h"

#include <algorithm>

namespace messaging::peering {

void PostponedRenewals::postpone(base::AccountId account, base::ContactId contact,
                                 base::Millis after, const std::optional<MessageUuid>& message) {
  const base::Millis due = clock_.uptime() + after;
  base::Lock lock(mutex_);
  Entry& entry = entries_.try_emplace(Key{account, contact}, Entry{due, {}}).first->second;
  entry.due = std::min(entry.due, due);
  if (!message) {
    entry.why.session = true;
    return;
  }
  auto& messages = entry.why.messages;
  const bool known = std::find(messages.begin(), messages.end(), *message) != messages.end();
  if (!known && messages.size() < kMostMessages) messages.push_back(*message);
}

void PostponedRenewals::session_works(base::AccountId account, base::ContactId contact) {
  base::Lock lock(mutex_);
  const auto entry = entries_.find({account, contact});
  if (entry == entries_.end()) return;
  entry->second.why.session = false;
  if (entry->second.why.messages.empty()) entries_.erase(entry);
}

std::vector<PostponedRenewals::Due> PostponedRenewals::take_due(base::AccountId account) {
  const base::Millis now = clock_.uptime();
  std::vector<Due> due;
  base::Lock lock(mutex_);
  auto entry = entries_.lower_bound({account, base::ContactId()});
  while (entry != entries_.end() && entry->first.first == account) {
    if (entry->second.due > now) {
      ++entry;
      continue;
    }
    due.push_back({entry->first.second, std::move(entry->second.why)});
    entry = entries_.erase(entry);
  }
  return due;
}

void PostponedRenewals::forget(base::AccountId account) {
  base::Lock lock(mutex_);
  std::erase_if(entries_, [&](const auto& one) { return one.first.first == account; });
}

}  // namespace messaging::peering
