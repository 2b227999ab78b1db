// Writer: every change of the store, in group commits (decision 2).
//
// A write is a closure that runs on the writer's thread, in a SAVEPOINT of its own in the batch's
// transaction (the first one in the transaction itself), and reads what it changes through
// Tx::db(). Any thread submits. Parties (of the submitting thread's base::CancelScope) are served
// in turn, a write each (decision 33); all share a durable COMMIT, but for a party whose last write
// took over 3 ms: its next one runs alone, and after it those of the others, so that nobody waits
// for two of them. While others write too, such a party then rests for as long as that took. A
// closure that fails is undone alone and gets its error; when the COMMIT fails every closure of the
// batch gets that error and nothing any of them did remains. Completions are called on the writer's
// thread after the COMMIT, never before.
//
// After a COMMIT, in this order: the listener of changed messages, Tx::on_commit hooks, the
// listener with the batch's events, completions. None of them may block; they may submit further
// writes, not wait for them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/completion.h"
#include "base/counter.h"
#include "base/function.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/changed_messages.h"
#include "store/connection.h"
#include "store/event_log.h"
#include "store/event_numbers.h"
#include "store/health.h"
#include "store/vault.h"

namespace store {

// What a closure has: the writer's connection and what belongs to its transaction. Valid during the
// closure only.
class Tx {
 public:
  Connection& db() { return db_; }
  const Vault& vault() const { return vault_; }
  base::UnixMillis now() const { return clock_.now(); }

  // The next number of a counter of this account: first, first + 1, and so on; never the same twice
  // in committed writes, deleted rows included (decision 19). Account 0 holds store-wide counters.
  base::Result<std::int64_t> next_id(base::AccountId account, std::string_view counter,
                                     std::int64_t first = 1);
  template <class Id>
  base::Result<Id> next(base::AccountId account, std::string_view counter, std::int64_t first = 1) {
    EDGE_TRY(const std::int64_t value, next_id(account, counter, first));
    return Id(static_cast<typename Id::rep>(value));
  }

  // Writes an event into the log; the listener gets its facts after the COMMIT.
  // `chat` is where a stream of one chat finds it; none for what is of no chat.
  base::Result<base::EventId> append_event(base::AccountId account, std::uint16_t kind,
                                           base::ByteView body, base::ChatId chat = {},
                                           EventFactsPtr facts = {});

  // Takes at most `most` of an account's events out of the log, all but those of the kind `kept`;
  // says how many. For a removed account.
  base::Result<std::int64_t> erase_events(base::AccountId account, std::uint16_t kept,
                                          std::int64_t most);

  // The first of the next `count` ids of events, which follow each other, for events that are kept
  // elsewhere than in the log.
  base::Result<base::EventId> take_event_ids(std::int64_t count) {
    return numbers_.take(db_, count);
  }
  // The last id of an event, of this transaction too.
  base::Result<base::EventId> newest_event() { return numbers_.newest(db_); }
  // Gives the listener an event that is kept elsewhere than in the log, in the order of ids.
  void add_event(LoggedEvent event) { events_.push_back(std::move(event)); }

  // Runs after the COMMIT on the writer's thread, in order; dropped when the write is undone.
  void on_commit(base::UniqueFunction<void()> hook) { hooks_.push_back(std::move(hook)); }

  // From this COMMIT on the listener of changed messages is told.
  base::Result<> follow_messages() { return changed_.follow(db_); }

  // A secret was deleted: after the COMMIT, and before its answers where no reader prevents it,
  // the whole write-ahead log is moved into the database and emptied, so that no older copy
  // of the page lingers in it (secure_delete sees to the pages themselves). Otherwise it is tried
  // again until it is done.
  void scrub() { scrub_ = true; }

 private:
  friend class Writer;
  Tx(Connection& db, const Vault& vault, const base::Clock& clock, ChangedMessages& changed,
     EventNumbers& numbers)
      : db_(db), vault_(vault), clock_(clock), changed_(changed), numbers_(numbers) {}

  Connection& db_;
  const Vault& vault_;
  const base::Clock& clock_;
  ChangedMessages& changed_;
  EventNumbers& numbers_;
  std::vector<LoggedEvent> events_;
  std::vector<base::UniqueFunction<void()>> hooks_;
  std::int64_t erased_ = 0;  // events
  bool scrub_ = false;
};

struct WriterOptions {
  std::size_t max_queue = 4096;  // waiting writes; of one party half. More is refused: "busy"
  std::size_t max_batch = 256;   // closures per COMMIT
  // A batch begins no further closure after this long: some commits' time, within these bounds.
  base::Millis min_batch_time = 1;
  base::Millis max_batch_time = 5;
  EventLogBounds events = {};
  // Runs on the writer's thread before the first write; its failure refuses all writes.
  std::function<base::Result<>(Connection&)> prepare = {};
  // The disk is nearly full with less than that left, bytes (checkpointer.h).
  std::uint64_t nearly_full = 16 * 1024 * 1024;
  // A folder whose entries are synced before the first commit; "": none.
  std::string unsynced_dir = {};
};

// Counted since the start.
struct WriterStats {
  std::uint64_t commits = 0;
  std::uint64_t failed_commits = 0;
  std::uint64_t closures = 0;
  std::uint64_t largest_batch = 0;
  base::Histogram::Reading commit_times = {};  // of each COMMIT, failed ones too
  std::uint64_t waiting = 0;                   // writes in the queue now
};

class Writer {
 public:
  using EventsListener = std::function<void(std::span<const LoggedEvent>)>;

  // Begins its thread. What it borrows outlives it; `db` is its alone from now on.
  Writer(std::unique_ptr<Connection> db, const Vault& vault, const base::Clock& clock,
         Health& health, WriterOptions options = {});
  ~Writer();  // stop()

  // One listener; set it before the first write that appends an event.
  void on_events(EventsListener listener);

  // One listener of what messages a COMMIT changed, once a write asked for it: called on the
  // writer's thread, first of all. It does not block.
  using ChangesListener = std::function<void(std::span<const ChangedMessage>)>;
  void on_changed_messages(ChangesListener listener);

  // Any thread. `done` is called at once, on this thread, when the write is refused: busy, stopped
  // (Errc::unavailable) or damaged (Errc::corrupt).
  template <class T>
  void write(base::UniqueFunction<base::Result<T>(Tx&)> fn, base::Completion<T> done) {
    submit(std::make_unique<TypedJob<T>>(std::move(fn), std::move(done)));
  }

  // Returns when every write accepted before was answered. Not from the writer's thread.
  void flush();
  // Empties the write-ahead log as Tx::scrub() does, and waits for it some seconds; false when a
  // reader prevented it for so long. Not from the writer's thread.
  bool empty_log();
  // Finishes what was accepted, refuses the rest, ends the thread. Not from the writer's thread.
  void stop();

  bool on_writer_thread() const;
  WriterStats stats() const;

 private:
  struct Job {
    virtual ~Job() = default;
    virtual base::Result<> run(Tx& tx) = 0;      // keeps its value or error
    virtual void refuse(base::Error error) = 0;  // keeps this error instead
    virtual void answer() = 0;                   // answers with what is kept
    virtual void fail(base::Error error) = 0;    // answers with the error
  };
  template <class T>
  struct TypedJob final : Job {
    TypedJob(base::UniqueFunction<base::Result<T>(Tx&)> f, base::Completion<T> d)
        : fn(std::move(f)), done(std::move(d)) {}
    base::Result<> run(Tx& tx) override {
      result.emplace(fn(tx));
      if (!*result) return result->error();
      return {};
    }
    void refuse(base::Error error) override { result.emplace(std::move(error)); }
    void answer() override {
      fn = nullptr;
      done(*std::move(result));
    }
    void fail(base::Error error) override {
      fn = nullptr;
      done(std::move(error));
    }
    base::UniqueFunction<base::Result<T>(Tx&)> fn;
    base::Completion<T> done;
    std::optional<base::Result<T>> result;
  };
  struct State;

  void submit(std::unique_ptr<Job> job);
  void work();

  std::unique_ptr<State> state_;
};

}  // namespace store
