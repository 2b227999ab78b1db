// Encrypts a content into an envelope: steps the session's ratchet and saves it in the transaction.
// The row in memory is changed too and is discarded with the transaction (decision 2). Decryption
// is in receiving.cpp.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "store/tables/sessions.h"

namespace messaging::peering {

base::Result<base::Bytes> seal_on(const store::Scope& scope, store::SessionRow& session,
                                  base::ByteView content);

}  // namespace messaging::peering
