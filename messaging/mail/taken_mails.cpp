#include "messaging/mail/taken_mails.h"

#include <string>

#include "base/ascii.h"
#include "store/tables/mail_ids.h"

namespace messaging::mail {
namespace {

// No Message-ID has a blank in it.
std::string taken_name(std::string_view message_id, std::string_view whose) {
  return std::string(message_id) + " " + base::lower_ascii(whose);
}

}  // namespace

base::Result<bool> note_taken(const kernel::WriteContext& write, std::string_view message_id,
                              const OpenedMail& opened) {
  const std::string& signed_id = opened.mail.message_id;
  // Mails of ours are noted as they are sent (and all were, in earlier versions).
  EDGE_TRY(const bool ours, store::is_taken_mail(write.scope, signed_id));
  if (ours) return false;
  const auto note = [&](std::string_view id, std::string_view whose) {
    return store::note_taken_mail(write.scope, taken_name(id, whose), write.steady());
  };
  bool by_head = true;
  if (!message_id.empty()) {
    EDGE_TRY(by_head, note(message_id, opened.mail.from.addr));
  }
  if (!opened.signer || opened.seal == MailSeal::plain) return by_head;
  return note(signed_id, opened.signer->fingerprint().hex());
}

base::Result<bool> is_taken(const store::Scope& scope, std::string_view message_id,
                            std::string_view from) {
  EDGE_TRY(const bool ours, store::is_taken_mail(scope, message_id));
  if (ours) return true;
  return store::is_taken_mail(scope, taken_name(message_id, from));
}

}  // namespace messaging::mail
