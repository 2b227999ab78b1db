// parse_invite(): the hostile direction of crypto/invite.h.
#include <algorithm>
#include <array>
#include <cstdint>

#include "crypto/encoding.h"
#include "crypto/invite.h"
#include "crypto/invite_rules.h"

namespace crypto {
namespace {

struct FieldRow {
  char name;
  std::string_view meaning;
  bool required;
};

// Every field we know, with the word that errors use for it.
constexpr std::array kFields{FieldRow{'v', "version", true},   FieldRow{'a', "address", true},
                             FieldRow{'n', "name", true},      FieldRow{'i', "invite number", true},
                             FieldRow{'s', "secret", true},    FieldRow{'u', "URL", true},
                             FieldRow{'m', "mailbox", true},   FieldRow{'t', "token", true},
                             FieldRow{'x', "group id", false}, FieldRow{'g', "group name", false}};

// The values as they came, decoded, wiped when done: one of them is the secret.
struct Values {
  struct Value {
    const FieldRow* row;
    std::string text;
  };
  std::vector<Value> all;

  Values() = default;
  Values(Values&&) noexcept = default;
  Values& operator=(Values&&) noexcept = default;
  ~Values() {
    for (Value& value : all) wipe(value.text.data(), value.text.size());
  }
  const std::string* find(char name) const {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Value& v) { return v.row->name == name; });
    return found == all.end() ? nullptr : &found->text;
  }
  std::size_t count(char name) const {
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const Value& v) { return v.row->name == name; }));
  }
};

const FieldRow& row_of(char name) {
  return *std::find_if(kFields.begin(), kFields.end(),
                       [&](const FieldRow& row) { return row.name == name; });
}

std::string quoted(const FieldRow& row) {
  return std::string(1, row.name) + " (" + std::string(row.meaning) + ")";
}

base::Error refuse(std::string message) {
  return base::fail(base::Errc::invalid_argument, std::move(message));
}

base::Error wrong(char name, std::string_view expected) {
  return refuse("the invite link's field " + quoted(row_of(name)) + " is not " +
                std::string(expected) + "; copy the whole link or ask for a new one");
}

bool starts_with_caseless(std::string_view text, std::string_view prefix) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

// Takes `prefix` off the front of `text`.
bool take(std::string_view& text, std::string_view prefix) {
  if (!starts_with_caseless(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// What comes after the scheme or the host: "<fingerprint><mark><fields>".
base::Result<std::string_view> after_scheme(std::string_view link) {
  if (take(link, "OPENPGP4FPR:")) return link;
  if (take(link, "https://i.privittytech.com/")) {
    if (take(link, "#") || take(link, "%23")) return link;
    return refuse("the invite link has nothing after its host; copy the whole link");
  }
  return refuse(
      "this is not an invite link; it starts with OPENPGP4FPR: or https://i.privittytech.com/#");
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    std::array<std::uint8_t, 1> byte{};
    if (i + 2 >= text.size() || !hex_decode_to(text.substr(i + 1, 2), byte)) {
      wipe(out.data(), out.size());
      return std::nullopt;
    }
    out += static_cast<char>(byte[0]);
    i += 2;
  }
  return out;
}

base::Result<Values> read_fields(std::string_view text) {
  Values out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (field.size() < 2 || field[1] != '=') continue;  // not one of ours: ours have one letter
    const auto row = std::find_if(kFields.begin(), kFields.end(),
                                  [&](const FieldRow& r) { return r.name == field[0]; });
    if (row == kFields.end()) continue;
    if (row->name != 'u' && out.count(row->name) > 0) {
      return refuse("the invite link has its field " + quoted(*row) + " twice; ask for a new one");
    }
    auto value = percent_decoded(field.substr(2), row->name == 'n' || row->name == 'g');
    if (!value) return wrong(row->name, "percent-encoded as it should be");
    out.all.push_back({&*row, std::move(*value)});
  }
  return out;
}

base::Result<> check_version(const Values& values) {
  const std::string* version = values.find('v');
  if (version == nullptr || *version == "1") return {};  // a missing one is named with the others
  const bool number =
      !version->empty() && version->size() <= 9 && (*version)[0] != '0' &&
      std::all_of(version->begin(), version->end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!number) return wrong('v', "a version number");
  return refuse(
      "the invite link is of a newer version than this program knows (1); upgrade privitty-edge");
}

base::Result<> check_present(const Values& values) {
  for (const FieldRow& row : kFields) {
    if (row.required && values.find(row.name) == nullptr) {
      return refuse("the invite link has no field " + quoted(row) + "; copy the whole link");
    }
  }
  return {};
}

base::Result<> check_values(const Values& values) {
  if (!invite::is_address(*values.find('a'))) return wrong('a', "a name@host");
  if (!invite::is_name(*values.find('n'))) return wrong('n', "a name of at most 256 bytes");
  for (const char name : {'i', 'm', 't', 'x'}) {
    const std::string* value = values.find(name);
    if (value != nullptr && !invite::is_word(*value)) {
      return wrong(name, "1 to 128 letters, digits and -._~");
    }
  }
  if (values.count('u') > kMaxInviteUrls) {
    return refuse("the invite link has more than 3 fields u (URL); ask for a new one");
  }
  for (const Values::Value& value : values.all) {
    if (value.row->name == 'u' && !invite::is_url(value.text)) {
      return wrong('u', "an http:// or https:// URL");
    }
  }
  const std::string* group = values.find('g');
  if ((group == nullptr) != (values.find('x') == nullptr)) {
    return refuse(
        "the invite link has only one of its fields x (group id) and g (group name); "
        "copy the whole link");
  }
  if (group != nullptr && (group->empty() || !invite::is_name(*group))) {
    return wrong('g', "a name of 1 to 256 bytes");
  }
  return {};
}

}  // namespace

base::Result<Invite> parse_invite(std::string_view link) {
  link = invite::trimmed(link);
  if (link.size() > kMaxInviteLink) return refuse("the invite link is longer than 2,000 bytes");
  EDGE_TRY(std::string_view rest, after_scheme(link));

  Invite out;
  const std::size_t digits = std::min(rest.find_first_of("#?%&"), rest.size());
  auto key = PublicKey::from_fingerprint(rest.substr(0, digits));
  if (!key) {
    return refuse(
        "the invite link's fingerprint is not one (64 hex digits of a public key); "
        "copy the whole link");
  }
  out.identity = *key;
  rest.remove_prefix(digits);
  if (!rest.empty() && !take(rest, "#") && !take(rest, "?") && !take(rest, "&") &&
      !take(rest, "%23")) {
    return refuse("the invite link's fingerprint must be followed by #; copy the whole link");
  }

  EDGE_TRY(const Values values, read_fields(rest));
  EDGE_CHECK(check_version(values));
  EDGE_CHECK(check_present(values));
  EDGE_CHECK(check_values(values));
  if (!base64url_decode_to(*values.find('s'), std::span(out.secret.data(), out.secret.size()))) {
    return wrong('s', "32 bytes in base64url");
  }
  out.addr = *values.find('a');
  out.name = *values.find('n');
  out.number = *values.find('i');
  out.mailbox = *values.find('m');
  out.token = *values.find('t');
  for (const Values::Value& value : values.all) {
    if (value.row->name == 'u') out.urls.push_back(value.text);
  }
  if (const std::string* id = values.find('x')) out.group = Invite::Group{*id, *values.find('g')};
  return out;
}

}  // namespace crypto
