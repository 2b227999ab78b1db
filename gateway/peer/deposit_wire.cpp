#include "gateway/peer/deposit_wire.h"

#include <algorithm>
#include <charconv>

namespace gateway {

using messaging::peering::DepositOutcome;

namespace {

template <std::size_t N>
bool read_hex(std::string_view text, std::array<std::uint8_t, N>& out) {
  if (text.size() != 2 * N) return false;
  const auto bytes = base::from_hex(text);
  if (!bytes) return false;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return true;
}

int hope(DepositOutcome outcome) {
  switch (outcome) {
    case DepositOutcome::refused:
      return 0;
    case DepositOutcome::too_large:
      return 1;
    case DepositOutcome::unreachable:
      return 2;
    case DepositOutcome::busy:
      return 3;
    case DepositOutcome::stored:
      return 4;
  }
  return 0;
}

}  // namespace

bool is_mailbox(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

std::string deposit_path(std::string_view mailbox) {
  return "/relay/v1/mailboxes/" + std::string(mailbox) + "/envelopes";
}

std::optional<messaging::DepositProof> read_proof(std::string_view key, std::string_view time,
                                                  std::string_view mac) {
  messaging::DepositProof out;
  const auto at = read_time(time);
  if (!at || !read_hex(key, out.key_id) || !read_hex(mac, out.mac)) return std::nullopt;
  out.time = *at;
  return out;
}

std::string format_time(base::UnixMillis time) { return std::to_string(time); }

std::optional<base::UnixMillis> read_time(std::string_view text) {
  base::UnixMillis out = 0;
  if (text.empty() || text.size() > 15) return std::nullopt;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (fault != std::errc{} || end != text.data() + text.size() || out < 0) return std::nullopt;
  return out;
}

base::Millis read_retry_after(std::string_view text) {
  std::uint64_t seconds = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (fault == std::errc::result_out_of_range) return kMaxRetryAfter;
  if (fault != std::errc{} || end != text.data() + text.size()) return 0;
  return static_cast<base::Millis>(std::min<std::uint64_t>(seconds, kMaxRetryAfter / 1000)) * 1000;
}

DepositOutcome outcome_of_status(long status) {
  switch (status) {
    case 204:
      return DepositOutcome::stored;
    case 401:
    case 403:
    case 404:
    case 410:
      return DepositOutcome::refused;
    case 413:
      return DepositOutcome::too_large;
    case 429:
    case 503:
    case 507:
      return DepositOutcome::busy;
    default:
      return DepositOutcome::unreachable;  // whatever answered, it was no gateway
  }
}

const messaging::peering::DepositReply& more_hopeful(const messaging::peering::DepositReply& a,
                                                     const messaging::peering::DepositReply& b) {
  return hope(b.outcome) > hope(a.outcome) ? b : a;
}

}  // namespace gateway
