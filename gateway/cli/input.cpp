#include "gateway/cli/input.h"

#include <cstdio>

namespace gateway::cli {

using base::Errc;
using base::fail;

base::Result<std::string> read_input(std::size_t most, std::string_view advice) {
  std::string data;
  char buffer[16 * 1024];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, stdin)) {
    data.append(buffer, got);
    if (data.size() > most + 2) break;  // with a line end
  }
  if (std::ferror(stdin) != 0) return fail(Errc::io, "standard input cannot be read");
  if (data.empty()) return fail(Errc::invalid_argument, "standard input is empty");
  if (data.ends_with('\n')) data.resize(data.size() - (data.ends_with("\r\n") ? 2 : 1));
  if (data.size() > most) {
    return fail(Errc::too_large, "standard input holds more than " + std::to_string(most / 1024) +
                                     " KiB: " + std::string(advice));
  }
  return data;
}

}  // namespace gateway::cli
