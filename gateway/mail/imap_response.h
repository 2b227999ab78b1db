// ImapResponse: what one answer of an IMAP server says, as a value (RFC 3501, and of its extensions
// UIDPLUS, IDLE, QUOTA and ESEARCH what this client uses). Pure.
//
// Whatever a server sends gives a response: what is not understood, or is not as it should be, is
// of kind `other` and says nothing. Depth and number of what is nested are bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "gateway/mail/imap_reader.h"

namespace gateway::mail {

enum class ImapKind : std::uint8_t {
  tagged,        // the end of a command: `status`
  status,        // untagged OK, NO or BAD
  bye,           // the server ends the connection
  continuation,  // "+ …"
  capability,    // `words`
  exists,        // `number` mails in the mailbox
  expunge,       // the mail `number` is gone
  fetch,         // `fetch`
  search,        // `uids`
  quota,         // `quota`
  other,
};

enum class ImapStatus : std::uint8_t { ok, no, bad };

struct ImapFetch {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint64_t> size;  // RFC822.SIZE
  bool seen = false;
  bool deleted = false;
  // BODY[] and BODY[HEADER.FIELDS (…)]; nothing: not in the answer, or NIL.
  std::optional<base::Bytes> body;
  std::optional<base::Bytes> header;
};

// Of the resource STORAGE, in bytes.
struct ImapQuota {
  std::uint64_t used = 0;
  std::uint64_t limit = 0;
};

struct ImapResponse {
  ImapKind kind = ImapKind::other;
  std::string tag;  // of a tagged one
  ImapStatus status = ImapStatus::bad;
  std::string code;  // of a status: what stands in its brackets, "UIDVALIDITY 7"; upper-case word
  std::string text;  // for people: a status from its word on, "NO [OVERQUOTA] Quota exceeded"
  std::uint32_t number = 0;
  std::vector<std::string> words;  // upper case
  std::vector<std::uint32_t> uids;
  ImapFetch fetch;
  ImapQuota quota;

  // The number behind the word of the code: code_number("UIDNEXT").
  std::optional<std::uint32_t> code_number(std::string_view word) const;
};

ImapResponse parse_imap(ImapRaw raw);

// "1:3,7" for `count` ascending numbers from the place `from` on.
std::string uid_set(const std::vector<std::uint32_t>& uids, std::size_t from, std::size_t count);

// A server's words for people: one line of printable characters, at most 300 bytes.
std::string plain_words(std::string_view text);

}  // namespace gateway::mail
