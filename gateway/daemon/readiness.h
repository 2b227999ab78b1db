// Whether the daemon can do its work: /health/ready.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/relay/relay_part.h"
#include "store/store.h"

namespace gateway {

// None: it is ready. `relay` is null without --relay. Any thread; does not block.
std::vector<std::string> why_not_ready(const store::Store& store, const RelayPart* relay,
                                       const std::filesystem::path& accounts);

}  // namespace gateway
