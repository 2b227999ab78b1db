// Opening: what a new listener of the event stream gets before anything live, read from one
// snapshot together with the event id that it reflects: whoever continues after that id has neither
// a gap nor an overlap.
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
  std::vector<std::string> channels = {};  // whose initial data is wanted
  bool accounts = false;                   // whether accounts' states are wanted,
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

// Reads an Opening little by little, so that who has ten thousand chats keeps nobody waiting for
// their end. It holds one snapshot of the store from begin() to its own end. One thread at a time.
class OpeningRead {
 public:
  static base::Result<OpeningRead> begin(const kernel::Core& core, const OpeningQuery& query);
  ~OpeningRead();
  OpeningRead(OpeningRead&&) noexcept;
  OpeningRead& operator=(OpeningRead&&) noexcept;

  // Reads on, and for no longer than `budget` where it can stop. True when all is read.
  base::Result<bool> step(std::chrono::microseconds budget);
  // What is complete by now, once each: accounts, and with the first of them everything else.
  Opening take();

 private:
  struct Parts;
  explicit OpeningRead(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// All of it at once.
base::Result<Opening> read_opening(const kernel::Core& core, const OpeningQuery& query);

}  // namespace messaging
