#include <cstdio>

#include "gateway/cli/commands.h"

namespace gateway::cli {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxData = 1024 * 1024;

base::Result<std::string> read_input() {
  std::string data;
  char buffer[16 * 1024];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, stdin)) {
    data.append(buffer, got);
    if (data.size() > kMaxData) {
      return fail(Errc::too_large, "standard input holds more than 1 MiB: too much for one event");
    }
  }
  if (std::ferror(stdin) != 0) return fail(Errc::io, "standard input cannot be read");
  if (data.empty()) {
    return fail(Errc::invalid_argument,
                "standard input is empty, so nothing was published; an empty line makes an event "
                "without data");
  }
  // The line's end that echo and editors add is not part of what is said.
  if (data.ends_with('\n')) data.pop_back();
  return data;
}

}  // namespace

base::Result<> publish(const Context& context, const PublishRequest& request) {
  Json event = {{"channel", request.channel}};
  EDGE_TRY(event["data"], read_input());
  if (!request.type.empty()) event["type"] = request.type;
  if (!request.id.empty()) event["id"] = request.id;
  if (request.retry != 0) event["retry"] = request.retry;
  if (request.fill) event["fill"] = true;
  for (const std::string& property : request.where) {
    const std::size_t equals = property.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(Errc::invalid_argument, "--where '" + property + "' is not NAME=VALUE");
    }
    event["where"][property.substr(0, equals)] = property.substr(equals + 1);
  }
  EDGE_TRY(const Json published, context.client.call("publish_event", std::move(event)));
  if (context.json) {
    std::printf("%s\n", published.dump().c_str());
  } else {
    std::printf("event %s on channel %s, for %s listening now\n", published["id"].dump().c_str(),
                request.channel.c_str(), published["subscribers"].dump().c_str());
  }
  return {};
}

}  // namespace gateway::cli
