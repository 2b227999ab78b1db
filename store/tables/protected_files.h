// Protected files' rows: what is known of a file that only opens with a grant, and the grant's
// share of its key, which lies in a table of its own so that it can be destroyed alone.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/prv.h"
#include "store/tables/scope.h"

namespace store {

struct ProtectedFileRow {
  base::FileId id;
  crypto::PrvId uuid{};
  base::ContactId source;  // contact 1: it is ours; else the contact it came from
  base::ChatId chat;
  base::MsgId grant_msg;  // the hidden message that carried our grant; 0 none
  base::UnixMillis created_at = 0;
  // Sealed:
  std::array<std::uint8_t, 32> owner{};  // identity
  std::string owner_name;
  std::string owner_addr;
  std::string name;  // of the plaintext
};

base::Result<> insert_protected_file(const Scope& scope, const ProtectedFileRow& row);
// The sealed columns, chat and grant_msg.
base::Result<> update_protected_file(const Scope& scope, const ProtectedFileRow& row);
base::Result<std::optional<ProtectedFileRow>> find_protected_file(const Scope& scope,
                                                                  base::FileId file);
base::Result<std::optional<ProtectedFileRow>> find_protected_file(const Scope& scope,
                                                                  const crypto::PrvId& uuid,
                                                                  base::ContactId source);
// All that have this id in their container: ours first, then the oldest.
base::Result<std::vector<ProtectedFileRow>> find_protected_files(const Scope& scope,
                                                                 const crypto::PrvId& uuid);

base::Result<> put_file_share(const Scope& scope, base::FileId file, const crypto::PrvShare& share);
base::Result<std::optional<crypto::PrvShare>> find_file_share(const Scope& scope,
                                                              base::FileId file);
// Overwritten and deleted; Tx::scrub() then takes it out of the write-ahead log. False: none was
// there.
base::Result<bool> destroy_file_share(const Scope& scope, base::FileId file);

}  // namespace store
