// Request ids: what joins an answer (X-Request-Id) with the lines of the log that belong to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gateway {

class RequestIds {
 public:
  RequestIds();
  // The caller's own, when it fits into a log line (1 to 64 of letters, digits, - _ .); else a
  // fresh one. Loop thread.
  std::string choose(std::string_view callers);

 private:
  const std::string start_;  // of this process
  std::uint64_t next_ = 1;
};

}  // namespace gateway
