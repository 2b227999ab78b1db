#include "store/backup/staged_account.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "base/log.h"
#include "base/wire.h"
#include "crypto/random.h"
#include "store/backup/raw_rows.h"
#include "store/blob_name.h"
#include "store/file.h"
#include "store/own_tables.h"
#include "store/row_layout.h"
#include "store/row_macs.h"
#include "store/transaction.h"
#include "store/upgrade.h"

namespace store::backup {
namespace {

constexpr std::string_view kFolderPrefix = "import-";
constexpr std::int64_t kRowsATransaction = 2'000;

}  // namespace

// Handles the records in turn.
class StagedAccount::Filling {
 public:
  Filling(StagedAccount& staged, std::span<const Migration> steps, const std::stop_token& stop)
      : staged_(staged), steps_(steps), stop_(stop) {}

  // True: this was the last one.
  base::Result<bool> take(const Record& record) {
    if (stop_.stop_requested()) return was_stopped();
    if (!begun_ && record.kind != RecordKind::account) {
      return damaged("it does not begin with an account");
    }
    if (file_ && record.kind != RecordKind::blob_data) return damaged("a file in it is cut off");
    switch (record.kind) {
      case RecordKind::account:
        EDGE_CHECK(begin(record.payload));
        return false;
      case RecordKind::blob:
        EDGE_CHECK(begin_blob(record.payload));
        return false;
      case RecordKind::blob_data:
        EDGE_CHECK(put_blob(record.payload));
        return false;
      case RecordKind::table:
        EDGE_CHECK(begin_table(record.payload));
        return false;
      case RecordKind::row:
        EDGE_CHECK(put_row(record.payload));
        return false;
      case RecordKind::end:
        EDGE_CHECK(end(record.payload));
        return true;
    }
    return damaged("it holds a record of an unknown kind");
  }

 private:
  base::Result<> begin(base::ByteView payload) {
    if (begun_) return damaged("it holds two accounts");
    begun_ = true;
    EDGE_TRY(staged_.head_, read_head(payload, steps_.back().number));
    if (staged_.head_.schema < row_mac_step(steps_)) return damaged("its schema is too old");
    auto vault = std::make_unique<Vault>(crypto::RecordKey::generate());
    vault->adopt(staged_.head_.uuid,
                 crypto::RecordKey(crypto::Secret<32>(staged_.head_.key.view())));
    staged_.vault_ = std::move(vault);
    EDGE_CHECK(make_dir(staged_.dir_));
    EDGE_CHECK(make_dir(staged_.blobs_dir()));
    const auto so_far = steps_.first(static_cast<std::size_t>(staged_.head_.schema));
    {
      EDGE_TRY(const auto db,
               Connection::open(staged_.dir_ + "/rows.db", {.synchronous = Synchronous::off}));
      EDGE_TRY(Transaction transaction, Transaction::begin(*db));
      EDGE_CHECK(db->script(own_tables_sql()));
      for (const Migration& step : so_far) EDGE_CHECK(run_step(*db, step, nullptr));
      EDGE_CHECK(transaction.commit());
    }
    EDGE_CHECK(staged_.open_rows(so_far, true));
    EDGE_CHECK(insert_empty_account(*staged_.db_, kAccount, staged_.head_.uuid));
    EDGE_TRY(known_, carried_tables(*staged_.db_));
    return {};
  }

  base::Result<> begin_blob(base::ByteView payload) {
    base::WireReader in(payload);
    const std::string name = in.text(64);
    left_ = in.u64();
    if (!in.done() || !is_blob_name(name)) return damaged("a file in it has no name");
    auto file = File::open(staged_.blobs_dir() + "/" + name, File::Mode::create_new);
    if (!file && file.error().code == base::Errc::already_exists) {
      return damaged("it holds a file twice");
    }
    if (!file) return std::move(file).error();
    at_ = 0;
    ++blobs_;
    file_.emplace(*std::move(file));
    return end_blob();
  }

  base::Result<> put_blob(base::ByteView piece) {
    if (!file_ || piece.size() > left_) return damaged("a file in it is too long");
    EDGE_CHECK(file_->write_at(at_, piece));
    at_ += piece.size();
    left_ -= piece.size();
    return end_blob();
  }

  base::Result<> end_blob() {
    if (left_ > 0) return {};
    EDGE_CHECK(file_->sync());
    file_.reset();
    return {};
  }

  base::Result<> begin_table(base::ByteView payload) {
    inserter_.reset();
    EDGE_TRY(const CarriedTable table, read_table(payload, known_));
    EDGE_TRY(auto inserter, RowInserter::prepare(*staged_.db_, table, kAccount));
    inserter_.emplace(std::move(inserter));
    return {};
  }

  base::Result<> put_row(base::ByteView row) {
    if (!inserter_) return damaged("a row in it has no table");
    if (rows_ % kRowsATransaction == 0) {
      if (rows_ > 0) EDGE_CHECK(staged_.db_->run("COMMIT"));
      EDGE_CHECK(staged_.db_->run("BEGIN IMMEDIATE"));
    }
    ++rows_;
    return inserter_->insert(row);
  }

  base::Result<> end(base::ByteView payload) {
    inserter_.reset();
    base::WireReader in(payload);
    const auto rows = static_cast<std::int64_t>(in.u64());
    const std::uint64_t blobs = in.u64();
    if (!in.done() || rows != rows_ || blobs != blobs_) return damaged("a part of it is missing");
    if (rows_ > 0) EDGE_CHECK(staged_.db_->run("COMMIT"));
    EDGE_CHECK(sync_dir(staged_.blobs_dir()));
    return staged_.upgrade_rows(steps_);
  }

  StagedAccount& staged_;
  const std::span<const Migration> steps_;
  const std::stop_token& stop_;
  bool begun_ = false;
  std::vector<CarriedTable> known_;
  std::optional<File> file_;
  std::uint64_t left_ = 0;
  std::uint64_t at_ = 0;
  std::optional<RowInserter> inserter_;
  std::int64_t rows_ = 0;
  std::uint64_t blobs_ = 0;
};

StagedAccount::StagedAccount(std::string dir) : dir_(std::move(dir)) {}

StagedAccount::~StagedAccount() {
  db_.reset();
  std::error_code error;
  std::filesystem::remove_all(dir_, error);
  if (error) base::log::warning("{} was not removed: {}", dir_, error.message());
}

void StagedAccount::remove_leftovers(const std::string& dir) {
  std::error_code error;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    if (entry.is_directory() && entry.path().filename().string().starts_with(kFolderPrefix)) {
      found.push_back(entry.path());
    }
  }
  for (const auto& folder : found) {
    std::filesystem::remove_all(folder, error);
    base::log::info("removed {}, which an import left that did not come to its end",
                    folder.string());
  }
}

// Views and triggers of one connection call the functions of RowMacs, so each connection has its
// own.
base::Result<> StagedAccount::open_rows(std::span<const Migration> steps, bool writes) {
  db_.reset();
  EDGE_TRY(db_, Connection::open(dir_ + "/rows.db", {.synchronous = Synchronous::off}));
  EDGE_TRY(macs_, RowMacs::of(steps, *vault_));
  EDGE_CHECK(macs_->read_by(*db_));
  return writes ? macs_->write_by(*db_) : base::Result<>{};
}

base::Result<> StagedAccount::upgrade_rows(std::span<const Migration> steps) {
  db_.reset();
  if (head_.schema < steps.back().number) {
    EDGE_TRY(const auto db, Connection::open(dir_ + "/rows.db", {.synchronous = Synchronous::off}));
    EDGE_CHECK(run_later_steps(*db, *vault_, head_.schema, steps));
  }
  return open_rows(steps, false);
}

base::Result<std::unique_ptr<StagedAccount>> StagedAccount::read(const std::string& dir,
                                                                 RecordSource& source,
                                                                 std::span<const Migration> steps,
                                                                 const std::stop_token& stop,
                                                                 const Progress& progress) {
  std::unique_ptr<StagedAccount> staged(new StagedAccount(dir + "/" + std::string(kFolderPrefix) +
                                                          base::to_hex(crypto::random_array<8>())));
  {
    Filling filling(*staged, steps, stop);
    for (bool ended = false; !ended;) {
      EDGE_TRY(const Record record, source.next());
      EDGE_TRY(ended, filling.take(record));
      if (progress && staged->head_.bytes > 0) {
        progress(std::min(source.bytes(), staged->head_.bytes), staged->head_.bytes);
      }
    }
  }
  return staged;
}

}  // namespace store::backup
