// Creating an account, and loading the existing ones: shared by the first start and Accounts::add.
#pragma once

#include <string>

#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/accounts.h"

namespace messaging {

struct NewAccount {
  std::string profile;       // the first part of the address, made safe
  std::string display_name;  // "" none
  bool numbered = true;      // the address names the id: <profile>-<id>@<host>
  bool configured = true;    // false: without chats, until configure_account()
};

// Identity, mailbox, special contacts, Saved messages, the device chat with its welcome. After the
// commit the account is in the directory, and selected. Event: AccountsChanged.
base::Result<kernel::AccountPtr> make_account(kernel::Core& core, store::Tx& tx,
                                              const NewAccount& wanted);

// Gives the account this address and, if it is not configured yet, its first chats. From the commit
// on the directory shows it so. Events: ConfigureProgress up to 1000, AccountsChanged,
// TransportsModified.
base::Result<> configure_account(const kernel::WriteContext& write, std::string addr);

// Creates the first chats of an account that becomes configured; nothing for one that is configured
// already. From the commit on the directory shows it so.
base::Result<> begin_configured(const kernel::WriteContext& write, const std::string& addr);

// Whether the stored configuration has an address.
bool is_configured(const store::Scope& scope);

// The state of an account from its row. `member_key`: AccountState's.
kernel::AccountPtr account_state(const kernel::Core& core, const store::AccountRow& row,
                                 bool configured,
                                 std::optional<MemberKey> member_key = std::nullopt);

// Fills the directory from the store. Returns the number of accounts, unreadable ones included.
base::Result<std::size_t> load_accounts(kernel::Core& core);

// Removes unused uploads and files without a row. Call before the first write.
base::Result<> tidy_files(kernel::Core& core);

// [a-z0-9._-], at most 64 characters; "edge" when nothing is left.
std::string safe_profile(std::string_view name);

}  // namespace messaging
