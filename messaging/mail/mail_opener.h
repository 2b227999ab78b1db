// Opens mails: decrypts one, reads it, and finds the signer. On a worker's thread, from a snapshot;
// nothing is written. A mail's data counts only as far as it is proven here: OpenedMail::signer is
// the key that signed it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/openpgp/openpgp.h"
#include "messaging/kernel/core.h"
#include "messaging/mail/form/chat_mail.h"
#include "messaging/mail/own_keys.h"

namespace messaging::mail {

// How a mail was sealed.
enum class MailSeal {
  plain,       // not at all: SecureJoin's first step of version 2
  key,         // to our key, and signed
  passphrase,  // by an invite of ours or one that we joined by
  channel,     // by the secret of a channel that we read, and signed by its owner
};

// A passphrase that may have sealed a mail.
struct JoinSecret {
  std::string inviter;  // fingerprint
  std::string auth;
};

struct OpenedMail {
  ChatMail mail;
  MailSeal seal = MailSeal::plain;
  std::optional<JoinSecret> secret;  // by which it was opened; none for a channel's
  // The signer's certificate; nothing: unsigned, which only the first steps of a join may be. Of a
  // mail in the clear: the key that it carries, unproven.
  std::optional<crypto::openpgp::Certificate> signer;
  // The recipients that the signature names, ourselves too; empty: none.
  std::vector<crypto::openpgp::Fingerprint> recipients;
  // Keys of other people that the signer passes on, by address.
  struct Gossip {
    std::string addr;
    crypto::openpgp::Certificate certificate;
  };
  std::vector<Gossip> gossip;
};

// Why a mail is of no use, for the log: a fixed text.
struct UselessMail {
  std::string why;
};

// Its text is larger than was asked for: it is to be opened alone, whatever the mail's size.
struct LargeMail {};

struct OpeningResult {
  std::string message_id;  // of the outer mail; "": it has none
  std::variant<UselessMail, OpenedMail, LargeMail> mail;
};

// A text of more bytes takes its place in memory several times.
inline constexpr std::size_t kSmallMail = 8 * 1024 * 1024;
inline constexpr std::size_t kAnyMail = crypto::openpgp::OpenLimits().plaintext;

// An error is temporary (the store, memory); the mail's own faults are a result. `most`: bytes of
// its text, after decompression.
base::Result<OpeningResult> open_mail(const kernel::Core& core, AccountId account, OwnKeys& keys,
                                      base::ByteView bytes, std::size_t most);

}  // namespace messaging::mail
