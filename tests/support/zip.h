// Zip archives for tests, packed by zlib: the entries in order, one after the other.
#pragma once

#include <string>
#include <vector>

namespace test {

struct ZipEntry {
  std::string name;
  std::string content;
};

std::string zip(const std::vector<ZipEntry>& entries);

}  // namespace test
