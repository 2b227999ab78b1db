// Locations of ourselves and of contacts: ours are sent to chats for some time, or with a message.
// A place given to set() goes at once to each chat that locations are sent to, at most once a
// minute. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/completion.h"
#include "messaging/model/location_content.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
struct WriteContext;
}  // namespace messaging::kernel
namespace store {
struct ChatRow;
struct MessageRow;
}  // namespace store

namespace messaging {

struct Location {
  std::int64_t id = 0;
  ChatId chat;
  ContactId contact;
  UnixMillis at = 0;
  Place place;
  bool of_message = false;  // nothing: of a path
  std::optional<MsgId> message;
  std::optional<std::string> marker;  // its text, where that is one character
};

struct LocationSpan {
  std::optional<ChatId> chat = std::nullopt;
  std::optional<ContactId> contact = std::nullopt;
  UnixMillis from = 0;  // of paths
  UnixMillis to = 0;    // 0: now
};

// The name says what it stores: Locations is the content that carries them.
class LocationTrack {
 public:
  explicit LocationTrack(kernel::Core& core) : core_(core) {}

  // For all accounts. Completes with whether any chat is sent locations, so that the caller should
  // continue.
  void set(Place place, base::Completion<bool> done);
  // Newest first.
  base::Result<std::vector<Location>> list(AccountId account, const LocationSpan& span) const;

  // From now on for so many seconds; 0 ends it.
  void stream(AccountId account, ChatId chat, std::int64_t seconds, base::Completion<> done);
  void stop(base::Completion<> done);  // of all accounts
  base::Result<bool> streams(AccountId account, std::optional<ChatId> chat) const;

  // Ends the streams whose time is over, and sends the places that were held back.
  void expire(AccountId account, base::Completion<> done);

 private:
  kernel::Core& core_;
};

// Stores the place of a message of ours, whose row is inserted, and sends it to the message's
// recipients.
base::Result<> attach_place(const kernel::WriteContext& write, const store::ChatRow& chat,
                            store::MessageRow& row, const Place& place);

}  // namespace messaging
