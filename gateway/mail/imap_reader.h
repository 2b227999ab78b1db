// ImapReader: cuts what an IMAP server sends into responses: lines, with their literals pulled in.
// Pure: no sockets.
//
// Resists a server that sends lines without end, literals that are too large or too many of them:
// feed() then fails, and the connection is of no use any more. What was read before stays valid.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace gateway::mail {

struct ImapLimits {
  std::size_t lines = 1024 * 1024;          // bytes of one response outside its literals
  std::size_t literals = 41 * 1024 * 1024;  // bytes of its literals, together
  std::size_t most_literals = 64;
};

// One response as sent: lines[0] literals[0] lines[1] … lines[n]. The lines are without CRLF, and
// without the "{size}" that announces the literal behind them.
struct ImapRaw {
  std::vector<std::string> lines;
  std::vector<base::Bytes> literals;
};

class ImapReader {
 public:
  explicit ImapReader(ImapLimits limits = {}) : limits_(limits) {}

  base::Result<> feed(std::string_view bytes);
  std::optional<ImapRaw> next();
  // A response has begun and is not complete.
  bool partial() const { return !line_.empty() || !raw_.lines.empty(); }

 private:
  base::Result<> end_line();

  const ImapLimits limits_;
  ImapRaw raw_;       // the response that is being read
  std::string line_;  // its line that is being read
  std::uint64_t literal_left_ = 0;
  bool in_literal_ = false;
  std::size_t line_bytes_ = 0;
  std::size_t literal_bytes_ = 0;
  std::deque<ImapRaw> whole_;
};

}  // namespace gateway::mail
