// Settings in the form in which other rooms take them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "gateway/config/settings.h"
#include "messaging/kernel/paths.h"
#include "store/key_source.h"

namespace gateway {

store::KeySource key_source(const KeyPlace& place);
// Where callers' paths may lie, and which files are never theirs (decision 24).
messaging::kernel::CallerPathRules path_rules(const Settings& settings);
// What privitty-edge relay admit printed; "" without a file.
base::Result<std::string> read_relay_token(const std::filesystem::path& file);
// The file's list on one line; "[]" without a file.
base::Result<std::string> read_ice_servers(const std::filesystem::path& file);
// The names of files within the accounts folder that the settings mention: an administrator may put
// them there before the first start.
std::vector<std::string> names_in_accounts(const Settings& settings);
// Paths that device commands must not reach: the accounts folder and the files with secrets.
std::vector<std::string> hidden_from_commands(const Settings& settings);

}  // namespace gateway
