#include "store/backup/record_stream.h"

#include <algorithm>

#include "base/wire.h"

namespace store::backup {

base::Error damaged(std::string_view what) {
  return base::fail(base::Errc::corrupt, "the backup is damaged: " + std::string(what));
}

RecordSink::RecordSink(crypto::BackupSealer sealer, Put put)
    : sealer_(std::move(sealer)), put_(std::move(put)) {
  pending_.reserve(crypto::kBackupChunk);
}

base::Result<> RecordSink::append(base::ByteView bytes) {
  if (!begun_) EDGE_CHECK(put_(sealer_.head()));
  begun_ = true;
  while (!bytes.empty()) {
    // A full chunk waits until more data comes, because the last chunk must be marked as the last.
    if (pending_.size() == crypto::kBackupChunk) {
      EDGE_CHECK(put_(sealer_.seal(pending_, false)));
      pending_.clear();
    }
    const std::size_t size = std::min(bytes.size(), crypto::kBackupChunk - pending_.size());
    pending_.insert(pending_.end(), bytes.begin(),
                    bytes.begin() + static_cast<std::ptrdiff_t>(size));
    bytes = bytes.subspan(size);
  }
  return {};
}

base::Result<> RecordSink::put(RecordKind kind, base::ByteView payload) {
  if (payload.size() > kMaxRecord) {
    return base::fail(base::Errc::too_large, "a row is too large for a backup");
  }
  base::WireWriter head;
  head.u8(static_cast<std::uint8_t>(kind)).u32(static_cast<std::uint32_t>(payload.size()));
  EDGE_CHECK(append(head.view()));
  return append(payload);
}

base::Result<> RecordSink::finish() {
  EDGE_CHECK(append({}));
  EDGE_CHECK(put_(sealer_.seal(pending_, true)));
  pending_.clear();
  return {};
}

base::Result<RecordSource> RecordSource::open(Get get, const crypto::BackupKey& key) {
  std::array<std::uint8_t, crypto::kBackupHead> head{};
  EDGE_TRY(const std::size_t size, get(head));
  EDGE_TRY(auto opener, crypto::BackupOpener::start(base::ByteView(head).first(size), key));
  RecordSource source(std::move(get), std::move(opener));
  source.bytes_ = size;
  return source;
}

// Reads until this many bytes are there.
base::Result<> RecordSource::fill(std::size_t size) {
  while (pending_.size() - used_ < size) {
    if (opener_.ended()) return damaged("it ends within a record");
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
    base::Bytes sealed(crypto::kBackupChunk + crypto::kBackupOverhead);
    EDGE_TRY(const std::size_t read, get_(sealed));
    if (read == 0) {
      if (bytes_ > crypto::kBackupHead) return damaged("its end is missing");
    }
    bytes_ += read;
    EDGE_TRY(const crypto::WipingBytes plain, opener_.open(base::ByteView(sealed).first(read)));
    pending_.insert(pending_.end(), plain.begin(), plain.end());
  }
  return {};
}

base::Result<> RecordSource::check_end() {
  if (used_ != pending_.size() || !opener_.ended()) return damaged("it goes on behind its end");
  std::array<std::uint8_t, 1> more{};
  EDGE_TRY(const std::size_t read, get_(more));
  if (read != 0) return damaged("it goes on behind its end");
  return {};
}

base::Result<Record> RecordSource::next() {
  constexpr std::size_t kRecordHead = 5;
  EDGE_CHECK(fill(kRecordHead));
  base::WireReader in(base::ByteView(pending_).subspan(used_, kRecordHead));
  Record record;
  const std::uint8_t kind = in.u8();
  const std::size_t size = in.u32();
  if (kind < 1 || kind > static_cast<std::uint8_t>(RecordKind::end)) {
    return damaged("it holds a record of an unknown kind");
  }
  if (size > kMaxRecord) return damaged("it holds a record that is too long");
  used_ += kRecordHead;
  record.kind = static_cast<RecordKind>(kind);
  EDGE_CHECK(fill(size));
  const auto begin = pending_.begin() + static_cast<std::ptrdiff_t>(used_);
  record.payload.assign(begin, begin + static_cast<std::ptrdiff_t>(size));
  used_ += size;
  if (record.kind == RecordKind::end) EDGE_CHECK(check_end());
  return record;
}

}  // namespace store::backup
