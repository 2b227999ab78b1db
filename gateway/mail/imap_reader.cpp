#include "gateway/mail/imap_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"

namespace gateway::mail {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kFirstPiece = 64 * 1024;  // of a literal whose bytes have not come yet

// The size at the end of a line that announces a literal: "… {123}", "… ~{123}" or "… {123+}".
// Nothing: the line announces none. An error: more digits than any size has.
base::Result<std::optional<std::uint64_t>> announced(std::string_view line) {
  if (line.empty() || line.back() != '}') return std::optional<std::uint64_t>();
  const std::size_t open = line.rfind('{');
  if (open == std::string_view::npos) return std::optional<std::uint64_t>();
  std::string_view digits = line.substr(open + 1, line.size() - open - 2);
  if (!digits.empty() && digits.back() == '+') digits.remove_suffix(1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::optional<std::uint64_t>();
  }
  std::uint64_t size = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), size).ec != std::errc()) {
    return fail(Errc::too_large, "the server announces a literal of an impossible size");
  }
  return std::optional(size);
}

// Free text ends these lines, which may end like a literal's announcement.
bool is_status(std::string_view line) {
  if (line.starts_with('+')) return true;
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  std::string_view word = line.substr(space + 1);
  word = word.substr(0, word.find(' '));
  const std::string lower = base::lower_ascii(word.substr(0, 8));
  return lower == "ok" || lower == "no" || lower == "bad" || lower == "bye" || lower == "preauth";
}

}  // namespace

base::Result<> ImapReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (in_literal_) {
      const std::size_t take = std::min<std::uint64_t>(literal_left_, bytes.size());
      base::Bytes& literal = raw_.literals.back();
      const auto part = base::as_bytes(bytes.substr(0, take));
      literal.insert(literal.end(), part.begin(), part.end());
      bytes.remove_prefix(take);
      literal_left_ -= take;
      in_literal_ = literal_left_ > 0;
      continue;
    }
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    line_bytes_ += piece.size();
    if (line_bytes_ > limits_.lines) {
      return fail(Errc::too_large, "the server's answer has a line over the limit");
    }
    line_ += piece;
    if (end == std::string_view::npos) return {};
    bytes.remove_prefix(end + 1);
    EDGE_CHECK(end_line());
  }
  return {};
}

base::Result<> ImapReader::end_line() {
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  std::optional<std::uint64_t> size;
  if (!raw_.lines.empty() || !is_status(line_)) {
    EDGE_TRY(size, announced(line_));
  }
  if (!size) {
    raw_.lines.push_back(std::exchange(line_, {}));
    whole_.push_back(std::exchange(raw_, {}));
    line_bytes_ = 0;
    literal_bytes_ = 0;
    return {};
  }
  if (raw_.literals.size() >= limits_.most_literals) {
    return fail(Errc::too_large, "the server's answer has too many literals");
  }
  if (*size > limits_.literals - literal_bytes_) {
    return fail(Errc::too_large, "the server's answer has a literal over the limit");
  }
  literal_bytes_ += *size;
  line_.resize(line_.rfind('{'));
  if (!line_.empty() && line_.back() == '~') line_.pop_back();
  raw_.lines.push_back(std::exchange(line_, {}));
  raw_.literals.emplace_back();
  raw_.literals.back().reserve(std::min<std::uint64_t>(*size, kFirstPiece));
  literal_left_ = *size;
  in_literal_ = *size > 0;
  return {};
}

std::optional<ImapRaw> ImapReader::next() {
  if (whole_.empty()) return std::nullopt;
  ImapRaw out = std::move(whole_.front());
  whole_.pop_front();
  return out;
}

}  // namespace gateway::mail
