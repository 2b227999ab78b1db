// The JSON of webxdc updates, as apps write and read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "messaging/api/webxdc.h"

namespace rpc {

// {"payload": any, "info": text, "href": text, "document": text, "summary": text, "notify":
// {address: text}}; only the payload is required, and other members are ignored.
base::Result<messaging::WebxdcUpdate> read_webxdc_update(std::string_view written);

// The list of get_webxdc_status_updates: each update with its serial, and the highest of all. A
// payload of a peer that is not JSON is null.
std::string webxdc_updates_json(const std::vector<messaging::WebxdcUpdateShown>& updates);

}  // namespace rpc
