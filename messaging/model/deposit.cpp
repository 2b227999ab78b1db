#include "messaging/model/deposit.h"

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/wiping.h"

namespace messaging {
namespace {

base::Bytes labelled(std::string_view label, const DepositToken& token) {
  base::WireWriter out;
  out.fixed(base::as_bytes(label)).fixed(token.bytes);
  return out.take();
}

std::array<std::uint8_t, 32> mac_of(const DepositKey& key, std::string_view mailbox,
                                    base::UnixMillis time, const crypto::Hash32& digest) {
  base::WireWriter claim;
  claim.text(mailbox).i64(time).fixed(digest);
  return crypto::hmac_sha256(key, claim.view());
}

}  // namespace

DepositToken DepositToken::generate() { return {crypto::random_array<32>()}; }

DepositKeyId deposit_key_id(const DepositToken& token) {
  return crypto::blake2b<16>(labelled("privitty-edge deposit id", token));
}

DepositKey deposit_key(const DepositToken& token) {
  return crypto::blake2b<32>(labelled("privitty-edge deposit key", token));
}

DepositProof prove_deposit(const DepositToken& token, std::string_view mailbox,
                           base::UnixMillis time, base::ByteView body) {
  return {deposit_key_id(token), time,
          mac_of(deposit_key(token), mailbox, time, crypto::blake2b<32>(body))};
}

DepositProof prove_deposit(const DepositToken& token, std::string_view mailbox,
                           base::UnixMillis time, const DepositBody& body) {
  return {deposit_key_id(token), time, mac_of(deposit_key(token), mailbox, time, body.digest)};
}

bool proof_holds(const DepositKey& key, const DepositProof& proof, std::string_view mailbox,
                 base::ByteView body) {
  return crypto::equal_ct(mac_of(key, mailbox, proof.time, crypto::blake2b<32>(body)), proof.mac);
}

DepositBody DepositBody::of(base::Bytes joined, std::size_t envelopes) {
  const auto digest = crypto::blake2b<32>(joined);
  return {std::move(joined), envelopes, digest};
}

DepositBody DepositBody::of(const std::vector<base::Bytes>& envelopes) {
  return of(join_body(envelopes), envelopes.size());
}

void write_envelope_length(std::span<std::uint8_t, kEnvelopeLengthSize> out, std::size_t size) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
  }
}

base::Bytes join_body(const std::vector<base::Bytes>& envelopes) {
  std::size_t size = 0;
  for (const base::Bytes& envelope : envelopes) size += 4 + envelope.size();
  base::Bytes out;
  out.reserve(size);
  for (const base::Bytes& envelope : envelopes) {
    std::array<std::uint8_t, kEnvelopeLengthSize> length{};
    write_envelope_length(length, envelope.size());
    out.insert(out.end(), length.begin(), length.end());
    out.insert(out.end(), envelope.begin(), envelope.end());
  }
  return out;
}

base::Result<std::vector<base::ByteView>> split_body(base::ByteView body) {
  std::vector<base::ByteView> envelopes;
  base::WireReader in(body);
  while (in.ok() && in.left() > 0 && envelopes.size() < kMaxDepositEnvelopes) {
    envelopes.push_back(in.bytes(kMaxDepositBytes));
  }
  if (!in.done() || envelopes.empty()) {
    return base::fail(base::Errc::invalid_argument,
                      "the body is not a list of 1 to 256 envelopes, each behind its length");
  }
  return envelopes;
}

}  // namespace messaging
