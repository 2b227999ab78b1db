#include <cstdio>

#include "gateway/cli/commands.h"
#include "gateway/cli/input.h"

namespace gateway::cli {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxData = 1024 * 1024;

}  // namespace

base::Result<> publish(const Context& context, const PublishRequest& request) {
  Json event = {{"channel", request.channel}};
  auto data = read_input(kMaxData, "too much for one event");
  if (!data && data.error().code == Errc::invalid_argument) {
    return fail(Errc::invalid_argument,
                data.error().message +
                    ", so nothing was published; an empty line makes an event without data");
  }
  EDGE_TRY(event["data"], std::move(data));
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
    std::printf("event %s on channel %s, for %s listening now\n", published.at("id").dump().c_str(),
                request.channel.c_str(), published.at("subscribers").dump().c_str());
  }
  return {};
}

}  // namespace gateway::cli
