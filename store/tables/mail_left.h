// Mails with the files of messages that stay on a server until the user asks for them (a download
// limit), and what such a message shows of its file meanwhile.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/tables/message_enums.h"
#include "store/tables/scope.h"

namespace store {

// Places where such a mail lies: a mail may lie on several servers.
struct MailLeftRow {
  Uuid uuid{};  // of the mail, which is the message's
  std::int64_t transport = 0;
  std::uint32_t uid_validity = 0;
  std::uint32_t uid = 0;
  std::uint64_t size = 0;  // bytes of the mail, as its server says
  bool wanted = false;     // it is to be downloaded
  base::UnixMillis at = 0;
};

// Deletes places of the same transport with another UIDVALIDITY, which are invalid, and the oldest
// ones over kMostMailsLeft. A place that is there already stays wanted.
inline constexpr std::int64_t kMostMailsLeft = 10'000;
base::Result<> put_mail_left(const Scope& scope, const MailLeftRow& row);
base::Result<std::vector<MailLeftRow>> mails_left(const Scope& scope, const Uuid& uuid);
base::Result<std::vector<MailLeftRow>> wanted_mails(const Scope& scope, std::size_t most);
base::Result<> want_mail_left(const Scope& scope, const Uuid& uuid, bool wanted);
base::Result<> delete_mail_left(const Scope& scope, const MailLeftRow& place);
base::Result<> delete_mails_left_at(const Scope& scope, std::int64_t transport);
base::Result<> delete_mails_left(const Scope& scope, const Uuid& uuid);
// Except those that a message waits for.
base::Result<> forget_mails_left(const Scope& scope, base::UnixMillis before);

struct MailNoticeRow {
  base::ContactId contact;
  Uuid uuid{};
  // Sealed:
  std::string name;
  Viewtype type = Viewtype::file;
  std::uint64_t size = 0;   // bytes of the file
  std::uint32_t width = 0;  // pixels, 0 unknown
  std::uint32_t height = 0;
  bool wanted = false;  // the user asked for it
};

base::Result<> put_mail_notice(const Scope& scope, const MailNoticeRow& row);
base::Result<std::optional<MailNoticeRow>> find_mail_notice(const Scope& scope,
                                                            base::ContactId contact,
                                                            const Uuid& uuid);
// Whose messages of this uuid wait for a file.
base::Result<std::vector<base::ContactId>> contacts_with_notice(const Scope& scope,
                                                                const Uuid& uuid);
base::Result<> delete_mail_notice(const Scope& scope, base::ContactId contact, const Uuid& uuid);

}  // namespace store
