// Mail halves: messages that come as two mails, a text and a large file, of which one has arrived.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/tables/scope.h"

namespace store {

struct MailHalfRow {
  base::ContactId contact;
  Uuid uuid{};                     // of the mail with the file, which is the message's
  bool has_file = false;           // the mail with the file is here; else the one with the text
  std::int64_t transport = 0;      // where the one with the file lies; 0: not known
  std::uint32_t uid_validity = 0;  //
  std::uint32_t uid = 0;           //
  base::UnixMillis at = 0;         // steady time; since when it is waited for
};

base::Result<> put_mail_half(const Scope& scope, const MailHalfRow& row);
base::Result<std::optional<MailHalfRow>> find_mail_half(const Scope& scope, base::ContactId contact,
                                                        const Uuid& uuid);
base::Result<> delete_mail_half(const Scope& scope, base::ContactId contact, const Uuid& uuid);
// Texts from before then whose file's mail is at no known place.
base::Result<std::vector<MailHalfRow>> late_mail_halves(const Scope& scope, base::UnixMillis before,
                                                        std::size_t most);
// Except those whose message waits for its file.
base::Result<> forget_mail_halves(const Scope& scope, base::UnixMillis before);

}  // namespace store
