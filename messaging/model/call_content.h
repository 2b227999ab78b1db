// CallOffer (kind 40): a call to one contact, as a message in the chat with it. Message changes
// (change_content.h) accept and end it.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "messaging/model/content_kind.h"

namespace messaging {

struct CallOffer {
  std::uint64_t seq = 0;  // the sender's number in this chat
  base::UnixMillis sent_at = 0;
  bool video = false;
  std::string info;  // what the caller's program passes to the callee's
};

//   u64 seq | i64 sent at | bool video | text info
void write_fields(base::WireWriter& out, const CallOffer& offer);
void read_fields(base::WireReader& in, CallOffer& offer);

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const CallOffer& offer);
}  // namespace messaging::receiving
