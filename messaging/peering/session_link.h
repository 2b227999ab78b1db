// A content becomes an envelope: the session's ratchet is stepped and saved in the transaction. The
// row is changed in memory too, which ends with the transaction (decision 2: nothing of it is
// kept). The other direction is in receiving.cpp.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

base::Result<base::Bytes> seal_on(const store::Scope& scope, store::SessionRow& session,
                                  base::ByteView content);

}  // namespace messaging::peering
