// Updates of webxdc apps as mails carry them: JSON, {"updates":[{"payload":…,"info":…},…]}.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messaging/model/webxdc_content.h"

namespace messaging::mail {

inline constexpr std::size_t kMaxUpdates = 1000;  // in one mail

std::string write_updates(const std::vector<WebxdcUpdate>& updates);
// What is malformed or beyond the bounds of an update is left out.
std::vector<WebxdcUpdate> read_updates(std::string_view json);

}  // namespace messaging::mail
