#include "messaging/api/identity_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/disk_error.h"
#include "messaging/api/account_landing.h"
#include "messaging/api/account_setup.h"
#include "messaging/api/backups.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/file_worker.h"
#include "messaging/kernel/protocol.h"
#include "messaging/kernel/signals.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/identity_file.h"
#include "messaging/peering/invites.h"
#include "messaging/peering/relay_choice.h"
#include "messaging/peering/restored_sessions.h"
#include "store/backup/landing.h"
#include "store/tables/contact_keys.h"

namespace messaging {
namespace {

constexpr std::string_view kIdentityFile = "privitty-edge-identity-";
constexpr std::string_view kOpenPgpFile = ".asc";
constexpr int kMostFilesBeside = 10'000;
constexpr std::size_t kMaxKeyFile = 64 * 1024;  // of whichever protocol

base::Result<std::string> read_small(int fd, const std::string& path) {
  std::string text(kMaxKeyFile + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail_errno(base::Errc::io, "read " + path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

// The one key file in a folder, under a name that write_file gives.
std::optional<std::string> key_file_in(const std::string& folder) {
  std::optional<std::string> found;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  for (int seen = 0; !error && entries != std::filesystem::directory_iterator();
       entries.increment(error)) {
    if (++seen > kMostFilesBeside) return std::nullopt;
    const std::string name = entries->path().filename().string();
    if (!name.starts_with(kIdentityFile) && !name.ends_with(kOpenPgpFile)) continue;
    if (found) return std::nullopt;
    found = entries->path().string();
  }
  return found;
}

// A path as export_to takes it: of the file, or of the folder where it is.
base::Result<kernel::OpenFile> open_key_file(const kernel::Core& core, const std::string& path) {
  auto file = core.paths.open_to_read(path);
  if (file) return file;
  const auto inside = key_file_in(path);
  return inside ? core.paths.open_to_read(*inside) : std::move(file);
}

}  // namespace

base::Result<> IdentityFiles::write_file(AccountId account, const std::string& destination,
                                         const std::optional<std::string>& passphrase) {
  EDGE_TRY(const kernel::AccountPtr state, core_.directory.get(account));
  std::optional<kernel::Protocol::KeyFile> key;
  {
    EDGE_TRY(auto read, core_.read(account));
    const store::Scope scope = read.scope();
    EDGE_TRY(key, core_.protocols.of(state->protocol()).export_key(scope, *state));
  }
  std::string text;
  if (key) {
    if (passphrase && !passphrase->empty()) {
      return base::fail(base::Errc::invalid_argument,
                        "an OpenPGP key is exported without a passphrase: leave it out");
    }
    text.assign(key->text.begin(), key->text.end());
  } else {
    EDGE_TRY(text, write_identity_file(state->identity, passphrase));
  }
  std::string path = destination;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    const std::string name =
        key ? key->name
            : fmt::format("{}{}.txt", kIdentityFile,
                          state->identity.public_key().fingerprint().substr(0, 16));
    path = (std::filesystem::path(path) / name).string();
  }
  EDGE_TRY(auto file, core_.paths.create(path));
  const ssize_t written = ::write(file.fd(), text.data(), text.size());
  const int why = errno;
  crypto::wipe(text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) {
    return base::fail_write("write " + path, written < 0 ? why : ENOSPC);
  }
  EDGE_CHECK(file.commit());
  return core_.store.write_now<void>(
      [&](store::Tx& tx) { return kernel::Core::emit(tx, account, ImexFileWritten{path}); });
}

base::Result<bool> IdentityFiles::import_key(AccountId account, const std::string& text) {
  EDGE_TRY(const kernel::AccountPtr state, core_.directory.get(account));
  return core_.store.write_now<bool>([&](store::Tx& tx) -> base::Result<bool> {
    const store::Scope scope{tx.db(), core_.store.vault(), state->key, account};
    const kernel::WriteContext write{core_, tx, scope, *state};
    for (kernel::Protocol* protocol : core_.protocols.all()) {
      EDGE_TRY(const bool taken, protocol->import_key(write, base::as_bytes(text)));
      if (taken) return true;
    }
    return false;
  });
}

void IdentityFiles::export_to(AccountId account, std::string destination,
                              std::optional<std::string> passphrase, base::Completion<> done) {
  core_.file_worker->answer<void>(
      std::move(done),
      [this, account, destination = std::move(destination), passphrase = std::move(passphrase)](
          const std::stop_token&, base::Completion<>& answer) {
        answer(write_file(account, destination, passphrase));
      });
}

void IdentityFiles::import_from(AccountId account, std::string path,
                                std::optional<std::string> passphrase, base::Completion<> done) {
  core_.file_worker->answer<void>(
      std::move(done), [this, account, path = std::move(path), passphrase = std::move(passphrase)](
                           const std::stop_token&, base::Completion<>& answer) {
        const auto read = [&]() -> base::Result<std::optional<crypto::Identity>> {
          EDGE_TRY(const kernel::OpenFile file, open_key_file(core_, path));
          EDGE_CHECK(check_unused(core_, account));
          EDGE_TRY(std::string text, read_small(file.fd(), path));
          EDGE_TRY(const bool taken, import_key(account, text));
          if (taken) return std::optional<crypto::Identity>();
          auto identity = read_identity_file(text, passphrase).with_context(path);
          crypto::wipe(text.data(), text.size());
          if (!identity) return std::move(identity).error();
          return std::optional(*std::move(identity));
        };
        auto identity = read();
        if (!identity) return answer(std::move(identity).error());
        if (!*identity) return answer({});
        use(account, **std::move(identity), std::move(answer));
      });
}

void IdentityFiles::use(AccountId account, crypto::Identity identity, base::Completion<> done) {
  for (const kernel::AccountPtr& other : core_.directory.all()) {
    if (other->identity.public_key() == identity.public_key()) {
      return done(
          base::fail(base::Errc::already_exists,
                     fmt::format("the identity is here already, as account {}", other->id.value)));
    }
  }
  core_.write<void>(
      account,
      [core = &core_, identity = std::move(identity)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& before) -> base::Result<> {
        EDGE_TRY(const bool unused, store::backup::is_unused(tx.db(), before.id));
        if (!unused) {
          return base::fail(base::Errc::already_exists,
                            "the account came into use meanwhile; its identity stays");
        }
        EDGE_TRY(store::AccountList list, store::list_accounts(tx.db(), tx.vault()));
        const auto found =
            std::find_if(list.rows.begin(), list.rows.end(),
                         [&](const store::AccountRow& row) { return row.id == before.id; });
        if (found == list.rows.end()) return kernel::AccountDirectory::unknown(before.id);
        found->seed = crypto::WipingArray<32>(identity.seed().view());
        EDGE_CHECK(store::fill_account(tx.db(), tx.vault(), *found));
        const kernel::AccountPtr state = account_state(*core, *found, before.configured);
        const kernel::WriteContext write{*core, tx, scope, *state};
        EDGE_CHECK(store::delete_contact_keys(scope, kSelf));
        EDGE_CHECK(store::insert_contact_key(scope, kSelf,
                                             chats::stored_key(identity.public_key().bytes())));
        EDGE_CHECK(peering::forget_invites(write));
        EDGE_CHECK(peering::reconnect_all(write));
        tx.scrub();  // the identity that was made with the account
        EDGE_CHECK(write.emit(AccountsChanged{}));
        EDGE_CHECK(write.emit(ContactsChanged{kSelf}));
        EDGE_TRY(auto relay, peering::find_relay_home(*core, scope, state->identity));
        tx.on_commit([core, state, relay = std::move(relay)] {
          core->directory.put(state);
          if (relay) core->directory.set_relay(state->id, relay);
          core->signals->relay_changed(state->id);
        });
        return {};
      },
      std::move(done));
}

}  // namespace messaging
