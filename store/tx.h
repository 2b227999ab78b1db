// Tx: what a write has while it runs on the writer's thread (writer.h): the writer's connection,
// and what belongs to the transaction. Valid during the write only.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/function.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/changed_messages.h"
#include "store/channel_counts.h"
#include "store/connection.h"
#include "store/event_log.h"
#include "store/event_numbers.h"
#include "store/vault.h"

namespace store {

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
  // What the channels hold, this transaction's changes included (tables/channels.cpp).
  ChannelCounts& channel_counts() { return channel_counts_; }
  // Gives the listener an event that is kept elsewhere than in the log, in the order of ids.
  void add_event(LoggedEvent event) { events_.push_back(std::move(event)); }

  // Runs after the COMMIT on the writer's thread, in order; dropped when the write is undone.
  void on_commit(base::UniqueFunction<void()> hook) { hooks_.push_back(std::move(hook)); }

  // From this COMMIT on the listener of changed messages is called.
  base::Result<> follow_messages() { return changed_.follow(db_); }

  // A secret was deleted: after the COMMIT, and before its answers where no reader prevents it,
  // the whole write-ahead log is moved into the database and emptied, so that no older copy
  // of the page lingers in it (secure_delete sees to the pages themselves). Otherwise it is tried
  // again until it is done.
  void scrub() { scrub_ = true; }

 private:
  friend class WriteBatch;
  Tx(Connection& db, const Vault& vault, const base::Clock& clock, ChangedMessages& changed,
     EventNumbers& numbers, ChannelCounts& channel_counts)
      : db_(db),
        vault_(vault),
        clock_(clock),
        changed_(changed),
        numbers_(numbers),
        channel_counts_(channel_counts) {}

  Connection& db_;
  const Vault& vault_;
  const base::Clock& clock_;
  ChangedMessages& changed_;
  EventNumbers& numbers_;
  ChannelCounts& channel_counts_;
  std::vector<LoggedEvent> events_;
  std::vector<base::UniqueFunction<void()>> hooks_;
  std::int64_t erased_ = 0;  // events
  bool scrub_ = false;
};

}  // namespace store
