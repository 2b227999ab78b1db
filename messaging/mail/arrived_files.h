// The files of a mail, as contents know them.
#pragma once

#include <optional>

#include "messaging/mail/mail_applier.h"
#include "messaging/model/content.h"
#include "store/tables/transfers.h"

namespace messaging::mail {

FileNote* file_note_in(Content& content);  // nullptr: it has none

// The file as apply_content() wants it: sealed in our store, under a key that the note gets.
// nullopt: the mail does not bring it. `file`: in the arrival's mail.
std::optional<store::TransferRow> transfer_of(const Arrival& arrival, const MailFile* file,
                                              FileNote* note);

}  // namespace messaging::mail
