#include "gateway/auth/tickets.h"

#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace gateway {
namespace {

std::string hash_of_ticket(std::string_view ticket) {
  const auto hash = crypto::blake2b<32>(base::as_bytes(ticket));
  return std::string(base::as_text(hash));
}

}  // namespace

std::string Tickets::issue(std::shared_ptr<const rpc::Access> access) {
  const base::Millis now = clock_.uptime();
  while (!oldest_.empty()) {
    const auto found = tickets_.find(oldest_.front());
    const bool kept = found != tickets_.end() && found->second.until > now;
    if (kept && oldest_.size() < kMost) break;
    if (found != tickets_.end()) tickets_.erase(found);
    oldest_.pop_front();
  }
  std::string ticket = crypto::base64url_encode(crypto::random_array<32>());
  std::string hash = hash_of_ticket(ticket);
  oldest_.push_back(hash);
  tickets_.emplace(std::move(hash), Ticket{std::move(access), now + kLife});
  return ticket;
}

std::shared_ptr<const rpc::Access> Tickets::redeem(std::string_view ticket) {
  const auto found = tickets_.find(hash_of_ticket(ticket));
  if (found == tickets_.end()) return nullptr;
  const Ticket taken = std::move(found->second);
  tickets_.erase(found);
  if (taken.until <= clock_.uptime() || taken.access->ended()) return nullptr;
  return taken.access;
}

}  // namespace gateway
