// A deposit on the wire: the request's headers and what its answer means (docs/protocol.md,
// "Deposits"). Pure functions that both ends share; the other side's bytes are hostile.
//
//   POST /relay/v1/mailboxes/{mailbox}/envelopes
//   Content-Type: application/octet-stream
//   Deposit-Key: 32 hex digits     Deposit-Time: Unix milliseconds     Deposit-Mac: 64 hex digits
//
// 204 stored. 401 unproven; with a Deposit-Time header: our clocks differ, this is mine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messaging/model/deposit.h"
#include "messaging/peering/transport.h"

namespace gateway {

inline constexpr std::string_view kDepositKeyHeader = "Deposit-Key";
inline constexpr std::string_view kDepositTimeHeader = "Deposit-Time";
inline constexpr std::string_view kDepositMacHeader = "Deposit-Mac";
inline constexpr base::Millis kMaxRetryAfter = 10 * 60 * 1000;

// [A-Za-z0-9_-]{1,64}
bool is_mailbox(std::string_view text);
std::string deposit_path(std::string_view mailbox);

// Nothing when a header is missing or not exactly of its form.
std::optional<messaging::DepositProof> read_proof(std::string_view key, std::string_view time,
                                                  std::string_view mac);
std::string format_time(base::UnixMillis time);
std::optional<base::UnixMillis> read_time(std::string_view text);
// Whole seconds, bounded by kMaxRetryAfter; anything else (a date too) is no pause: 0.
base::Millis read_retry_after(std::string_view text);

// Only 204 is "stored": a hotel's login page answers 200 to everything.
messaging::peering::DepositOutcome outcome_of_status(long status);
// Of two answers from different URLs of one mailbox, the one that decides: a URL that may still
// take the deposit outweighs one that refused it.
const messaging::peering::DepositReply& more_hopeful(const messaging::peering::DepositReply& a,
                                                     const messaging::peering::DepositReply& b);

}  // namespace gateway
