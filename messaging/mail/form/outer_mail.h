// OuterMail: the head of a mail as servers see it. It reveals as little as Delta Chat's: an
// address, a Message-ID, a date that is up to six days old; no name, subject or recipient.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "messaging/mail/form/chat_mail.h"

namespace messaging::mail {

struct MimePart;

// Dates are up to this many seconds older than the mail.
inline constexpr std::int64_t kDateBlur = 6 * 86400;

struct OuterMail {
  std::string from;        // address; "" of a mail without a valid one
  std::string message_id;  // "" of a mail without a valid one
  std::int64_t date = 0;   // Unix seconds; 0 of a mail without a valid one
  bool chat = true;        // has Chat-Version
  bool is_post = false;    // has Chat-Is-Post-Message: brings the file of a split message
  // ---- the reader's ----
  bool encrypted = true;       // multipart/encrypted
  std::string join_step = {};  // of a mail in the clear; "" none
  std::string content_type = {};
};

// `back`: by how much the date is older than the mail, 0 to kDateBlur, random.
OuterMail outer_of(const ChatMail& mail, std::int64_t back);
// The headers of such a mail that its inner part repeats, as "Name" and value.
std::vector<std::pair<std::string, std::string>> head_of(const OuterMail& outer);
// The whole mail with CRLF. `armored`: as seal() made it.
std::string write_outer(const OuterMail& outer, std::string_view armored);

// Parses a head alone or a whole mail. Fields that the mail lacks are empty.
OuterMail read_outer(const MimePart& mail);
// Whether to download a mail: it is encrypted, or a step of SecureJoin in the clear.
bool is_wanted(const OuterMail& outer);
// The OpenPGP message of a multipart/encrypted mail; empty: there is none.
base::ByteView armored_in(const MimePart& mail);

// SecureJoin's first step in version 2, in the clear: the only mail without encryption. Relays
// accept exactly this form.
std::string write_plain_request(const ChatMail& mail);

}  // namespace messaging::mail
