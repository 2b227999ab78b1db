#include "gateway/daemon/store_start.h"

#include <filesystem>

#include "base/log.h"
#include "gateway/config/setting_uses.h"
#include "store/schema/migrations.h"

namespace gateway {

base::Result<std::unique_ptr<store::Store>> open_store(
    const Settings& settings, const Surroundings& surroundings, const base::Clock& clock,
    const std::function<base::Result<>()>& before_new) {
  std::error_code unknown;
  const bool is_new = !std::filesystem::exists(settings.accounts / "store.db", unknown);
  if (is_new) EDGE_CHECK(before_new());
  store::StoreOptions options;
  options.dir = settings.accounts;
  options.key = key_source(settings.key);
  options.migrations = store::migrations();
  options.clock = &clock;
  options.expected_names = names_in_accounts(settings);
  if (surroundings.variable("PRIVITTY_TEST_SEALING_OFF") == "1") {
    // For the test that searches the disk for known texts: it has to be able to find them.
    base::log::error("PRIVITTY_TEST_SEALING_OFF: what is stored now can be read by anyone");
    options.sealing_off_for_tests = true;
  }
  EDGE_TRY(auto store, store::Store::open(std::move(options)));
  if (is_new) {
    base::log::info("made a new, empty accounts directory at {}", settings.accounts.string());
  }
  if (settings.key.beside_store) {
    base::log::info(
        "the store's key lies beside the store, in {}: whoever takes the disk can open it; "
        "--key-file or --passphrase-file keep it elsewhere (privitty-edge rekey changes it)",
        settings.key.key_file.string());
  }
  if (const auto health = store->health().state(); health.writes_refused) {
    base::log::error("the store can only be read: {}", health.reason);
  }
  return store;
}

}  // namespace gateway
