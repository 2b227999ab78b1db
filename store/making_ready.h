// Brings the database of a store to the present schema and makes it fit for the writer. Within
// store/.
#pragma once

#include <memory>

#include "base/result.h"
#include "store/connection.h"
#include "store/row_macs.h"
#include "store/store_options.h"
#include "store/vault.h"

namespace store {

// A step to a newer schema begins only where nothing is broken; otherwise the check comes after the
// start (StartCheck).
// `macs` are known already where the store was made just now. The triggers of other tables than
// that of counters are still missing afterwards (RowMacs::write_by).
base::Result<> make_ready(Connection& db, const Vault& vault, const StoreOptions& options,
                          std::shared_ptr<const RowMacs>& macs);

}  // namespace store
