// Media types by a file name's ending, and what kind of message a media type makes. The bytes are
// not looked at: they are the sender's, and parsing them is not worth the risk.
#pragma once

#include <string>
#include <string_view>

#include "messaging/model/types.h"

namespace messaging {

// "application/octet-stream" for an ending that is not known.
std::string_view media_type_of(std::string_view file_name);
Viewtype viewtype_of(std::string_view media_type);

// The name of a file as it is kept and shown: the last part of a path or name, plain as every name
// (plain_name.h: without control characters and without what turns the direction of writing, by
// which "exe.txt" can read as "txt.exe"), at most 255 bytes of UTF-8; "file" when nothing is left.
std::string plain_file_name(std::string_view path);

}  // namespace messaging
