// Names as they are kept and shown: of accounts, contacts and groups, and the name that a message
// says it is from. Whoever reads a line with a name in it must be able to trust the rest of the
// line, so a name holds no line breaks, no other control characters and nothing that turns the
// direction of writing (base::layout_control_size), which would make "Bob <U+202E>" and what
// follows read as something else. Joiners stay: scripts and emoji need them.
//
// Everybody's names go through plain_name(): what callers give before it is stored, what peers send
// when it arrives (a peer may be of an older build or dishonest), and what an older build stored
// when it is shown. Names of files have rules of their own (plain_file_name() in media_type.h).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace messaging {

// Bytes.
inline constexpr std::size_t kMaxName = 256;       // of accounts' own names, as invites carry them
inline constexpr std::size_t kMaxLongName = 1024;  // of names that we give contacts and messages
inline constexpr std::size_t kMaxAddress = 320;    // of addresses, which are shown like names

// The name without those characters and without white space at both ends, cut at a whole character
// after `most` bytes; "" when nothing of it can be seen or it is not UTF-8.
std::string plain_name(std::string_view name, std::size_t most = kMaxName);

// plain_name() of what a caller gives, which may be empty. Errc::invalid_argument, naming `field`,
// when it is longer than `most` bytes, not UTF-8, or has line breaks or other control characters
// within.
base::Result<std::string> given_name(std::string_view field, std::string_view name,
                                     std::size_t most = kMaxName);

}  // namespace messaging
