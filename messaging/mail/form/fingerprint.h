// Fingerprint: an OpenPGP key's fingerprint, 20 bytes (v4) or 32 (v6). It is a contact's identity
// in mail accounts.
//
// Groups and references know members by MemberKey, which has 32 bytes: the key of a v4 fingerprint
// is its 20 bytes and 12 zero bytes, the key of a v6 fingerprint is the fingerprint.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "messaging/model/group_state.h"

namespace messaging::mail {

using Fingerprint = base::Bytes;  // 20 or 32 bytes; empty: none

inline constexpr std::size_t kV4Fingerprint = 20;
inline constexpr std::size_t kV6Fingerprint = 32;

bool is_fingerprint(base::ByteView bytes);
// 40 or 64 hex digits of either case.
std::optional<Fingerprint> parse_fingerprint(std::string_view digits);
// Upper case, as in headers and links.
std::string to_digits(const Fingerprint& fingerprint);

// Of a valid fingerprint.
MemberKey member_key(const Fingerprint& fingerprint);
Fingerprint fingerprint_of(const MemberKey& key);

}  // namespace messaging::mail
