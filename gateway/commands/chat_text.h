// The texts by which contacts ask for device commands, and those that answer them
// (docs/commands.md, "From a chat"). What comes in is from outside: bounded, and read once.
//
//   {"__pvt":"cmd_request","schema_version":"1","req_id":"…","cmd":"…","args":{…}}
//   /name value value …
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/device.h"

namespace gateway::commands {

inline constexpr std::size_t kMaxRequestBytes = 64 * 1024;
inline constexpr std::size_t kMaxRequestId = 128;

// The meaning of a text by its form alone: cheap for ordinary ones. "/name …" is a request only
// where `plain` allows it.
messaging::kernel::DeviceText kind_of_chat_text(std::string_view text, bool plain);

struct ChatRequest {
  std::string command;
  std::optional<std::string> id;  // of a JSON request; nothing: plain text
  // The values, by the names of arguments or in their order.
  std::variant<std::map<std::string, std::string>, std::vector<std::string>> values;
};

// `wrong` is the error of a faulty request; id and command are set as far as they were read, so
// that the asker gets an answer.
struct ReadChatRequest {
  ChatRequest request;
  std::optional<base::Error> wrong;  // Errc::invalid_argument
};
ReadChatRequest read_chat_request(std::string_view text);

struct ChatAnswer {
  std::string status = "ok";  // ok, unauthorized, obsolete; failed, busy, interrupted
  std::string output;
  std::string output_mode = "text";  // or file: the output is the message's file
  std::string message = {};          // for people, of all but ok
};

// The text for the asker: JSON with its req_id, or plain text.
std::string answer_text(const ChatRequest& request, const ChatAnswer& answer);

}  // namespace gateway::commands
