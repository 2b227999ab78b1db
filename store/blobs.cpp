#include "store/blobs.h"

#include <algorithm>
#include <filesystem>

#include "crypto/random.h"
#include "store/blob_name.h"

namespace store {
namespace {

constexpr std::size_t kNameBytes = 16;
constexpr std::size_t kFewFiles = 4;  // that are synced each for itself

bool is_lower_hex(std::string_view text, std::size_t size) {
  return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::optional<Uuid> uuid_of(std::string_view text) {
  if (!is_lower_hex(text, 2 * sizeof(Uuid))) return std::nullopt;
  const auto bytes = base::from_hex(text);
  Uuid out{};
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

// Names come from rows, and paths from callers: only names of our own form reach the disk.
base::Result<> check_name(std::string_view name) {
  if (is_blob_name(name)) return {};
  return base::fail(base::Errc::not_found, "there is no such file in the store");
}

}  // namespace

bool is_blob_name(std::string_view name) { return is_lower_hex(name, 2 * kNameBytes); }
std::string new_blob_name() { return base::to_hex(crypto::random_array<kNameBytes>()); }

std::string Blobs::account_dir(const Uuid& account) const {
  return dir_ + "/" + base::to_hex(account);
}

std::string Blobs::path(const Uuid& account, std::string_view name) const {
  return account_dir(account) + "/" + std::string(name);
}

std::optional<Blobs::Place> Blobs::place_of(std::string_view path) const {
  if (path.size() <= dir_.size() + 1 || !path.starts_with(dir_) || path[dir_.size()] != '/') {
    return std::nullopt;
  }
  path.remove_prefix(dir_.size() + 1);
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto account = uuid_of(path.substr(0, slash));
  const std::string_view name = path.substr(slash + 1);
  if (!account || !is_blob_name(name)) return std::nullopt;
  return Place{.account = *account, .name = std::string(name)};
}

// Not while the account's folder goes: it would come back, and nobody would remove it.
base::Result<File> Blobs::make_file(const Uuid& account, const std::string& name) const {
  base::Lock lock(mutex_);
  if (removed_.contains(account)) {
    return base::fail(base::Errc::not_found, "the account of this file was removed");
  }
  EDGE_CHECK(make_dir(dir_));
  EDGE_CHECK(make_dir(account_dir(account)));
  return File::open(path(account, name), File::Mode::create_new);
}

base::Result<> Blobs::sync(const Uuid& account, std::span<File> files) const {
  if (files.size() > kFewFiles) return sync_file_system(account_dir(account));
  for (File& file : files) EDGE_CHECK(file.sync());
  return sync_dir(account_dir(account));
}

base::Result<SealedBlobWriter> Blobs::receive(const Uuid& account,
                                              std::uint64_t sealed_size) const {
  if (!crypto::plain_size(sealed_size)) {
    return base::fail(base::Errc::invalid_argument, "no sealed file has this size");
  }
  std::string name = new_blob_name();
  EDGE_TRY(File file, make_file(account, name));
  EDGE_CHECK(sync_dir(account_dir(account)));
  return SealedBlobWriter(std::move(file), std::move(name), sealed_size);
}

base::Result<SealedBlobWriter> Blobs::resume(const Uuid& account, std::string_view name,
                                             std::uint64_t sealed_size) const {
  EDGE_CHECK(check_name(name));
  EDGE_TRY(File file, File::open(path(account, name), File::Mode::read_write));
  return SealedBlobWriter(std::move(file), std::string(name), sealed_size);
}

base::Result<> SealedBlobWriter::write_at(std::uint64_t offset, base::ByteView sealed) {
  if (offset > sealed_size_ || sealed.size() > sealed_size_ - offset) {
    return base::fail(base::Errc::too_large, "a part lies beyond the end of the file");
  }
  return file_.write_at(offset, sealed);
}

base::Result<> SealedBlobWriter::verify(const crypto::Hash32& hash) {
  EDGE_TRY(const std::uint64_t size, file_.size());
  if (size != sealed_size_) return base::fail(base::Errc::corrupt, "the file is not complete");
  crypto::Blake2b256 sum;
  base::Bytes buffer(crypto::kChunk);
  for (std::uint64_t at = 0; at < size;) {
    EDGE_TRY(const std::size_t got, file_.read_at(at, buffer));
    if (got == 0) return base::fail(base::Errc::corrupt, "the file is not complete");
    sum.update(base::ByteView(buffer).first(got));
    at += got;
  }
  if (sum.finish() != hash) {
    return base::fail(base::Errc::corrupt, "the file is not the one that was announced");
  }
  return {};
}

base::Result<> Blobs::remove(const Uuid& account, std::string_view name) const {
  EDGE_CHECK(check_name(name));
  std::error_code error;
  std::filesystem::remove(path(account, name), error);
  if (error) return base::fail_errno(base::Errc::io, "remove a stored file", error.value());
  return {};
}

void Blobs::admit_account(const Uuid& account) const {
  base::Lock lock(mutex_);
  removed_.erase(account);
}

base::Result<> Blobs::remove_account(const Uuid& account) const {
  {
    base::Lock lock(mutex_);
    removed_.insert(account);
  }
  std::error_code error;
  // A call that fails meanwhile removes its own files, and remove_all() stops at one that has gone.
  // No file is added any more, so each round has fewer.
  do {
    std::filesystem::remove_all(account_dir(account), error);
  } while (error == std::errc::no_such_file_or_directory);
  if (error) return base::fail_errno(base::Errc::io, "remove an account's files", error.value());
  return {};
}

base::Result<std::size_t> Blobs::sweep(const Keep& keep) const {
  namespace fs = std::filesystem;
  std::size_t removed = 0;
  std::error_code error;
  if (!fs::exists(dir_, error)) return removed;
  for (fs::directory_iterator folders(dir_, error), end; !error && folders != end;
       folders.increment(error)) {
    const auto account = uuid_of(folders->path().filename().string());
    if (!account) continue;  // none of ours
    std::vector<fs::path> gone;
    for (fs::directory_iterator files(folders->path(), error); !error && files != end;
         files.increment(error)) {
      const std::string name = files->path().filename().string();
      if (is_blob_name(name) && !keep(*account, name)) gone.push_back(files->path());
    }
    for (const fs::path& file : gone) {
      if (fs::remove(file, error)) ++removed;
    }
  }
  if (error) return base::fail_errno(base::Errc::io, "sweep " + dir_, error.value());
  return removed;
}

}  // namespace store
