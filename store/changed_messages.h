// ChangedMessages: which messages' texts a transaction changed, for who keeps copies of them
// (store/search/).
//
// Temporary triggers on the connection that writes note what is inserted, deleted, or gets another
// text, chat or draft state, whoever does it. Notes of a write that is undone stay: a note says
// that a copy has to be read again, and reading it again is always right. The writer's thread
// alone.
#pragma once

#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/connection.h"

namespace store {

struct ChangedMessage {
  base::AccountId account;
  base::MsgId message;  // none: which of the account's chats there are, or are blocked
  friend bool operator==(const ChangedMessage&, const ChangedMessage&) = default;
};

class ChangedMessages {
 public:
  // Makes the triggers, unless they are there. This object outlives the connection.
  base::Result<> follow(Connection& db);

  void note(ChangedMessage changed) {
    if (changed_.empty() || changed_.back() != changed) changed_.push_back(changed);
  }
  std::vector<ChangedMessage> take() { return std::exchange(changed_, {}); }

 private:
  std::vector<ChangedMessage> changed_;
};

}  // namespace store
