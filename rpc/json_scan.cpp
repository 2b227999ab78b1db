#include "rpc/json_scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace rpc {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Scanner {
 public:
  Scanner(std::string_view text, const JsonBounds& bounds) : text_(text), bounds_(bounds) {}

  JsonScan run() {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
    if (!base::is_utf8(text_)) {
      refuse(Code::parse_error, "the body is not JSON: its text is not UTF-8");
    } else if (!walk() && !scan_.error) {
      refuse(Code::parse_error, fmt::format("the body is not JSON: byte {}", at_ + 1));
    }
    return std::move(scan_);
  }

 private:
  // Of the arrays and objects that are open, the innermost last: '[' or '{'.
  bool walk() {
    skip_blanks();
    if (!begin_value()) return false;
    while (!open_.empty()) {
      skip_blanks();
      if (take(open_.back() == '[' ? ']' : '}')) {
        close();
        continue;
      }
      if (!first_) {
        if (!take(',')) return false;
        skip_blanks();
      }
      first_ = false;
      if (open_.back() == '{' && !member_name()) return false;
      if (!begin_value()) return false;
    }
    skip_blanks();
    return at_ == text_.size();
  }

  // A scalar to its end, or the beginning of an array or object.
  bool begin_value() {
    if (at_ == text_.size()) return false;
    if (++values_ > bounds_.values) {
      return refuse(Code::invalid_request,
                    fmt::format("the body holds more than {} values; send fewer at once, in "
                                "several requests",
                                bounds_.values));
    }
    if (open_.size() == 1 && scan_.array) {
      ++scan_.count;
      element_at_ = at_;
    }
    const char c = text_[at_];
    if (c == '[' || c == '{') {
      if (open_.size() == bounds_.depth) {
        return refuse(Code::invalid_request,
                      fmt::format("the body is nested deeper than {} levels", bounds_.depth));
      }
      if (open_.empty()) scan_.array = c == '[';
      open_.push_back(c);
      first_ = true;
      ++at_;
      return true;
    }
    const bool fine = c == '"'   ? string()
                      : c == 't' ? word("true")
                      : c == 'f' ? word("false")
                      : c == 'n' ? word("null")
                                 : number();
    if (fine) end_value();
    return fine;
  }

  void close() {
    open_.pop_back();
    first_ = false;
    end_value();
  }
  void end_value() {
    if (open_.size() != 1 || !scan_.array) return;
    if (scan_.elements.size() < bounds_.elements) {
      scan_.elements.push_back(text_.substr(element_at_, at_ - element_at_));
    }
  }

  bool member_name() {
    if (at_ == text_.size() || text_[at_] != '"' || !string()) return false;
    skip_blanks();
    if (!take(':')) return false;
    skip_blanks();
    return true;
  }

  bool string() {
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return take('"');
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }
  // Ends at the escape's last character.
  bool escape() {
    constexpr std::string_view kSimple = "\"\\/bfnrt";
    if (++at_ == text_.size()) return false;
    if (kSimple.find(text_[at_]) != std::string_view::npos) return true;
    if (text_[at_] != 'u' || text_.size() - at_ < 5) return false;
    const std::string_view digits = text_.substr(at_ + 1, 4);
    if (!std::all_of(digits.begin(), digits.end(), is_hex)) return false;
    at_ += 4;
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('-')) take('+');
    return digits();
  }
  bool digits() {
    const std::size_t from = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > from;
  }

  bool word(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    constexpr std::string_view kBlanks = " \t\r\n";
    while (at_ < text_.size() && kBlanks.find(text_[at_]) != std::string_view::npos) ++at_;
  }

  bool refuse(Code code, std::string message) {
    scan_.error = RpcError{code, std::move(message)};
    return false;
  }

  const std::string_view text_;
  const JsonBounds bounds_;
  JsonScan scan_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
  std::size_t element_at_ = 0;
  std::string open_;    // arrays and objects that are not closed yet, the innermost last
  bool first_ = false;  // the innermost was just opened
};

}  // namespace

JsonScan scan_json(std::string_view text, const JsonBounds& bounds) {
  return Scanner(text, bounds).run();
}

}  // namespace rpc
