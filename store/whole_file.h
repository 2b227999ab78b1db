// Small files that are either complete or absent, whenever the process dies: settings, tokens,
// notes. Mode 0600; the file and its folder are synced before the call returns, so an answer that
// follows survives a power cut. Errors are File's.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace store {

// Replaces a file with that name.
base::Result<> replace_file(const std::string& path, base::ByteView content);
// Errc::already_exists when the name is taken. A failure leaves nothing behind.
base::Result<> make_file(const std::string& path, base::ByteView content);
// The folder of a path's file: "." for a bare name.
std::string folder_of(const std::string& path);

}  // namespace store
