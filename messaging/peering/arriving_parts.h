// ArrivingParts: writes the file parts of one deposit into their blob files as the envelopes are
// opened, at any offsets and in any order. A file is synced once, before the next one is opened or
// after the last part; only then is a part recorded in the database and acknowledged.
//
// One thread at a time; BegunFiles is safe from any.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "crypto/envelope.h"
#include "messaging/kernel/core.h"
#include "store/blobs.h"
#include "store/tables/transfers.h"

namespace messaging::peering {

// Per session. A sender has few transfers under way at once; it has abandoned any beyond this
// number.
inline constexpr std::size_t kMaxTransfers = 64;

// A part that was written into its file.
struct StoredPart {
  store::TransferRow transfer;
  std::uint32_t index = 0;
  bool first = false;  // the transfer had no row yet
};

// The names of blob files whose transfer row is not committed yet.
class BegunFiles {
 public:
  std::optional<std::string> find(AccountId account, const store::TransferId& transfer) const;
  // Returns the name to use: when two deposits begin the same transfer, the first one's.
  std::string begin(AccountId account, const store::TransferId& transfer, std::string name);
  void committed(AccountId account, const std::vector<StoredPart>& parts);

 private:
  mutable base::Mutex mutex_;
  std::map<std::pair<AccountId, store::TransferId>, std::string> names_ GUARDED_BY(mutex_);
};

class ArrivingParts {
 public:
  ArrivingParts(kernel::Core& core, BegunFiles& begun, kernel::AccountPtr account)
      : core_(core), begun_(begun), account_(std::move(account)) {}

  // False: the body is no part, or belongs to no file that this session may send.
  base::Result<bool> write(const crypto::EnvelopeTag& session, base::ByteView body);
  // The file written last, which is not synced yet.
  std::optional<store::SealedBlobWriter> unsynced() { return std::exchange(file_, std::nullopt); }
  // The parts that were written: durable once unsynced() is synced.
  std::vector<StoredPart> take() { return std::move(parts_); }

 private:
  base::Result<store::TransferRow> begin(const store::TransferId& id, std::int64_t session,
                                         std::uint64_t sealed_size);
  base::Result<> open(const store::TransferRow& transfer);
  kernel::Core& core_;
  BegunFiles& begun_;
  kernel::AccountPtr account_;
  std::optional<store::SealedBlobWriter> file_;  // the one written last
  std::vector<StoredPart> parts_;
};

}  // namespace messaging::peering
