#include "gateway/cli/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "crypto/init.h"
#include "gateway/auth/key_file.h"
#include "gateway/auth/key_token.h"
#include "gateway/cli/print.h"
#include "gateway/text/given_text.h"
#include "messaging/model/plain_name.h"

namespace gateway::cli {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kMostKeys = 10'000;

Result<std::filesystem::path> file_of(const KeysPlace& place, const Surroundings& surroundings) {
  if (!place.file.empty()) return std::filesystem::path(place.file);
  if (const auto named = surroundings.variable("PRIVITTY_API_KEYS_FILE")) {
    return given_path(without_line_end(*named), "PRIVITTY_API_KEYS_FILE");
  }
  return fail(
      Errc::invalid_argument,
      "which file? Give --api-keys FILE (or PRIVITTY_API_KEYS_FILE), the same as the daemon's");
}

Result<> check_there(const std::filesystem::path& path) {
  std::error_code unknown;  // what cannot be looked at says why when it is read
  if (std::filesystem::exists(path, unknown) || unknown) return {};
  return fail(Errc::not_found,
              "there is no file " + path.string() +
                  ", so it holds no keys: is it the daemon's? privitty-edge keys add makes it");
}

std::string day_and_time(base::UnixMillis at) {
  const auto seconds = static_cast<std::time_t>(at / 1000);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "?";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min);
}

OrderedJson to_json(const KeyRecord& record) {
  OrderedJson accounts = OrderedJson::array();
  for (const auto account : record.grants.accounts) accounts.push_back(account.value);
  return OrderedJson{{"id", record.id},
                     {"name", record.name},
                     {"scopes", rpc::scopes_text(record.grants)},
                     {"accounts", std::move(accounts)},
                     {"created", record.created},
                     {"expires", record.expires ? OrderedJson(*record.expires) : OrderedJson()}};
}

void print_ordered(const OrderedJson& json) {
  std::printf("%s\n", json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace).c_str());
}

Result<KeyRecord> to_record(const NewKeyRequest& request, base::UnixMillis now) {
  if (request.name.empty() || messaging::plain_name(request.name, 64) != request.name) {
    return fail(Errc::invalid_argument,
                "NAME: expected 1 to 64 bytes that can be seen, without control characters and "
                "blanks at the ends");
  }
  KeyRecord record;
  record.name = request.name;
  record.created = now;
  EDGE_TRY(record.grants, rpc::parse_scopes(request.scopes).with_context("--scope"));
  for (const std::uint32_t account : request.accounts) {
    if (account == 0) return fail(Errc::invalid_argument, "--account: expected an integer >= 1");
    record.grants.accounts.emplace_back(account);
  }
  if (!request.expires.empty()) {
    EDGE_TRY(record.expires, parse_expiry(request.expires, now).with_context("--expires"));
  }
  return record;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

Result<base::UnixMillis> parse_expiry(const std::string& text, base::UnixMillis now) {
  const auto bad = [] {
    return fail(Errc::invalid_argument,
                "expected a time such as 90d, 12h or 45m, or a coming day such as 2027-01-31");
  };
  constexpr base::Millis kMinute = 60'000;
  constexpr std::int64_t kMost = 100LL * 365 * 24 * 60;  // minutes
  const std::string_view view(text);
  if (view.size() == 10 && view[4] == '-' && view[7] == '-') {
    const auto year = whole_number(view.substr(0, 4));
    const auto month = whole_number(view.substr(5, 2));
    const auto day = whole_number(view.substr(8, 2));
    if (!year || !month || !day) return bad();
    std::tm parts{};
    parts.tm_year = static_cast<int>(*year) - 1900;
    parts.tm_mon = static_cast<int>(*month) - 1;
    parts.tm_mday = static_cast<int>(*day);
    const std::tm asked = parts;
    const base::UnixMillis at = static_cast<base::UnixMillis>(timegm(&parts)) * 1000;
    // timegm() makes 2 March of 30 February.
    if (parts.tm_mon != asked.tm_mon || parts.tm_mday != asked.tm_mday || at <= now) return bad();
    return at;
  }
  if (view.size() < 2) return bad();
  const auto amount = whole_number(view.substr(0, view.size() - 1));
  const char unit = view.back();
  const std::int64_t minutes = unit == 'd' ? 24 * 60 : unit == 'h' ? 60 : unit == 'm' ? 1 : 0;
  if (!amount || minutes == 0 || *amount <= 0 || *amount > kMost / minutes) return bad();
  return now + *amount * minutes * kMinute;
}

Result<> add_key(const KeysPlace& place, const NewKeyRequest& request,
                 const Surroundings& surroundings) {
  EDGE_CHECK(crypto::init());
  EDGE_TRY(const auto path, file_of(place, surroundings));
  EDGE_TRY(KeyRecord record, to_record(request, base::SystemClock().now()));
  const NewToken made = make_key_token();
  record.id = made.token.id;
  record.hash = made.token.hash;
  EDGE_CHECK(change_key_file(path, [&](std::vector<KeyRecord>& records) -> Result<bool> {
    const auto same = [&](const KeyRecord& other) { return other.name == record.name; };
    if (std::any_of(records.begin(), records.end(), same)) {
      return fail(Errc::already_exists, "there is a key of the name " + plain(record.name) +
                                            " already: choose another, or revoke that one first");
    }
    if (records.size() >= kMostKeys) return fail(Errc::exhausted, "there are 10,000 keys already");
    records.push_back(record);
    return true;
  }));
  if (place.json) {
    OrderedJson json = to_json(record);
    json["key"] = made.text;
    print_ordered(json);
    return {};
  }
  std::printf("%s\n", made.text.c_str());
  std::fprintf(stderr, "This is the key %s. It is not shown again: only its hash is stored.\n",
               plain(record.name).c_str());
  return {};
}

Result<> list_keys(const KeysPlace& place, const Surroundings& surroundings) {
  EDGE_TRY(const auto path, file_of(place, surroundings));
  EDGE_CHECK(check_there(path));
  EDGE_TRY(const auto records, read_key_file(path));
  if (place.json) {
    OrderedJson list = OrderedJson::array();
    for (const KeyRecord& record : records) list.push_back(to_json(record));
    print_ordered(list);
    return {};
  }
  const base::UnixMillis now = base::SystemClock().now();
  for (const KeyRecord& record : records) {
    std::string accounts = "all accounts";
    if (!record.grants.accounts.empty()) {
      accounts = "account";
      for (const auto account : record.grants.accounts)
        accounts += fmt::format(" {}", account.value);
    }
    const std::string end = !record.expires       ? "never expires"
                            : record.expired(now) ? "expired " + day_and_time(*record.expires)
                                                  : "expires " + day_and_time(*record.expires);
    std::printf("%s  %-20s  %s  %s  %s\n", record.id.c_str(), plain(record.name).c_str(),
                rpc::scopes_text(record.grants).c_str(), accounts.c_str(), end.c_str());
  }
  if (records.empty()) {
    std::printf("no keys yet in %s: privitty-edge keys add NAME --scope ...\n", path.c_str());
  }
  return {};
}

Result<> revoke_key(const KeysPlace& place, const std::string& which,
                    const Surroundings& surroundings) {
  EDGE_TRY(const auto path, file_of(place, surroundings));
  EDGE_CHECK(check_there(path));
  EDGE_CHECK(change_key_file(path, [&](std::vector<KeyRecord>& records) -> Result<bool> {
    const auto gone = std::erase_if(records, [&](const KeyRecord& record) {
      return record.id == which || record.name == which;
    });
    if (gone == 0) {
      return fail(Errc::not_found, "no key has the name or id " + plain(which) +
                                       ": privitty-edge keys list shows them");
    }
    return true;
  }));
  std::printf(place.json ? "{\"revoked\":true}\n" : "revoked; what it had open closes\n");
  return {};
}

}  // namespace gateway::cli
