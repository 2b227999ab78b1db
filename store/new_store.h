// A store that is made where there was none. Within store/.
//
// A new store is made beside its place and moved there whole: a start that dies on the way leaves
// nothing that the next one would have to understand. So its making waits for the disk at its end
// alone, and meanwhile a thread makes durable what it stands on: the folder and the key file. It
// begins as a copy of Migration::image where the last step has one. That it was moved is synced
// by the writer before anything is acknowledged (WriterOptions::unsynced_dir).
#pragma once

#include <future>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/connection.h"
#include "store/master_key.h"
#include "store/row_macs.h"
#include "store/store_options.h"
#include "store/vault.h"

namespace store {

struct NewStore {
  std::unique_ptr<Connection> db;
  crypto::RecordKey key;
  std::future<base::Result<>> ground;
};

// What the key of a new store says of its rows.
StoreForm form_of(const StoreOptions& options);

base::Result<NewStore> begin_new(const StoreOptions& options, const std::string& path,
                                 bool dir_is_new);
// The MACs of the schema that it has now; null: its steps are still to be run.
base::Result<std::shared_ptr<const RowMacs>> end_new(NewStore made, const Vault& vault,
                                                     const StoreOptions& options,
                                                     const std::string& path);

}  // namespace store
