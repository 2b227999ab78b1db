// RequestHead: the request line and the fields of one request, scanned strictly before any of it is
// believed. RFC 9112 with every leniency that request smuggling lives on left out: no bare LF or
// CR, no NUL, no folded lines, no blank before a colon, no second Host or Content-Length, no
// Content-Length beside Transfer-Encoding.
//
// Offsets into one buffer, so that a head moves without being copied. Values are as sent, trimmed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

inline constexpr std::size_t kMaxHeadBytes = 32 * 1024;
inline constexpr std::size_t kMaxHeadFields = 100;
inline constexpr std::size_t kMaxTargetBytes = 8000;

// A refusal that ends the connection: the stream of bytes can no longer be trusted.
struct HttpError {
  int status = 400;
  std::string message;
};

class RequestHead {
 public:
  std::string_view method() const { return at(method_); }
  std::string_view target() const { return at(target_); }        // origin-form, or "*"
  std::string_view authority() const { return at(authority_); }  // of an absolute-form target
  int minor_version() const { return minor_version_; }           // HTTP/1.0 or HTTP/1.1

  // The first field of that name (any case), or nothing.
  std::optional<std::string_view> field(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  // True when a comma-separated field (Connection, Transfer-Encoding) lists the token, any case.
  bool lists(std::string_view name, std::string_view token) const;
  template <class Visit>
  void for_each_field(Visit&& visit) const {
    for (const Field& f : fields_) visit(at(f.name), at(f.value));
  }

  std::optional<std::uint64_t> content_length() const { return content_length_; }
  bool chunked() const { return chunked_; }
  bool keep_alive() const { return keep_alive_; }
  bool expects_continue() const { return expects_continue_; }

 private:
  friend class HeadScanner;
  struct Slice {
    std::uint32_t from = 0;
    std::uint32_t size = 0;
  };
  struct Field {
    Slice name;
    Slice value;
  };
  std::string_view at(Slice s) const { return std::string_view(raw_).substr(s.from, s.size); }

  std::string raw_;
  std::vector<Field> fields_;
  Slice method_, target_, authority_;
  int minor_version_ = 1;
  bool chunked_ = false;
  bool keep_alive_ = true;
  bool expects_continue_ = false;
  std::optional<std::uint64_t> content_length_;
};

// Where a scan of the bytes at hand ended.
struct HeadScan {
  enum class State { need_more, complete, refused } state = State::need_more;
  std::size_t used = 0;  // bytes that belong to the head, its blank line included
  RequestHead head;      // when complete
  HttpError error;       // when refused
};

// Scans a head at the front of `bytes`. `seen` is how many of them an earlier scan already looked
// at in vain, so that a head that trickles in is not read again from the start.
HeadScan scan_head(std::string_view bytes, std::size_t seen = 0);

bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace gateway
