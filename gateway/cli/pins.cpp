#include "gateway/cli/pins.h"

#include "gateway/cli/lines.h"
#include "gateway/cli/search.h"
#include "gateway/cli/whom.h"

namespace gateway::cli {

base::Result<> pin(const Context& context, const PinRequest& request, bool pinned) {
  EDGE_CHECK(
      context.client.call("set_pinned_message_state", {context.account, request.message, pinned}));
  if (context.json) {
    print_json(Json::object());
  } else {
    print("message " + std::to_string(request.message) +
          (pinned ? " is pinned" : " is pinned no more"));
  }
  return {};
}

base::Result<> pins(const Context& context, const PinRequest& request) {
  EDGE_TRY(const auto chat, chat_of(context, request.chat));
  EDGE_TRY(const Json ids, context.client.call("get_pinned_messages", {context.account, chat}));
  EDGE_TRY(const Json found, lines_of_messages(context, ids));
  if (context.json) {
    print_json(found);
  } else if (found.empty()) {
    print("nothing is pinned in chat " + std::to_string(chat) + ": privitty-edge pin MESSAGE");
  } else {
    print(message_table(found));
  }
  return {};
}

}  // namespace gateway::cli
