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
// The end of a position. A parser that dispatches at every blank line (httpx-sse, aiosseclient and
// many written by hand) would deliver an empty message, so it is a comment. A browser's EventSource
// delivers nothing, but keeps an id only at a blank line (docs/events.md).
enum class PositionEnd : std::uint8_t { comment, blank_line };

// "id: N\n:\n" or "id: N\n\n": a position without an event.
void append_position(std::string& out, base::EventId position, PositionEnd end);
// ": ping\n", and the position reached when there is a new one.
void append_ping(std::string& out, std::optional<base::EventId> position, PositionEnd end);

// "event: heartbeat\nid: N\ndata: {}\n\n": a ping that scripts see.
void append_heartbeat(std::string& out, base::EventId position);

// One chunk of HTTP/1.1's chunked coding (RFC 9112, 7.1) with `text` in it, which is not empty: an
// empty chunk would end the stream.
void append_chunk(std::string& out, std::string_view text);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace gateway
