// Ratchet::save() and load(): the saved form of crypto/ratchet.h.
#include <algorithm>

#include "base/wire.h"
#include "crypto/ratchet.h"
#include "crypto/wiping_writer.h"

namespace crypto {
namespace {

constexpr std::uint8_t kRatchetVersion = 1;
constexpr std::size_t kLeastSaved = 357;
constexpr std::size_t kEpoch = 44;
constexpr std::size_t kSendingBytes = 64;
constexpr std::size_t kReceivingBytes = 32 + kEpoch;

void read(base::WireReader& in, WipingArray<32>& out) {
  const base::ByteView bytes = in.fixed(32);
  if (in.ok()) out = WipingArray<32>(bytes.first<32>());
}

// The bytes of an optional part as a reader of their own; nothing when it is absent.
std::optional<base::WireReader> read_optional(base::WireReader& in, std::size_t size) {
  const bool present = in.boolean();
  const base::ByteView bytes = in.fixed(size);
  if (present) return base::WireReader(bytes);
  if (std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b != 0; })) in.refuse();
  return std::nullopt;
}

}  // namespace

WipingBytes Ratchet::save() const {
  const auto write_epoch = [](WipingWriter& out, const Epoch& epoch) {
    out.fixed(epoch.header_key).u64(epoch.id).u32(epoch.skipped);
  };
  WipingWriter sending(kSendingBytes);
  if (sending_) sending.fixed(sending_->chain).fixed(sending_->header_key);
  WipingWriter receiving(kReceivingBytes);
  if (receiving_) {
    receiving.fixed(receiving_->chain);
    write_epoch(receiving, receiving_->epoch);
  }

  WipingWriter out(kLeastSaved + old_epochs_.size() * kEpoch);
  out.u8(kRatchetVersion).fixed(root_).fixed(own_.secret).fixed(own_.public_key.bytes);
  out.optional(remote_.has_value(), remote_ ? base::ByteView(remote_->bytes) : base::ByteView(),
               32);
  out.optional(sending_.has_value(), sending.take(), kSendingBytes);
  out.optional(receiving_.has_value(), receiving.take(), kReceivingBytes);
  out.fixed(next_sending_header_key_).fixed(next_receiving_header_key_);
  out.u32(sent_).u32(received_).u32(previous_sent_).u64(next_epoch_);
  out.u8(static_cast<std::uint8_t>(old_epochs_.size()));
  for (const Epoch& epoch : old_epochs_) write_epoch(out, epoch);
  return out.take();
}

base::Result<Ratchet> Ratchet::load(base::ByteView saved) {
  const auto corrupt = [] { return base::fail(base::Errc::corrupt, "a saved session is damaged"); };
  const auto read_epoch = [](base::WireReader& in, Epoch& epoch) {
    read(in, epoch.header_key);
    epoch.id = in.u64();
    epoch.skipped = in.u32();
  };
  base::WireReader in(saved);
  if (in.u8() != kRatchetVersion) return corrupt();
  Ratchet out;
  read(in, out.root_);
  read(in, out.own_.secret);
  out.own_.public_key.bytes = in.array<32>();
  if (auto remote = read_optional(in, 32)) out.remote_ = X25519Public{remote->array<32>()};
  if (auto sending = read_optional(in, kSendingBytes)) {
    out.sending_.emplace();
    read(*sending, out.sending_->chain);
    read(*sending, out.sending_->header_key);
  }
  if (auto receiving = read_optional(in, kReceivingBytes)) {
    out.receiving_.emplace();
    read(*receiving, out.receiving_->chain);
    read_epoch(*receiving, out.receiving_->epoch);
  }
  read(in, out.next_sending_header_key_);
  read(in, out.next_receiving_header_key_);
  out.sent_ = in.u32();
  out.received_ = in.u32();
  out.previous_sent_ = in.u32();
  out.next_epoch_ = in.u64();
  const std::size_t old_epochs = in.u8();
  if (!in.ok() || old_epochs > kMaxOldEpochs || in.left() != old_epochs * kEpoch) return corrupt();
  for (std::size_t i = 0; i < old_epochs; ++i) read_epoch(in, out.old_epochs_.emplace_back());

  // Who receives has sent or can send, and who can send knows the other's key.
  if (out.receiving_ && !out.sending_) return corrupt();
  if (out.sending_ && !out.remote_) return corrupt();
  if (!out.receiving_ && out.received_ != 0) return corrupt();
  return out;
}

}  // namespace crypto
