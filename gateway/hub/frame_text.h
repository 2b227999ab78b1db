// The text of event streams (WHATWG HTML, "Server-sent events").
//
// No field can break the framing: a line break inside data becomes a further `data:` line, inside a
// name it is left out; NUL becomes U+FFFD.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "gateway/hub/event_frame.h"

namespace gateway {

// "id: N\ndata: {...}\n\n"; of a channel's event with its type, own id ("id: N/own") and retry.
void append_frame(std::string& out, const EventFrame& frame);
// The same with the subscriber's properties filled in for {{NAME}}; an unknown NAME is empty.
void append_filled_frame(std::string& out, const EventFrame& frame, const Properties& properties);
// "event: T\n": goes before the frame, for subscribers with named=1. The order of fields within an
// event does not matter, so one encoding serves both.
void append_event_name(std::string& out, std::string_view type);
// "event: lag\nid: N\ndata: {"dropped":M}\n\n", dropped null where it is not known.
void append_lag(std::string& out, base::EventId resumes_after,
                std::optional<std::uint64_t> dropped);
// "id: N\n\n": a position alone, which clients keep and show to nobody.
void append_position(std::string& out, base::EventId position);
// ": ping", and the position reached when there is one to tell.
void append_ping(std::string& out, std::optional<base::EventId> position);

}  // namespace gateway
