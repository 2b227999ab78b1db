#include "gateway/commands/run_ledger.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>

#include "base/log.h"

namespace gateway::commands {
namespace {

const store::RecordPlace kPlace{.table = "commands", .column = "runs"};

std::string path_in(const std::string& dir) { return dir + "/runs.log"; }

// Oldest first.
struct Runs {
  std::vector<RunRecord> list;
  std::map<std::string, std::size_t> by_id;

  void take(LedgerEntry entry) {
    if (entry.start) {
      // A file that was written anew may hold one twice.
      if (by_id.try_emplace(entry.id, list.size()).second) list.push_back(*std::move(entry.start));
    } else if (const auto found = by_id.find(entry.id); found != by_id.end()) {
      list[found->second].outcome = std::move(entry.outcome);
    }
  }
};

}  // namespace

RunLedger::RunLedger(std::string dir, const store::Vault& vault, store::RecordFile file,
                     std::uint64_t entries)
    : dir_(std::move(dir)),
      vault_(vault),
      file_(std::make_shared<store::RecordFile>(std::move(file))),
      entries_(entries) {}

base::Result<RunLedger::Opened> RunLedger::open(const std::string& dir, const store::Vault& vault) {
  const std::string path = path_in(dir);
  Opened out;
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    EDGE_TRY(auto file, store::RecordFile::create(path));
    EDGE_CHECK(store::sync_dir(dir));
    out.ledger.reset(new RunLedger(dir, vault, std::move(file), 0));
    return out;
  }
  Runs runs;
  std::uint64_t end = 0, last = 0, entries = 0, damaged = 0;
  {
    EDGE_TRY(const store::File file, store::File::open(path, store::File::Mode::read));
    EDGE_TRY(const std::uint64_t size, file.size());
    store::RecordScan scan(file, 0, size);
    for (;;) {
      EDGE_TRY(const auto record, scan.next());
      if (!record) break;
      ++entries;
      last = std::max(last, record->number);
      const auto plain = store::open_record(vault, kPlace, *record);
      auto entry = plain ? decode_ledger_entry(*plain) : std::nullopt;
      if (entry) {
        runs.take(std::move(*entry));
      } else {
        ++damaged;
      }
    }
    end = scan.offset();
  }
  if (damaged > 0) {
    base::log::error("{}: {} entries of earlier commands are damaged and are passed over", path,
                     damaged);
  }
  EDGE_TRY(auto file, store::RecordFile::open(path, end));
  out.ledger.reset(new RunLedger(dir, vault, std::move(file), entries));
  {
    base::Lock lock(out.ledger->mutex_);
    out.ledger->last_ = last;
  }
  out.runs = std::move(runs.list);
  return out;
}

base::Result<> RunLedger::append(base::ByteView entry) {
  base::Lock lock(mutex_);
  EDGE_CHECK(file_->append(vault_, kPlace, last_ + 1, entry));
  ++last_;
  ++entries_;
  return {};
}

base::Result<> RunLedger::start(const RunRecord& record) { return append(encode_start(record)); }

base::Result<> RunLedger::end(const std::string& id, const RunOutcome& outcome) {
  return append(encode_outcome(id, outcome));
}

base::Result<> RunLedger::sync() {
  base::Lock waits(sync_mutex_);
  std::shared_ptr<store::RecordFile> file;
  std::uint64_t last = 0;
  {
    base::Lock lock(mutex_);
    if (synced_ == last_) return {};
    last = last_;
    file = file_;
  }
  EDGE_CHECK(file->sync());
  base::Lock lock(mutex_);
  synced_ = std::max(synced_, last);
  return {};
}

bool RunLedger::is_long() const {
  base::Lock lock(mutex_);
  return entries_ > 4 * kMaxRuns;
}

base::Result<> RunLedger::rewrite(const std::function<std::vector<RunRecord>()>& all) {
  const std::string path = path_in(dir_);
  const std::string fresh = path + ".new";
  base::Lock lock(mutex_);
  (void)::unlink(fresh.c_str());
  EDGE_TRY(auto file, store::RecordFile::create(fresh));
  std::uint64_t entries = 0;
  for (const RunRecord& run : all()) {
    EDGE_CHECK(file.append(vault_, kPlace, last_ + ++entries, encode_start(run)));
    if (!run.outcome) continue;
    EDGE_CHECK(
        file.append(vault_, kPlace, last_ + ++entries, encode_outcome(run.id, *run.outcome)));
  }
  EDGE_CHECK(file.sync());
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return base::fail_errno(base::Errc::io, "rename " + fresh, errno);
  }
  file_ = std::make_shared<store::RecordFile>(std::move(file));
  last_ += entries;
  entries_ = entries;
  synced_ = last_;
  return store::sync_dir(dir_);
}

}  // namespace gateway::commands
