#include "crypto/ratchet.h"

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/ratchet_parts.h"
#include "crypto/seal.h"

namespace crypto {

struct Ratchet::Header : ratchet::HeaderFields {};

struct Ratchet::Changes {
  struct Used {
    std::uint64_t epoch;
    std::uint32_t n;
  };
  // Walks done beforehand; nothing: decrypt() walks by itself.
  std::optional<std::span<const ChainWalk>> walks;
  std::optional<Used> used;
  std::vector<SkippedKey> put;
  std::vector<std::uint64_t> dropped_epochs;

  base::Result<> apply(SkippedKeys& skipped) const {
    if (used) EDGE_CHECK(skipped.erase(used->epoch, used->n));
    // Two chains may have been skipped over: keep the newest that the bound allows.
    const std::span<const SkippedKey> all(put);
    if (!all.empty()) {
      EDGE_CHECK(skipped.put(all.last(std::min(all.size(), kMaxSkippedKeys))));
    }
    for (const std::uint64_t epoch : dropped_epochs) EDGE_CHECK(skipped.drop_epoch(epoch));
    if (!all.empty()) EDGE_CHECK(skipped.keep_newest(kMaxSkippedKeys));
    return {};
  }
};

namespace {

struct StartKeys {
  WipingArray<32> root;
  WipingArray<32> joiners_header_key;
  WipingArray<32> inviters_next_header_key;
};

StartKeys start_keys(base::ByteView handshake_hash, const SplitKeys& keys) {
  WipingArray<64> ikm;
  std::copy_n(keys.initiator_to_responder.view().begin(), 32, ikm.begin());
  std::copy_n(keys.responder_to_initiator.view().begin(), 32, ikm.begin() + 32);
  WipingArray<96> out;
  hkdf_sha256(ikm, handshake_hash, base::as_bytes("privitty-edge ratchet start v1"),
              std::span(out.data(), out.size()));
  return {third_of(out, 0), third_of(out, 1), third_of(out, 2)};
}

}  // namespace

RatchetKeyPair RatchetKeyPair::generate() {
  RatchetKeyPair out;
  random_bytes(out.secret);
  out.public_key = x25519_public_of(out.secret);
  return out;
}

base::Result<Ratchet> Ratchet::initiate(base::ByteView handshake_hash, const SplitKeys& keys,
                                        const X25519Public& remote_ratchet_key) {
  const StartKeys start = start_keys(handshake_hash, keys);
  Ratchet out;
  out.root_ = start.root;
  out.own_ = RatchetKeyPair::generate();
  out.remote_ = remote_ratchet_key;
  out.next_receiving_header_key_ = start.inviters_next_header_key;
  out.sending_.emplace();
  out.sending_->header_key = start.joiners_header_key;
  EDGE_CHECK(out.mix_root(out.sending_->chain, out.next_sending_header_key_));
  return out;
}

Ratchet Ratchet::respond(base::ByteView handshake_hash, const SplitKeys& keys,
                         const RatchetKeyPair& own) {
  const StartKeys start = start_keys(handshake_hash, keys);
  Ratchet out;
  out.root_ = start.root;
  out.own_ = own;
  out.next_sending_header_key_ = start.inviters_next_header_key;
  out.next_receiving_header_key_ = start.joiners_header_key;
  return out;
}

base::Result<> Ratchet::mix_root(WipingArray<32>& chain, WipingArray<32>& next_header_key) {
  EDGE_TRY(const WipingArray<32> shared, x25519(own_.secret, *remote_));
  WipingArray<96> out;
  hkdf_sha256(shared, root_, base::as_bytes("privitty-edge ratchet root v1"),
              std::span(out.data(), out.size()));
  root_ = third_of(out, 0);
  chain = third_of(out, 1);
  next_header_key = third_of(out, 2);
  return {};
}

base::Result<base::Bytes> Ratchet::encrypt(base::ByteView plain, base::ByteView ad) {
  if (!sending_ || sent_ == UINT32_MAX) {
    return base::fail(base::Errc::unavailable,
                      "this session cannot send before a message of the other side came");
  }
  const MessageKey key = ratchet::message_key(sending_->chain);
  ratchet::advance(sending_->chain);
  return ratchet::seal_message({.key = own_.public_key, .previous = previous_sent_, .n = sent_++},
                               sending_->header_key, key, plain, ad);
}

base::Result<WipingBytes> Ratchet::decrypt(base::ByteView message, base::ByteView ad,
                                           SkippedKeys& skipped) {
  Changes changes;
  return decrypt_with(message, ad, skipped, changes);
}

base::Result<WipingBytes> Ratchet::decrypt_walked(base::ByteView message, base::ByteView ad,
                                                  SkippedKeys& skipped,
                                                  std::span<const ChainWalk> walks) {
  Changes changes;
  changes.walks = walks;
  return decrypt_with(message, ad, skipped, changes);
}

base::Result<WipingBytes> Ratchet::decrypt_with(base::ByteView message, base::ByteView ad,
                                                SkippedKeys& skipped, Changes& changes) {
  Ratchet next = *this;
  EDGE_TRY(WipingBytes plain, next.open(message, ad, skipped, changes));
  EDGE_CHECK(changes.apply(skipped));
  *this = std::move(next);
  return plain;
}

// The same choices as open() makes.
std::vector<ChainWalk> Ratchet::walks_to(base::ByteView message) const {
  std::vector<ChainWalk> walks;
  const auto view = ratchet::view_message(message);
  if (!view) return walks;
  if (receiving_) {
    if (const auto header = ratchet::open_header(*view, receiving_->epoch.header_key)) {
      if (header->n > received_ && header->n - received_ <= kMaxRatchetSteps) {
        walks.emplace_back(receiving_->chain, received_, header->n);
      }
      return walks;
    }
  }
  const auto fields = ratchet::open_header(*view, next_receiving_header_key_);
  if (!fields || fields->n > kMaxRatchetSteps) return walks;
  const Header header{*fields};
  if (receiving_ && header.previous > received_ && ends_within_reach(header)) {
    walks.emplace_back(receiving_->chain, received_, header.previous);
  }
  if (header.n == 0) return walks;
  Ratchet next = *this;
  next.remote_ = header.key;
  WipingArray<32> chain;
  WipingArray<32> header_key;
  if (next.mix_root(chain, header_key)) walks.emplace_back(chain, 0, header.n);
  return walks;
}

base::Result<WipingBytes> Ratchet::open(base::ByteView message, base::ByteView ad,
                                        SkippedKeys& skipped, Changes& changes) {
  const auto view = ratchet::view_message(message);
  if (!view) return could_not_open();

  if (receiving_) {
    if (const auto header = ratchet::open_header(*view, receiving_->epoch.header_key)) {
      if (header->n < received_) {
        EDGE_TRY(const MessageKey key, late_key(receiving_->epoch, header->n, skipped, changes));
        return ratchet::open_body(*view, key, ad);
      }
      EDGE_TRY(const MessageKey key, key_at(header->n, changes));
      return ratchet::open_body(*view, key, ad);
    }
  }
  if (const auto header = ratchet::open_header(*view, next_receiving_header_key_)) {
    EDGE_CHECK(turn(Header{*header}, changes));
    EDGE_TRY(const MessageKey key, key_at(header->n, changes));
    return ratchet::open_body(*view, key, ad);
  }
  for (auto epoch = old_epochs_.begin(); epoch != old_epochs_.end(); ++epoch) {
    const auto header = ratchet::open_header(*view, epoch->header_key);
    if (!header) continue;
    EDGE_TRY(const MessageKey key, late_key(*epoch, header->n, skipped, changes));
    if (epoch->skipped == 0) old_epochs_.erase(epoch);
    return ratchet::open_body(*view, key, ad);
  }
  return could_not_open();
}

base::Result<MessageKey> Ratchet::late_key(Epoch& epoch, std::uint32_t n, SkippedKeys& skipped,
                                           Changes& changes) {
  EDGE_TRY(const std::optional<MessageKey> key, skipped.find(epoch.id, n));
  if (!key) return could_not_open();
  changes.used = Changes::Used{epoch.id, n};
  if (epoch.skipped > 0) --epoch.skipped;
  return *key;
}

base::Result<MessageKey> Ratchet::key_at(std::uint32_t n, Changes& changes) {
  if (n == UINT32_MAX || n - received_ > kMaxRatchetSteps) return could_not_open();
  EDGE_CHECK(skip_to(n, changes));
  MessageKey key = ratchet::message_key(receiving_->chain);
  ratchet::advance(receiving_->chain);
  received_ = n + 1;
  return key;
}

base::Result<> Ratchet::skip_to(std::uint32_t n, Changes& changes) {
  if (n == received_) return {};
  ChainWalk own(receiving_->chain, received_, n);
  const ChainWalk* walk = &own;
  if (!changes.walks) {
    own.step(own.left());
  } else {
    const auto found =
        std::find_if(changes.walks->begin(), changes.walks->end(),
                     [&](const ChainWalk& done) { return done.left() == 0 && done.same_way(own); });
    if (found == changes.walks->end()) {
      return base::fail(base::Errc::unavailable,
                        "the session has moved since its chain was walked");
    }
    walk = &*found;
  }
  std::uint32_t at = n - static_cast<std::uint32_t>(walk->keys_.size());
  for (const MessageKey& key : walk->keys_) {
    changes.put.push_back({receiving_->epoch.id, at++, key});
  }
  receiving_->epoch.skipped += static_cast<std::uint32_t>(walk->keys_.size());
  receiving_->chain = walk->chain_;
  received_ = n;
  return {};
}

// The step of the Diffie-Hellman ratchet: the other side answered with a new key.
base::Result<> Ratchet::turn(const Header& header, Changes& changes) {
  if (header.n > kMaxRatchetSteps) return could_not_open();
  if (receiving_) EDGE_CHECK(retire_receiving(header, changes));

  previous_sent_ = sent_;
  sent_ = 0;
  received_ = 0;
  remote_ = header.key;
  receiving_.emplace();
  receiving_->epoch.id = next_epoch_++;
  receiving_->epoch.header_key = next_receiving_header_key_;
  EDGE_CHECK(mix_root(receiving_->chain, next_receiving_header_key_));
  own_ = RatchetKeyPair::generate();
  sending_.emplace();
  sending_->header_key = next_sending_header_key_;
  return mix_root(sending_->chain, next_sending_header_key_);
}

// Message keys are kept for messages of the old chain that have not arrived, unless those and the
// skipped ones of the new chain exceed the bound of a walk: then the old chain's messages are given
// up, and the session continues.
bool Ratchet::ends_within_reach(const Header& header) const {
  return header.previous - received_ <= kMaxRatchetSteps - header.n;
}

base::Result<> Ratchet::retire_receiving(const Header& header, Changes& changes) {
  if (header.previous > received_ && ends_within_reach(header)) {
    EDGE_CHECK(skip_to(header.previous, changes));
  }
  if (receiving_->epoch.skipped > 0) old_epochs_.push_back(receiving_->epoch);
  while (old_epochs_.size() > kMaxOldEpochs) {
    changes.dropped_epochs.push_back(old_epochs_.front().id);
    old_epochs_.erase(old_epochs_.begin());
  }
  return {};
}

}  // namespace crypto
