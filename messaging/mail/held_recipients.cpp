#include "messaging/mail/held_recipients.h"

#include <algorithm>

namespace messaging::mail {
namespace {

constexpr int kMostDoublings = 16;
// Rows may end without an answer of the server: when they are deleted or too old.
constexpr base::Millis kForgottenAfter = 24 * 3600 * base::Millis{1000};

}  // namespace

void HeldRecipients::put_off(base::AccountId account, const store::OutboxRow& row,
                             base::Millis now) {
  base::Lock lock(mutex_);
  Pause& pause = pauses_[key_of(account, row)];
  if (pause.times > 0 && !pause.over && pause.until > now) return;  // by another row of this mail
  pause.until = now + std::min(kFirstPause << std::min(pause.times, kMostDoublings), kLongestPause);
  pause.over = false;
  ++pause.times;
}

void HeldRecipients::served(base::AccountId account, const store::OutboxRow& row) {
  base::Lock lock(mutex_);
  if (!pauses_.empty()) pauses_.erase(key_of(account, row));
}

store::SkippedRows HeldRecipients::held(base::AccountId account, base::Millis now) const {
  store::SkippedRows out;
  base::Lock lock(mutex_);
  for (auto at = pauses_.lower_bound({account, std::nullopt, 0});
       at != pauses_.end() && at->first.account == account; ++at) {
    if (at->second.until <= now) continue;
    if (at->first.contact) {
      out.contacts.push_back(*at->first.contact);
    } else {
      out.ids.push_back(at->first.row);
    }
  }
  return out;
}

bool HeldRecipients::take_over(base::AccountId account, base::Millis now) {
  bool any = false;
  base::Lock lock(mutex_);
  for (auto at = pauses_.lower_bound({account, std::nullopt, 0});
       at != pauses_.end() && at->first.account == account;) {
    Pause& pause = at->second;
    if (pause.until <= now && !pause.over) any = pause.over = true;
    at = pause.until + kForgottenAfter <= now ? pauses_.erase(at) : std::next(at);
  }
  return any;
}

void HeldRecipients::forget(base::AccountId account) {
  base::Lock lock(mutex_);
  std::erase_if(pauses_, [&](const auto& entry) { return entry.first.account == account; });
}

}  // namespace messaging::mail
