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

class Tickets::Use {
 public:
  Use(std::shared_ptr<Uses> uses, std::shared_ptr<const rpc::Access> access,
      const base::Clock& clock)
      : uses_(std::move(uses)),
        access_(std::make_shared<const rpc::Access>(std::move(access))),
        clock_(clock) {
    uses_->open.fetch_add(1);
  }
  ~Use() {
    uses_->last_end.store(clock_.uptime());
    uses_->open.fetch_sub(1);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  const rpc::Access* access() const { return access_.get(); }

 private:
  const std::shared_ptr<Uses> uses_;
  const std::shared_ptr<const rpc::Access> access_;
  const base::Clock& clock_;
};

bool Tickets::Ticket::good_at(base::Millis now) const {
  if (access->ended()) return false;
  if (until > now) return true;
  return stream && (uses->open.load() > 0 || uses->last_end.load() + kLife > now);
}

void Tickets::drop_ended(Hashes& hashes, base::Millis now) {
  while (!hashes.empty()) {
    const auto found = tickets_.find(hashes.front());
    if (found != tickets_.end() && found->second.good_at(now)) return;
    if (found != tickets_.end()) tickets_.erase(found);
    hashes.pop_front();
  }
}

// What has been redeemed has left `tickets_` alone, so the hashes are counted.
void Tickets::make_room(base::Millis now) {
  std::size_t all = 0;
  for (const auto& [key, hashes] : of_key_) all += hashes.size();
  if (all < kMost) return;
  Hashes* most = nullptr;
  for (auto& [key, hashes] : of_key_) {
    drop_ended(hashes, now);
    if (most == nullptr || hashes.size() > most->size()) most = &hashes;
  }
  if (!most->empty()) {
    tickets_.erase(most->front());
    most->pop_front();
  }
  std::erase_if(of_key_, [](const auto& each) { return each.second.empty(); });
}

std::string Tickets::issue(std::shared_ptr<const rpc::Access> access, std::string path,
                           Lasts lasts) {
  const base::Millis now = clock_.uptime();
  drop_ended(of_key_[access->key_id()], now);
  make_room(now);
  std::string ticket = crypto::base64url_encode(crypto::random_array<32>());
  std::string hash = hash_of_ticket(ticket);
  of_key_[access->key_id()].push_back(hash);
  tickets_.emplace(std::move(hash), Ticket{.access = std::move(access),
                                           .until = now + kLife,
                                           .path = std::move(path),
                                           .lasts = lasts});
  return ticket;
}

std::shared_ptr<const rpc::Access> Tickets::redeem(std::string_view ticket, std::string_view path,
                                                   std::string_view stream) {
  const auto found = tickets_.find(hash_of_ticket(ticket));
  if (found == tickets_.end() || found->second.path != path) return nullptr;
  Ticket& known = found->second;
  if (!known.good_at(clock_.uptime())) {
    tickets_.erase(found);
    return nullptr;
  }
  auto access = known.access;
  if (known.lasts == Lasts::once) {
    tickets_.erase(found);
    return access;
  }
  if (!known.stream) {
    known.stream = std::string(stream);
    known.uses = std::make_shared<Uses>();
    known.until = 0;
  } else if (*known.stream != stream) {
    return nullptr;
  }
  if (const auto before = known.last_use.lock()) before->access()->end();
  auto use = std::make_shared<const Use>(known.uses, std::move(access), clock_);
  known.last_use = use;
  const rpc::Access* const given = use->access();
  return {std::move(use), given};
}

}  // namespace gateway
