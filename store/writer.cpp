#include "store/writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include "base/cancel_scope.h"
#include "base/mutex.h"
#include "store/checkpointer.h"
#include "store/commits.h"
#include "store/event_pruning.h"
#include "store/guarded.h"
#include "store/log_emptying.h"
#include "store/write_batch.h"
#include "store/write_queue.h"

namespace store {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kScrubPause = std::chrono::milliseconds(20);  // readers hold a snapshot briefly
constexpr auto kEmptyLogTime = std::chrono::seconds(2);      // the most that empty_log() waits
constexpr int kCommitsPerBatch = 4;

int on_wal(void* context, sqlite3*, const char*, int pages) {
  static_cast<Checkpointer*>(context)->log_has(pages);
  return SQLITE_OK;
}

}  // namespace

struct Writer::State {
  State(std::unique_ptr<Connection> connection, const Vault& v, const base::Clock& c, Health& h,
        WriterOptions o)
      : db(std::move(connection)),
        health(h),
        options(std::move(o)),
        pruning(options.events, c),
        commits(*db, h, options.unsynced_dir),
        parts{*db, v, c, h, changed, numbers, channel_counts, pruning, commits},
        checkpointer(db->path(), db->options(), options.nearly_full),
        queue(options.max_queue) {
    sqlite3_wal_autocheckpoint(db->handle(), 0);
    sqlite3_wal_hook(db->handle(), on_wal, &checkpointer);
  }

  // A flush() waits until every write up to `last` is answered.
  struct Flush {
    std::uint64_t last = 0;
    std::uint64_t left = 0;
  };

  std::optional<WriteQueue::Taken> take() {
    base::Lock lock(mutex);
    return queue.take();
  }
  bool next_runs_alone() {
    base::Lock lock(mutex);
    return queue.next_runs_alone();
  }
  // Until something may be ready: a party has rested, or somebody submits.
  void wait() REQUIRES(mutex) {
    const auto rest = queue.until_ready();
    if (!rest) return wake.wait(mutex);
    wake.wait_for(mutex, *rest);
  }
  SteadyClock::duration batch_time() const;
  bool wait_to_prepare();
  void fill(WriteBatch& batch, SteadyClock::time_point started);
  void run_batch(std::uint64_t asked);
  void empty_log(std::uint64_t asked);
  void count_answered(const WriteBatch& batch);
  void report_changes();
  void move_log();

  std::unique_ptr<Connection> db;
  Health& health;
  const WriterOptions options;
  ChangedMessages changed;
  EventNumbers numbers;
  ChannelCounts channel_counts;
  EventPruning pruning;
  Commits commits;
  BatchParts parts;
  Checkpointer checkpointer;

  base::Mutex mutex;
  base::Condition wake;
  base::Condition answered_more;
  base::Condition log_emptied;
  WriteQueue queue GUARDED_BY(mutex);
  LogEmptying emptying GUARDED_BY(mutex);
  std::list<Flush> flushes GUARDED_BY(mutex);
  std::uint64_t accepted GUARDED_BY(mutex) = 0;
  std::uint64_t answered GUARDED_BY(mutex) = 0;
  bool stopping GUARDED_BY(mutex) = false;
  EventsListener listener GUARDED_BY(mutex);
  ChangesListener changes_listener GUARDED_BY(mutex);

  // The writer's thread: whose write of the latest batch took longest.
  struct Longest {
    std::string party = {};
    SteadyClock::duration took = {};
  };
  Longest longest;
  bool was_slow = false;
  std::atomic<std::uint64_t> closures{0};
  std::atomic<std::uint64_t> largest_batch{0};

  base::Mutex join_mutex;  // stop() may come from several threads
  std::jthread thread;
  std::atomic<std::thread::id> thread_id{};
};

Writer::Writer(std::unique_ptr<Connection> db, const Vault& vault, const base::Clock& clock,
               Health& health, WriterOptions options)
    : state_(std::make_unique<State>(std::move(db), vault, clock, health, options)) {
  state_->thread = std::jthread([this] { work(); });
}

Writer::~Writer() { stop(); }

void Writer::on_events(EventsListener listener) {
  base::Lock lock(state_->mutex);
  state_->listener = std::move(listener);
}

void Writer::on_changed_messages(ChangesListener listener) {
  base::Lock lock(state_->mutex);
  state_->changes_listener = std::move(listener);
}

void Writer::submit(std::unique_ptr<WriteJob> job) {
  auto admitted = state_->health.may_write();
  if (admitted) {
    base::Lock lock(state_->mutex);
    if (state_->stopping) {
      admitted = base::fail(base::Errc::unavailable, "the store is closing");
    } else {
      const auto* const scope = base::CancelScope::current();
      QueuedWrite write{.job = std::move(job), .number = state_->accepted + 1};
      if (state_->queue.put(scope == nullptr ? std::string() : scope->party(), std::move(write))) {
        ++state_->accepted;
      } else {
        job = std::move(write.job);  // it was not taken: NOLINT(bugprone-use-after-move)
        admitted = base::fail(base::Errc::unavailable, "busy: too many writes wait, try again");
      }
    }
  }
  // Null when the queue took it. NOLINTNEXTLINE(bugprone-use-after-move)
  if (job) return job->fail(std::move(admitted).error());
  state_->wake.notify_one();  // without the mutex, for which the writer would wait at once
}

void Writer::flush() {
  State& s = *state_;
  base::Lock lock(s.mutex);
  const auto own = s.flushes.insert(s.flushes.end(), {s.accepted, s.accepted - s.answered});
  while (own->left > 0) s.answered_more.wait(s.mutex);
  s.flushes.erase(own);
}

bool Writer::empty_log() {
  State& s = *state_;
  base::Lock lock(s.mutex);
  const std::uint64_t own = s.emptying.ask();
  s.wake.notify_one();
  const auto until = SteadyClock::now() + kEmptyLogTime;
  while (!s.emptying.done(own) && !s.stopping && SteadyClock::now() < until) {
    s.log_emptied.wait_for(s.mutex, kScrubPause);
  }
  return s.emptying.done(own);
}

void Writer::stop() {
  {
    base::Lock lock(state_->mutex);
    state_->stopping = true;
    state_->queue.end_rests();
    state_->wake.notify_one();
  }
  base::Lock lock(state_->join_mutex);
  if (state_->thread.joinable()) state_->thread.join();
  state_->checkpointer.stop();
}

bool Writer::on_writer_thread() const {
  return state_->thread_id.load() == std::this_thread::get_id();
}

WriterStats Writer::stats() const {
  base::Lock lock(state_->mutex);
  return {.commits = state_->commits.done(),
          .failed_commits = state_->commits.failed(),
          .closures = state_->closures,
          .largest_batch = state_->largest_batch,
          .commit_times = state_->commits.times(),
          .waiting = state_->queue.size()};
}

void Writer::work() {
  State& s = *state_;
  s.thread_id = std::this_thread::get_id();
  if (s.options.prepare && s.wait_to_prepare()) {
    if (auto ready = s.options.prepare(*s.db); !ready)
      s.health.report_damage(ready.error().message);
  }
  for (;;) {
    bool idle = false;
    bool empty_log = false;
    std::uint64_t asked = 0;
    {
      base::Lock lock(s.mutex);
      while (!s.queue.ready() && !s.stopping && !s.emptying.due()) s.wait();
      if (!s.queue.ready() && s.emptying.failed() && !s.stopping) {
        s.wake.wait_for(s.mutex, kScrubPause);
      }
      idle = !s.queue.ready();
      if (idle && s.stopping) return;
      asked = s.emptying.latest();
      empty_log = s.emptying.due();
    }
    if (empty_log) s.empty_log(asked);
    if (!idle) s.run_batch(asked);
  }
}

// False when the store closes without a write.
bool Writer::State::wait_to_prepare() {
  const auto until = SteadyClock::now() + std::chrono::milliseconds(options.prepare_after);
  base::Lock lock(mutex);
  for (auto now = SteadyClock::now(); accepted == 0 && !stopping && !emptying.due() && now < until;
       now = SteadyClock::now()) {
    wake.wait_for(mutex, until - now);
  }
  return accepted > 0 || !stopping;
}

void Writer::State::run_batch(std::uint64_t asked) {
  const auto started = SteadyClock::now();
  longest = {};
  if (was_slow) {
    base::Lock lock(mutex);
    queue.let_others_first();
  }
  WriteBatch batch(parts);
  fill(batch, started);
  closures += batch.size();
  largest_batch = std::max<std::uint64_t>(largest_batch, batch.size());
  batch.finish();
  {
    base::Lock lock(mutex);
    was_slow = queue.judge(longest.party, longest.took, commits.pages());
  }
  report_changes();
  if (batch.wants_empty_log()) empty_log(asked);
  EventsListener to;
  {
    base::Lock lock(mutex);
    to = listener;
  }
  batch.answer(to);
  {
    base::Lock lock(mutex);
    queue.give_rest(longest.party, started);
  }
  count_answered(batch);
  move_log();
}

// Runs the writes that wait, until the batch is full or others should not wait for a further one.
void Writer::State::fill(WriteBatch& batch, SteadyClock::time_point started) {
  auto now = started;
  const auto until = started + batch_time();
  const bool alone = next_runs_alone();
  while (batch.size() == 0 ||
         (!alone && batch.size() < options.max_batch && now < until && !next_runs_alone())) {
    auto taken = take();
    if (!taken) return;
    batch.run(std::move(taken->item));
    const auto begun = std::exchange(now, SteadyClock::now());
    base::Lock lock(mutex);
    queue.end_turn(taken->key);
    if (now - begun > longest.took) longest = {std::move(taken->key), now - begun};
  }
}

// How long a batch may begin further writes: as long as some commits take, so that on a slow disk
// many share one, and on a fast one nobody waits for the sake of a saving that is none.
SteadyClock::duration Writer::State::batch_time() const {
  return std::clamp<SteadyClock::duration>(kCommitsPerBatch * commits.about(),
                                           std::chrono::milliseconds(options.min_batch_time),
                                           std::chrono::milliseconds(options.max_batch_time));
}

// Empties the log, for those who asked for it until now too.
void Writer::State::empty_log(std::uint64_t asked) {
  const bool emptied = Checkpointer::empty_log(*db, checkpointer.nearly_full());
  base::Lock lock(mutex);
  emptying.tried(asked, emptied);
  if (emptied) log_emptied.notify_all();
}

void Writer::State::count_answered(const WriteBatch& batch) {
  base::Lock lock(mutex);
  answered += batch.size();
  for (Flush& flush : flushes) flush.left -= batch.up_to(flush.last);
  answered_more.notify_all();
}

// What was noted of writes that were undone is reported as well; it does no harm.
void Writer::State::report_changes() {
  const std::vector<ChangedMessage> noted = changed.take();
  if (noted.empty()) return;
  ChangesListener to;
  {
    base::Lock lock(mutex);
    to = changes_listener;
  }
  if (to) guarded("the listener of changed messages", [&] { to(noted); });
}

void Writer::State::move_log() {
  switch (checkpointer.wanted()) {
    case Checkpointer::Wanted::nothing:
      break;
    case Checkpointer::Wanted::move:
      Checkpointer::move_passively(*db);
      break;
    case Checkpointer::Wanted::restart:
      if (!Checkpointer::restart_log(*db)) Checkpointer::move_passively(*db);
      break;
  }
}

}  // namespace store
