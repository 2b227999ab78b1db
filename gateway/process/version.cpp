#include "gateway/process/version.h"

namespace gateway {

std::string_view version() { return EDGE_VERSION; }
std::string_view commit() { return EDGE_COMMIT; }

std::string version_line(std::string_view program) {
  std::string line(program);
  line.append(" ").append(version());
  if (!commit().empty()) line.append(" (").append(commit()).append(")");
  return line;
}

}  // namespace gateway
