// Dump: an account as records (record_stream.h), whole, from a store that goes on being used.
//
//   account: u16 form (1) | u32 schema | text program | uuid 16 | key 32 | seed 32 | text profile |
//            i64 created at, ms | u64 bytes to come, about
//   blob:    text name | u64 size, then its sealed bytes in pieces of blob_data
//   table, row: raw_rows.h
//   end:     u64 rows | u64 blobs
//
// The sealed files come first, while no reader holds the store's log back; then all rows of one
// snapshot, once every file that it names was written. So rows and files agree, whatever was sent
// or deleted meanwhile. A file that is missing on disk is left out.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "crypto/wiping.h"
#include "store/backup/record_stream.h"
#include "store/tables/accounts.h"

namespace store {
class Store;
}  // namespace store

namespace store::backup {

// What the first record says.
struct DumpHead {
  std::int64_t schema = 0;
  std::string program;  // the version that made it
  Uuid uuid{};
  crypto::WipingArray<32> key;   // of the account's rows
  crypto::WipingArray<32> seed;  // of its identity
  std::string profile;
  base::UnixMillis created_at = 0;
  std::uint64_t bytes = 0;  // about, for progress
};

base::Bytes write_head(const DumpHead& head);
// Errc::forbidden for a newer form or schema than `newest`, Errc::corrupt for any other record.
base::Result<DumpHead> read_head(base::ByteView payload, std::int64_t newest);

// Bytes done, of so many.
using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

// All records; the caller then calls sink.finish(), without which no reader accepts the dump.
// Blocks on the disk; ends with Errc::unavailable when `stop` is requested. Not on the writer's
// thread.
base::Result<> dump_account(Store& store, const AccountRow& account, std::string program,
                            RecordSink& sink, const std::stop_token& stop,
                            const Progress& progress);

base::Error was_stopped();

}  // namespace store::backup
