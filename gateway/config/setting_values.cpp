#include "gateway/config/setting_values.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "gateway/text/given_text.h"
#include "messaging/model/native_address.h"
#include "messaging/model/plain_name.h"

namespace gateway {

using base::Errc;
using base::fail;
using base::Result;

namespace {

std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t number = 0;
  const auto [stopped, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || stopped != text.data() + text.size()) return std::nullopt;
  return number;
}

// RFC 6454's serialisation: what browsers send. "null", which any page can have, is none.
bool is_origin(std::string_view text) {
  const auto mark = text.find("://");
  if (mark == std::string_view::npos || mark == 0) return false;
  const auto scheme_fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  const auto host_fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == ':' ||
           c == '[' || c == ']' || c == '_';
  };
  const std::string_view scheme = text.substr(0, mark);
  const std::string_view host = text.substr(mark + 3);
  return !host.empty() && host.size() <= 260 &&
         std::all_of(scheme.begin(), scheme.end(), scheme_fits) &&
         std::all_of(host.begin(), host.end(), host_fits);
}

}  // namespace

Result<bool> read_switch(const GivenValue& given) {
  if (const auto word = read_yes_or_no(given.text)) return *word;
  return fail(Errc::invalid_argument, given.source + ": expected 1 or 0, not '" + given.text + "'");
}

Result<std::filesystem::path> read_path(const GivenValue& given) {
  return given_path(given.text, given.source);
}

Result<base::Millis> read_duration(const GivenValue& given) {
  constexpr base::Millis kSecond = 1000;
  constexpr base::Millis kDay = 24 * 3600 * kSecond;
  const auto wrong = [&] {
    return fail(Errc::invalid_argument, given.source + " '" + given.text +
                                            "': expected a duration from 1m to 365d, as 90s, 30m, "
                                            "36h or 14d");
  };
  std::int64_t count = 0;
  const char* end = given.text.data() + given.text.size();
  const auto read = std::from_chars(given.text.data(), end, count);
  if (read.ec != std::errc() || read.ptr + 1 != end || count < 1 || count > 100'000'000) {
    return wrong();
  }
  base::Millis unit = 0;
  const std::string letter = lower_word({read.ptr, 1});
  if (letter == "s") unit = kSecond;
  if (letter == "m") unit = 60 * kSecond;
  if (letter == "h") unit = 3600 * kSecond;
  if (letter == "d") unit = kDay;
  const base::Millis span = count * unit;
  if (span < 60 * kSecond || span > 365 * kDay) return wrong();
  return span;
}

Result<HostPort> read_address(const GivenValue& given) {
  return parse_host_port(given.text).with_context(given.source + " '" + given.text + "'");
}

Result<PeerUrl> read_url(const GivenValue& given) {
  return parse_peer_url(given.text).with_context(given.source);
}

// The text is not repeated: it may hold a password.
Result<std::string> read_mail_account(const GivenValue& given) {
  const bool is_account = messaging::is_account_link(given.text);
  if (is_account || messaging::is_login_link(given.text)) {
    const auto named = is_account ? messaging::domain_of_account_link(given.text)
                                  : messaging::address_of_login_link(given.text);
    if (named && messaging::is_of_mail(*named)) return given.text;
  }
  return fail(Errc::invalid_argument, given.source +
                                          ": expected dcaccount:DOMAIN of a chatmail relay, or "
                                          "dclogin:ADDRESS?p=PASSWORD&v=1");
}

Result<std::string> read_license_url(const GivenValue& given) {
  const std::string scheme = lower_word(given.text.substr(0, 8));
  if (scheme.starts_with("https://") || scheme.starts_with("http://")) return given.text;
  return fail(Errc::invalid_argument,
              given.source + ": expected a URL such as https://license.example/v1/license/…");
}

Result<crypto::PublicKey> read_issuer(const GivenValue& given) {
  if (const auto key = crypto::PublicKey::from_fingerprint(given.text)) return *key;
  return fail(Errc::invalid_argument,
              given.source +
                  ": expected an Ed25519 public key of 64 hex digits, as license issue prints it");
}

Result<std::string> read_profile(const GivenValue& given) {
  auto name = messaging::given_name(given.source, given.text, 64);
  if (name && !name->empty()) return name;
  return fail(
      Errc::invalid_argument,
      given.source +
          ": expected a name of 1 to 64 bytes that can be seen, without control characters");
}

Result<std::string> read_host_name(const GivenValue& given) {
  if (!parse_peer_url("http://" + given.text) || given.text.find(':') != std::string::npos) {
    return fail(Errc::invalid_argument,
                given.source + ": expected a host name without a port, not '" + given.text + "'");
  }
  return given.text;
}

Result<std::string> read_origin(const GivenValue& given) {
  if (given.text == "*" || is_origin(given.text)) return given.text;
  return fail(Errc::invalid_argument,
              given.source +
                  ": expected an origin as browsers send it, scheme://host[:port] without a path, "
                  "not '" +
                  given.text.substr(0, 64) + "'");
}

Result<base::log::Level> read_level(const GivenValue& given) {
  using base::log::Level;
  const std::string word = lower_word(given.text);
  if (word == "debug") return Level::debug;
  if (word == "info") return Level::info;
  if (word == "warning") return Level::warning;
  if (word == "error") return Level::error;
  if (word == "off") return Level::off;
  return fail(
      Errc::invalid_argument,
      given.source + ": expected debug, info, warning, error or off, not '" + given.text + "'");
}

Result<base::log::Format> read_format(const GivenValue& given) {
  const std::string word = lower_word(given.text);
  if (word == "text") return base::log::Format::text;
  if (word == "json") return base::log::Format::json;
  return fail(Errc::invalid_argument,
              given.source + ": expected text or json, not '" + given.text + "'");
}

Result<std::size_t> read_number(const GivenValue& given, std::size_t most, std::size_t least) {
  const auto number = whole_number(given.text);
  if (!number || *number < least || *number > most) {
    return fail(Errc::invalid_argument, given.source + ": expected a number from " +
                                            std::to_string(least) + " to " + std::to_string(most) +
                                            ", not '" + given.text + "'");
  }
  return *number;
}

Result<std::optional<RateLimit::Rule>> read_rate(const GivenValue& given) {
  constexpr std::size_t kMost = 1'000'000;
  const std::string_view text = given.text;
  const auto slash = text.find('/');
  const auto rate = whole_number(text.substr(0, slash));
  const auto burst = slash == std::string_view::npos ? std::optional(rate.value_or(0) * 4)
                                                     : whole_number(text.substr(slash + 1));
  const bool none = rate == std::size_t{0} && slash == std::string_view::npos;
  if (none) return std::optional<RateLimit::Rule>();
  if (!rate || *rate < 1 || *rate > kMost || !burst || *burst < 1 || *burst > 4 * kMost) {
    return fail(Errc::invalid_argument,
                given.source +
                    ": expected requests a second, as in 50 or 50/200 (200 at once), "
                    "or 0 for no limit, not '" +
                    given.text + "'");
  }
  return std::optional(RateLimit::Rule{.per_second = static_cast<double>(*rate),
                                       .burst = static_cast<double>(*burst)});
}

}  // namespace gateway
