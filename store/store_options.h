// How a store is opened.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/connection.h"
#include "store/key_source.h"
#include "store/readers.h"
#include "store/schema.h"
#include "store/writer.h"

namespace store {

struct StoreOptions {
  std::string dir;
  KeySource key = KeyFile{};
  std::span<const Migration> migrations = {};  // outlives open()
  const base::Clock* clock = nullptr;          // required; outlives the store
  std::string vfs = {};                        // a registered SQLite VFS; "" the system's
  Synchronous synchronous = Synchronous::full;
  WriterOptions writer = {};
  ReadersOptions readers = {};
  base::Millis check_after = 500;  // StartCheck's, so that the first answers come first
  bool sealing_off_for_tests = false;
  // Names of files that may lie in `dir` before there is a store, besides the program's own: what
  // the settings name. Anything else there is refused.
  std::vector<std::string> expected_names = {};
};

}  // namespace store
