#include "store/key_source.h"

#include <sys/stat.h>

#include <filesystem>

#include "base/log.h"
#include "crypto/encoding.h"

namespace store {
namespace {

constexpr std::size_t kMaxFile = 4096;
constexpr std::size_t kMaxPassphrase = 1024;

// Reads the first line of a small file.
base::Result<crypto::WipingBytes> read_line(const std::string& path) {
  EDGE_TRY(const File file, File::open(path, File::Mode::read_following));
  EDGE_TRY(const std::uint64_t size, file.size());
  if (size > kMaxFile) {
    return base::fail(base::Errc::invalid_argument,
                      path + " is too large to be a key or a passphrase");
  }
  struct stat info {};
  if (::fstat(file.fd(), &info) == 0 && (info.st_mode & 0077) != 0) {
    base::log::warning("{} can be read by others; make it mode 0600", path);
  }
  crypto::WipingBytes out(size);
  EDGE_TRY(const std::size_t got, file.read_at(0, out));
  out.resize(got);
  std::size_t end = 0;
  while (end < out.size() && out[end] != '\n' && out[end] != '\r') ++end;
  out.resize(end);
  return out;
}

}  // namespace

std::string describe(const KeySource& source) {
  if (const auto* file = std::get_if<KeyFile>(&source)) return "key file " + file->path;
  return "passphrase file " + std::get<PassphraseFile>(source).path;
}

KeySource resolve(KeySource source, const std::string& dir) {
  if (auto* file = std::get_if<KeyFile>(&source); file != nullptr && file->path.empty()) {
    file->path = dir + "/master.key";
  }
  return source;
}

base::Result<crypto::Secret<32>> read_key_file(const std::string& path) {
  EDGE_TRY(const crypto::WipingBytes line, read_line(path));
  std::string_view text(reinterpret_cast<const char*>(line.data()), line.size());
  // Editors add these bytes before and after a line. A passphrase is taken as it is: it may end
  // with them.
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  text = text.substr(0, text.find_last_not_of(" \t") + 1);
  crypto::Secret<32> key;
  // Accepts the output of `openssl rand -hex 32`.
  if (crypto::base64url_decode_to(text, key.mutable_view()) ||
      crypto::hex_decode_to(text, key.mutable_view())) {
    return key;
  }
  return base::fail(base::Errc::invalid_argument,
                    path +
                        " holds no key: expected 32 bytes in base64url (43 characters) or hex "
                        "(64 digits)");
}

base::Result<File> write_key_file(const std::string& path) {
  const auto key = crypto::Secret<32>::random();
  EDGE_TRY(File file, File::open(path, File::Mode::create_new));
  std::string line = crypto::base64url_encode(key.view()) + "\n";
  auto written = file.write_at(0, base::as_bytes(line));
  crypto::wipe(line.data(), line.size());
  if (written) return file;
  std::error_code ignored;
  std::filesystem::remove(path, ignored);  // half a key must not be taken for one
  return std::move(written).error();
}

base::Result<> sync_key_file(File& file) {
  auto synced = file.sync();
  if (synced) synced = sync_parent(file.path());
  if (synced) return {};
  std::error_code ignored;
  std::filesystem::remove(file.path(), ignored);
  return std::move(synced).error();
}

base::Result<> make_key_file(const std::string& path) {
  EDGE_TRY(File file, write_key_file(path));
  return sync_key_file(file);
}

base::Result<crypto::WipingBytes> read_passphrase_file(const std::string& path) {
  EDGE_TRY(crypto::WipingBytes line, read_line(path));
  if (line.empty() || line.size() > kMaxPassphrase) {
    return base::fail(base::Errc::invalid_argument,
                      path + " holds no passphrase: expected 1 to 1,024 bytes on its first line");
  }
  return line;
}

}  // namespace store
