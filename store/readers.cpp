#include "store/readers.h"

#include <sqlite3.h>

#include <utility>

#include "base/cancel_scope.h"

namespace store {
namespace {

thread_local std::uint64_t taken_here = 0;

}  // namespace

std::uint64_t readers_taken_by_this_thread() { return taken_here; }

Reader& Reader::operator=(Reader&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(connection_, other.connection_);
  std::swap(age_, other.age_);
  std::swap(cancellation_, other.cancellation_);
  return *this;
}

Reader::~Reader() { give_back(); }

void Reader::give_back() {
  if (!connection_) return;
  if (cancellation_) sqlite3_progress_handler(connection_->handle(), 0, nullptr, nullptr);
  pool_->give_back(std::move(connection_), age_);
}

void Reader::end_with(const base::Cancellation& cancellation) {
  constexpr int kEvery = 1'000;  // of SQLite's instructions: some fifty rows
  cancellation_ = std::make_unique<const base::Cancellation>(cancellation);
  const auto ended = [](void* asked) -> int {
    return static_cast<const base::Cancellation*>(asked)->cancelled() ? 1 : 0;
  };
  sqlite3_progress_handler(connection_->handle(), kEvery, ended,
                           const_cast<base::Cancellation*>(cancellation_.get()));  // NOLINT
}

Readers::Readers(std::string path, ConnectionOptions connection, ReadersOptions options)
    : path_(std::move(path)), connection_(std::move(connection)), options_(options) {}

Readers::~Readers() = default;

base::Result<Reader> Readers::read() {
  std::unique_ptr<Connection> connection;
  std::uint64_t age = 0;
  {
    base::Lock lock(mutex_);
    age = age_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    } else if (open_ >= options_.most) {
      return base::fail(base::Errc::unavailable, "busy: too many reads at once, try again");
    } else {
      ++open_;
    }
  }
  if (!connection) {
    auto opened = Connection::open(path_, connection_);
    if (!opened) {
      base::Lock lock(mutex_);
      --open_;
      return std::move(opened).error();
    }
    connection = *std::move(opened);
  }
  ++taken_here;
  Reader reader(*this, std::move(connection), age);
  EDGE_CHECK(reader->run("BEGIN"));
  if (const auto* const scope = base::CancelScope::current()) {
    reader.end_with(scope->cancellation());
  }
  return reader;
}

void Readers::adopt(std::unique_ptr<Connection> connection) {
  base::Lock lock(mutex_);
  ++open_;
  idle_.push_back(std::move(connection));
}

void Readers::renew() {
  std::vector<std::unique_ptr<Connection>> closed;  // after the mutex is free
  base::Lock lock(mutex_);
  ++age_;
  open_ -= idle_.size();
  closed.swap(idle_);
}

void Readers::give_back(std::unique_ptr<Connection> connection, std::uint64_t age) {
  const bool clean = !connection->in_transaction() || connection->run("ROLLBACK").ok();
  std::unique_ptr<Connection> surplus;  // closed after the mutex is free
  base::Lock lock(mutex_);
  if (clean && age == age_ && idle_.size() < options_.keep) {
    idle_.push_back(std::move(connection));
  } else {
    surplus = std::move(connection);
    --open_;
  }
}

}  // namespace store
