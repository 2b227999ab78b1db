// The files of a mail, as contents know them.
#pragma once

#include <optional>

#include "messaging/mail/mail_applier.h"
#include "messaging/model/content.h"
#include "store/tables/transfers.h"

namespace messaging::mail {

FileNote* file_note_in(Content& content);  // nullptr: it has none

// Seals a file into our store as apply_content() needs it; the note gets its key. nullopt: the mail
// does not carry the file. `file`: in the arrival's mail.
std::optional<store::TransferRow> transfer_of(const Arrival& arrival, const MailFile* file,
                                              FileNote* note);

}  // namespace messaging::mail
