// room: store
// First byte, modulo 3: 0, the rest is the file of a backup without a passphrase. 1, the rest are
// the records of one, as somebody who knows the passphrase can write them: they are read into a
// folder, with a database and files. 2, the rest is sealed, and cut and flipped where its first
// bytes say.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "crypto/init.h"
#include "store/backup/staged_account.h"
#include "store/schema/migrations.h"

namespace {

using store::backup::RecordSource;
using store::backup::StagedAccount;

void expect(bool holds) {
  if (!holds) std::abort();
}

const std::string& folder() {
  static const std::string kFolder = [] {
    expect(crypto::init().ok());
    const bool shm = ::access("/dev/shm", W_OK) == 0;
    std::string path = std::string(shm ? "/dev/shm" : "/tmp") + "/edge-backup-fuzz-XXXXXX";
    expect(::mkdtemp(path.data()) != nullptr);
    static std::string removed = path;
    std::atexit([] { std::filesystem::remove_all(removed); });
    return path;
  }();
  return kFolder;
}

base::Bytes sealed(base::ByteView plain) {
  auto sealer = crypto::BackupSealer::start({});
  expect(sealer.ok());
  base::Bytes out = base::to_bytes(sealer->head());
  for (bool last = false; !last;) {
    const std::size_t size = std::min(plain.size(), crypto::kBackupChunk);
    last = size == plain.size();
    const base::Bytes chunk = sealer->seal(plain.first(size), last);
    out.insert(out.end(), chunk.begin(), chunk.end());
    plain = plain.subspan(size);
  }
  return out;
}

base::Result<RecordSource> source_of(base::ByteView file) {
  return RecordSource::open(
      [rest = file](std::span<std::uint8_t> out) mutable -> base::Result<std::size_t> {
        const std::size_t size = std::min(rest.size(), out.size());
        std::copy(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size), out.begin());
        rest = rest.subspan(size);
        return size;
      },
      {});
}

base::Result<> read_all(base::ByteView file) {
  EDGE_TRY(auto source, source_of(file));
  EDGE_TRY(const auto staged,
           StagedAccount::read(folder(), source, store::migrations(), {}, nullptr));
  EDGE_CHECK(staged->tables());
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const base::ByteView rest(data + 1, size - 1);
  (void)folder();
  switch (data[0] % 3) {
    case 0:
      (void)read_all(rest);
      break;
    case 1:
      (void)read_all(sealed(rest));
      break;
    default: {
      if (rest.size() < 3) return 0;
      base::Bytes whole = sealed(rest);
      const std::size_t place = (std::size_t{rest[0]} << 8 | rest[1]) % whole.size();
      expect(!read_all(base::ByteView(whole).first(place)).ok());
      whole[place] ^= static_cast<std::uint8_t>(rest[2] == 0 ? 1 : rest[2]);
      expect(!read_all(whole).ok());
    }
  }
  // Nothing is left of what came in.
  expect(std::filesystem::is_empty(folder()));
  return 0;
}
