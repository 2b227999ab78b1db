// Creating an account, and loading the existing ones: shared by the first start and Accounts::add.
#pragma once

#include <string>

#include "messaging/kernel/core.h"
#include "store/tables/accounts.h"

namespace messaging {

struct NewAccount {
  std::string profile;       // the first part of the address, made safe
  std::string display_name;  // "" none
  bool numbered = true;      // the address names the id: <profile>-<id>@<host>
};

// Identity, mailbox, special contacts, Saved messages, the device chat with its welcome. After the
// commit the account is in the directory, and selected. Event: AccountsChanged.
base::Result<kernel::AccountPtr> make_account(kernel::Core& core, store::Tx& tx,
                                              const NewAccount& wanted);

// The state of an account from its row.
kernel::AccountPtr account_state(const kernel::Core& core, const store::AccountRow& row);

// Fills the directory from the store. Returns the number of accounts, unreadable ones included.
base::Result<std::size_t> load_accounts(kernel::Core& core);

// Removes unused uploads and files without a row. Call before anything is written.
base::Result<> tidy_files(kernel::Core& core);

// [a-z0-9._-], at most 64 characters; "edge" when nothing is left.
std::string safe_profile(std::string_view name);

}  // namespace messaging
