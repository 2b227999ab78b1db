#include <poll.h>

#include <algorithm>
#include <cstdio>

#include "gateway/cli/commands.h"
#include "gateway/cli/print.h"
#include "gateway/cli/sse_lines.h"

namespace gateway::cli {

std::string events_target(const ListenRequest& request) {
  return request.types.empty() ? "/events" : "/events?types=" + percent_encode(request.types);
}

base::Result<> listen(const Context& context, const ListenRequest& request) {
  bool printable = true;
  SseLines lines([&](const SseEvent& event) {
    std::string line;
    if (context.json) {
      line = event.data;
      std::replace(line.begin(), line.end(), '\n', ' ');
    } else {
      line = event.type == "lag" ? "lag: events were missed " + plain(event.data)
                                 : event_line(event.data);
    }
    line += '\n';
    // At once: the reader is often a pipe.
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) printable = false;
    if (std::fflush(stdout) != 0) printable = false;
  });
  bool connected = false;
  int pause_ms = 500;
  while (true) {
    const std::string resume = lines.last_id().empty() ? request.resume : lines.last_id();
    const auto ended =
        context.client.stream(events_target(request), resume, [&](std::string_view bytes) {
          connected = true;
          pause_ms = 500;
          lines.feed(bytes);
          return printable;
        });
    if (!printable) return {};  // whoever read us has gone
    if (!connected && !ended) return ended.error();
    std::fprintf(stderr, "privitty-edge: the stream ended; connecting again\n");
    lines.reset();
    ::poll(nullptr, 0, pause_ms);
    pause_ms = std::min(pause_ms * 2, 10'000);
  }
}

}  // namespace gateway::cli
