#include "bench/sse_load/answer_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace {

constexpr std::size_t kMaxLine = 64 * 1024;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

void AnswerReader::take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  line_ += bytes.substr(0, end);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (line_.size() > kMaxLine) at_ = At::broken;
  if (end == std::string_view::npos || at_ == At::broken) return;
  if (line_.ends_with('\r')) line_.pop_back();
  on_line(line_);
  line_.clear();
  // Of thousands of streams, each keeps no more than it needs.
  if (at_ == At::body && line_.capacity() > 64) line_.shrink_to_fit();
}

void AnswerReader::on_line(std::string_view line) {
  switch (at_) {
    case At::status: {
      const bool good =
          line.starts_with("HTTP/1.") && line.size() >= 12 &&
          std::from_chars(line.data() + 9, line.data() + 12, status_).ec == std::errc();
      at_ = good ? At::head : At::broken;
      break;
    }
    case At::head:
      if (line.empty()) {
        on_head();
      } else {
        on_field(line);
      }
      break;
    case At::chunk_size: {
      const auto read = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
      at_ = read.ec != std::errc() ? At::broken : left_ == 0 ? At::trailer : At::body;
      break;
    }
    case At::chunk_end:
      at_ = line.empty() ? At::chunk_size : At::broken;
      break;
    case At::trailer:
      if (line.empty()) at_ = At::end;
      break;
    default:
      break;
  }
}

void AnswerReader::on_field(std::string_view line) {
  const std::string text = lower(line);
  const std::string_view field = text;
  if (field.starts_with("content-length:")) {
    const std::size_t digits = std::min(field.find_first_of("0123456789"), field.size());
    std::from_chars(field.data() + digits, field.data() + field.size(), left_);
  } else if (field.starts_with("transfer-encoding:")) {
    chunked_ = field.find("chunked") != std::string_view::npos;
  } else if (field.starts_with("connection:")) {
    closes_ = field.find("close") != std::string_view::npos;
  }
}

void AnswerReader::on_head() {
  if (chunked_) {
    at_ = At::chunk_size;
  } else if (left_ == 0 || status_ == 204 || status_ == 304) {
    at_ = At::end;
  } else {
    at_ = At::body;
  }
}
