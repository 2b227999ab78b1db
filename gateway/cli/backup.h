// privitty-edge backup and restore: a whole account into one file and back, by the daemon, which
// goes on serving meanwhile. The passphrase comes from a file, from PRIVITTY_BACKUP_PASSPHRASE or
// from the terminal, never from an argument, which every user of the machine can read.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "gateway/cli/commands.h"

namespace gateway::cli {

struct BackupRequest {
  std::string file;
  std::string passphrase_file;  // ""; its first line is the passphrase
  bool no_passphrase = false;   // backup: anybody can open the file
  bool account_named = false;   // restore: into this account, or fail
};

// The value of PRIVITTY_BACKUP_PASSPHRASE; nothing: it is not set.
using PassphraseVariable = std::function<std::optional<std::string>()>;

base::Result<> backup(const Context& context, const BackupRequest& request,
                      const PassphraseVariable& variable);
// Into account `context.account` when nobody uses it yet, else into a new one.
base::Result<> restore(const Context& context, const BackupRequest& request,
                       const PassphraseVariable& variable);

}  // namespace gateway::cli
