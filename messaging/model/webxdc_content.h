// WebxdcUpdate (kind 42): an update of an app, whose archive a message carries, for its copies at
// the others who have the message. The app's message may arrive before or after it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "messaging/model/content_kind.h"
#include "messaging/model/message_ref.h"

namespace messaging {

// Bytes. The sender refuses longer ones; a content of a peer with a longer one is malformed.
inline constexpr std::size_t kMaxUpdatePayload = 128 * 1024;
inline constexpr std::size_t kMaxUpdateText = 4096;  // of info, link, document, summary, notices
inline constexpr std::size_t kMostNotified = 100;

struct WebxdcUpdate {
  std::string payload = "null";                    // JSON for the apps; not parsed here
  std::optional<std::string> info = std::nullopt;  // a line in the chat
  std::optional<std::string> href = std::nullopt;  // the place in the app that the line links to
  std::optional<std::string> document = std::nullopt;
  std::optional<std::string> summary = std::nullopt;
  // Texts of notifications, by the address under which the app knows the recipient; "*": everybody.
  std::vector<std::pair<std::string, std::string>> notify = {};
};

struct WebxdcNews {
  MessageRef app;
  base::UnixMillis sent_at = 0;
  WebxdcUpdate update;
};

//   ref | author | i64 sent at | text payload | 4 times (bool there | text) | u16 count, each: text
//   address | text
void write_fields(base::WireWriter& out, const WebxdcNews& news);
void read_fields(base::WireReader& in, WebxdcNews& news);

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const WebxdcNews& news);
}  // namespace messaging::receiving
