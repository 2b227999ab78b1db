#include "gateway/relay/wire.h"

#include <algorithm>
#include <charconv>

#include "base/wire.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "gateway/peer/deposit_wire.h"

namespace gateway {
namespace {

using base::Errc;
using base::fail;
using messaging::DepositKeyId;

constexpr std::size_t kMaxUrl = 512;
constexpr std::size_t kKnownKey = 17;

enum class Operation : std::uint8_t { add = 1, remove = 2 };

base::Error malformed(std::string_view what) {
  return fail(Errc::invalid_argument, std::string(what) + " is not of its form");
}

KeyPurpose read_purpose(base::WireReader& in) {
  const auto purpose = static_cast<KeyPurpose>(in.u8());
  if (purpose != KeyPurpose::handshakes && purpose != KeyPurpose::contact) in.refuse();
  return purpose;
}

std::optional<std::uint64_t> read_count(std::string_view text) {
  if (text.empty() || text.size() > 19) return std::nullopt;
  std::uint64_t out = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

std::string relay_path(std::string_view mailbox, std::string_view what) {
  return "/relay/v1/mailboxes/" + std::string(mailbox) + "/" + std::string(what);
}

base::Bytes encode(const Challenge& challenge) {
  base::WireWriter out;
  out.fixed(challenge.nonce).i64(challenge.expiry).i64(challenge.now).text(challenge.url);
  return out.take();
}

base::Result<Challenge> decode_challenge(base::ByteView bytes) {
  base::WireReader in(bytes);
  Challenge out;
  out.nonce = in.array<32>();
  out.expiry = in.i64();
  out.now = in.i64();
  out.url = in.text(kMaxUrl);
  if (!in.done()) return malformed("the challenge");
  return out;
}

base::Bytes owner_statement(std::string_view url, std::string_view mailbox, const OwnerProof& proof,
                            std::string_view method, std::string_view what, base::ByteView body) {
  base::WireWriter out;
  out.fixed(base::as_bytes("privitty-edge relay request v1"));
  out.text(url).text(mailbox).fixed(proof.nonce).i64(proof.expiry).u64(proof.count);
  out.text(method).text(what).fixed(crypto::blake2b<32>(body));
  return out.take();
}

std::optional<OwnerProof> read_owner_proof(std::string_view nonce, std::string_view expiry,
                                           std::string_view count, std::string_view signature) {
  OwnerProof out;
  const auto time = read_time(expiry);
  const auto number = read_count(count);
  if (!time || !number || !crypto::hex_decode_to(nonce, out.nonce) ||
      !crypto::hex_decode_to(signature, out.signature)) {
    return std::nullopt;
  }
  out.expiry = *time;
  out.count = *number;
  return out;
}

base::Bytes encode(const OpenRequest& request) {
  base::WireWriter out;
  out.fixed(request.owner.bytes()).text(request.admission);
  return out.take();
}

base::Result<OpenRequest> decode_open_request(base::ByteView bytes) {
  base::WireReader in(bytes);
  OpenRequest out;
  const auto owner = crypto::PublicKey::from_bytes(in.fixed(32));
  out.admission = in.text(kMaxAdmissionToken);
  if (!in.done() || !owner) return malformed("the request to open a mailbox");
  out.owner = *owner;
  return out;
}

base::Bytes encode(const std::vector<KnownKey>& keys) {
  base::WireWriter out;
  for (const KnownKey& key : keys) {
    out.u8(static_cast<std::uint8_t>(key.purpose)).fixed(key.key_id);
  }
  return out.take();
}

base::Result<std::vector<KnownKey>> decode_known_keys(base::ByteView bytes) {
  if (bytes.size() % kKnownKey != 0 || bytes.size() / kKnownKey > kMaxKeys) {
    return malformed("the list of keys");
  }
  base::WireReader in(bytes);
  std::vector<KnownKey> out;
  out.reserve(bytes.size() / kKnownKey);
  while (in.ok() && in.left() > 0) {
    KnownKey key;
    key.purpose = read_purpose(in);
    key.key_id = in.array<16>();
    out.push_back(key);
  }
  if (!in.done()) return malformed("the list of keys");
  return out;
}

KeysDigest keys_digest(std::vector<KnownKey> keys) {
  std::sort(keys.begin(), keys.end());
  return crypto::blake2b<32>(encode(keys));
}

base::Bytes encode(const std::vector<KeyChange>& changes) {
  base::WireWriter out;
  for (const KeyChange& change : changes) {
    if (const auto* added = std::get_if<KeyAddition>(&change)) {
      out.u8(static_cast<std::uint8_t>(Operation::add)).fixed(added->key_id).fixed(added->key);
      out.u8(static_cast<std::uint8_t>(added->purpose)).fixed(added->pseudonym);
    } else {
      out.u8(static_cast<std::uint8_t>(Operation::remove)).fixed(std::get<DepositKeyId>(change));
    }
  }
  return out.take();
}

base::Result<std::vector<KeyChange>> decode_key_changes(base::ByteView bytes) {
  base::WireReader in(bytes);
  std::vector<KeyChange> out;
  while (in.ok() && in.left() > 0 && out.size() < kMaxKeyChanges) {
    const auto operation = static_cast<Operation>(in.u8());
    if (operation == Operation::remove) {
      out.emplace_back(in.array<16>());
    } else if (operation == Operation::add) {
      KeyAddition added;
      added.key_id = in.array<16>();
      added.key = in.array<32>();
      added.purpose = read_purpose(in);
      added.pseudonym = in.array<16>();
      out.emplace_back(added);
    } else {
      in.refuse();
    }
  }
  if (!in.done() || out.empty()) return malformed("the list of key changes");
  return out;
}

base::Bytes encode_acks(const std::vector<std::int64_t>& ids) {
  base::WireWriter out;
  for (const std::int64_t id : ids) out.i64(id);
  return out.take();
}

base::Result<std::vector<std::int64_t>> decode_acks(base::ByteView bytes) {
  if (bytes.size() % 8 != 0 || bytes.size() / 8 > kMaxAcks) {
    return malformed("the list of acknowledgements");
  }
  base::WireReader in(bytes);
  std::vector<std::int64_t> out;
  out.reserve(bytes.size() / 8);
  while (in.left() > 0) out.push_back(in.i64());
  return out;
}

}  // namespace gateway
