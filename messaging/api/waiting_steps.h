// The delivery state of a message of ours for each recipient, with the reason for a delay: lines
// for a person (get_message_info). Attempts are counted since the recipient's gateway was last
// reached, or since the start. Error texts are our own and never contain a peer's answer (decision
// 17).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/api/views.h"

namespace messaging::delivery {
class Courier;
}  // namespace messaging::delivery

namespace messaging {

// Empty once every recipient's device has acknowledged the message.
base::Result<std::vector<std::string>> waiting_steps(const View& view,
                                                     const delivery::Courier& courier,
                                                     MsgId message);

}  // namespace messaging
