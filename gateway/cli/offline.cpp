#include "gateway/cli/offline.h"

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "crypto/init.h"
#include "gateway/config/setting_rows.h"
#include "gateway/viewer/fingerprint.h"
#include "store/master_key.h"
#include "store/repair.h"

namespace gateway::cli {
namespace {

using base::Errc;
using base::fail;
using base::Result;

store::KeySource source_of(const KeyPlace& place) {
  if (!place.passphrase_file.empty()) return store::PassphraseFile{place.passphrase_file, {}};
  return store::KeyFile{place.key_file};
}

}  // namespace

Result<Settings> daemon_settings(const std::string& accounts, const std::string& key_file,
                                 const std::string& passphrase_file,
                                 const Surroundings& surroundings) {
  std::vector<std::string> args;
  if (!accounts.empty()) args.insert(args.end(), {"--accounts", accounts});
  if (!key_file.empty()) args.insert(args.end(), {"--key-file", key_file});
  if (!passphrase_file.empty()) args.insert(args.end(), {"--passphrase-file", passphrase_file});
  auto around = surroundings;
  for (const SettingRow& row : setting_rows()) {
    const bool wanted = row.name == "accounts" || row.name == "license-issuer" ||
                        ((row.name == "key-file" || row.name == "passphrase-file") &&
                         key_file.empty() && passphrase_file.empty());
    if (!wanted) around.environment.erase(std::string(row.env));
  }
  EDGE_TRY(auto invocation, read_settings(args, around));
  std::error_code ignored;
  if (!std::filesystem::is_directory(invocation.settings.accounts, ignored)) {
    return fail(Errc::not_found, invocation.settings.accounts.string() +
                                     " is no folder: name the daemon's with --accounts DIR");
  }
  return std::move(invocation.settings);
}

Result<std::string> accounts_dir(const std::string& accounts, const Surroundings& surroundings) {
  EDGE_TRY(const auto settings, daemon_settings(accounts, "", "", surroundings));
  return settings.accounts.string();
}

Result<> rekey(const RekeyRequest& request, const Surroundings& surroundings) {
  if (!request.new_key_file.empty() && !request.new_passphrase_file.empty()) {
    return fail(Errc::invalid_argument, "give one of --new-key-file and --new-passphrase-file");
  }
  EDGE_CHECK(crypto::init());
  EDGE_TRY(const auto settings, daemon_settings(request.accounts, request.key_file,
                                                request.passphrase_file, surroundings));
  const auto from = source_of(settings.key);
  store::KeySource to = from;
  const bool in_place = request.new_passphrase_file.empty() && request.new_key_file.empty();
  if (!request.new_passphrase_file.empty()) {
    to = store::PassphraseFile{std::filesystem::absolute(request.new_passphrase_file), {}};
  } else if (!request.new_key_file.empty()) {
    to = store::KeyFile{std::filesystem::absolute(request.new_key_file)};
  } else if (!settings.key.passphrase_file.empty()) {
    return fail(Errc::invalid_argument,
                "a passphrase opens this store: name the one that shall open it from now on with "
                "--new-passphrase-file, or a key with --new-key-file");
  }
  if (!request.new_key_file.empty()) {
    const auto folder = std::filesystem::absolute(request.new_key_file).parent_path();
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) {
      return fail(Errc::not_found, "--new-key-file " + request.new_key_file +
                                       ": there is no folder " + folder.string() +
                                       " to write it into; make it first");
    }
  }
  const base::SystemClock clock;
  EDGE_CHECK(store::rekey(settings.accounts, from, to, clock));
  const auto now = store::describe(store::resolve(to, settings.accounts));
  if (in_place) {
    std::printf("the %s holds a new key; copies of the old one open the store in %s no more\n",
                now.c_str(), settings.accounts.c_str());
  } else {
    std::printf("the store in %s opens with the %s from now on, and no more with the old one\n",
                settings.accounts.c_str(), now.c_str());
  }
  return {};
}

Result<> repair(const RepairRequest& request, const Surroundings& surroundings) {
  EDGE_CHECK(crypto::init());
  EDGE_TRY(const auto settings, daemon_settings(request.accounts, "", "", surroundings));
  EDGE_TRY(const auto report, store::repair(settings.accounts, std::time(nullptr)));
  if (request.json) {
    auto tables = nlohmann::json::array();
    for (const auto& table : report.tables) {
      tables.push_back({{"table", table.table},
                        {"saved", table.saved},
                        {"broken_stretches", table.broken_stretches},
                        {"lost", table.lost ? nlohmann::json(*table.lost) : nlohmann::json()}});
    }
    std::printf("%s\n",
                nlohmann::json{{"lossless", report.lossless()}, {"tables", tables}}.dump().c_str());
    return {};
  }
  for (const auto& table : report.tables) {
    std::printf("%-20s %8llu rows saved", table.table.c_str(),
                static_cast<unsigned long long>(table.saved));
    if (table.broken_stretches > 0) {
      std::printf(", %llu broken stretches",
                  static_cast<unsigned long long>(table.broken_stretches));
    }
    if (table.lost && *table.lost > 0) {
      std::printf(", %llu rows lost", static_cast<unsigned long long>(*table.lost));
    }
    std::printf("\n");
  }
  std::printf(
      "%s; the files as they were stay in %s as store.db.damaged-*, to be deleted once all "
      "is well\n",
      report.lossless() ? "every row could be read, nothing was lost"
                        : "what could be read was saved",
      settings.accounts.c_str());
  return {};
}

Result<> fingerprint(const std::string& accounts, const Surroundings& surroundings) {
  EDGE_CHECK(crypto::init());
  EDGE_TRY(const auto settings, daemon_settings(accounts, "", "", surroundings));
  EDGE_TRY(const auto text, device_fingerprint(settings.accounts));
  std::printf("%s\n", text.c_str());
  return {};
}

}  // namespace gateway::cli
