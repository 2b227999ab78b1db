// Publishing on channels, for the method publish_event and for POST /publish.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/completion.h"
#include "rpc/context.h"
#include "rpc/shapes/publish.h"

namespace rpc {

// All in one commit, or none. Answers after it, in the order given.
void publish(const Context& context, std::vector<messaging::ChannelEvent> events,
             base::Completion<std::vector<shape::Published>> done);

// A body of POST /publish, one event or an array of them; answers with JSON of the same form.
// Errors name the invalid or unknown member (Errc::invalid_argument).
void publish_body(const Context& context, std::string_view body,
                  base::Completion<std::string> done);

}  // namespace rpc
