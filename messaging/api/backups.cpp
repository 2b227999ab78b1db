#include "messaging/api/backups.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "base/disk_error.h"
#include "messaging/api/account_landing.h"
#include "messaging/api/account_setup.h"
#include "messaging/api/imex_progress.h"
#include "messaging/api/moving.h"
#include "messaging/api/ongoing.h"
#include "messaging/api/other_devices.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/file_worker.h"
#include "store/backup/account_dump.h"

namespace messaging {
namespace {

constexpr int kMostOfADay = 100;  // backups of an account in one folder

base::Result<> write_all(int fd, base::ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::fail_write("write " + path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

base::Result<std::size_t> read_all(int fd, std::span<std::uint8_t> out, const std::string& path) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::read(fd, out.data() + done, out.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail_errno(base::Errc::io, "read " + path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

// privitty-edge-backup-2026-11-30-00-alice@vm.pvebak, the next number that is free.
std::string file_name(const kernel::Core& core, const std::string& addr, int number) {
  std::string label;
  for (const char c : addr) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '@' || c == '.' || c == '-' || c == '_';
    if (plain && label.size() < 100) label += c;
  }
  return fmt::format("privitty-edge-backup-{:%Y-%m-%d}-{:02}-{}.pvebak",
                     fmt::gmtime(static_cast<std::time_t>(core.clock.now() / 1000)), number, label);
}

struct Destination {
  kernel::NewFile file;
  std::string path;
};

base::Result<Destination> make_destination(const kernel::Core& core, const std::string& asked,
                                           const std::string& addr) {
  EDGE_TRY(const auto folder, core.paths.real_folder(asked));
  if (!folder) {
    EDGE_TRY(auto file, core.paths.create(asked));
    return Destination{std::move(file), asked};
  }
  for (int number = 0;; ++number) {
    const std::string path =
        (std::filesystem::path(*folder) / file_name(core, addr, number)).string();
    auto file = core.paths.create(path);
    if (file) return Destination{*std::move(file), path};
    if (file.error().code != base::Errc::already_exists || number == kMostOfADay) {
      return std::move(file).error();
    }
  }
}

crypto::BackupKey key_of(const std::optional<std::string>& passphrase) {
  if (!passphrase) return {};
  return crypto::BackupKey::of_passphrase(base::as_bytes(*passphrase));
}

}  // namespace

base::Result<store::AccountRow> exported_row(const kernel::Core& core,
                                             const kernel::AccountState& account) {
  EDGE_TRY(store::Reader reader, core.store.read());
  EDGE_TRY(const auto moved,
           find_moved_mark({reader.connection(), core.store.vault(), account.key, account.id}));
  if (moved && moved->state == MovedMark::State::taken) return moved_away(account.id, *moved);
  EDGE_TRY(auto list, store::list_accounts(reader.connection(), core.store.vault()));
  for (store::AccountRow& row : list.rows) {
    if (row.id == account.id) return std::move(row);
  }
  return base::fail(base::Errc::not_found, fmt::format("account {} not found", account.id.value));
}

base::Result<> Backups::write_file(AccountId account, const std::string& destination,
                                   const crypto::BackupKey& key, const std::stop_token& stop) {
  EDGE_TRY(const kernel::AccountPtr state, core_.directory.get(account));
  EDGE_CHECK(expect_other_device(core_, account));
  EDGE_TRY(const store::AccountRow row, exported_row(core_, *state));
  EDGE_TRY(Destination to, make_destination(core_, destination, state->addr()));
  EDGE_TRY(auto sealer, crypto::BackupSealer::start(key));
  store::backup::RecordSink sink(std::move(sealer), [&](base::ByteView bytes) {
    return write_all(to.file.fd(), bytes, to.path);
  });
  ImexReporter reporter(core_, account);
  EDGE_CHECK(store::backup::dump_account(
      core_.store, row, core_.options.version, sink, stop,
      [&](std::uint64_t done, std::uint64_t all) { reporter.done(done, all); }));
  EDGE_CHECK(sink.finish());
  EDGE_CHECK(to.file.commit());
  return core_.store.write_now<void>(
      [&](store::Tx& tx) { return kernel::Core::emit(tx, account, ImexFileWritten{to.path}); });
}

base::Result<> Backups::read_file(AccountId account, const std::string& path,
                                  const crypto::BackupKey& key, const std::stop_token& stop) {
  EDGE_TRY(const kernel::OpenFile file, core_.paths.open_to_read(path));
  EDGE_CHECK(check_unused(core_, account));
  auto source = store::backup::RecordSource::open(
      [&](std::span<std::uint8_t> out) { return read_all(file.fd(), out, path); }, key);
  if (!source) return std::move(source).error().with_context(path);
  ImexReporter reporter(core_, account);
  return land_account({core_, courier_, relayed_, mails_}, account, *source, stop, reporter)
      .with_context(path);
}

void Backups::export_to(AccountId account, std::string destination,
                        std::optional<std::string> passphrase, base::Completion<> done) {
  auto operation = ongoing_.begin(account);
  if (!operation) return done(std::move(operation).error());
  core_.file_worker->answer<void>(
      std::move(done),
      [this, account, destination = std::move(destination), key = key_of(passphrase),
       operation = std::make_shared<Ongoing::Operation>(*std::move(operation))](
          const std::stop_token& stop, base::Completion<>& answer) mutable {
        operation->follow(stop);
        auto written = write_file(account, destination, key, operation->stop());
        ImexReporter(core_, account).end(written.ok());
        operation.reset();
        answer(std::move(written));
      });
}

void Backups::import_from(AccountId account, std::string path,
                          std::optional<std::string> passphrase, base::Completion<> done) {
  auto operation = ongoing_.begin(account);
  if (!operation) return done(std::move(operation).error());
  core_.file_worker->answer<void>(
      std::move(done), [this, account, path = std::move(path), key = key_of(passphrase),
                        operation = std::make_shared<Ongoing::Operation>(*std::move(operation))](
                           const std::stop_token& stop, base::Completion<>& answer) mutable {
        operation->follow(stop);
        auto read = read_file(account, path, key, operation->stop());
        ImexReporter(core_, account).end(read.ok());
        operation.reset();
        answer(std::move(read));
      });
}

bool Backups::stop_ongoing(AccountId account) { return ongoing_.stop(account); }

}  // namespace messaging
