// ChangedMessages: the messages whose texts a transaction changed, for readers that keep copies of
// them (store/search/).
//
// Temporary triggers on the writing connection note every message that is inserted or deleted, or
// whose text, chat or draft state changes, whatever statement does it. Notes of a write that is
// undone stay: a note only says that a copy has to be read again. The writer's thread alone.
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
  // Creates the triggers unless they exist. This object outlives the connection.
  base::Result<> follow(Connection& db);

  void note(ChangedMessage changed) {
    if (changed_.empty() || changed_.back() != changed) changed_.push_back(changed);
  }
  std::vector<ChangedMessage> take() { return std::exchange(changed_, {}); }

 private:
  std::vector<ChangedMessage> changed_;
};

}  // namespace store
