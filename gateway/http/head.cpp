#include "gateway/http/head.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/ascii.h"

namespace gateway {
namespace {

constexpr bool is_token_char(unsigned char c) {
  if (c >= '0' && c <= '9') return true;
  if (c >= 'a' && c <= 'z') return true;
  if (c >= 'A' && c <= 'Z') return true;
  switch (c) {
    case '!':
    case '#':
    case '$':
    case '%':
    case '&':
    case '\'':
    case '*':
    case '+':
    case '-':
    case '.':
    case '^':
    case '_':
    case '`':
    case '|':
    case '~':
      return true;
    default:
      return false;
  }
}

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = is_token_char(static_cast<unsigned char>(c));
  return table;
}
constexpr std::array<bool, 256> kToken = make_token_table();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return base::lower_ascii(x) == base::lower_ascii(y);
         });
}

std::optional<std::string_view> RequestHead::field(std::string_view name) const {
  for (const Field& f : fields_) {
    if (equals_ignoring_case(at(f.name), name)) return at(f.value);
  }
  return std::nullopt;
}

std::size_t RequestHead::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [&](const Field& f) { return equals_ignoring_case(at(f.name), name); }));
}

bool RequestHead::lists(std::string_view name, std::string_view token) const {
  for (const Field& f : fields_) {
    if (!equals_ignoring_case(at(f.name), name)) continue;
    std::string_view rest = at(f.value);
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (equals_ignoring_case(trim(rest.substr(0, comma)), token)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

class HeadScanner {
 public:
  explicit HeadScanner(std::string_view head) { head_.raw_.assign(head); }

  HeadScan run() {
    HeadScan scan;
    const std::string_view raw = head_.raw_;
    std::size_t end = raw.find("\r\n");
    bool ok = request_line(0, end);
    for (std::size_t from = end + 2; ok; from = end + 2) {
      end = raw.find("\r\n", from);
      if (end == from) break;  // the blank line: scan_head saw to it that it is there
      ok = field_line(from, end);
    }
    ok = ok && framing();
    if (ok) {
      scan.state = HeadScan::State::complete;
      scan.head = std::move(head_);
    } else {
      scan.state = HeadScan::State::refused;
      scan.error = std::move(error_);
    }
    return scan;
  }

 private:
  using Slice = RequestHead::Slice;

  bool refuse(int status, std::string message) {
    error_ = {status, std::move(message)};
    return false;
  }
  static Slice slice(std::size_t from, std::size_t to) {
    return {static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to - from)};
  }

  bool request_line(std::size_t from, std::size_t to) {
    const std::string_view raw = head_.raw_;
    const std::size_t first = raw.find(' ', from);
    const std::size_t second = first < to ? raw.find(' ', first + 1) : to;
    if (first >= to || second >= to || second == first + 1)
      return refuse(400, "The request line needs METHOD TARGET VERSION.");
    head_.method_ = slice(from, first);
    if (first - from > 32 || !is_token(head_.method()))
      return refuse(400, "The method is malformed.");
    return version(raw.substr(second + 1, to - second - 1)) && target(first + 1, second);
  }

  bool version(std::string_view text) {
    const bool shaped = text.size() == 8 && text.substr(0, 5) == "HTTP/" && text[6] == '.' &&
                        text[5] >= '0' && text[5] <= '9' && text[7] >= '0' && text[7] <= '9';
    if (!shaped) return refuse(400, "The HTTP version is malformed.");
    if (text[5] != '1' || text[7] > '1') return refuse(505, "Use HTTP/1.1 or HTTP/1.0.");
    head_.minor_version_ = text[7] - '0';
    return true;
  }

  bool target(std::size_t from, std::size_t to) {
    const std::string_view text = std::string_view(head_.raw_).substr(from, to - from);
    if (text.size() > kMaxTargetBytes) return refuse(414, "The request target is over 8000 bytes.");
    for (const char c : text) {
      const auto u = static_cast<unsigned char>(c);
      if (u <= 0x20 || u == 0x7f || c == '#') {
        return refuse(400, "The request target holds a character that must be percent-encoded.");
      }
    }
    if (text == "*" || text.front() == '/') {
      head_.target_ = slice(from, to);
      return text != "*" || head_.method() == "OPTIONS" ||
             refuse(400, "Only OPTIONS may ask for *.");
    }
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos ||
        !(equals_ignoring_case(text.substr(0, colon), "http") ||
          equals_ignoring_case(text.substr(0, colon), "https"))) {
      return refuse(400, "The request target must begin with a slash.");
    }
    const std::size_t host = from + colon + 3;
    const std::size_t path = std::min(head_.raw_.find('/', host), to);
    head_.authority_ = slice(host, path);
    // "http://host" means its "/": that of the "://" is as good as another.
    head_.target_ = path < to ? slice(path, to) : slice(host - 1, host);
    const std::string_view authority = head_.authority();
    if (authority.empty() || authority.find_first_of("?@") != std::string_view::npos) {
      return refuse(400, "The request target's host is malformed.");
    }
    return true;
  }

  bool field_line(std::size_t from, std::size_t to) {
    if (head_.fields_.size() == kMaxHeadFields) return refuse(431, "More than 100 header fields.");
    const std::string_view line = std::string_view(head_.raw_).substr(from, to - from);
    const std::size_t colon = line.find(':');
    // A blank before the colon, a folded line and a line without a colon all end here.
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return refuse(400, "A header field is malformed.");
    }
    for (const char c : line.substr(colon + 1)) {
      const auto u = static_cast<unsigned char>(c);
      if ((u < 0x20 && c != '\t') || u == 0x7f) {
        return refuse(400, "A header field holds a control character.");
      }
    }
    const std::string_view value = trim(line.substr(colon + 1));
    const std::size_t at = static_cast<std::size_t>(value.data() - head_.raw_.data());
    const Slice value_slice = value.empty() ? slice(to, to) : slice(at, at + value.size());
    head_.fields_.push_back({slice(from, from + colon), value_slice});
    return true;
  }

  // The fields that determine where this request ends and the next begins must be unambiguous.
  bool framing() {
    if (head_.count("Host") > 1) return refuse(400, "More than one Host field.");
    // Another reader might use the other one of two.
    if (head_.count("Content-Type") > 1) return refuse(400, "More than one Content-Type field.");
    if (head_.minor_version_ == 1 && !head_.field("Host")) {
      return refuse(400, "HTTP/1.1 needs a Host field.");
    }
    const std::size_t lengths = head_.count("Content-Length");
    const std::size_t codings = head_.count("Transfer-Encoding");
    if (lengths > 1) return refuse(400, "More than one Content-Length.");
    if (lengths == 1 && !length(*head_.field("Content-Length"))) return false;
    if (codings > 0) {
      if (lengths > 0) return refuse(400, "Content-Length beside Transfer-Encoding.");
      if (head_.minor_version_ == 0) return refuse(400, "HTTP/1.0 has no Transfer-Encoding.");
      if (codings > 1) return refuse(400, "More than one Transfer-Encoding.");
      if (!equals_ignoring_case(*head_.field("Transfer-Encoding"), "chunked")) {
        return refuse(501, "The only Transfer-Encoding served is chunked.");
      }
      head_.chunked_ = true;
    }
    head_.keep_alive_ = head_.minor_version_ == 1 ? !head_.lists("Connection", "close")
                                                  : head_.lists("Connection", "keep-alive") &&
                                                        !head_.lists("Connection", "close");
    if (const auto expect = head_.field("Expect")) {
      if (!equals_ignoring_case(*expect, "100-continue")) {
        return refuse(417, "The only expectation served is 100-continue.");
      }
      head_.expects_continue_ = head_.minor_version_ == 1;
    }
    return true;
  }

  bool length(std::string_view text) {
    if (text.empty() ||
        !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return refuse(400, "Content-Length must be a plain number.");
    }
    std::uint64_t value = 0;
    for (const char c : text) {
      if (value > (UINT64_MAX - 9) / 10) {
        value = UINT64_MAX;  // too large for every route: 413
        break;
      }
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    head_.content_length_ = value;
    return true;
  }

  RequestHead head_;
  HttpError error_;
};

namespace {

HeadScan refused(int status, std::string message) {
  HeadScan scan;
  scan.state = HeadScan::State::refused;
  scan.error = {status, std::move(message)};
  return scan;
}

// Looks at the bytes from `from` on; the one before is needed to judge a line feed.
bool has_bad_line_end(std::string_view bytes, std::size_t from) {
  for (std::size_t i = from; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (static_cast<unsigned char>(c) > '\r') continue;
    if (c == '\0') return true;
    if (c == '\n' && (i == 0 || bytes[i - 1] != '\r')) return true;
    if (c == '\r' && i + 1 < bytes.size() && bytes[i + 1] != '\n') return true;
  }
  return false;
}

}  // namespace

HeadScan scan_head(std::string_view bytes, std::size_t seen) {
  // One empty line before a request is forgiven (RFC 9112, 2.2): old clients end a body with it.
  std::size_t skip = 0;
  if (bytes.substr(0, 2) == "\r\n") {
    skip = 2;
  } else if (bytes == "\r") {
    return {};
  }
  const std::string_view rest = bytes.substr(skip);
  seen = seen > skip ? std::min(seen - skip, rest.size()) : 0;
  // A client that does not speak HTTP (but TLS, most often) gets an error now, not a time-out.
  if (!rest.empty() && !kToken[static_cast<unsigned char>(rest.front())]) {
    return refused(400, "This is not an HTTP request. The gateway speaks plain HTTP/1.1.");
  }
  const std::size_t end = rest.find("\r\n\r\n", seen > 3 ? seen - 3 : 0);
  const std::size_t head_size = end == std::string_view::npos ? rest.size() : end + 4;
  if (has_bad_line_end(rest.substr(0, head_size), seen > 1 ? seen - 1 : 0)) {
    return refused(400, "Header lines end with CR LF and hold no NUL.");
  }
  if (head_size > kMaxHeadBytes) return refused(431, "The request's head is over 32 KiB.");
  if (end == std::string_view::npos) return {};
  HeadScan scan = HeadScanner(rest.substr(0, head_size)).run();
  scan.used = skip + head_size;
  return scan;
}

}  // namespace gateway
