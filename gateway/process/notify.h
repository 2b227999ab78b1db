// Reports to systemd how far the service is (sd_notify(3), Type=notify): one datagram to the socket
// that $NOTIFY_SOCKET names; without it, nothing.
#pragma once

#include <string_view>

#include "gateway/process/surroundings.h"

namespace gateway {

// "READY=1", "STOPPING=1". Failures are ignored.
void notify_service_manager(const Surroundings& surroundings, std::string_view state);

}  // namespace gateway
