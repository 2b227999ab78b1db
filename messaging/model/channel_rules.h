// Rules for the types and ids that publishers give events on the event stream.
#pragma once

#include <string_view>

namespace messaging {

// A type that publishers must not use, because listeners would mistake their events for the
// gateway's own frames (lag, snapshot), for events that EventSource dispatches itself (error, open,
// message), or for messaging events.
bool is_reserved_type(std::string_view type);

// A publisher's own id: printable ASCII, at most 256 bytes. Clients send it back in the header
// Last-Event-ID, where Node refuses other characters by an exception.
bool is_own_id(std::string_view id);

}  // namespace messaging
