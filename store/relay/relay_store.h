// RelayStore: relay.db, what this daemon keeps for devices of others: beside store.db in the
// accounts directory, but a file of its own, so that strangers' envelopes never stand in the way of
// our own messages and can be thrown away without them.
//
// The same durability as the store's: WAL, synchronous=FULL, one Writer with group commits; a write
// is answered after its COMMIT. The command line opens the same file beside a running daemon to
// admit and to revoke. Safe from any thread; the vault and the clock outlive it.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/health.h"
#include "store/readers.h"
#include "store/vault.h"
#include "store/writer.h"

namespace store {

inline constexpr std::string_view kRelayDatabase = "relay.db";

struct RelayStoreOptions {
  std::string dir;       // the accounts directory; it exists
  std::string vfs = {};  // a registered SQLite VFS; "" the system's
  Synchronous synchronous = Synchronous::full;
};

// The database alone, made and brought to this version when needed: for the command line.
base::Result<std::unique_ptr<Connection>> open_relay_database(const RelayStoreOptions& options,
                                                              Health* health = nullptr);

class RelayStore {
 public:
  static base::Result<std::unique_ptr<RelayStore>> open(RelayStoreOptions options,
                                                        const Vault& vault,
                                                        const base::Clock& clock);
  ~RelayStore();

  template <class T>
  void write(base::UniqueFunction<base::Result<T>(Tx&)> fn, base::Completion<T> done) {
    writer_->write<T>(std::move(fn), std::move(done));
  }
  base::Result<Reader> read() { return readers_->read(); }
  const Vault& vault() const { return vault_; }
  const Health& health() const { return health_; }
  WriterStats stats() const { return writer_->stats(); }
  void flush() { writer_->flush(); }
  void stop();  // finishes accepted writes and refuses further ones; reads continue

 private:
  explicit RelayStore(const Vault& vault) : vault_(vault) {}

  const Vault& vault_;
  Health health_;
  std::unique_ptr<Readers> readers_;
  std::unique_ptr<Writer> writer_;  // last: it goes first
};

}  // namespace store
