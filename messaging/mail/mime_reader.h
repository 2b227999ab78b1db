// A mail as a tree of parts: what MIME (RFC 2045 to 2047, 2231, 5322) says of its bytes.
//
// Reading is lenient where clients are careless and bounded everywhere: parts, depth, header lines
// and their bytes are counted before they cost memory. messaging/mail/form interprets the result.
// The work is done by the Rust library in openpgp/ (the crate `mail-parser`); a fault in it becomes
// an error and does not end the process. Safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace messaging::mail {

// One mailbox of an address header: `"Name" <address>`. The address is as sent, without angles; it
// may be empty or no address at all, as strangers write what they like.
struct MimeAddress {
  std::string name;
  std::string address;
  friend bool operator==(const MimeAddress&, const MimeAddress&) = default;
};

struct MimeHeader {
  std::string name;  // as sent; compare with MimePart::header(), which ignores the case
  // Unfolded (line ends are gone, the white space of the fold remains), trimmed, otherwise as sent:
  // right for addresses, base64 and Autocrypt. Valid UTF-8: other bytes are U+FFFD. Holds no CR,
  // LF or NUL; decoded() may.
  std::string value;
  // The encoded words of RFC 2047 in `value`, decoded: right for texts. Equal to `value` without
  // any.
  std::string decoded() const;
};

using MimeParams = std::vector<std::pair<std::string, std::string>>;

struct MimePart {
  std::vector<MimeHeader> headers;  // in their order; names may repeat
  std::string type;                 // "text/plain", lower case; that is also the default
  // Of Content-Type, names in lower case, RFC 2231 and encoded words decoded.
  MimeParams params;
  std::string disposition;  // "attachment", "inline", "reaction"; lower case, empty without one
  MimeParams disposition_params;
  // Of either header; as sent, so it may hold slashes and anything else. Empty without one.
  std::string file_name;
  // Of a part that is no multipart: without its transfer encoding. Of text/* that is no file
  // (neither an attachment nor with a file name) as UTF-8 whatever its charset was; line ends as
  // sent. A damaged encoding gives what can be read. A nested message (message/*) is such a part,
  // too: it is not read further.
  base::Bytes body;
  std::vector<MimePart> parts;  // of multipart/*

  bool is_multipart() const { return type.starts_with("multipart/"); }
  // The first header of the name, whatever the case; nothing without one.
  const MimeHeader* header(std::string_view name) const;
  // Its value, or an empty text.
  std::string_view value(std::string_view name) const;
  // All of the name, in their order.
  std::vector<const MimeHeader*> all(std::string_view name) const;
  // A parameter of Content-Type by its lower-case name, or an empty text.
  std::string_view param(std::string_view name) const;
};

struct MimeLimits {
  std::size_t size = std::size_t{64} * 1024 * 1024;  // of the whole mail
  std::size_t parts = 1000;                          // of all levels together
  std::size_t depth = 20;
  std::size_t headers = 10'000;                // of all parts together
  std::size_t header_bytes = 4 * 1024 * 1024;  // of all headers together
};

// Errc::too_large names the limit. Anything within the limits is a mail: a text without headers is
// one part.
base::Result<MimePart> read_mime(base::ByteView mail, const MimeLimits& limits = {});
// The same of a header block alone (an outer head that was fetched): body and parts are empty.
base::Result<MimePart> read_mime_head(base::ByteView head, const MimeLimits& limits = {});

// The mailboxes of an address header's value, encoded words decoded; groups are flattened. At most
// `max`, the rest is left out.
std::vector<MimeAddress> read_addresses(std::string_view value, std::size_t max = 1000);
// Seconds since 1970 of a Date header's value; nothing when it is no date.
std::optional<std::int64_t> read_mail_date(std::string_view value);

}  // namespace messaging::mail
