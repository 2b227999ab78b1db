#include "gateway/process/plain_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <vector>

#include "base/bytes.h"
#include "base/disk_error.h"
#include "base/log.h"
#include "crypto/random.h"
#include "gateway/loop/fd.h"
#include "messaging/model/media_type.h"
#include "store/whole_file.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunk = 64 * 1024;
constexpr std::string_view kPrefix = "privitty-edged-";

// The folder that this copy or an earlier one made; stored in the accounts folder, which belongs to
// this user.
fs::path record_in(const fs::path& accounts) { return accounts / "stdio_folder"; }

// Whether no other user can remove or exchange the files in it: others may not write there, or only
// their own files (the sticky bit of /tmp).
bool keeps_others_out(const fs::path& folder, bool alone) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return false;
  if (info.st_uid != ::geteuid() && (alone || info.st_uid != 0)) return false;
  return (info.st_mode & 0022) == 0 || (!alone && (info.st_mode & S_ISVTX) != 0);
}

// In memory and this user's alone where the system offers such a folder.
base::Result<fs::path> find_place(const Surroundings& surroundings) {
  const auto runtime = surroundings.variable("XDG_RUNTIME_DIR");
  if (runtime && keeps_others_out(*runtime, true)) return fs::path(*runtime);
  fs::path place = surroundings.variable("TMPDIR").value_or("/tmp");
  if (keeps_others_out(place, false)) return place;
  return base::fail(base::Errc::forbidden,
                    place.string() +
                        " is no folder in which only the owner of a file may replace it; set "
                        "TMPDIR to another place for the files --stdio writes");
}

// Removes what a killed copy left: only a folder of this user, whatever has the name now.
void remove_leftover(const fs::path& accounts) {
  std::ifstream in(record_in(accounts), std::ios::binary);
  std::string line;
  if (!std::getline(in, line)) return;
  const fs::path folder = line;
  struct stat info {};
  if (!folder.is_absolute() || !folder.filename().string().starts_with(kPrefix) ||
      ::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) {
    return;
  }
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) {
    base::log::warning("{} of an earlier --stdio stays: {}", line, error.message());
    return;
  }
  fs::remove(record_in(accounts), error);
}

}  // namespace

base::Result<std::unique_ptr<PlainFiles>> PlainFiles::make(messaging::Engine& engine,
                                                           const Surroundings& surroundings,
                                                           const fs::path& accounts) {
  remove_leftover(accounts);
  EDGE_TRY(const fs::path place, find_place(surroundings));
  fs::path folder = place / (std::string(kPrefix) + base::to_hex(crypto::random_array<16>()));
  return std::unique_ptr<PlainFiles>(
      new PlainFiles(engine, std::move(folder), record_in(accounts)));
}

PlainFiles::~PlainFiles() {
  const base::Lock lock(mutex_);
  if (!made_) return;
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  fs::remove(record_, ignored);
}

// Recorded before it is made, so that a kill in between leaves no folder without a record.
base::Result<> PlainFiles::make_folder() {
  if (made_) return {};
  EDGE_CHECK(store::replace_file(record_.string(), base::as_bytes(folder_.string() + "\n")));
  // Fails for whatever has the name, a link too.
  if (::mkdir(folder_.c_str(), 0700) != 0) {
    return base::fail_errno(base::Errc::io, "make " + folder_.string(), errno);
  }
  made_ = true;
  return {};
}

base::Result<std::string> PlainFiles::lay_out(base::AccountId account, base::MsgId message,
                                              std::string_view name) {
  base::Lock lock(mutex_);
  EDGE_CHECK(make_folder());
  const fs::path own = folder_ / fmt::format("{}-{}", account.value, message.value);
  const fs::path path = own / messaging::plain_file_name(name);
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) return path.string();
  if (::mkdir(own.c_str(), 0700) != 0 && errno != EEXIST) {
    return base::fail_errno(base::Errc::io, "make " + own.string(), errno);
  }
  // Under its name only when it is whole.
  const fs::path part = folder_ / "part";
  std::error_code error;
  auto copied = copy(account, message, part);
  if (copied) {
    fs::rename(part, path, error);
    if (error)
      copied = base::fail_errno(base::Errc::io, "rename to " + path.string(), error.value());
  }
  if (copied) return path.string();
  std::error_code ignored;
  fs::remove(part, ignored);
  return std::move(copied).error();
}

base::Result<> PlainFiles::copy(base::AccountId account, base::MsgId message,
                                const fs::path& to) const {
  EDGE_TRY(const messaging::Attachment file, engine_.files().open(account, message));
  const Fd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out) return base::fail_errno(base::Errc::io, "write " + to.string(), errno);
  std::vector<std::uint8_t> chunk(kChunk);
  for (std::uint64_t at = 0; at < file.reader->size();) {
    EDGE_TRY(const std::size_t size, file.reader->read_at(at, chunk));
    if (size == 0) return base::fail(base::Errc::corrupt, "the file ends too early");
    for (std::size_t done = 0; done < size;) {
      const ssize_t wrote = ::write(out.get(), chunk.data() + done, size - done);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return base::fail_write("write " + to.string(), errno);
      done += static_cast<std::size_t>(wrote);
    }
    at += size;
  }
  return {};
}

}  // namespace gateway
