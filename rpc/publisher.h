// Publisher: POST /publish as the gateway's endpoint sees it. Any thread; the answer comes once,
// from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/completion.h"
#include "rpc/dispatcher.h"

namespace rpc {

class Publisher {
 public:
  virtual ~Publisher() = default;
  // See publish_body (publish.h).
  virtual void publish(std::string_view body, const Caller& caller,
                       base::Completion<std::string> answer) = 0;
};

}  // namespace rpc
