#include "gateway/relay/owner_gate.h"

#include <algorithm>

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/wiping.h"

namespace gateway {
namespace {

constexpr base::Millis kNonceLifetime = 6 * 3600 * base::Millis{1000};

}  // namespace

OwnerGate::OwnerGate(std::string url, const base::Clock& clock)
    : url_(std::move(url)), clock_(clock), key_(crypto::random_array<32>()) {}

std::array<std::uint8_t, 32> OwnerGate::nonce_of(base::ByteView random, const std::string& mailbox,
                                                 base::UnixMillis expiry) const {
  base::WireWriter claim;
  claim.fixed(random).text(mailbox).i64(expiry);
  const auto hash = crypto::blake2b<16>(claim.view(), key_);
  std::array<std::uint8_t, 32> out{};
  std::copy(random.begin(), random.end(), out.begin());
  std::copy(hash.begin(), hash.end(), out.begin() + 16);
  return out;
}

Challenge OwnerGate::challenge(const std::string& mailbox) {
  Challenge out;
  out.now = clock_.now();
  // No two nonces have the same expiry, so that the later one of two is known.
  base::UnixMillis last = newest_.load();
  do {
    out.expiry = std::max(out.now + kNonceLifetime, last + 1);
  } while (!newest_.compare_exchange_weak(last, out.expiry));
  out.nonce = nonce_of(crypto::random_array<16>(), mailbox, out.expiry);
  out.url = url_;
  return out;
}

bool OwnerGate::is_signed(const Asked& asked, const crypto::PublicKey& owner) const {
  const OwnerProof& proof = asked.proof;
  const auto ours = nonce_of(base::ByteView(proof.nonce).first(16), asked.mailbox, proof.expiry);
  if (!crypto::equal_ct(ours, proof.nonce) || proof.expiry < clock_.now()) return false;
  return owner.verify(
      owner_statement(url_, asked.mailbox, proof, asked.method, asked.what, asked.body),
      proof.signature);
}

bool OwnerGate::is_new(const std::string& mailbox, const OwnerProof& proof) {
  base::Lock lock(mutex_);
  const auto [known, first] =
      last_.try_emplace(mailbox, Last{proof.nonce, proof.expiry, proof.count});
  if (first) return true;
  Last& last = known->second;
  const bool newer =
      last.nonce == proof.nonce ? proof.count > last.count : proof.expiry > last.expiry;
  if (newer) last = {proof.nonce, proof.expiry, proof.count};
  return newer;
}

void OwnerGate::forget(const std::string& mailbox) {
  base::Lock lock(mutex_);
  last_.erase(mailbox);
}

std::size_t OwnerGate::remembered() {
  base::Lock lock(mutex_);
  return last_.size();
}

}  // namespace gateway
