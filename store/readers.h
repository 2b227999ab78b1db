// Readers: a pool of read-only connections. A Reader is a snapshot: all its queries see the store
// as it was at the first of them, whatever is written meanwhile, and it never waits for the writer.
// Hold it briefly: while the oldest Reader lives, the write-ahead log cannot shrink.
//
// A Reader that is taken within a base::CancelScope ends with the scope: once its work is
// cancelled, a running query fails with Errc::unavailable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/mutex.h"
#include "base/result.h"
#include "store/connection.h"

namespace store {

class Readers;

// Move-only; gives its connection back when destroyed. One thread at a time.
class Reader {
 public:
  Reader(Reader&&) noexcept = default;
  Reader& operator=(Reader&& other) noexcept;
  ~Reader();

  Connection& connection() { return *connection_; }
  Connection& operator*() { return *connection_; }
  Connection* operator->() { return connection_.get(); }

 private:
  friend class Readers;
  Reader(Readers& pool, std::unique_ptr<Connection> connection, std::uint64_t age)
      : pool_(&pool), connection_(std::move(connection)), age_(age) {}
  void give_back();
  void end_with(const base::Cancellation& cancellation);
  Readers* pool_;
  std::unique_ptr<Connection> connection_;
  std::uint64_t age_ = 0;
  std::unique_ptr<const base::Cancellation> cancellation_;  // called by SQLite now and then
};

struct ReadersOptions {
  std::size_t keep = 4;   // idle connections kept open
  std::size_t most = 64;  // open at once; more are refused: Errc::unavailable
};

// Safe from any thread; outlives its Readers.
class Readers {
 public:
  Readers(std::string path, ConnectionOptions connection, ReadersOptions options = {});
  ~Readers();
  base::Result<Reader> read();
  // Takes a connection that is open already, of the same database and options.
  void adopt(std::unique_ptr<Connection> connection);
  // Connections that are open now serve no further Reader.
  void renew();

 private:
  friend class Reader;
  void give_back(std::unique_ptr<Connection> connection, std::uint64_t age);

  const std::string path_;
  const ConnectionOptions connection_;
  const ReadersOptions options_;
  base::Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ GUARDED_BY(mutex_);
  std::size_t open_ GUARDED_BY(mutex_) = 0;
  std::uint64_t age_ GUARDED_BY(mutex_) = 0;  // how often they were renewed
};

// Readers that the calling thread took so far: for tests that bound what an answer reads.
std::uint64_t readers_taken_by_this_thread();

}  // namespace store
