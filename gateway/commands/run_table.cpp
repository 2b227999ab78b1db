#include "gateway/commands/run_table.h"

#include <algorithm>

namespace gateway::commands {
namespace {

bool may_see_row(const rpc::Access& access, std::string_view project, std::string_view row,
                 bool is_line) {
  if (access.ended()) return false;
  return (!is_line && access.may_run_command(row)) || access.may_run_command(project);
}

}  // namespace

bool may_see(const rpc::Access& access, const RunRecord& record) {
  return may_see_row(access, record.project, record.row, record.is_line);
}

base::AccountId RunTable::topic_of(Topic topic) {
  const auto next = static_cast<std::uint32_t>(topics_.size() + 1);
  return topics_.try_emplace(std::move(topic), base::AccountId(next)).first->second;
}

void RunTable::add_topics(const CommandList& list) {
  base::Lock lock(mutex_);
  for (const auto& project : list.projects) {
    for (const auto* rows : {&project->commands, &project->lines}) {
      for (const auto& row : *rows) {
        topic_of({.project = project->name, .row = row->name, .is_line = row->is_line});
      }
    }
  }
}

KnownRun RunTable::add(RunRecord record, std::optional<RunNumber> running) {
  base::Lock lock(mutex_);
  KnownRun known;
  known.number = base::ChatId(++last_);
  known.topic = topic_of({.project = record.project, .row = record.row, .is_line = record.is_line});
  known.record = std::move(record);
  known.running = running;
  if (running) ++running_;
  numbers_[known.record.id] = known.number.value;
  return runs_.emplace(known.number.value, std::move(known)).first->second;
}

std::optional<RunRecord> RunTable::end(const std::string& id, RunOutcome outcome) {
  base::Lock lock(mutex_);
  const auto number = numbers_.find(id);
  if (number == numbers_.end()) return std::nullopt;
  KnownRun& known = runs_.at(number->second);
  if (known.running) --running_;
  known.running.reset();
  known.record.outcome = std::move(outcome);
  return known.record;
}

void RunTable::remove(const std::string& id) {
  base::Lock lock(mutex_);
  const auto number = numbers_.find(id);
  if (number == numbers_.end()) return;
  const auto found = runs_.find(number->second);
  if (found->second.running) --running_;
  runs_.erase(found);
  numbers_.erase(number);
}

std::optional<KnownRun> RunTable::find(const std::string& id) const {
  base::Lock lock(mutex_);
  const auto number = numbers_.find(id);
  if (number == numbers_.end()) return std::nullopt;
  return runs_.at(number->second);
}

std::optional<KnownRun> RunTable::find(base::ChatId number) const {
  base::Lock lock(mutex_);
  const auto found = runs_.find(number.value);
  return found == runs_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<KnownRun> RunTable::with_events_after(const std::vector<base::AccountId>& topics,
                                                  base::EventId after) const {
  base::Lock lock(mutex_);
  std::vector<KnownRun> out;
  for (const auto& [number, known] : runs_) {
    if (known.record.outcome && known.record.outcome->id <= after) continue;
    if (std::find(topics.begin(), topics.end(), known.topic) == topics.end()) continue;
    out.push_back(known);
  }
  return out;
}

std::vector<base::AccountId> RunTable::topics(const rpc::Access& access,
                                              std::string_view project) const {
  base::Lock lock(mutex_);
  std::vector<base::AccountId> out;
  for (const auto& [topic, id] : topics_) {
    if (topic.project == project && may_see_row(access, project, topic.row, topic.is_line)) {
      out.push_back(id);
    }
  }
  return out;
}

std::vector<RunRecord> RunTable::list(const rpc::Access& access,
                                      const std::optional<std::string>& project,
                                      std::size_t limit) const {
  base::Lock lock(mutex_);
  std::vector<RunRecord> out;
  for (auto at = runs_.rbegin(); at != runs_.rend() && out.size() < limit; ++at) {
    const RunRecord& record = at->second.record;
    if (project && record.project != *project) continue;
    if (may_see(access, record)) out.push_back(record);
  }
  return out;
}

std::vector<RunRecord> RunTable::all() const {
  base::Lock lock(mutex_);
  std::vector<RunRecord> out;
  out.reserve(runs_.size());
  for (const auto& [number, known] : runs_) out.push_back(known.record);
  return out;
}

std::vector<std::string> RunTable::trim(std::size_t most) {
  base::Lock lock(mutex_);
  std::vector<std::string> out;
  for (auto at = runs_.begin(); at != runs_.end() && runs_.size() > most;) {
    if (!at->second.record.outcome) {
      ++at;
      continue;
    }
    out.push_back(at->second.record.id);
    numbers_.erase(at->second.record.id);
    at = runs_.erase(at);
  }
  return out;
}

std::size_t RunTable::running() const {
  base::Lock lock(mutex_);
  return running_;
}

}  // namespace gateway::commands
