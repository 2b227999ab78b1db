// The file of an account's backup, as bytes: a head that says how the key is made, and chunks
// sealed one after the other by libsodium's secretstream (XChaCha20-Poly1305). No I/O here.
//
//   file  = head | chunk 0 | chunk 1 | … | last chunk
//   head  = "PVEBAK" | version u8 (1) | protection u8 | ops u32 | memory in KiB u32 | salt 16 |
//           secretstream header 24                                                       56 bytes
//   chunk = tag u8 (sealed) | XChaCha20-Poly1305 of up to 65536 bytes | authenticator 16
//
// Protection 1: the key is Argon2id (RFC 9106) of a passphrase. 0: there is no passphrase, and the
// key is BLAKE2b-256("privitty-edge open backup v1" | salt), which anybody can make: such a file is
// checked for damage and hides nothing. 2: the key is 32 random bytes that both sides have already
// (a transfer to another gateway). Each chunk has the head as associated data. Every chunk but the
// last holds exactly 65536 bytes; the last one has the tag FINAL. So a file that was truncated,
// reordered, spliced or changed does not open. Integers are big-endian.
//
// A wrong passphrase and damage to the head or the first chunk are one error, because nobody can
// distinguish them; what opens its first chunk and then not another is damaged.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/keywrap.h"
#include "crypto/secret.h"
#include "crypto/wiping.h"

namespace crypto {

inline constexpr std::size_t kBackupHead = 56;
inline constexpr std::size_t kBackupChunk = 65536;
inline constexpr std::size_t kBackupOverhead = 17;

// What opens a backup: a passphrase, or none, or a key of a transfer.
struct BackupKey {
  enum class Kind : std::uint8_t { open = 0, passphrase = 1, transfer = 2 };
  Kind kind = Kind::open;
  WipingBytes secret = {};

  // Nothing or an empty one: the backup has none.
  static BackupKey of_passphrase(std::optional<base::ByteView> passphrase);
  static BackupKey of_transfer(base::ByteView key);  // 32 bytes
};

class BackupSealer {
 public:
  // Errc::exhausted when the memory for Argon2id cannot be had.
  static base::Result<BackupSealer> start(const BackupKey& key, PassphraseCost cost = {});
  BackupSealer(BackupSealer&&) noexcept;
  BackupSealer& operator=(BackupSealer&&) noexcept;
  ~BackupSealer();

  base::ByteView head() const;  // goes before all chunks
  // Front to back; every chunk but the last has kBackupChunk bytes (else std::logic_error).
  base::Bytes seal(base::ByteView plain, bool last);

 private:
  struct State;
  explicit BackupSealer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class BackupOpener {
 public:
  // `head` has kBackupHead bytes. Errc::invalid_argument for what is no backup, or one that wants
  // another kind of key; Errc::forbidden for one of a newer version.
  static base::Result<BackupOpener> start(base::ByteView head, const BackupKey& key,
                                          PassphraseCost most = kMaxPassphraseCost);
  BackupOpener(BackupOpener&&) noexcept;
  BackupOpener& operator=(BackupOpener&&) noexcept;
  ~BackupOpener();

  // The next chunk, of kBackupChunk + kBackupOverhead bytes or fewer for the last one. Errc::sealed
  // when it does not open; nothing opens any more then.
  base::Result<WipingBytes> open(base::ByteView sealed);
  bool ended() const;  // the last chunk was opened

 private:
  struct State;
  explicit BackupOpener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crypto
