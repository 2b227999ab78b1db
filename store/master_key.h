// The data key of a store: made on first start, kept in the store wrapped by a key file or a
// passphrase, never in the clear (decision 21).
//
// The table store_key holds one wrapping, or two while rekey() runs; whichever opens is good, so
// that a crash at any step leaves a store that the old or the new source opens.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/seal.h"
#include "store/connection.h"
#include "store/key_source.h"

namespace store {

// What the store guarantees to the holder of the key. The two forms are wrapped with different
// keys, both derived from the source, so that one cannot be made to look like the other without it.
enum class StoreForm : std::uint8_t {
  sealed_columns = 1,
  row_macs = 2,  // and the MACs of rows (row_macs.h)
};

struct DataKey {
  crypto::RecordKey key;
  StoreForm form;
};

// Makes the data key of a new store, wrapped by the key file, which the caller has made, or the
// passphrase; a missing file is an error.
base::Result<crypto::RecordKey> make_data_key(Connection& db, const KeySource& source,
                                              StoreForm form, const base::Clock& clock);

// Errc::forbidden when the source does not open it: the message says which file was tried and what
// to do. Writes nothing.
base::Result<DataKey> load_data_key(Connection& db, const KeySource& source);

// Within the transaction of the step that adds the MACs of rows: from now on the wrapping says that
// they are there, so that the store cannot be made to look like one without.
base::Result<> wrap_for_row_macs(Connection& db, const KeySource& source, const base::Clock& clock);

// Called after each step of rekey(); a test that returns an error stops there, as a crash would.
using RekeyStep = std::function<base::Result<>(std::string_view step)>;

// Wraps the data key of the store in `dir` anew: the new wrapping beside the old, verified, then
// the old dropped. A key file that is the old one too is replaced; one that exists elsewhere is
// used; one that does not is made. Needs the store closed (it takes the directory's lock).
base::Result<> rekey(const std::string& dir, KeySource from, KeySource to, const base::Clock& clock,
                     const RekeyStep& step = {});

}  // namespace store
