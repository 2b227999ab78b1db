// Names of accounts, contacts and groups, and of a message's sender, as they are stored and shown.
// A name must not change how the rest of its line reads, so a name has no line breaks, no other
// control characters and no controls of the writing direction (base::layout_control_size), such as
// U+202E in "Bob <U+202E>", which reverses the text behind it. Joiners stay, because scripts and
// emoji need them.
//
// All names pass through plain_name(): those of callers before they are stored, those of peers when
// they arrive (a peer may run an older build or be hostile), and those that an older build stored
// when they are shown. File names have rules of their own (plain_file_name() in media_type.h).
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
// after `most` bytes; "" when no visible character is left or the name is not UTF-8.
std::string plain_name(std::string_view name, std::size_t most = kMaxName);

// plain_name() of a caller's value, which may be empty. Errc::invalid_argument, naming `field`,
// when it is longer than `most` bytes, not UTF-8, or has line breaks or other control characters
// within.
base::Result<std::string> given_name(std::string_view field, std::string_view name,
                                     std::size_t most = kMaxName);

}  // namespace messaging
