// WebxdcUpdate (kind 42): what an app, whose archive a message carries, says to its copies at the
// others who have the message. The app's message may come before or after it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "messaging/model/content_kind.h"
#include "messaging/model/message_ref.h"

namespace messaging {

// Bytes. Longer ones are refused by the sender, and of a peer the whole content.
inline constexpr std::size_t kMaxUpdatePayload = 128 * 1024;
inline constexpr std::size_t kMaxUpdateText = 4096;  // of info, link, document, summary, notices
inline constexpr std::size_t kMostNotified = 100;

struct WebxdcUpdate {
  std::string payload = "null";                    // JSON, as the apps know it; not looked at here
  std::optional<std::string> info = std::nullopt;  // a line in the chat
  std::optional<std::string> href = std::nullopt;  // where in the app that leads
  std::optional<std::string> document = std::nullopt;
  std::optional<std::string> summary = std::nullopt;
  // Texts for those who are to be told, by the address that the app knows them by; "*": everybody.
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
