#include "tests/support/source.h"

namespace test {

std::string source_path(std::string_view from_root) {
  return std::string(EDGE_SOURCE_ROOT) + "/" + std::string(from_root);
}

}  // namespace test
