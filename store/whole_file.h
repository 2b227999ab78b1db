// Small files that are there whole or not at all, whatever dies meanwhile: settings, tokens, notes.
// Mode 0600; the file and the folder that names it are synced before the call returns, so that what
// was answered after it survives a power cut. Errors are File's.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace store {

// Takes the place of what has that name.
base::Result<> replace_file(const std::string& path, base::ByteView content);
// Errc::already_exists when something has that name. A failure leaves nothing behind.
base::Result<> make_file(const std::string& path, base::ByteView content);
// The folder that a path names its file in: "." for a bare name.
std::string folder_of(const std::string& path);

}  // namespace store
