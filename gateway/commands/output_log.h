// OutputLog: what commands wrote, sealed, in DIR/commands/: files RUN.N.FIRST.out of a few MiB
// each: N counts the files of a run from 0, FIRST is the id of the first line in the file. A number
// that is absent says that lines are missing there. A run's lines are appended as they come; the
// oldest files go when all together are over a bound, or are too old, also those of a command that
// still runs.
//
// Appended lines survive the daemon; after sync(), which is called at the end of a run and when the
// daemon stops, they survive a power cut. A power cut during a run may lose the lines of the last
// moments; the lines before them are good.
//
// append() and finish() belong to one thread (the runner's); all else is for any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "gateway/commands/output_entry.h"
#include "store/record_file.h"

namespace gateway::commands {

struct OutputBounds {
  std::uint64_t bytes = std::uint64_t{256} << 20;
  base::Millis age = 7LL * 24 * 3600 * 1000;
  std::uint64_t file_bytes = std::uint64_t{4} << 20;
};

struct OutputPage {
  std::vector<OutputEntry> entries;
  base::EventId reached;  // everything of the run up to here was looked at
  base::EventId floor;    // lines up to here may be missing
  bool at_end = false;    // there is no more at present
};

class OutputLog {
 public:
  // Loads the existing files, and removes those of runs that `known` does not hold. The vault
  // outlives this.
  static base::Result<std::unique_ptr<OutputLog>> open(const std::string& dir,
                                                       const store::Vault& vault,
                                                       const std::set<std::string>& known);
  ~OutputLog();

  // `entries` have ids without gaps, greater than all before. Lines that cannot be written (the
  // disk is full) are missing, and pages report that.
  void append(const std::string& run, std::span<const OutputEntry> entries);
  void finish(const std::string& run);
  // Waits until all that was appended, or all of one run, is on the disk.
  base::Result<> sync();
  base::Result<> sync(const std::string& run);

  // Lines with an id greater than `after`, oldest first; at most `limit` and about `bytes` of them.
  base::Result<OutputPage> read(const std::string& run, base::EventId after, std::size_t limit,
                                std::size_t bytes) const;
  // The newest id that is in a run's files; 0: none.
  base::Result<base::EventId> newest(const std::string& run) const;

  void set_bounds(const OutputBounds& bounds);
  void tidy(base::UnixMillis now);  // removes what is too old
  void remove(const std::string& run);
  std::uint64_t bytes() const;  // of all files

 private:
  struct Segment;
  using SegmentPtr = std::shared_ptr<Segment>;
  struct Output {
    std::deque<SegmentPtr> segments;          // oldest first
    base::EventId lost;                       // lines up to here may be missing
    base::EventId last;                       // of what was appended
    std::uint64_t next_file = 0;              // its number
    bool loss_reported = false;               // that some of it could not be written
    std::unique_ptr<store::RecordFile> file;  // of the newest segment, while it grows
  };

  OutputLog(std::string dir, const store::Vault& vault) : dir_(std::move(dir)), vault_(vault) {}
  base::Result<> sync(std::vector<SegmentPtr> segments);
  base::Result<> adopt_files(const std::set<std::string>& known);
  base::Result<> append_record(const std::string& run, Output& output,
                               std::span<const OutputEntry> entries) REQUIRES(mutex_);
  void drop_oldest() REQUIRES(mutex_);
  void keep_bounds() REQUIRES(mutex_);

  struct Place {  // where a read goes on
    SegmentPtr segment;
    std::uint64_t offset = 0;
    std::uint64_t end = 0;
    base::EventId lost;
    base::EventId last;
  };
  std::optional<Place> find(const std::string& run, base::EventId after) const;
  base::Result<> index(const SegmentPtr& segment) const;

  const std::string dir_;
  const store::Vault& vault_;
  mutable base::Mutex mutex_;
  OutputBounds bounds_ GUARDED_BY(mutex_);
  std::map<std::string, Output> outputs_ GUARDED_BY(mutex_);
  std::map<std::uint64_t, SegmentPtr> oldest_ GUARDED_BY(mutex_);  // by first id
  std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace gateway::commands
