// Where a message of ours is on its way to each recipient, and what holds it up: lines for a person
// (get_message_info). Tries are counted since the recipient's gateway was reached last, or since
// the start. Error texts are ours: a peer's answers never reach them (decision 17).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "messaging/api/views.h"

namespace messaging::delivery {
class Courier;
}  // namespace messaging::delivery

namespace messaging {

// Nothing once every recipient's device has acknowledged it.
base::Result<std::vector<std::string>> waiting_steps(const View& view,
                                                     const delivery::Courier& courier,
                                                     MsgId message);

}  // namespace messaging
