// Writer: every change of the store, in group commits (decision 2).
//
// A write is a closure that runs on the writer's thread, in a SAVEPOINT of its own in the batch's
// transaction (the first one in the transaction itself), and reads what it changes through
// Tx::db(). Any thread submits. Parties (of the submitting thread's base::CancelScope) are served
// in turn, a write each (decision 33); all share a durable COMMIT, but for a party whose last write
// took over 3 ms: its next one runs alone, and after it those of the others, so that nobody waits
// for two of them. While others write too, such a party then rests for twice as long as that took.
// A closure that fails is undone alone and gets its error; when the COMMIT fails every closure of
// the batch gets that error and nothing any of them did remains. Completions are called on the
// writer's thread after the COMMIT, never before.
//
// After a COMMIT, in this order: the listener of changed messages, Tx::on_commit hooks, the
// listener with the batch's events, completions. None of them may block; they may submit further
// writes, not wait for them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/completion.h"
#include "base/counter.h"
#include "base/function.h"
#include "base/result.h"
#include "store/changed_messages.h"
#include "store/connection.h"
#include "store/event_log.h"
#include "store/health.h"
#include "store/tx.h"
#include "store/vault.h"
#include "store/write_job.h"

namespace store {

struct WriterOptions {
  std::size_t max_queue = 4096;  // waiting writes; of one party half. More is refused: "busy"
  std::size_t max_batch = 256;   // closures per COMMIT
  // A batch begins no further closure after this long: some commits' time, within these bounds.
  base::Millis min_batch_time = 1;
  base::Millis max_batch_time = 5;
  EventLogBounds events = {};
  // Runs on the writer's thread before the first write, or before that when there is none for so
  // long: what is read first should not wait for it. Its failure refuses all writes.
  std::function<base::Result<>(Connection&)> prepare = {};
  base::Millis prepare_after = 100;
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
    submit(std::make_unique<TypedWriteJob<T>>(std::move(fn), std::move(done)));
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
  struct State;

  void submit(std::unique_ptr<WriteJob> job);
  void work();

  std::unique_ptr<State> state_;
};

}  // namespace store
