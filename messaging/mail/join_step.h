// JoinStep: a mail of SecureJoin that waits in the outbox (OutboxKind::mail), and SyncStep: one to
// our other devices. Its fields are fixed when it is queued; the mail itself is composed when it is
// sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/wiping.h"
#include "messaging/model/card.h"

namespace messaging::mail {

// How the mail is sealed. The numbers are stored.
enum class JoinSeal : std::uint8_t {
  plain = 1,              // the first step of version 2
  passphrase = 2,         // unsigned: the first step of version 3
  passphrase_signed = 3,  // its answer
  contact = 4,            // to the contact of the row, with its key, signed
};

struct JoinStep {
  Uuid uuid{};
  std::string step;  // "vc-request-pubkey" and so on
  JoinSeal seal = JoinSeal::contact;
  std::vector<std::string> to;  // addresses
  std::string inviter;          // fingerprint of the invite, in the passphrase
  std::string auth;             // of the invite; "" not said
  std::string number;           // of the invite, in version 2
  std::string group;            // id, of an invite to a group
};

crypto::WipingBytes encode(const JoinStep& step);
base::Result<JoinStep> decode_join_step(base::ByteView bytes);

// Whether it notifies somebody that it is in our group or channel (`group`), whose secret it gets.
bool is_welcome(const JoinStep& step);

// News for our other devices (form/sync_items.h), which wait in the same way.
struct SyncStep {
  Uuid uuid{};
  std::string json;
};

crypto::WipingBytes encode(const SyncStep& step);
base::Result<SyncStep> decode_sync_step(base::ByteView bytes);

// "securejoin/<FINGERPRINT>/<auth>": what the steps of version 3 are sealed by before either side
// has the other's key.
crypto::WipingBytes join_passphrase(std::string_view inviter, std::string_view auth);

}  // namespace messaging::mail
