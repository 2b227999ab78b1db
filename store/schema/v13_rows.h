// What schema 13 moves out of sealed records: contacts' keys into contact_key, accounts' addresses
// and mailboxes into account_way_in. Within store/schema.
//
// A record that was changed outside or does not open stays as it is, and what is made of it is not
// intact either: it costs itself, as before.
#pragma once

#include "base/result.h"
#include "store/connection.h"
#include "store/vault.h"

namespace store::schema {

// Between the step's two scripts.
base::Result<> move_rows_of_v13(Connection& db, const Vault& vault);

}  // namespace store::schema
