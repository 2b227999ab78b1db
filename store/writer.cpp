#include "store/writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <list>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/cancel_scope.h"
#include "base/fair_queue.h"
#include "base/log.h"
#include "base/mutex.h"
#include "store/checkpointer.h"
#include "store/commit_note.h"
#include "store/counter.h"
#include "store/file.h"

namespace store {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kScrubPause = std::chrono::milliseconds(20);  // readers hold a snapshot briefly
constexpr auto kEmptyLogTime = std::chrono::seconds(2);      // the most that empty_log() waits
constexpr std::size_t kAssuredShare = 64;                    // of the queue, to each party
constexpr auto kLongWrite = std::chrono::milliseconds(3);
constexpr std::size_t kMaxSlowParties = 1'000;  // remembered
constexpr auto kLongestRest = std::chrono::milliseconds(50);
constexpr auto kRecently = std::chrono::seconds(1);  // others were served: they may come again
constexpr int kCommitsPerBatch = 4;
constexpr std::int64_t kPruneAtLeast = 16;  // events looked at in a batch that appended some

// Completions and hooks are others' code: what they throw is their bug and must not end the writer.
template <class F>
void guarded(std::string_view what, F&& call) {
  try {
    call();
  } catch (const std::exception& e) {
    base::log::error("{} of a write threw: {}", what, e.what());
  } catch (...) {
    base::log::error("{} of a write threw", what);
  }
}

int on_wal(void* context, sqlite3*, const char*, int pages) {
  static_cast<Checkpointer*>(context)->log_has(pages);
  return SQLITE_OK;
}

}  // namespace

base::Result<std::int64_t> Tx::next_id(base::AccountId account, std::string_view counter,
                                       std::int64_t first) {
  return next_number(db_, account, counter, first);
}

base::Result<base::EventId> Tx::append_event(base::AccountId account, std::uint16_t kind,
                                             base::ByteView body, base::ChatId chat,
                                             EventFactsPtr facts) {
  EDGE_TRY(const base::EventId id, numbers_.take(db_));
  LoggedEvent event{.id = id,
                    .account = account,
                    .at = clock_.now(),
                    .kind = kind,
                    .body = {},
                    .facts = std::move(facts)};
  EDGE_CHECK(EventLog::append(db_, vault_, event, body, chat));
  events_.push_back(std::move(event));
  return id;
}

base::Result<std::int64_t> Tx::erase_events(base::AccountId account, std::uint16_t kept,
                                            std::int64_t most) {
  EDGE_TRY(const base::EventId newest, newest_event());
  EDGE_TRY(const std::int64_t erased, EventLog::erase(db_, account, kept, most, newest));
  erased_ += erased;
  return erased;
}

struct Writer::State {
  State(std::unique_ptr<Connection> connection, const Vault& v, const base::Clock& c, Health& h,
        WriterOptions o)
      : db(std::move(connection)),
        vault(v),
        clock(c),
        health(h),
        options(o),
        checkpointer(db->path(), db->options(), o.nearly_full),
        queue(
            {.waiting = o.max_queue, .waiting_each = (o.max_queue + 1) / 2, .under_way_each = 1}) {
    // Nothing where the database cannot be read; it takes no writes then.
    if (const auto last = commit_number(*db)) last_commit = *last;
    sqlite3_wal_autocheckpoint(db->handle(), 0);
    sqlite3_wal_hook(db->handle(), on_wal, &checkpointer);
  }

  // A write that waits, and later one of the batch.
  struct Entry {
    std::unique_ptr<Job> job;
    std::uint64_t number = 0;  // in the order of acceptance
    bool undone = false;       // its own error is in the job
  };
  // A flush() waits until every write up to `last` is answered.
  struct Flush {
    std::uint64_t last = 0;
    std::uint64_t left = 0;
  };

  // Several parties together do not fill the queue for the others: it is never full for the first
  // writes of a party.
  bool put(const std::string& party, Entry&& entry) REQUIRES(mutex) {
    if (queue.waiting(party) >= options.max_queue / kAssuredShare) {
      return queue.push(party, std::move(entry));
    }
    queue.push_rest(party, std::move(entry));
    return true;
  }
  using Queue = base::FairQueue<std::string, Entry>;
  std::optional<Queue::Popped> take() {
    base::Lock lock(mutex);
    return ready() ? queue.pop() : std::nullopt;
  }
  // After the write has run: who submitted meanwhile comes before the same party's next one.
  void end_turn(const std::string& party, SteadyClock::duration took) {
    base::Lock lock(mutex);
    queue.done(party);
    if (!party.empty()) {
      if (party != served.party) served_before = std::exchange(served, {.party = party});
      served.at = SteadyClock::now();
    }
    if (took <= kLongWrite) {
      slow_parties.erase(party);
    } else if (slow_parties.size() < kMaxSlowParties) {
      slow_parties.try_emplace(party);
    }
  }
  // The writer's time that a party takes by long writes is half of it at most while others write
  // too: after one it rests for as long as that took, its commit included. The daemon's own work
  // does not rest: some of it is everybody's.
  void give_rest(const std::string& party, SteadyClock::time_point begun) {
    base::Lock lock(mutex);
    const auto now = SteadyClock::now();
    const auto slow = slow_parties.find(party);
    if (slow == slow_parties.end() || party.empty()) return;
    const Served& other = served.party == party ? served_before : served;
    if (begun - other.at > kRecently) return;
    slow->second = now + std::min<SteadyClock::duration>(now - begun, kLongestRest);
  }
  // Whether a write is to be run now: parties that rest let the others go first.
  bool ready() REQUIRES(mutex) {
    if (stopping) return queue.ready();
    const auto now = SteadyClock::now();
    for (std::size_t slow = slow_parties.size(); queue.ready(); --slow) {
      const auto found = slow_parties.find(*queue.next());
      if (found == slow_parties.end() || found->second <= now) return true;
      if (slow == 0) return false;
      queue.pass_turn();
    }
    return false;
  }
  // Until something may be ready: a party has rested, or somebody submits.
  void wait() REQUIRES(mutex) {
    if (!queue.ready()) return wake.wait(mutex);
    const auto now = SteadyClock::now();
    SteadyClock::duration rest = kLongestRest;
    for (const auto& [party, until] : slow_parties) {
      if (until > now) rest = std::min(rest, until - now);
    }
    wake.wait_for(mutex, rest);
  }
  // A party whose last write took long shares no COMMIT with others: they would wait for it.
  bool next_runs_alone() {
    base::Lock lock(mutex);
    return ready() && slow_parties.contains(*queue.next());
  }
  // After such a write come those that wait of other parties, so that nobody waits for two.
  void let_others_first() {
    base::Lock lock(mutex);
    for (std::size_t slow = slow_parties.size(); slow > 0; --slow) {
      if (queue.next() == nullptr || !slow_parties.contains(*queue.next())) return;
      queue.pass_turn();
    }
  }
  void scrub(std::uint64_t asked);
  void count_answered(const std::vector<Entry>& batch);
  SteadyClock::duration batch_time() const;

  base::Result<> run_batch(Tx& tx, std::vector<Entry>& batch);
  base::Result<> run_one(Tx& tx, Entry& entry, bool first);
  base::Result<> begin();
  base::Result<> commit();
  base::Result<> number_commit();
  base::Result<> sync_new_dir();
  void note_commit();
  void prune(const Tx& tx);
  base::Result<> prune_some(std::int64_t most);
  void roll_back();
  void write_over();
  void report_changes();
  void answer(Tx& tx, std::vector<Entry>& batch, const base::Result<>& outcome);

  ChangedMessages changed;
  EventNumbers numbers;
  std::unique_ptr<Connection> db;
  const Vault& vault;
  const base::Clock& clock;
  Health& health;
  const WriterOptions options;
  std::string unsynced_dir = options.unsynced_dir;  // the writer's thread
  Checkpointer checkpointer;
  std::optional<std::uint64_t> events_held;  // in the log; counted when it is not known

  base::Mutex mutex;
  base::Condition wake;
  base::Condition answered_more;
  Queue queue GUARDED_BY(mutex);
  // Until when each rests.
  std::unordered_map<std::string, SteadyClock::time_point> slow_parties GUARDED_BY(mutex);
  // Which caller was served last, and before that another one.
  struct Served {
    std::string party = {};
    SteadyClock::time_point at = {};
  };
  Served served GUARDED_BY(mutex);
  Served served_before GUARDED_BY(mutex);
  std::list<Flush> flushes GUARDED_BY(mutex);
  base::Condition scrubbed;
  std::uint64_t scrubs_asked GUARDED_BY(mutex) = 0;  // by empty_log()
  std::uint64_t scrubs_done GUARDED_BY(mutex) = 0;   // the asked one that the latest has served
  std::uint64_t accepted GUARDED_BY(mutex) = 0;
  std::uint64_t answered GUARDED_BY(mutex) = 0;
  bool stopping GUARDED_BY(mutex) = false;
  EventsListener listener GUARDED_BY(mutex);
  ChangesListener changes_listener GUARDED_BY(mutex);

  // The writer's thread: numbers of commits (commit_note.h).
  std::optional<std::int64_t> last_commit;
  std::int64_t changes_at_begin = 0;    // rows that this connection ever changed
  std::optional<CommitNote> note;       // opened at the first commit
  SteadyClock::duration commit_took{};  // about, of the latest ones
  bool last_ran_long = false;           // a write of the latest batch took long
  bool note_failed = false;

  bool scrub_due = false;  // the writer's thread: the log still has to be emptied
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> failed_commits{0};
  std::atomic<std::uint64_t> closures{0};
  std::atomic<std::uint64_t> largest_batch{0};
  base::Histogram commit_times;

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

void Writer::submit(std::unique_ptr<Job> job) {
  auto admitted = state_->health.may_write();
  if (admitted) {
    base::Lock lock(state_->mutex);
    if (state_->stopping) {
      admitted = base::fail(base::Errc::unavailable, "the store is closing");
    } else {
      const auto* const scope = base::CancelScope::current();
      State::Entry entry{.job = std::move(job), .number = state_->accepted + 1};
      if (state_->put(scope == nullptr ? std::string() : scope->party(), std::move(entry))) {
        ++state_->accepted;
        state_->wake.notify_one();
      } else {
        job = std::move(entry.job);  // it was not taken: NOLINT(bugprone-use-after-move)
        admitted = base::fail(base::Errc::unavailable, "busy: too many writes wait, try again");
      }
    }
  }
  // Null when the queue took it. NOLINTNEXTLINE(bugprone-use-after-move)
  if (job) job->fail(std::move(admitted).error());
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
  const std::uint64_t own = ++s.scrubs_asked;
  s.wake.notify_one();
  const auto until = SteadyClock::now() + kEmptyLogTime;
  while (s.scrubs_done < own && !s.stopping && SteadyClock::now() < until) {
    s.scrubbed.wait_for(s.mutex, kScrubPause);
  }
  return s.scrubs_done >= own;
}

void Writer::stop() {
  {
    base::Lock lock(state_->mutex);
    state_->stopping = true;
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
  return {.commits = state_->commits,
          .failed_commits = state_->failed_commits,
          .closures = state_->closures,
          .largest_batch = state_->largest_batch,
          .commit_times = state_->commit_times.read(),
          .waiting = state_->queue.size()};
}

void Writer::work() {
  State& s = *state_;
  s.thread_id = std::this_thread::get_id();
  if (s.options.prepare) {
    if (auto ready = s.options.prepare(*s.db); !ready)
      s.health.report_damage(ready.error().message);
  }
  for (;;) {
    bool idle = false;
    std::uint64_t asked = 0;
    {
      base::Lock lock(s.mutex);
      while (!s.ready() && !s.stopping && !s.scrub_due && s.scrubs_asked == s.scrubs_done) s.wait();
      if (!s.ready() && s.scrub_due && !s.stopping) s.wake.wait_for(s.mutex, kScrubPause);
      idle = !s.ready();
      if (idle && s.stopping) return;
      asked = s.scrubs_asked;
      if (asked > s.scrubs_done) s.scrub_due = true;
    }
    if (s.scrub_due) s.scrub(asked);
    if (idle) continue;
    Tx tx(*s.db, s.vault, s.clock, s.changed, s.numbers);
    std::vector<State::Entry> batch;
    const base::Result<> outcome = s.run_batch(tx, batch);
    s.report_changes();
    if (outcome && tx.scrub_) s.scrub(asked);
    s.answer(tx, batch, outcome);
    s.count_answered(batch);
    switch (s.checkpointer.wanted()) {
      case Checkpointer::Wanted::nothing:
        break;
      case Checkpointer::Wanted::move:
        Checkpointer::move_passively(*s.db);
        break;
      case Checkpointer::Wanted::restart:
        if (!Checkpointer::restart_log(*s.db)) Checkpointer::move_passively(*s.db);
        break;
    }
  }
}

// Empties the log, for those who asked for it until now too.
void Writer::State::scrub(std::uint64_t asked) {
  scrub_due = !Checkpointer::empty_log(*db, checkpointer.nearly_full());
  if (scrub_due) return;
  base::Lock lock(mutex);
  scrubs_done = asked;
  scrubbed.notify_all();
}

void Writer::State::count_answered(const std::vector<Entry>& batch) {
  base::Lock lock(mutex);
  answered += batch.size();
  for (Flush& flush : flushes) {
    flush.left -= static_cast<std::uint64_t>(std::count_if(
        batch.begin(), batch.end(), [&](const Entry& one) { return one.number <= flush.last; }));
  }
  answered_more.notify_all();
}

// How long a batch may begin further writes: as long as some commits take, so that on a slow disk
// many share one, and on a fast one nobody waits for the sake of a saving that is none.
SteadyClock::duration Writer::State::batch_time() const {
  return std::clamp<SteadyClock::duration>(kCommitsPerBatch * commit_took,
                                           std::chrono::milliseconds(options.min_batch_time),
                                           std::chrono::milliseconds(options.max_batch_time));
}

// The error, when there is one, is that of every write of the batch which has none of its own.
base::Result<> Writer::State::run_batch(Tx& tx, std::vector<Entry>& batch) {
  const auto started = SteadyClock::now();
  auto now = started;
  std::string long_party;
  const auto until = now + batch_time();
  if (std::exchange(last_ran_long, false)) let_others_first();
  const bool alone = next_runs_alone();
  base::Result<> outcome = health.may_write();
  if (outcome) outcome = begin();
  while (batch.empty() ||
         (!alone && batch.size() < options.max_batch && now < until && !next_runs_alone())) {
    auto taken = take();
    if (!taken) break;
    batch.push_back(std::move(taken->item));
    // Once the batch is lost, further writes are refused without running, together with it.
    if (outcome) outcome = run_one(tx, batch.back(), batch.size() == 1);
    if (outcome) outcome = health.may_write();
    const auto begun = std::exchange(now, SteadyClock::now());
    if (now - begun > kLongWrite) {
      last_ran_long = true;
      long_party = taken->key;
    }
    end_turn(taken->key, now - begun);
  }
  closures += batch.size();
  largest_batch = std::max<std::uint64_t>(largest_batch, batch.size());
  if (outcome) {
    prune(tx);
    outcome = health.may_write();
  }
  if (outcome) outcome = sync_new_dir();
  if (outcome) outcome = numbers.store(*db);
  if (outcome) outcome = number_commit();
  if (outcome) outcome = commit();
  if (!outcome) roll_back();
  if (last_ran_long) give_rest(long_party, started);
  return outcome;
}

base::Result<> Writer::State::begin() {
  EDGE_CHECK(db->run("BEGIN IMMEDIATE"));
  changes_at_begin = sqlite3_total_changes64(db->handle());
  return {};
}

// Fails only when the whole transaction is lost. The first write of a transaction needs no
// savepoint, for which SQLite copies each page that it changes: its failure ends the transaction,
// which holds nothing else, and another one begins.
base::Result<> Writer::State::run_one(Tx& tx, Entry& entry, bool first) {
  const std::size_t events = tx.events_.size();
  const std::size_t hooks = tx.hooks_.size();
  const std::int64_t erased = tx.erased_;
  const EventNumbers::Mark numbered = numbers.mark();
  if (!first) EDGE_CHECK(db->run("SAVEPOINT write"));
  base::Result<> result;
  try {
    result = entry.job->run(tx);
  } catch (const std::exception& e) {
    base::log::error("a write threw: {}", e.what());
    result = base::fail(base::Errc::internal, "the write failed inside; see the daemon's log");
    entry.job->refuse(result.error());
  }
  if (!db->in_transaction()) {
    if (!result) return std::move(result).error();
    return base::fail(base::Errc::internal, "a write ended the transaction it was part of");
  }
  if (result) {
    if (!first) EDGE_CHECK(db->run("RELEASE write"));
    return {};
  }
  entry.undone = true;
  tx.events_.resize(events);
  tx.hooks_.resize(hooks);
  tx.erased_ = erased;
  numbers.go_back(numbered);
  if (first) {
    EDGE_CHECK(db->run("ROLLBACK"));
    return begin();
  }
  EDGE_CHECK(db->run("ROLLBACK TO write"));
  EDGE_CHECK(db->run("RELEASE write"));
  return {};
}

base::Result<> Writer::State::commit() {
  const auto begin = SteadyClock::now();
  auto done = db->run("COMMIT");
  const auto took = SteadyClock::now() - begin;
  commit_took = (7 * commit_took + took) / 8;
  commit_times.add(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
  if (!done) {
    ++failed_commits;
    roll_back();
    write_over();
    return std::move(done).error();
  }
  ++commits;
  if (sqlite3_total_changes64(db->handle()) != changes_at_begin) note_commit();
  return {};
}

// The database is in this folder since a moment ago: nothing in it is acknowledged that a power cut
// would take along with its name.
base::Result<> Writer::State::sync_new_dir() {
  if (unsynced_dir.empty() || sqlite3_total_changes64(db->handle()) == changes_at_begin) return {};
  EDGE_CHECK(sync_dir(unsynced_dir));
  unsynced_dir.clear();
  return {};
}

// A batch that changed nothing writes nothing, and has no number.
base::Result<> Writer::State::number_commit() {
  if (!last_commit || sqlite3_total_changes64(db->handle()) == changes_at_begin) return {};
  return set_commit_number(*db, *last_commit + 1);
}

// After the commit's sync, so that the note is never newer than what the disk holds.
void Writer::State::note_commit() {
  if (!last_commit) return;
  ++*last_commit;
  if (!note && !note_failed) {
    auto opened = CommitNote::open(db->path());
    note_failed = !opened;
    if (opened) {
      note.emplace(*std::move(opened));
    } else {
      base::log::warning("commits are not noted: {}", opened.error().message);
    }
  }
  if (note) note->write(*last_commit);
}

// After some errors SQLite has rolled back by itself.
void Writer::State::roll_back() {
  events_held.reset();
  numbers.forget();
  if (db->in_transaction()) (void)db->run("ROLLBACK");
}

// Old events go in small steps, two for each new one, so that no write pays for many.
void Writer::State::prune(const Tx& tx) {
  const auto appended = std::count_if(tx.events_.begin(), tx.events_.end(),
                                      [](const LoggedEvent& event) { return event.channel == 0; });
  if (events_held) *events_held += static_cast<std::uint64_t>(appended - tx.erased_);
  if (appended == 0) return;
  const auto most = std::max(kPruneAtLeast, 2 * static_cast<std::int64_t>(appended));
  if (!db->run("SAVEPOINT prune")) return;
  if (const auto pruned = prune_some(most); !pruned) {
    base::log::warning("old events could not be dropped: {}", pruned.error().message);
    if (db->in_transaction()) (void)db->run("ROLLBACK TO prune");
    events_held.reset();
  }
  if (db->in_transaction()) (void)db->run("RELEASE prune");
}

base::Result<> Writer::State::prune_some(std::int64_t most) {
  if (!events_held) {
    EDGE_TRY(events_held, EventLog::count(*db));
  }
  EDGE_TRY(const auto pruned,
           EventLog::prune(*db, options.events, *events_held, clock.now(), most));
  *events_held -= static_cast<std::uint64_t>(pruned);
  return {};
}

// A COMMIT whose sync failed may be complete in the log, and a crash would replay it although its
// callers got an error. A small commit in its place makes it unreadable.
void Writer::State::write_over() {
  if (health.writes_refused()) return;
  if (db->run("UPDATE store_meta SET value=value+1 WHERE name='written_over'")) return;
  roll_back();
}

// What was noted of writes that were undone is told as well; it does no harm.
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

void Writer::State::answer(Tx& tx, std::vector<Entry>& batch, const base::Result<>& outcome) {
  if (outcome) {
    for (auto& hook : tx.hooks_) guarded("a hook", hook);
    if (!tx.events_.empty()) {
      EventsListener to;
      {
        base::Lock lock(mutex);
        to = listener;
      }
      if (to) guarded("the listener", [&] { to(tx.events_); });
    }
  }
  for (Entry& entry : batch) {
    guarded("the completion", [&] {
      if (outcome || entry.undone) {
        entry.job->answer();
      } else {
        entry.job->fail(outcome.error());
      }
    });
    entry.job.reset();
  }
}

}  // namespace store
