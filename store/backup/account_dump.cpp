#include "store/backup/account_dump.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "base/wire.h"
#include "store/backup/raw_rows.h"
#include "store/store.h"

namespace store::backup {
namespace {

constexpr std::uint16_t kHeadForm = 1;
constexpr std::size_t kMaxHeadText = 4096;
constexpr std::uint64_t kAboutARow = 300;  // bytes, for progress

struct NamedBlob {
  std::string name;
  std::uint64_t size = 0;  // of the plaintext
};

class Dump {
 public:
  Dump(Store& store, const AccountRow& account, RecordSink& sink, const std::stop_token& stop,
       const Progress& progress)
      : store_(store), account_(account), sink_(sink), stop_(stop), progress_(progress) {}

  base::Result<> run(std::string program) {
    EDGE_CHECK(begin(std::move(program)));
    for (;;) {
      EDGE_TRY(Reader snapshot, store_.read());
      std::vector<NamedBlob> missing;
      EDGE_CHECK(list_blobs(*snapshot, missing));
      if (missing.empty()) {
        EDGE_CHECK(put_rows(*snapshot));
        break;
      }
      { const Reader done = std::move(snapshot); }
      for (const NamedBlob& blob : missing) EDGE_CHECK(put_blob(blob.name));
    }
    base::WireWriter end;
    end.u64(rows_).u64(blobs_);
    return sink_.put(RecordKind::end, end.view());
  }

 private:
  base::Result<> begin(std::string program) {
    DumpHead head;
    {
      EDGE_TRY(Reader snapshot, store_.read());
      std::vector<NamedBlob> blobs;
      EDGE_CHECK(list_blobs(*snapshot, blobs));
      for (const NamedBlob& blob : blobs) all_ += crypto::sealed_size(blob.size);
      EDGE_TRY(const auto tables, carried_tables(*snapshot));
      for (const CarriedTable& table : tables) {
        EDGE_TRY(const std::int64_t count, count_carried(*snapshot, table, account_.id));
        all_ += static_cast<std::uint64_t>(count) * kAboutARow;
      }
      EDGE_TRY(const auto schema, snapshot->integer("PRAGMA user_version"));
      head.schema = schema.value_or(0);
    }
    head.program = std::move(program);
    head.uuid = account_.uuid;
    head.key = crypto::WipingArray<32>(
        store_.vault().reveal(store_.vault().account(account_.uuid)).view());
    head.seed = account_.seed;
    head.profile = account_.profile;
    head.created_at = account_.created_at;
    head.bytes = all_;
    base::Bytes record = write_head(head);
    auto put = sink_.put(RecordKind::account, record);
    crypto::wipe(record);
    return put;
  }

  base::Result<> list_blobs(Connection& snapshot, std::vector<NamedBlob>& missing) const {
    return snapshot.each(
        "SELECT name, size FROM checked_blob WHERE account_id = ? AND intact ORDER BY id",
        [&](const Row& row) {
          std::string name(row.text(0));
          if (done_.contains(name)) return;
          missing.push_back({std::move(name), static_cast<std::uint64_t>(row.integer(1))});
        },
        account_.id);
  }

  base::Result<> put_blob(const std::string& name) {
    done_.insert(name);
    auto file = File::open(store_.blobs().path(account_.uuid, name), File::Mode::read);
    if (!file && file.error().code == base::Errc::not_found) return {};
    if (!file) return std::move(file).error();
    EDGE_TRY(const std::uint64_t size, file->size());
    base::WireWriter begin;
    begin.text(name).u64(size);
    EDGE_CHECK(sink_.put(RecordKind::blob, begin.view()));
    ++blobs_;
    base::Bytes piece(kBlobPiece);
    for (std::uint64_t at = 0; at < size;) {
      if (stop_.stop_requested()) return was_stopped();
      const auto want = std::min<std::uint64_t>(piece.size(), size - at);
      EDGE_TRY(const std::size_t read,
               file->read_at(at, std::span(piece).first(static_cast<std::size_t>(want))));
      if (read != want) return base::fail(base::Errc::io, "a file of a message grew shorter");
      EDGE_CHECK(sink_.put(RecordKind::blob_data, base::ByteView(piece).first(read)));
      at += read;
      advance(read);
    }
    return {};
  }

  base::Result<> put_rows(Connection& snapshot) {
    EDGE_TRY(const auto tables, carried_tables(snapshot));
    for (const CarriedTable& table : tables) {
      EDGE_CHECK(sink_.put(RecordKind::table, write_table(table)));
      EDGE_CHECK(read_rows(snapshot, select_carried(table, true), account_.id,
                           [this](base::ByteView row) -> base::Result<> {
                             if (stop_.stop_requested()) return was_stopped();
                             ++rows_;
                             advance(kAboutARow);
                             return sink_.put(RecordKind::row, row);
                           }));
    }
    return {};
  }

  void advance(std::uint64_t bytes) {
    at_ += bytes;
    if (progress_) progress_(std::min(at_, all_), all_);
  }

  Store& store_;
  const AccountRow& account_;
  RecordSink& sink_;
  const std::stop_token& stop_;
  const Progress& progress_;
  std::set<std::string> done_;
  std::uint64_t rows_ = 0;
  std::uint64_t blobs_ = 0;
  std::uint64_t at_ = 0;
  std::uint64_t all_ = 0;
};

}  // namespace

base::Error was_stopped() {
  return base::fail(base::Errc::unavailable, "stopped, as asked; nothing was changed");
}

base::Bytes write_head(const DumpHead& head) {
  base::WireWriter out;
  out.u16(kHeadForm).u32(static_cast<std::uint32_t>(head.schema)).text(head.program);
  out.fixed(head.uuid).fixed(head.key.view()).fixed(head.seed.view()).text(head.profile);
  out.i64(head.created_at).u64(head.bytes);
  return out.take();
}

base::Result<DumpHead> read_head(base::ByteView payload, std::int64_t newest) {
  base::WireReader in(payload);
  const std::uint16_t form = in.u16();
  DumpHead head;
  head.schema = in.u32();
  head.program = in.text(kMaxHeadText);
  if (!in.ok()) return damaged("it does not begin with an account");
  if (form != kHeadForm || head.schema > newest) {
    return base::fail(base::Errc::forbidden,
                      fmt::format("the backup was made by a newer version (privitty-edge {}, schema"
                                  " {}; this one knows {}); use that version or a later one",
                                  head.program, head.schema, newest));
  }
  head.uuid = in.array<16>();
  const base::ByteView key = in.fixed(32);
  const base::ByteView seed = in.fixed(32);
  head.profile = in.text(kMaxHeadText);
  head.created_at = in.i64();
  head.bytes = in.u64();
  if (!in.done()) return damaged("it does not begin with an account");
  head.key = crypto::WipingArray<32>(key.first<32>());
  head.seed = crypto::WipingArray<32>(seed.first<32>());
  return head;
}

base::Result<> dump_account(Store& store, const AccountRow& account, std::string program,
                            RecordSink& sink, const std::stop_token& stop,
                            const Progress& progress) {
  return Dump(store, account, sink, stop, progress).run(std::move(program));
}

}  // namespace store::backup
