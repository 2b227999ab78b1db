#include "store/record_file.h"

#include <array>

#include "base/wire.h"

namespace store {
namespace {

constexpr std::size_t kHead = 4 + 8;

}  // namespace

base::Result<RecordFile> RecordFile::create(const std::string& path) {
  EDGE_TRY(File file, File::open(path, File::Mode::create_new));
  return RecordFile(std::move(file), 0);
}

base::Result<RecordFile> RecordFile::open(const std::string& path, std::uint64_t size) {
  EDGE_TRY(File file, File::open(path, File::Mode::read_write));
  return RecordFile(std::move(file), size);
}

base::Result<> RecordFile::append(const Vault& vault, const RecordPlace& place,
                                  std::uint64_t number, base::ByteView plain) {
  const base::Bytes sealed = vault.seal(vault.store_wide(), place.table, place.column,
                                        static_cast<std::int64_t>(number), plain);
  base::WireWriter out;
  out.u32(static_cast<std::uint32_t>(sealed.size())).u64(number).fixed(sealed);
  EDGE_CHECK(file_.write_at(size_, out.view()));
  size_ += out.view().size();
  return {};
}

base::Result<std::optional<SealedRecord>> RecordScan::next(bool head_only) {
  if (end_ < kHead || at_ > end_ - kHead) return std::optional<SealedRecord>();
  std::array<std::uint8_t, kHead> head{};
  EDGE_TRY(const std::size_t got, file_.read_at(at_, head));
  if (got < kHead) return std::optional<SealedRecord>();
  base::WireReader in(head);
  const std::uint32_t size = in.u32();
  SealedRecord out;
  out.number = in.u64();
  out.offset = at_;
  if (size == 0 || size > kMaxRecordBytes || size > end_ - at_ - kHead) {
    return std::optional<SealedRecord>();
  }
  if (!head_only) {
    out.sealed.resize(size);
    EDGE_TRY(const std::size_t read, file_.read_at(at_ + kHead, out.sealed));
    if (read < size) return std::optional<SealedRecord>();
  }
  at_ += kHead + size;
  return std::optional<SealedRecord>(std::move(out));
}

base::Result<crypto::WipingBytes> open_record(const Vault& vault, const RecordPlace& place,
                                              const SealedRecord& record) {
  return vault.open(vault.store_wide(), place.table, place.column,
                    static_cast<std::int64_t>(record.number), record.sealed);
}

}  // namespace store
