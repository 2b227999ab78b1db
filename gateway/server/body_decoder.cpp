#include "gateway/server/body_decoder.h"

#include <algorithm>

namespace gateway {
namespace {

constexpr std::size_t kMaxSizeLine = 256;  // a size and its extensions, which are ignored
constexpr std::size_t kMaxTrailers = 8192;
constexpr std::size_t kLargeBody = 256 * 1024;
constexpr std::uint64_t kMostAtOnce = 16 * 1024 * 1024;

}  // namespace

BodyDecoder BodyDecoder::of(const RequestHead& head, std::uint64_t limit) {
  BodyDecoder decoder;
  decoder.limit_ = limit;
  if (head.chunked()) {
    decoder.at_ = At::size;
  } else if (const std::uint64_t length = head.content_length().value_or(0); length > 0) {
    decoder.at_ = At::plain;
    decoder.left_ = length;
  }
  return decoder;
}

BodyDecoder::Step BodyDecoder::refuse(int status, std::string message) {
  error_ = {status, std::move(message)};
  return {State::refused, 0};
}

// Moves one line (without its CR LF) into line_. False for one that is too long or ends wrongly.
bool BodyDecoder::take_line(std::string_view& in, bool& complete) {
  const std::size_t end = in.find('\n');
  const std::string_view piece = in.substr(0, end);
  if (line_.size() + piece.size() > kMaxSizeLine) return false;
  line_.append(piece);
  complete = end != std::string_view::npos;
  in.remove_prefix(complete ? end + 1 : in.size());
  if (!complete) return true;
  if (line_.empty() || line_.back() != '\r') return false;
  line_.pop_back();
  return line_.find_first_of(std::string_view("\r\0", 2)) == std::string::npos;
}

bool BodyDecoder::size_line() {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line_.size(); ++digits) {
    const char c = line_[digits];
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint64_t>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint64_t>(c - 'A') + 10;
    } else {
      break;
    }
    if (digits == 16) return false;  // no sum of 64 bits can overflow
    size = size * 16 + digit;
  }
  if (digits == 0) return false;
  if (digits < line_.size()) {
    // An extension; blanks may stand around what separates it (RFC 9112, 7.1.1: BWS).
    const std::size_t mark = line_.find_first_not_of(" \t", digits);
    if (mark == std::string::npos || line_[mark] != ';') return false;
  }
  left_ = size;
  return true;
}

// Memory for a large body at once: a string that grows by doubling copies, and touches for the
// first time, megabytes in one step of the loop. Memory that is not yet touched is address space
// only.
void BodyDecoder::make_room(std::string& out, std::size_t size) const {
  if (out.size() + size <= std::max(out.capacity(), kLargeBody)) return;
  const std::uint64_t rest = at_ == At::plain ? left_ : limit_ - std::min(limit_, total_);
  out.reserve(out.size() + size + static_cast<std::size_t>(std::min(rest, kMostAtOnce)));
}

BodyDecoder::Step BodyDecoder::feed(std::string_view in, std::string& out, std::size_t room) {
  const std::size_t had = in.size();
  while (at_ != At::done) {
    switch (at_) {
      case At::plain:
      case At::data: {
        const std::uint64_t take = std::min<std::uint64_t>({in.size(), left_, room});
        const auto size = static_cast<std::size_t>(take);
        make_room(out, size);
        out.append(in.substr(0, size));
        in.remove_prefix(size);
        room -= size;
        left_ -= take;
        total_ += take;
        if (left_ > 0) return {State::more, had - in.size()};
        at_ = at_ == At::plain ? At::done : At::data_end;
        break;
      }
      case At::data_end: {
        bool complete = false;
        if (!take_line(in, complete) || (complete && !line_.empty()) || line_.size() > 1) {
          return refuse(400, "A chunk is longer than its size says.");
        }
        if (!complete) return {State::more, had - in.size()};
        at_ = At::size;
        break;
      }
      case At::size: {
        bool complete = false;
        if (!take_line(in, complete)) return refuse(400, "A chunk's size line is malformed.");
        if (!complete) return {State::more, had - in.size()};
        if (!size_line()) return refuse(400, "A chunk's size is malformed.");
        line_.clear();
        if (left_ > limit_ || total_ > limit_ - left_) {
          return refuse(413, "The body is over this endpoint's limit.");
        }
        at_ = left_ == 0 ? At::trailer : At::data;
        break;
      }
      case At::trailer: {
        bool complete = false;
        const std::size_t before = in.size();
        const bool fine = take_line(in, complete);
        trailer_bytes_ += before - in.size();
        if (!fine || trailer_bytes_ > kMaxTrailers) return refuse(400, "A trailer is malformed.");
        if (!complete) return {State::more, had - in.size()};
        if (line_.empty()) at_ = At::done;  // trailers themselves are dropped
        line_.clear();
        break;
      }
      case At::done:
        break;
    }
  }
  return {State::done, had - in.size()};
}

}  // namespace gateway
