// The store that an accounts folder holds already, before it is opened for use. Within store/.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/connection.h"
#include "store/health.h"
#include "store/master_key.h"
#include "store/store_options.h"

namespace store {

// The result of the look; the key is unwrapped once, because a passphrase makes that slow.
struct ExistingStore {
  std::optional<DataKey> key = std::nullopt;  // nothing: there is no store yet
  bool damaged = false;
  // The connection that looked becomes the first reader. It also stays open meanwhile: when the
  // last connection closes, the next one reads the whole write-ahead log again.
  std::unique_ptr<Connection> look = nullptr;
};

// Checks an existing database without changing it: whether it is a store, of a known schema, that
// the key opens.
base::Result<ExistingStore> look_at(const StoreOptions& options, const std::string& path,
                                    Health& health);

// For the writer, and for readers of a store; `tolerant`: of a damaged one.
ConnectionOptions connection_options(const StoreOptions& options, Health& health);
ConnectionOptions reader_options(const StoreOptions& options, Health& health, bool tolerant);

}  // namespace store
