// Store: everything the daemon keeps in one accounts directory.
//
//   DIR/             locked by the one process that uses it, as is DIR/lock
//   DIR/master.key   wraps the data key, unless another source is given
//   DIR/store.db     SQLite in WAL mode (+ -wal, -shm)
//   DIR/store.db.last_commit  the number of the last commit that is surely on the disk
//   DIR/store.db.lost         which acknowledged commits a start found missing; for people
//   DIR/blobs/       sealed files
//   DIR/reserve      room for deleting when the disk is full
//
// Safe from any thread. Destroy it after everything that uses it; Readers and Scopes must be gone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/blobs.h"
#include "store/health.h"
#include "store/log_page.h"
#include "store/readers.h"
#include "store/store_options.h"
#include "store/vault.h"
#include "store/writer.h"

namespace store {

class Store {
 public:
  // Makes the directory (0700), the database and the key when there are none; migrates. A wrong or
  // missing key, a newer schema, a second copy or an unusable directory is refused with what to do,
  // and nothing is touched. A damaged database opens with writes refused when it can be read at
  // all; damage that opening does not meet is looked for shortly after (StartCheck).
  static base::Result<std::unique_ptr<Store>> open(StoreOptions options);
  ~Store();

  template <class T>
  void write(base::UniqueFunction<base::Result<T>(Tx&)> fn, base::Completion<T> done) {
    writer().write<T>(std::move(fn), std::move(done));
  }
  // Waits for the commit: start-up, threads of files and tests, never on the writer's thread.
  template <class T>
  base::Result<T> write_now(base::UniqueFunction<base::Result<T>(Tx&)> fn) {
    if (writer().on_writer_thread()) {
      return base::fail(base::Errc::internal, "write_now was called on the writer's thread");
    }
    struct Answer {
      base::Mutex mutex;
      base::Condition came;
      std::optional<base::Result<T>> result GUARDED_BY(mutex);
    };
    auto answer = std::make_shared<Answer>();
    write<T>(std::move(fn), [answer](base::Result<T> result) {
      base::Lock lock(answer->mutex);
      answer->result.emplace(std::move(result));
      answer->came.notify_one();
    });
    base::Lock lock(answer->mutex);
    while (!answer->result) answer->came.wait(answer->mutex);
    return *std::move(answer->result);
  }

  base::Result<Reader> read();
  // After a commit that gave an account another key: a connection that remembers the old one reads
  // nothing more.
  void renew_readers();
  Writer& writer();
  const Vault& vault() const;
  const Blobs& blobs() const;
  Health& health();
  const Health& health() const;
  const std::string& dir() const;
  const std::string& database_path() const;

  // The event log, on a reader.
  base::Result<LogPage> log_page(const LogQuery& query);
  base::Result<std::vector<LoggedEvent>> events_after(base::EventId after, std::size_t limit);
  base::Result<base::EventId> oldest_event();
  base::Result<base::EventId> newest_event();

  // Finishes accepted writes and refuses further ones; reads continue.
  void stop();

  // Before a write that deletes: on a full disk gives up the reserve and empties the write-ahead
  // log, so that there is room to delete in. True when the disk is full: then delete little at a
  // time. Not from the writer's thread.
  bool make_room_to_delete();
  // The same after a deletion failed because it needed more room than there seemed to be.
  void make_room_on_full_disk();
  // Now and then: takes the reserve again once there is room.
  void renew_reserve();

 private:
  struct Parts;
  explicit Store(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace store
