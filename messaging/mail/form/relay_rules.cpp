#include "messaging/mail/form/relay_rules.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/unicode.h"
#include "messaging/mail/form/base64.h"

namespace messaging::mail {
namespace {

using base::Errc;
using base::fail;

constexpr std::string_view kArmorBegin = "-----BEGIN PGP MESSAGE-----\r\n";
constexpr std::string_view kArmorEnd = "-----END PGP MESSAGE-----";
constexpr std::size_t kLongestMail = 31'457'280;  // bytes, a relay's default
constexpr std::size_t kRelayLine = 998;
constexpr std::uint8_t kPkesk = 1;
constexpr std::uint8_t kSkesk = 3;
constexpr std::uint8_t kSeipd = 18;

// Read apart from mime_reader.h, as an oracle has to be.
struct RawPart {
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, unfolded
  std::string_view body;

  std::string_view value(std::string_view name) const {
    for (const auto& [one, text] : headers) {
      if (one == name) return text;
    }
    return {};
  }
  std::string type() const {
    const std::string_view value_text = value("content-type");
    return base::lower_ascii(base::trimmed(value_text.substr(0, value_text.find(';'))));
  }
};

RawPart raw_part(std::string_view text) {
  RawPart part;
  while (!text.empty() && !text.starts_with("\r\n")) {
    const std::size_t end = std::min(text.find("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(' ') || line.starts_with('\t')) {
      if (!part.headers.empty()) part.headers.back().second.append(line);
    } else {
      const std::size_t colon = std::min(line.find(':'), line.size());
      part.headers.emplace_back(base::lower_ascii(line.substr(0, colon)),
                                base::trimmed(line.substr(std::min(colon + 1, line.size()))));
    }
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  part.body = text.substr(std::min<std::size_t>(2, text.size()));
  return part;
}

std::string boundary_in(std::string_view type) {
  const std::size_t at = type.find("boundary=\"");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = type.substr(at + 10);
  return std::string(rest.substr(0, rest.find('"')));
}

std::vector<RawPart> parts_of(const RawPart& mail) {
  std::vector<RawPart> parts;
  const std::string boundary = boundary_in(mail.value("content-type"));
  if (boundary.empty()) return parts;
  const std::string line = "--" + boundary;
  std::size_t at = mail.body.find(line);
  while (at != std::string_view::npos) {
    const std::string_view rest = mail.body.substr(at + line.size());
    if (rest.starts_with("--")) break;
    const std::size_t next = mail.body.find("\r\n" + line, at);
    if (next == std::string_view::npos || !rest.starts_with("\r\n")) return {};
    const std::size_t begin = at + line.size() + 2;
    parts.push_back(raw_part(mail.body.substr(begin, next - std::min(next, begin))));
    at = next + 2;
  }
  return parts;
}

// The length of a packet's body in the new format, and how many octets say it; nullopt: cut short.
struct PacketLength {
  std::size_t size = 0;
  std::size_t octets = 0;
  bool partial = false;
};
std::optional<PacketLength> packet_length(base::ByteView bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t first = bytes[0];
  if (first < 192) return PacketLength{first, 1};
  if (first < 224) {
    if (bytes.size() < 2) return std::nullopt;
    return PacketLength{((first - 192) << 8) + bytes[1] + 192, 2};
  }
  if (first < 255) return PacketLength{std::size_t{1} << (first & 31), 1, true};
  if (bytes.size() < 5) return std::nullopt;
  std::size_t size = 0;
  for (std::size_t i = 1; i < 5; ++i) size = size << 8 | bytes[i];
  return PacketLength{size, 5};
}

// Session keys in packets of the new format, then one SEIPD to the end.
bool is_encrypted_message(base::ByteView bytes) {
  while (!bytes.empty()) {
    if ((bytes[0] & 0xc0) != 0xc0) return false;
    const std::uint8_t type = bytes[0] & 0x3f;
    bytes = bytes.subspan(1);
    for (bool more = true; more;) {
      const auto length = packet_length(bytes);
      if (!length || bytes.size() - length->octets < length->size) return false;
      bytes = bytes.subspan(length->octets + length->size);
      more = length->partial;
    }
    if (bytes.empty()) return type == kSeipd;
    if (type != kPkesk && type != kSkesk) return false;
  }
  return false;
}

bool is_armored_message(std::string_view text) {
  if (!text.starts_with(kArmorBegin)) return false;
  text.remove_prefix(kArmorBegin.size());
  while (text.ends_with("\r\n")) text.remove_suffix(2);
  if (!text.ends_with(kArmorEnd)) return false;
  text.remove_suffix(kArmorEnd.size());
  if (!text.starts_with("\r\n")) return false;  // a comment
  // The checksum stands on a line of its own.
  const std::size_t checksum = text.rfind("\r\n=");
  if (checksum != std::string_view::npos) text = text.substr(0, checksum);
  const auto bytes = base64_decode(text, kLongestMail);
  return bytes && is_encrypted_message(*bytes);
}

bool is_encrypted_mail(const RawPart& mail) {
  if (mail.type() != "multipart/encrypted") return false;
  const std::string_view subject = mail.value("subject");
  if (subject != "[...]" && subject != "...") return false;
  const auto parts = parts_of(mail);
  return parts.size() == 2 && parts[0].type() == "application/pgp-encrypted" &&
         base::trimmed(parts[0].body) == "Version: 1" &&
         parts[1].type() == "application/octet-stream" && is_armored_message(parts[1].body);
}

bool is_plain_request(const RawPart& mail) {
  const std::string_view step = mail.value("secure-join");
  if (step != "vc-request" && step != "vg-request") return false;
  const auto parts = parts_of(mail);
  if (mail.type() != "multipart/mixed" || parts.size() != 1) return false;
  const std::string text = base::lower_ascii(base::trimmed(parts[0].body));
  return parts[0].type() == "text/plain" &&
         (text == "secure-join: vc-request" || text == "secure-join: vg-request");
}

bool has_long_line(std::string_view mail) {
  while (!mail.empty()) {
    const std::size_t end = std::min(mail.find("\r\n"), mail.size());
    if (end > kRelayLine) return true;
    mail.remove_prefix(std::min(end + 2, mail.size()));
  }
  return false;
}

bool has_bare_line_ends(std::string_view mail) {
  for (std::size_t at = 0; at < mail.size(); ++at) {
    if (mail[at] == '\n' && (at == 0 || mail[at - 1] != '\r')) return true;
    if (mail[at] == '\r' && (at + 1 == mail.size() || mail[at + 1] != '\n')) return true;
  }
  return false;
}

}  // namespace

base::Result<> check_relay_rules(std::string_view mail, std::string_view sender) {
  const auto broken = [](const char* rule) { return fail(Errc::invalid_argument, rule); };
  if (mail.size() > kLongestMail) return broken("the mail is larger than 30 MiB");
  if (has_bare_line_ends(mail)) return broken("a line of the mail does not end with CRLF");
  if (has_long_line(mail)) return broken("a line of the mail is longer than 998 bytes");
  const RawPart part = raw_part(mail);
  std::string_view from = part.value("from");
  const std::size_t open = from.rfind('<');
  if (open != std::string_view::npos) from = from.substr(open + 1, from.find('>', open) - open - 1);
  if (base::lower_ascii(from) != base::lower_ascii(sender)) {
    return broken("the mail's From is not the sender of its envelope");
  }
  if (is_encrypted_mail(part) || is_plain_request(part)) return {};
  return broken("the mail is neither encrypted nor a request of SecureJoin");
}

}  // namespace messaging::mail
