// Records of a backup: what crypto/backup_stream.h seals, cut into records one after the other.
//
//   record = kind u8 | u32 length | payload
//
// Both ends hold one chunk and one record at a time, however long the backup is. The caller
// provides the source and the destination of the bytes: a file, or a channel to another gateway.
// One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/function.h"
#include "base/result.h"
#include "crypto/backup_stream.h"
#include "crypto/wiping.h"

namespace store::backup {

enum class RecordKind : std::uint8_t {
  account = 1,    // the first: whose backup it is, of which schema
  blob = 2,       // a sealed file begins
  blob_data = 3,  // the next bytes of it
  table = 4,      // rows of this table follow
  row = 5,
  end = 6,  // the last: what there was, counted
};

// A longer record is damage: no stored row is nearly as long.
inline constexpr std::size_t kMaxRecord = 64 * 1024 * 1024;
inline constexpr std::size_t kBlobPiece = 256 * 1024;

class RecordSink {
 public:
  using Put = base::UniqueFunction<base::Result<>(base::ByteView)>;
  RecordSink(crypto::BackupSealer sealer, Put put);

  base::Result<> put(RecordKind kind, base::ByteView payload);
  base::Result<> finish();  // the last chunk

 private:
  base::Result<> append(base::ByteView bytes);
  crypto::BackupSealer sealer_;
  Put put_;
  bool begun_ = false;
  crypto::WipingBytes pending_;
};

struct Record {
  RecordKind kind = RecordKind::end;
  crypto::WipingBytes payload;
};

class RecordSource {
 public:
  // Fills `out`; fewer bytes only at the end.
  using Get = base::UniqueFunction<base::Result<std::size_t>(std::span<std::uint8_t>)>;
  static base::Result<RecordSource> open(Get get, const crypto::BackupKey& key);

  // Errc::sealed for damage. `end` is the last record: bytes after it are damage too.
  base::Result<Record> next();
  std::uint64_t bytes() const { return bytes_; }  // of the stream, read so far

 private:
  RecordSource(Get get, crypto::BackupOpener opener)
      : get_(std::move(get)), opener_(std::move(opener)) {}
  base::Result<> fill(std::size_t size);
  base::Result<> check_end();
  Get get_;
  crypto::BackupOpener opener_;
  crypto::WipingBytes pending_;
  std::size_t used_ = 0;  // of `pending_`
  std::uint64_t bytes_ = 0;
};

// The error for a stream that opens but is no backup.
base::Error damaged(std::string_view what);

}  // namespace store::backup
