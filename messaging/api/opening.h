// Opening: the state that a new listener of the event stream receives before live events, read from
// one snapshot together with the snapshot's event id. A listener that continues after that id has
// neither a gap nor an overlap.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/result.h"
#include "messaging/model/channel_event.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

struct OpeningQuery {
  std::vector<std::string> channels = {};  // to read the initial data of
  bool accounts = false;                   // whether to read accounts' states,
  std::vector<AccountId> only = {};        // of these; empty: all
};

struct AccountOpening {
  AccountId account;
  struct Line {
    Chat chat;
    std::optional<MsgId> last_message;
  };
  std::vector<Line> chats;  // in the order of the chat list, archived ones too, blocked ones not
};

struct Opening {
  base::EventId position;
  std::vector<ChannelEvent> initial;
  std::vector<AccountOpening> accounts;
};

// Reads an Opening in steps, so that an account with ten thousand chats does not delay other
// listeners. Holds one snapshot of the store from begin() to its destruction. One thread at a time.
class OpeningRead {
 public:
  static base::Result<OpeningRead> begin(const kernel::Core& core, const OpeningQuery& query);
  ~OpeningRead();
  OpeningRead(OpeningRead&&) noexcept;
  OpeningRead& operator=(OpeningRead&&) noexcept;

  // Reads for about `budget`. True when the Opening is complete.
  base::Result<bool> step(std::chrono::microseconds budget);
  // Takes the complete parts that were not taken yet: accounts, and with the first of them
  // everything else.
  Opening take();

 private:
  struct Parts;
  explicit OpeningRead(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// Reads an Opening at once.
base::Result<Opening> read_opening(const kernel::Core& core, const OpeningQuery& query);

}  // namespace messaging
