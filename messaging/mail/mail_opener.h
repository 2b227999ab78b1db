// Opens mails: decrypts one, reads it, and finds out whose signature it has. On a worker's thread,
// from a snapshot; nothing is written. What a mail says is believed only as far as it is proven
// here: OpenedMail::signer is whose key signed it.
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
  // Whose signature it has; nothing: unsigned, which only a join's first steps may be. Of a mail in
  // the clear: the key that it brings, unproven.
  std::optional<crypto::openpgp::Certificate> signer;
  // Whom the signer named, ourselves too; empty: nobody.
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

// An error may pass (the store, memory); whatever the mail itself is, is a result. `most`: bytes of
// its text, after decompression.
base::Result<OpeningResult> open_mail(const kernel::Core& core, AccountId account, OwnKeys& keys,
                                      base::ByteView bytes, std::size_t most);

// "" for the head or mail without one.
std::string message_id_in(base::ByteView head);

}  // namespace messaging::mail
