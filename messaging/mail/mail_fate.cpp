#include "messaging/mail/mail_fate.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "store/tables/config_values.h"

namespace messaging::mail {
namespace {

constexpr std::int64_t kMostSeconds = std::int64_t{100} * 365 * 24 * 3600;

// A text that is no number counts as 0: nothing is deleted by mistake.
std::int64_t seconds_in(const std::string& text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) return 0;
  return std::min(seconds, kMostSeconds);
}

}  // namespace

base::Result<MailFate> fate_of_mails(const store::Scope& scope, const StoredLogin& login) {
  EDGE_TRY(const auto set, store::find_config_value(scope, "delete_server_after"));
  EDGE_TRY(const auto copies, store::find_config_value(scope, "bcc_self"));
  if (set) {
    const std::int64_t seconds = seconds_in(*set);
    if (seconds == 1) return MailFate{MailAfter::remove, 0};
    return MailFate{copies == "1" ? MailAfter::leave : MailAfter::mark_seen, seconds * 1000};
  }
  if (copies == "1") return MailFate{MailAfter::leave, 0};
  return MailFate{login.is_chatmail ? MailAfter::remove : MailAfter::mark_seen, 0};
}

}  // namespace messaging::mail
