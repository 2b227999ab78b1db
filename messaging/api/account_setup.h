// Making an account and loading those there are: first start and Accounts::add share it.
#pragma once

#include <string>

#include "messaging/kernel/core.h"
#include "store/tables/accounts.h"

namespace messaging {

struct NewAccount {
  std::string profile;       // what the address begins with, made safe
  std::string display_name;  // "" none
  bool numbered = true;      // the address names the id: <profile>-<id>@<host>
};

// Identity, mailbox, special contacts, Saved messages, the device chat with its welcome. It is in
// the directory, and selected, after the commit. Event: AccountsChanged.
base::Result<kernel::AccountPtr> make_account(kernel::Core& core, store::Tx& tx,
                                              const NewAccount& wanted);

// The state of an account from its row.
kernel::AccountPtr account_state(const kernel::Core& core, const store::AccountRow& row);

// The directory from the store. Answers how many accounts there are, unreadable ones included.
base::Result<std::size_t> load_accounts(kernel::Core& core);

// Removes uploads that nothing came to use and files that have no row. Before anything is written.
base::Result<> tidy_files(kernel::Core& core);

// [a-z0-9._-], at most 64 characters; "edge" when nothing is left.
std::string safe_profile(std::string_view name);

}  // namespace messaging
