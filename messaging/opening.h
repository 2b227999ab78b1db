// Opening: what a new listener of the event stream gets before anything live, read from one
// snapshot together with the event id that it reflects: whoever continues after that id has neither
// a gap nor an overlap.
#pragma once

#include <vector>

#include "base/result.h"
#include "messaging/channel_event.h"
#include "messaging/types.h"

namespace messaging {

class Core;

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

base::Result<Opening> read_opening(const Core& core, const OpeningQuery& query);

}  // namespace messaging
