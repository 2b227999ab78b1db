#include "crypto/backup_stream.h"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/passphrase_key.h"
#include "crypto/random.h"

namespace crypto {
namespace {

constexpr std::array<std::uint8_t, 6> kBackupMagic{'P', 'V', 'E', 'B', 'A', 'K'};
constexpr std::uint8_t kBackupVersion = 1;
constexpr std::string_view kOpenLabel = "privitty-edge open backup v1";

static_assert(kBackupHead == 6 + 1 + 1 + 4 + 4 + kPassphraseSalt +
                                 crypto_secretstream_xchacha20poly1305_HEADERBYTES);
static_assert(kBackupOverhead == crypto_secretstream_xchacha20poly1305_ABYTES);

base::Error no_backup() {
  return base::fail(base::Errc::invalid_argument, "the file is no backup of privitty-edge");
}

base::Error wrong_or_damaged(BackupKey::Kind kind) {
  if (kind == BackupKey::Kind::passphrase) {
    return base::fail(base::Errc::sealed,
                      "the backup does not open: the passphrase is wrong, or the file is damaged");
  }
  return base::fail(base::Errc::sealed, "the backup does not open: the file is damaged");
}

base::Result<Secret<32>> stream_key(const BackupKey& key, base::ByteView salt,
                                    PassphraseCost cost) {
  Secret<32> out;
  switch (key.kind) {
    case BackupKey::Kind::open: {
      base::Bytes text = base::to_bytes(base::as_bytes(kOpenLabel));
      text.insert(text.end(), salt.begin(), salt.end());
      const Hash32 hash = blake2b<32>(text);
      std::copy(hash.begin(), hash.end(), out.mutable_view().begin());
      return out;
    }
    case BackupKey::Kind::transfer:
      if (key.secret.size() != 32) return no_backup();
      std::copy(key.secret.begin(), key.secret.end(), out.mutable_view().begin());
      return out;
    case BackupKey::Kind::passphrase:
      break;
  }
  return key_from_passphrase(key.secret, salt, cost);
}

}  // namespace

BackupKey BackupKey::of_passphrase(std::optional<base::ByteView> passphrase) {
  if (!passphrase || passphrase->empty()) return {};
  return {Kind::passphrase, WipingBytes(passphrase->begin(), passphrase->end())};
}

BackupKey BackupKey::of_transfer(base::ByteView key) {
  return {Kind::transfer, WipingBytes(key.begin(), key.end())};
}

struct BackupSealer::State {
  base::Bytes head;
  crypto_secretstream_xchacha20poly1305_state stream{};
  ~State() { sodium_memzero(&stream, sizeof(stream)); }
};

BackupSealer::BackupSealer(std::unique_ptr<State> state) : state_(std::move(state)) {}
BackupSealer::BackupSealer(BackupSealer&&) noexcept = default;
BackupSealer& BackupSealer::operator=(BackupSealer&&) noexcept = default;
BackupSealer::~BackupSealer() = default;

base::Result<BackupSealer> BackupSealer::start(const BackupKey& key, PassphraseCost cost) {
  const auto salt = random_array<kPassphraseSalt>();
  const bool stretched = key.kind == BackupKey::Kind::passphrase;
  base::WireWriter head;
  head.fixed(kBackupMagic).u8(kBackupVersion).u8(static_cast<std::uint8_t>(key.kind));
  head.u32(stretched ? cost.ops : 0).u32(stretched ? cost.memory_kib : 0).fixed(salt);
  EDGE_TRY(const Secret<32> secret, stream_key(key, salt, cost));
  auto state = std::make_unique<State>();
  std::array<std::uint8_t, crypto_secretstream_xchacha20poly1305_HEADERBYTES> begin{};
  crypto_secretstream_xchacha20poly1305_init_push(&state->stream, begin.data(),
                                                  secret.view().data());
  head.fixed(begin);
  state->head = head.take();
  return BackupSealer(std::move(state));
}

base::ByteView BackupSealer::head() const { return state_->head; }

base::Bytes BackupSealer::seal(base::ByteView plain, bool last) {
  if (plain.size() > kBackupChunk || (!last && plain.size() != kBackupChunk)) {
    throw std::logic_error("a chunk of a backup has another size");
  }
  base::Bytes out(plain.size() + kBackupOverhead);
  crypto_secretstream_xchacha20poly1305_push(
      &state_->stream, out.data(), nullptr, plain.data(), plain.size(), state_->head.data(),
      state_->head.size(),
      last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
           : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
  return out;
}

struct BackupOpener::State {
  base::Bytes head;
  BackupKey::Kind kind = BackupKey::Kind::open;
  bool begun = false;
  bool ended = false;
  bool failed = false;
  crypto_secretstream_xchacha20poly1305_state stream{};
  ~State() { sodium_memzero(&stream, sizeof(stream)); }
};

BackupOpener::BackupOpener(std::unique_ptr<State> state) : state_(std::move(state)) {}
BackupOpener::BackupOpener(BackupOpener&&) noexcept = default;
BackupOpener& BackupOpener::operator=(BackupOpener&&) noexcept = default;
BackupOpener::~BackupOpener() = default;

base::Result<BackupOpener> BackupOpener::start(base::ByteView head, const BackupKey& key,
                                               PassphraseCost most) {
  if (head.size() != kBackupHead) return no_backup();
  base::WireReader in(head);
  const base::ByteView magic = in.fixed(kBackupMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kBackupMagic.begin())) return no_backup();
  const std::uint8_t version = in.u8();
  const std::uint8_t protection = in.u8();
  if (version > kBackupVersion || (version == kBackupVersion && protection > 2)) {
    return base::fail(base::Errc::forbidden,
                      "the backup was made by a newer version of privitty-edge; use that one");
  }
  if (version == 0) return no_backup();
  const auto kind = static_cast<BackupKey::Kind>(protection);
  if (kind == BackupKey::Kind::passphrase && key.kind == BackupKey::Kind::open) {
    return base::fail(base::Errc::invalid_argument,
                      "the backup was made with a passphrase, and none was given");
  }
  if (kind == BackupKey::Kind::open && key.kind == BackupKey::Kind::passphrase) {
    return base::fail(base::Errc::invalid_argument,
                      "the backup was made without a passphrase, and one was given; who made it may"
                      " be somebody else");
  }
  if (kind != key.kind) return no_backup();
  PassphraseCost cost;
  cost.ops = in.u32();
  cost.memory_kib = in.u32();
  if (kind == BackupKey::Kind::passphrase &&
      (cost.ops < kMinPassphraseCost.ops || cost.ops > most.ops ||
       cost.memory_kib < kMinPassphraseCost.memory_kib || cost.memory_kib > most.memory_kib)) {
    return wrong_or_damaged(kind);
  }
  EDGE_TRY(const Secret<32> secret, stream_key(key, in.fixed(kPassphraseSalt), cost));
  auto state = std::make_unique<State>();
  state->head = base::to_bytes(head);
  state->kind = kind;
  const base::ByteView begin = in.rest();
  if (crypto_secretstream_xchacha20poly1305_init_pull(&state->stream, begin.data(),
                                                      secret.view().data()) != 0) {
    return wrong_or_damaged(kind);
  }
  return BackupOpener(std::move(state));
}

base::Result<WipingBytes> BackupOpener::open(base::ByteView sealed) {
  State& state = *state_;
  const auto refuse = [&]() -> base::Error {
    state.failed = true;
    if (!state.begun) return wrong_or_damaged(state.kind);
    return base::fail(base::Errc::sealed,
                      "the backup is damaged: its first part opens, and not all"
                      " of it");
  };
  if (state.failed || state.ended || sealed.size() < kBackupOverhead ||
      sealed.size() > kBackupChunk + kBackupOverhead) {
    return refuse();
  }
  WipingBytes out(sealed.size() - kBackupOverhead);
  unsigned char tag = 0;
  if (crypto_secretstream_xchacha20poly1305_pull(&state.stream, out.data(), nullptr, &tag,
                                                 sealed.data(), sealed.size(), state.head.data(),
                                                 state.head.size()) != 0) {
    return refuse();
  }
  state.ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
  if (!state.ended && out.size() != kBackupChunk) return refuse();
  state.begun = true;
  return out;
}

bool BackupOpener::ended() const { return state_->ended; }

}  // namespace crypto
