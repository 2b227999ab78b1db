#include "messaging/mail/line_warnings.h"

#include <fmt/format.h>

#include "messaging/chats/device_lines.h"
#include "store/tables/device_labels.h"

namespace messaging::mail {
namespace {

constexpr base::Millis kWarningDay = 24 * 3600 * base::Millis{1000};
constexpr std::uint64_t kNearlyFull = 80;  // per cent

std::uint64_t percent_used(const LineStatus& status) {
  if (!status.quota_known || status.quota_limit < 100) return 0;
  return status.quota_used / (status.quota_limit / 100);
}

base::Result<> say_once(const kernel::WriteContext& write, const std::string& label,
                        const std::string& text) {
  EDGE_TRY(const bool said, store::has_device_label(write.scope, label));
  if (said) return {};
  EDGE_CHECK(store::insert_device_label(write.scope, label));
  return chats::add_device_line(write, text);
}

}  // namespace

bool needs_warning(const LineStatus& status) {
  return status.unauthorized || percent_used(status) >= kNearlyFull;
}

base::Result<> warn_of_line(const kernel::WriteContext& write, const LineStatus& status) {
  const auto label = [&](std::string_view reason) {
    return fmt::format("mail-{}-{}-{}", reason, status.key.transport, write.tx.now() / kWarningDay);
  };
  if (status.unauthorized) {
    EDGE_CHECK(say_once(
        write, label("password"),
        fmt::format("The mail server refuses the password of {}: nothing arrives there until "
                    "another one is entered (add_or_update_transport).\n\n{}",
                    status.addr, status.imap_words)));
  }
  const std::uint64_t percent = percent_used(status);
  if (percent < kNearlyFull) return {};
  return say_once(write, label("quota"),
                  fmt::format("The mailbox of {} is {} % full: once it is full, messages are lost. "
                              "Delete mails there, or let the gateway delete those that it has "
                              "(delete_server_after 1).",
                              status.addr, percent));
}

base::Result<> warn_of_large_mail(const kernel::WriteContext& write, const OuterMail& head,
                                  std::uint64_t size) {
  const std::string name = head.message_id.empty() ? head.from : head.message_id;
  return say_once(
      write, "mail-large-" + name,
      fmt::format("A mail of {:.1f} MiB from {} stays on the mail server: mails of at most {} MiB "
                  "are downloaded. Ask for smaller files.",
                  static_cast<double>(size) / (1 << 20),
                  head.from.empty() ? "an unknown sender" : head.from, kLargestMail >> 20));
}

}  // namespace messaging::mail
