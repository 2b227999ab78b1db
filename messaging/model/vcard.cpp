#include "messaging/model/vcard.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/ascii.h"
#include "base/bytes.h"
#include "crypto/encoding.h"
#include "messaging/model/plain_name.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::string_view kOwnKeyType = "application/x-privitty-edge";
constexpr std::size_t kMaxStatus = 4096;
constexpr std::size_t kMaxUrl = 512;
constexpr std::size_t kMaxUrls = 3;
constexpr std::size_t kMaxMailbox = 128;

// vCards have base64 with padding. The two base64 alphabets differ in two characters only.
std::string to_base64(base::ByteView bytes) {
  std::string text = crypto::base64url_encode(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

// White space is skipped: folded lines have it.
std::optional<base::Bytes> from_base64(std::string_view text) {
  std::string url(text);
  std::erase_if(url, [](char c) { return c == ' ' || c == '\t'; });
  while (!url.empty() && url.back() == '=') url.pop_back();
  std::replace(url.begin(), url.end(), '+', '-');
  std::replace(url.begin(), url.end(), '/', '_');
  return crypto::base64url_decode(url);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\r') continue;
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == ',' || c == ';') out += '\\';
    out += c;
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[++i];
    out += next == 'n' || next == 'N' ? '\n' : next;
  }
  return out;
}

// The lines of a text, those that continue on the next line (which begins with white space) joined.
std::vector<std::string> unfolded(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!lines.empty() && !line.empty() && (line.front() == ' ' || line.front() == '\t')) {
      lines.back() += line.substr(1);
    } else {
      lines.emplace_back(line);
    }
  }
  return lines;
}

// "item1.EMAIL;TYPE=work:a@b" as name "email", parameters ";TYPE=work" and value "a@b".
struct Property {
  std::string name;  // in lower case, without the group before it
  std::string_view params;
  std::string_view value;
};

std::optional<Property> property_of(std::string_view line) {
  bool quoted = false;
  std::size_t colon = 0;
  for (; colon < line.size(); ++colon) {
    if (line[colon] == '"') quoted = !quoted;
    if (line[colon] == ':' && !quoted) break;
  }
  if (colon == line.size()) return std::nullopt;
  const std::string_view head = line.substr(0, colon);
  const std::size_t semicolon = std::min(head.find(';'), head.size());
  std::string_view name = head.substr(0, semicolon);
  if (const auto dot = name.find('.'); dot != std::string_view::npos) name.remove_prefix(dot + 1);
  return Property{base::lower_ascii(name), head.substr(semicolon), line.substr(colon + 1)};
}

// Of "data:TYPE;base64\,DATA" the data when the type fits, else nothing. vCard 4.0 asks for no
// backslash before the comma; both forms are written by others.
std::optional<std::string_view> data_of(std::string_view value, std::string_view type) {
  const std::string head = base::lower_ascii(value.substr(0, 64));
  const std::string wanted = fmt::format("data:{};base64", type);
  if (!head.starts_with(wanted)) return std::nullopt;
  value.remove_prefix(wanted.size());
  if (value.starts_with("\\")) value.remove_prefix(1);
  if (!value.starts_with(",")) return std::nullopt;
  return value.substr(1);
}

bool says_base64(const Property& property, std::string_view type) {
  const std::string params = base::lower_ascii(property.params);
  return params.find("encoding=b") != std::string::npos && params.find(type) != std::string::npos;
}

void take_key(const Property& property, Vcard& card) {
  if (const auto own = data_of(property.value, kOwnKeyType)) {
    const auto bytes = from_base64(*own);
    MemberKey key;
    if (!bytes || bytes->size() != key.size()) return;
    std::copy(bytes->begin(), bytes->end(), key.begin());
    card.key = *own;
    card.identity = key;
  } else if (card.key.empty()) {
    if (const auto pgp = data_of(property.value, "application/pgp-keys")) {
      card.key = *pgp;
    } else if (says_base64(property, "pgp")) {
      card.key = property.value;
    }
  }
}

void take_image(const Property& property, Vcard& card) {
  for (const std::string_view kind : {"jpeg", "png", "webp", "gif"}) {
    const std::string type = fmt::format("image/{}", kind);
    const auto data = data_of(property.value, type);
    if (!data && !says_base64(property, kind)) continue;
    card.image = data.value_or(property.value);
    card.image_type = type;
    return;
  }
}

// "20260102T030405Z", with or without separators and zone; a zone other than Z counts as none.
std::optional<std::int64_t> time_of(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9') digits += c;
    if (digits.size() == 14) break;
  }
  if (digits.size() != 14) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    std::from_chars(digits.data() + at, digits.data() + at + size, value);
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  const int hour = number(8, 2), minute = number(10, 2), second = number(12, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto days = std::chrono::sys_days(day).time_since_epoch().count();
  return (days * std::int64_t{24} + hour) * 3600 + minute * 60 + second;
}

void take(const Property& property, Vcard& card) {
  const std::string& name = property.name;
  if (name == "email" && card.addr.empty()) {
    card.addr = plain_name(unescaped(property.value), kMaxAddress);
  } else if (name == "fn" && card.name.empty()) {
    card.name = plain_name(unescaped(property.value), kMaxLongName);
  } else if (name == "key") {
    take_key(property, card);
  } else if (name == "photo" && card.image.empty()) {
    take_image(property, card);
  } else if (name == "note" && property.value.size() <= kMaxStatus) {
    card.status = unescaped(property.value);
  } else if (name == "rev") {
    card.revised = time_of(property.value);
  } else if (name == "x-privitty-url" && property.value.size() <= kMaxUrl &&
             card.urls.size() < kMaxUrls) {
    card.urls.push_back(unescaped(property.value));
  } else if (name == "x-privitty-mailbox" && property.value.size() <= kMaxMailbox) {
    card.mailbox = unescaped(property.value);
  } else if (name == "x-privitty-token") {
    std::array<std::uint8_t, 32> token{};
    if (crypto::base64url_decode_to(property.value, token)) card.token = token;
  }
}

}  // namespace

MemberCard way_of(const Vcard& card) {
  MemberCard way;
  way.addr = card.addr;
  way.name = card.name;
  way.urls = card.urls;
  way.mailbox = card.mailbox;
  way.token = card.token;
  return way;
}

void put_way(Vcard& card, MemberCard way) {
  card.urls = std::move(way.urls);
  card.mailbox = std::move(way.mailbox);
  card.token = way.token;
}

std::optional<base::Bytes> picture_of(const Vcard& card) {
  if (card.image.empty()) return std::nullopt;
  return from_base64(card.image);
}

void put_picture(Vcard& card, base::ByteView bytes, std::string_view media_type) {
  card.image = to_base64(bytes);
  card.image_type = media_type;
}

std::string write_vcards(const std::vector<Vcard>& cards) {
  std::string out;
  for (const Vcard& card : cards) {
    out += "BEGIN:VCARD\r\nVERSION:4.0\r\n";
    out += fmt::format("EMAIL:{}\r\nFN:{}\r\n", escaped(card.addr), escaped(card.shown_name()));
    if (card.identity) {
      out += fmt::format("KEY:data:{};base64\\,{}\r\n", kOwnKeyType,
                         to_base64(base::ByteView(*card.identity)));
    } else if (!card.key.empty()) {
      out += fmt::format("KEY:data:application/pgp-keys;base64\\,{}\r\n", card.key);
    }
    if (card.token) {
      for (const std::string& url : card.urls) {
        out += fmt::format("X-PRIVITTY-URL:{}\r\n", escaped(url));
      }
      out += fmt::format("X-PRIVITTY-MAILBOX:{}\r\nX-PRIVITTY-TOKEN:{}\r\n", escaped(card.mailbox),
                         crypto::base64url_encode(base::ByteView(*card.token)));
    }
    if (!card.image.empty()) {
      out += fmt::format("PHOTO:data:{};base64\\,{}\r\n", card.image_type, card.image);
    }
    if (!card.status.empty()) out += fmt::format("NOTE:{}\r\n", escaped(card.status));
    if (card.revised) {
      out += fmt::format("REV:{:%Y%m%dT%H%M%SZ}\r\n", fmt::gmtime(*card.revised));
    }
    out += "END:VCARD\r\n";
  }
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.pop_back();
  return out;
}

base::Result<std::vector<Vcard>> read_vcards(std::string_view text) {
  if (text.size() > kMaxVcardText) {
    return fail(Errc::too_large, fmt::format("a vCard has at most {} bytes, this one has {}",
                                             kMaxVcardText, text.size()));
  }
  if (!base::is_utf8(text)) return fail(Errc::invalid_argument, "the vCard is not UTF-8");
  std::vector<Vcard> cards;
  std::optional<Vcard> card;
  for (const std::string& line : unfolded(text)) {
    const auto property = property_of(line);
    if (!property) continue;
    const bool of_card = base::lower_ascii(property->value).starts_with("vcard");
    if (property->name == "begin" && of_card) {
      card.emplace();
    } else if (property->name == "end" && of_card) {
      if (!card) continue;
      if (cards.size() == kMaxVcards) {
        return fail(Errc::too_large, fmt::format("more than {} vCards in one text", kMaxVcards));
      }
      cards.push_back(*std::exchange(card, std::nullopt));
    } else if (card) {
      take(*property, *card);
    }
  }
  return cards;
}

}  // namespace messaging
