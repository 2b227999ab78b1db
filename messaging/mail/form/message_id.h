// Message-IDs: how mails name each other. Here they have no angle brackets.
//
// Delta Chat's and ours are "<v4 UUID>@localhost"; such an id and its 16 bytes are two forms of the
// same. The uuid of any other Message-ID is a hash of it; whoever has to write that id again (in
// References, receipts, reactions) stores its text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "messaging/model/card.h"

namespace messaging::mail {

inline constexpr std::size_t kMaxMessageId = 500;    // bytes
inline constexpr std::size_t kMaxMessageIds = 1000;  // in one header

// Bounded, printable ASCII without blanks and angle brackets.
bool is_message_id(std::string_view text);
// "<uuid>@localhost", lower case.
std::string message_id_of(const Uuid& uuid);
// Of a valid one. message_id_of(uuid_of(id)) == id exactly when has_plain_uuid(id).
Uuid uuid_of(std::string_view message_id);
bool has_plain_uuid(std::string_view message_id);
// A v4 UUID (RFC 9562) of these random bytes; Delta Chat's ids are such.
Uuid as_v4(Uuid random);

// The ids of a header value, in order; what is none is left out.
std::vector<std::string> parse_message_ids(std::string_view value);
// "<a> <b>".
std::string join_message_ids(const std::vector<std::string>& ids);

}  // namespace messaging::mail
