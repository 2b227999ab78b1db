// RunLedger: the record of every run, DIR/commands/runs.log: one sealed entry when a run begins and
// one when it has ended. What was appended survives the daemon; after sync() it survives a power
// cut.
//
// Any thread. The oldest runs over kMaxRuns are forgotten when the file is written anew.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "gateway/commands/run_record.h"
#include "store/record_file.h"

namespace gateway::commands {

class RunLedger {
 public:
  static constexpr std::size_t kMaxRuns = 10'000;

  // Reads what is there, oldest first; entries that are damaged are passed over, an entry that was
  // cut off at the end is forgotten. `dir` exists; the vault outlives this.
  struct Opened {
    std::unique_ptr<RunLedger> ledger;
    std::vector<RunRecord> runs;
  };
  static base::Result<Opened> open(const std::string& dir, const store::Vault& vault);

  base::Result<> start(const RunRecord& record);
  base::Result<> end(const std::string& id, const RunOutcome& outcome);
  base::Result<> sync();  // waits for the disk, once for all who wait together

  // Whether so much was appended that the file should be written anew.
  bool is_long() const;
  // Rewrites the file with the runs that `all` returns, and no others; `all` is called while
  // nothing is appended, so it must hold a run before start(), and its outcome before end(). A
  // failure leaves the file unchanged.
  base::Result<> rewrite(const std::function<std::vector<RunRecord>()>& all);

 private:
  RunLedger(std::string dir, const store::Vault& vault, store::RecordFile file,
            std::uint64_t entries);
  base::Result<> append(base::ByteView entry);

  const std::string dir_;
  const store::Vault& vault_;
  mutable base::Mutex mutex_;
  std::shared_ptr<store::RecordFile> file_ GUARDED_BY(mutex_);
  std::uint64_t last_ GUARDED_BY(mutex_) = 0;     // number of the newest entry
  std::uint64_t entries_ GUARDED_BY(mutex_) = 0;  // in the file
  std::uint64_t synced_ GUARDED_BY(mutex_) = 0;   // entries up to this one are on the disk
  base::Mutex sync_mutex_;                        // of who waits for the disk
};

}  // namespace gateway::commands
