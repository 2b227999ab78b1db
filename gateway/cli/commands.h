// The commands of privitty-edge that talk to the daemon. Each prints to stdout, for a person or
// with `json` for a program, and answers with an error that says what to do.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/cli/client.h"
#include "gateway/http/sse_lines.h"

namespace gateway::cli {

struct Context {
  Client& client;
  std::uint32_t account = 1;
  bool json = false;
};

struct ListenRequest {
  std::string types;                       // "IncomingMsg,MsgRead"; "" for all
  std::string resume;                      // an event id to resume after; "" for news only
  std::vector<std::string> channels = {};  // none: messaging events
  std::vector<std::uint32_t> chats = {};
  std::vector<std::string> properties = {};  // "NAME=VALUE"
  std::optional<std::uint32_t> account = {};
  bool snapshot = false;  // accounts' states first
};

struct PublishRequest {
  std::string channel = "default";
  std::string type;
  std::string id;
  std::uint32_t retry = 0;              // milliseconds; 0: says nothing
  std::vector<std::string> where = {};  // "NAME=VALUE"
  bool fill = false;
};

// Draws a text as a QR code for a terminal; nothing when it does not fit into one.
using DrawQr = std::function<std::optional<std::string>(const std::string&)>;

base::Result<> status(const Context& context);
base::Result<> health(const Context& context);
base::Result<> invite(const Context& context, const DrawQr& draw);  // draw may be empty
base::Result<> join(const Context& context, const std::string& link);
base::Result<> accounts(const Context& context);
base::Result<> contacts(const Context& context);
base::Result<> chats(const Context& context);
base::Result<> messages(const Context& context, const std::string& of, std::size_t last);
base::Result<> listen(const Context& context, const ListenRequest& request);  // until interrupted
// Publishes standard input as one event.
base::Result<> publish(const Context& context, const PublishRequest& request);
base::Result<> call(const Context& context, const std::string& method, const std::string& params);
void show_version(const Context& context);

// The line that listen prints for one event, without its end.
std::string listen_line(const SseEvent& event, bool json);
// The path and query of /events.
base::Result<std::string> events_target(const ListenRequest& request);

}  // namespace gateway::cli
