// RunTable: the runs that are known, running and ended, and which of them a caller may see. Memory
// alone; safe from any thread.
//
// For the event streams each run has a number, and each row of a project (a command or an allowed
// line) a topic: filters of streams go by these. Both are this process's alone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "gateway/commands/command_list.h"
#include "gateway/commands/run_record.h"
#include "rpc/access.h"

namespace gateway::commands {

// Whether the caller may see a run, cancel it, and write to it: a key with the scope for its
// command, or for its project.
bool may_see(const rpc::Access& access, const RunRecord& record);

struct KnownRun {
  RunRecord record;
  base::ChatId number;
  base::AccountId topic;
  std::optional<RunNumber> running = {};  // the runner's number of it
};

class RunTable {
 public:
  // The topics of what may be run now.
  void add_topics(const CommandList& list);
  // A run that begins, or of an earlier daemon. Its id is new.
  KnownRun add(RunRecord record, std::optional<RunNumber> running);
  // The record of the run, with its outcome; nothing when it is unknown.
  std::optional<RunRecord> end(const std::string& id, RunOutcome outcome);
  void remove(const std::string& id);  // one that did not begin

  std::optional<KnownRun> find(const std::string& id) const;
  std::optional<KnownRun> find(base::ChatId number) const;
  // Those of these topics with events after this id, oldest first.
  std::vector<KnownRun> with_events_after(const std::vector<base::AccountId>& topics,
                                          base::EventId after) const;
  // The topics of a project that the caller may see.
  std::vector<base::AccountId> topics(const rpc::Access& access, std::string_view project) const;
  // Newest first.
  std::vector<RunRecord> list(const rpc::Access& access, const std::optional<std::string>& project,
                              std::size_t limit) const;
  std::vector<RunRecord> all()
      const;  // Of these topics, the runs with events after this id, oldest first.

  // Forgets the oldest ended runs over `most`; says which.
  std::vector<std::string> trim(std::size_t most);
  std::size_t running() const;

 private:
  struct Topic {
    std::string project;
    std::string row;
    bool is_line = false;
    auto operator<=>(const Topic&) const = default;
  };
  base::AccountId topic_of(Topic topic) REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  std::map<std::uint32_t, KnownRun> runs_ GUARDED_BY(mutex_);  // by number, which is their order
  std::map<std::string, std::uint32_t> numbers_ GUARDED_BY(mutex_);
  std::map<Topic, base::AccountId> topics_ GUARDED_BY(mutex_);
  std::uint32_t last_ GUARDED_BY(mutex_) = 0;
  std::size_t running_ GUARDED_BY(mutex_) = 0;
};

}  // namespace gateway::commands
