// DepositTransport: how envelopes leave this daemon. messaging declares it, gateway implements it
// over HTTP, and main joins the two. Mailroom is the other end, which accepts received envelopes.
//
// Threads: deposit() and accept() may be called from any thread and never block; the answer comes
// through the Completion, from any thread. A deposit that was answered `stored` is durable at the
// other side.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/completion.h"
#include "messaging/kernel/protocol.h"
#include "messaging/model/deposit.h"

namespace messaging::peering {

// Envelopes for one mailbox, in the order in which they must be kept. Sizes are bounded:
// kMaxDepositBytes in all, kMaxDepositEnvelopes envelopes.
struct Deposit {
  std::vector<std::string> urls;  // where the mailbox is reached, tried in order
  std::string mailbox;            // opaque, [A-Za-z0-9_-]{1,64}
  DepositToken token;             // proves the right to deposit; never sent itself
  DepositBody body;
  // No deposit at these URLs ever succeeded: somebody else chose them, and there may be no server.
  // Such deposits must not use up the slots of others.
  bool unreached = false;
};

// Of HTTP: refused are 401, 403, 404 and 410, too_large 413, busy 429, 503 and 507 (see
// retry_after); a time-out, a name that does not resolve and broken HTTP are unreachable.
using DepositOutcome = kernel::CarryOutcome;

struct DepositReply {
  DepositOutcome outcome = DepositOutcome::unreachable;
  base::Millis retry_after = 0;               // 0: the other side named no pause
  std::optional<base::UnixMillis> peer_time;  // the other side's clock, if the answer has it
};

class DepositTransport {
 public:
  virtual ~DepositTransport() = default;
  // Errors of a Completion are reserved for bugs and shutdown; a bad link is an outcome.
  virtual void deposit(Deposit deposit, base::Completion<DepositReply> done) = 0;
};

// Envelopes that arrived for a mailbox of this daemon.
struct Arrival {
  std::string mailbox;
  DepositProof proof;
  base::Bytes body;  // as sent: see split_body() in deposit.h
};

// The answer to an arrival, one HTTP status each (gateway/relay maps them).
enum class ArrivalVerdict {
  stored,     // 204
  unproven,   // 401: no such mailbox, no such token or a wrong proof; deliberately the same answer
  clock,      // 401 with our time: the proof's time is too far from ours
  malformed,  // 400
  too_large,  // 413
  too_many,   // 429 with Retry-After
  unavailable,  // 503: the database refused the write; nothing was acknowledged
  full,         // 507
};

struct ArrivalReply {
  ArrivalVerdict verdict = ArrivalVerdict::unavailable;
  base::Millis retry_after = 0;
  base::UnixMillis our_time = 0;
};

// The answer in the form that the depositor's transport reports.
DepositReply reply_of(const ArrivalReply& reply);

// The fields of a deposit's head, known before its body is read.
struct ArrivalHead {
  std::string mailbox;
  DepositKeyId key_id{};
  base::UnixMillis time = 0;
  std::uint64_t size = 0;  // of the body; the maximum where the head has no length
};

class Mailroom {
 public:
  virtual ~Mailroom() = default;
  // A refusal that does not depend on the body. Nothing is proven yet, so no budget is charged. May
  // read the database.
  virtual std::optional<ArrivalReply> judge(const ArrivalHead& /*head*/) { return std::nullopt; }
  virtual void accept(Arrival arrival, base::Completion<ArrivalReply> done) = 0;
};

}  // namespace messaging::peering
