// RecordFile: a file of sealed records that only grows.
//
//   record = u32 size of what is sealed | u64 number | sealed (vault.h)
//
// A record is bound to its number and to the caller's table and column names, so that it opens in
// no other place. Records can be cut off at the end, or be missing, which the caller detects by its
// numbers. Numbers grow. A record that was cut by a crash ends the file: everything before it is
// good.
//
// One writer; readers open the file by themselves and look no further than a size they were given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "store/file.h"
#include "store/vault.h"

namespace store {

inline constexpr std::uint32_t kMaxRecordBytes = 16 * 1024 * 1024;  // sealed; more is damage

// The names that the records of a file are bound to.
struct RecordPlace {
  std::string table;
  std::string column;
};

class RecordFile {
 public:
  static base::Result<RecordFile> create(const std::string& path);
  // Appends after the first `size` bytes, and overwrites later ones.
  static base::Result<RecordFile> open(const std::string& path, std::uint64_t size);

  // A failure leaves the file as it was, for all who know its size.
  base::Result<> append(const Vault& vault, const RecordPlace& place, std::uint64_t number,
                        base::ByteView plain);
  base::Result<> sync() { return file_.sync(); }
  std::uint64_t size() const { return size_; }
  const File& file() const { return file_; }

 private:
  RecordFile(File file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  File file_;
  std::uint64_t size_;
};

struct SealedRecord {
  std::uint64_t number = 0;
  std::uint64_t offset = 0;  // of the record in its file
  base::Bytes sealed;        // empty when only heads are read
};

// Reads the records of a file in order, in constant memory.
class RecordScan {
 public:
  // From `offset`, where a record begins, to `end`. The file outlives this.
  RecordScan(const File& file, std::uint64_t offset, std::uint64_t end)
      : file_(file), at_(offset), end_(end) {}

  // Nothing at the end, or at a record that is cut off: offset() then returns its place.
  base::Result<std::optional<SealedRecord>> next(bool head_only = false);
  std::uint64_t offset() const { return at_; }

 private:
  const File& file_;
  std::uint64_t at_;
  const std::uint64_t end_;
};

base::Result<crypto::WipingBytes> open_record(const Vault& vault, const RecordPlace& place,
                                              const SealedRecord& record);

}  // namespace store
