#include "store/relay/relay_store.h"

#include <filesystem>

#include "store/lost_commits.h"
#include "store/own_tables.h"
#include "store/relay/relay_schema.h"
#include "store/transaction.h"

namespace store {
namespace {

std::string path_of(const RelayStoreOptions& options) {
  return options.dir + "/" + std::string(kRelayDatabase);
}

// Before the file is opened for writing. A missing file was deleted on purpose
// (docs/operations.md): that is no loss.
base::Result<> look_for_loss(LossCheck& loss, const RelayStoreOptions& options, Health* health) {
  if (!loss.noted) return {};
  std::error_code error;
  if (std::filesystem::file_size(loss.database, error) == 0 || error) {
    loss.noted.reset();
    return settle_loss(loss.database, loss.database + ".deleted");
  }
  EDGE_TRY(
      const auto look,
      Connection::open(loss.database, {.read_only = true, .vfs = options.vfs, .health = health}));
  loss.compare(look.get(), health);
  return {};
}

}  // namespace

base::Result<std::unique_ptr<Connection>> open_relay_database(const RelayStoreOptions& options,
                                                              Health* health) {
  LossCheck loss = LossCheck::begin(path_of(options));
  EDGE_CHECK(look_for_loss(loss, options, health));
  EDGE_TRY(auto db, Connection::open(path_of(options), {.synchronous = options.synchronous,
                                                        .vfs = options.vfs,
                                                        .health = health}));
  EDGE_TRY(const bool empty, is_empty(*db));
  if (empty) {
    EDGE_TRY(Transaction transaction, Transaction::begin(*db));
    EDGE_TRY(const bool still_empty, is_empty(*db));  // the daemon and the command line at once
    if (still_empty) EDGE_CHECK(db->script(own_tables_sql()));
    EDGE_CHECK(transaction.commit());
  }
  EDGE_CHECK(migrate(*db, relay_migrations()));
  EDGE_CHECK(loss.go_on(*db));
  return db;
}

base::Result<std::unique_ptr<RelayStore>> RelayStore::open(RelayStoreOptions options,
                                                           const Vault& vault,
                                                           const base::Clock& clock) {
  std::unique_ptr<RelayStore> out(new RelayStore(vault));
  auto db = open_relay_database(options, &out->health_);
  if (!db) {
    return std::move(db).error().with_context(
        "the relay's database " + path_of(options) +
        " (it holds others' undelivered envelopes and nothing of yours)");
  }
  out->readers_ = std::make_unique<Readers>(path_of(options),
                                            ConnectionOptions{.read_only = true,
                                                              .synchronous = options.synchronous,
                                                              .vfs = options.vfs,
                                                              .health = &out->health_});
  out->writer_ = std::make_unique<Writer>(*std::move(db), vault, clock, out->health_);
  return out;
}

RelayStore::~RelayStore() { stop(); }

void RelayStore::stop() { writer_->stop(); }

}  // namespace store
