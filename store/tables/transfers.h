// Transfers: files on their way in, sealed part by part into one blob file.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/tables/scope.h"

namespace store {

using TransferId = std::array<std::uint8_t, 16>;

struct TransferRow {
  TransferId id{};
  std::int64_t session_id = 0;
  std::uint64_t size = 0;  // of the sealed container
  std::string name;        // of the blob file
  base::UnixMillis created_at = 0;
};

base::Result<> insert_transfer(const Scope& scope, const TransferRow& row);
base::Result<std::optional<TransferRow>> find_transfer(const Scope& scope, const TransferId& id);
base::Result<> delete_transfer(const Scope& scope, const TransferId& id);
// Of this session's other transfers, deletes all but the `most` newest.
base::Result<std::vector<TransferRow>> older_transfers(const Scope& scope, const TransferRow& than,
                                                       std::size_t most);
base::Result<std::vector<TransferRow>> transfers_before(const Scope& scope,
                                                        base::UnixMillis before);
// The same part again has no effect.
base::Result<> note_part(const Scope& scope, const TransferId& id, std::uint32_t part);
// One more than the highest part that was noted; 0: none.
base::Result<std::uint32_t> parts_end(const Scope& scope, const TransferId& id);
base::Result<std::int64_t> count_parts(const Scope& scope, const TransferId& id);

}  // namespace store
