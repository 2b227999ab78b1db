#include "gateway/plain_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "gateway/loop/fd.h"
#include "messaging/media_type.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunk = 64 * 1024;

fs::path place_of(const Surroundings& surroundings, const fs::path& accounts) {
  std::string base = surroundings.variable("XDG_RUNTIME_DIR").value_or("");
  if (base.empty()) base = surroundings.variable("TMPDIR").value_or("/tmp");
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(accounts, error);
  const auto hash = crypto::blake2b<16>(base::as_bytes(error ? accounts.string() : whole.string()));
  return fs::path(base) / fmt::format("privitty-edged-{}-{}", ::getuid(), base::to_hex(hash));
}

// A folder of ours that nobody else can look into, empty.
base::Result<> make_empty(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return base::fail_errno(base::Errc::io, "make " + folder.string(), errno);
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0) {
    return base::fail_errno(base::Errc::io, "look at " + folder.string(), errno);
  }
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::getuid() || (info.st_mode & 0077) != 0) {
    return base::fail(base::Errc::forbidden,
                      folder.string() +
                          " is not a folder of this user alone; remove it, or set "
                          "TMPDIR to another place for the files --stdio hands out");
  }
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    fs::remove_all(entry->path(), error);
  }
  if (error) return base::fail_errno(base::Errc::io, "empty " + folder.string(), error.value());
  return {};
}

}  // namespace

base::Result<std::unique_ptr<PlainFiles>> PlainFiles::make(messaging::Engine& engine,
                                                           const Surroundings& surroundings,
                                                           const fs::path& accounts) {
  const fs::path folder = place_of(surroundings, accounts);
  EDGE_CHECK(make_empty(folder));
  return std::unique_ptr<PlainFiles>(new PlainFiles(engine, folder));
}

PlainFiles::~PlainFiles() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

base::Result<std::string> PlainFiles::lay_out(base::AccountId account, base::MsgId message,
                                              std::string_view name) {
  base::Lock lock(mutex_);
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
      if (wrote < 0) return base::fail_errno(base::Errc::io, "write " + to.string(), errno);
      done += static_cast<std::size_t>(wrote);
    }
    at += size;
  }
  return {};
}

}  // namespace gateway
