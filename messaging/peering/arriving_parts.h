// ArrivingParts: the parts of files that one deposit brings, written into their blob files as they
// are opened, at any places and in any order. A file is synced once, before the next one is opened
// or after the last part: nothing is noted of a part, and nothing acknowledged, before that.
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

// Of one session. A sender has few under way at once: those beyond were given up over there.
inline constexpr std::size_t kMaxTransfers = 64;

// A part that is in its file.
struct StoredPart {
  store::TransferRow transfer;
  std::uint32_t index = 0;
  bool first = false;  // the transfer had no row yet
};

// The blob files of transfers whose row is not committed yet.
class BegunFiles {
 public:
  std::optional<std::string> find(AccountId account, const store::TransferId& transfer) const;
  // The name that holds: of two that begin the same transfer, the first one's.
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

  // False: not a part, or of no file that this session may send.
  base::Result<bool> write(const crypto::EnvelopeTag& session, base::ByteView body);
  // The file that was written last and is still to be synced.
  std::optional<store::SealedBlobWriter> unsynced() { return std::exchange(file_, std::nullopt); }
  // Those that were written: durable once unsynced() is synced.
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
