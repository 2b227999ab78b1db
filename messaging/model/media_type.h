// Media types by the file name's extension, and the message type for a media type. The file's bytes
// are not inspected: they are the sender's, and parsing them is not worth the risk.
#pragma once

#include <string>
#include <string_view>

#include "messaging/model/types.h"

namespace messaging {

// "application/octet-stream" for an unknown extension.
std::string_view media_type_of(std::string_view file_name);
Viewtype viewtype_of(std::string_view media_type);

// The name under which a file is stored and shown: the last part of a path or name, plain like
// every name (plain_name.h: without control characters and without controls of the writing
// direction, by which "exe.txt" can read as "txt.exe"), at most 255 bytes of UTF-8; "file" when
// nothing is left.
std::string plain_file_name(std::string_view path);

}  // namespace messaging
