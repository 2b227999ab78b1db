#include "store/blobs.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "crypto/init.h"
#include "crypto/random.h"
#include "tests/store/world.h"

using namespace store;
using base::Bytes;
using base::Errc;
using test::must;

namespace {

struct Fixture {
  test::TempDir dir;
  Blobs blobs{dir / "blobs"};
  Uuid account = random_uuid();

  BlobInfo put(const Bytes& plain, std::size_t step) {
    BlobWriter writer = must(blobs.create(account));
    for (std::size_t at = 0; at < plain.size(); at += step) {
      must(writer.append(base::ByteView(plain).subspan(at, std::min(step, plain.size() - at))));
    }
    return must(writer.finish());
  }
  std::size_t files() const {
    std::size_t count = 0;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator it(dir.path(), error), end; it != end;
         ++it) {
      if (it->is_regular_file()) ++count;
    }
    return count;
  }
};

Bytes noise(std::size_t size) {
  Bytes out(size);
  crypto::random_bytes(out);
  return out;
}

Bytes read(BlobReader& reader, std::uint64_t offset, std::size_t size) {
  Bytes out(size);
  out.resize(must(reader.read_at(offset, out)));
  return out;
}

}  // namespace

TEST_CASE("a blob of any size is read back whole and in ranges") {
  must(crypto::init());
  Fixture f;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{65535}, std::size_t{65536}, std::size_t{65537},
        std::size_t{131072}, std::size_t{10} << 20}) {
    const Bytes plain = noise(size);
    const BlobInfo info = f.put(plain, size > 100'000 ? 70'001 : 1000);
    CHECK(info.size == size);
    CHECK(std::filesystem::file_size(f.blobs.path(f.account, info.name)) ==
          crypto::sealed_size(size));
    BlobReader reader = must(f.blobs.open(f.account, info.name, info.key));
    CHECK(reader.size() == size);
    CHECK(read(reader, 0, size + 10) == plain);
    CHECK(read(reader, size, 10).empty());
    CHECK(read(reader, ~std::uint64_t{0}, 10).empty());
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{65530}, size / 2}) {
      if (at > size) continue;
      const std::size_t count = std::min<std::size_t>(size - at, 70'000);
      CHECK(read(reader, at, count) ==
            Bytes(plain.begin() + static_cast<std::ptrdiff_t>(at),
                  plain.begin() + static_cast<std::ptrdiff_t>(at + count)));
    }
  }
}

TEST_CASE("a blob's file is for its owner, below its account, and holds no plaintext") {
  must(crypto::init());
  Fixture f;
  const BlobInfo info = f.put(base::to_bytes("some words that are known"), 4);
  const std::string path = f.blobs.path(f.account, info.name);
  CHECK(path == f.dir / "blobs/" + base::to_hex(f.account) + "/" + info.name);
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0600));
  CHECK(test::slurp(path).find("words") == std::string::npos);
  const auto place = f.blobs.place_of(path);
  REQUIRE(place);
  CHECK(place->account == f.account);
  CHECK(place->name == info.name);
  for (const std::string& other :
       {std::string("/etc/passwd"), path + "x", f.dir / "blobs", f.dir / "blobs/../master.key",
        f.blobs.account_dir(f.account) + "/../" + base::to_hex(f.account) + "/" + info.name,
        std::string()}) {
    CHECK_FALSE(f.blobs.place_of(other));
  }
}

TEST_CASE("a truncated, grown or altered blob and a wrong key are refused") {
  must(crypto::init());
  Fixture f;
  const Bytes plain = noise(200'000);
  const BlobInfo info = f.put(plain, 50'000);
  const std::string path = f.blobs.path(f.account, info.name);
  const std::string sealed = test::slurp(path);
  const auto refused = [&] {
    auto opened = f.blobs.open(f.account, info.name, info.key);
    if (!opened) return opened.error().code == Errc::sealed;
    Bytes out(plain.size());
    const auto got = opened->read_at(0, out);
    return !got && got.error().code == Errc::sealed;
  };
  CHECK_FALSE(refused());
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{10}, std::size_t{20}, std::size_t{65572},
        std::size_t{65572 + 65552}, sealed.size() - 1}) {
    test::spit(path, sealed.substr(0, size));
    CHECK(refused());
  }
  test::spit(path, sealed + "x");
  CHECK(refused());
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{5}, std::size_t{100}, sealed.size() - 1}) {
    std::string altered = sealed;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    test::spit(path, altered);
    CHECK(refused());
  }
  test::spit(path, sealed);
  CHECK_FALSE(refused());
  CHECK_FALSE(f.blobs.open(f.account, info.name, crypto::StreamKey::generate()));
}

TEST_CASE("sealed bytes travel as they are, in parts, twice and out of order") {
  must(crypto::init());
  Fixture f;
  const Bytes plain = noise(300'000);
  const BlobInfo info = f.put(plain, 300'000);
  BlobReader source = must(f.blobs.open_sealed(f.account, info.name));
  const std::uint64_t size = source.sealed_size();
  const Uuid receiver = random_uuid();
  std::string name;
  {
    SealedBlobWriter writer = must(f.blobs.receive(receiver, size));
    name = writer.name();
    Bytes part(100'000);
    must(source.read_sealed(200'000, part));
    must(writer.write_at(200'000, part));
    CHECK_FALSE(writer.verify(info.hash));
  }
  SealedBlobWriter writer = must(f.blobs.resume(receiver, name, size));
  for (const std::uint64_t offset :
       {std::uint64_t{100'000}, std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{200'000}}) {
    Bytes part(150'000);
    part.resize(must(source.read_sealed(offset, part)));
    must(writer.write_at(offset, part));
  }
  must(writer.sync());
  must(writer.verify(info.hash));
  CHECK_FALSE(writer.verify(crypto::Hash32{}));
  CHECK_FALSE(writer.write_at(size, Bytes{1}));
  CHECK_FALSE(writer.write_at(~std::uint64_t{0}, Bytes{1}));
  BlobReader copy = must(f.blobs.open(receiver, name, info.key));
  CHECK(read(copy, 0, plain.size()) == plain);
  CHECK_FALSE(f.blobs.receive(receiver, 5));
}

TEST_CASE(
    "an unfinished blob leaves no file, a removed one is gone, and a sweep takes the orphans") {
  must(crypto::init());
  Fixture f;
  { BlobWriter dropped = must(f.blobs.create(f.account)); }
  CHECK(f.files() == 0);
  const BlobInfo a = f.put(noise(10), 10);
  const BlobInfo b = f.put(noise(10), 10);
  CHECK(f.files() == 2);
  CHECK(must(f.blobs.sweep([&](const Uuid& account, std::string_view name) {
          return account == f.account && name == a.name;
        })) == 1);
  CHECK_FALSE(f.blobs.open(f.account, b.name, b.key));
  CHECK(f.blobs.open(f.account, a.name, a.key).ok());
  must(f.blobs.remove(f.account, a.name));
  must(f.blobs.remove(f.account, a.name));
  CHECK(f.files() == 0);
  f.put(noise(10), 10);
  must(f.blobs.remove_account(f.account));
  CHECK(f.files() == 0);
}

TEST_CASE("a blob's name from elsewhere reaches no other file") {
  must(crypto::init());
  Fixture f;
  test::spit(f.dir / "victim", std::string(100, 'x'));
  for (const char* name : {"../../victim", "", ".", "0123", "0123456789ABCDEF0123456789ABCDEF"}) {
    const auto opened = f.blobs.open_sealed(f.account, name);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Errc::not_found);
    CHECK_FALSE(f.blobs.remove(f.account, name));
  }
  CHECK(std::filesystem::exists(f.dir / "victim"));
  const BlobInfo info = f.put(noise(10), 10);
  const std::string path = f.blobs.path(f.account, info.name);
  std::filesystem::remove(path);
  std::filesystem::create_symlink(f.dir / "victim", path);
  CHECK_FALSE(f.blobs.open_sealed(f.account, info.name));
}

TEST_CASE("blobs that are synced together are read as any, and those that are not finished go") {
  must(crypto::init());
  Fixture f;
  std::vector<File> files;
  std::vector<BlobInfo> infos;
  const Bytes plain = noise(100'000);
  for (int i = 0; i < 5; ++i) {
    BlobWriter writer = must(f.blobs.create(f.account));
    must(writer.append(plain));
    UnsyncedBlob blob = must(writer.finish_unsynced());
    infos.push_back(std::move(blob.info));
    files.push_back(std::move(blob.file));
  }
  must(f.blobs.sync(f.account, files));
  for (const BlobInfo& info : infos) {
    BlobReader reader = must(f.blobs.open(f.account, info.name, info.key));
    CHECK(read(reader, 0, plain.size()) == plain);
  }
  CHECK(f.files() == 5);
}

TEST_CASE("an account's files go while calls that fail remove their own") {
  must(crypto::init());
  for (int round = 0; round < 20; ++round) {
    Fixture f;
    std::vector<std::string> names{f.put(noise(10), 10).name};
    for (int i = 0; i < 500; ++i) {
      names.push_back(base::to_hex(crypto::random_array<16>()));
      test::spit(f.blobs.path(f.account, names.back()), "x");
    }
    std::atomic<bool> begun = false;
    std::jthread failed([&] {
      begun = true;
      for (const std::string& name : names) must(f.blobs.remove(f.account, name));
    });
    while (!begun) std::this_thread::yield();
    CHECK(f.blobs.remove_account(f.account).ok());
    CHECK_FALSE(std::filesystem::exists(f.blobs.account_dir(f.account)));
  }
}

TEST_CASE("who is at files of an account that is removed brings its folder back no more") {
  must(crypto::init());
  Fixture f;
  const std::string folder = f.blobs.account_dir(f.account);
  f.put(noise(10), 10);
  {
    BlobWriter begun = must(f.blobs.create(f.account));
    must(f.blobs.remove_account(f.account));
    CHECK_FALSE(begun.finish());
    CHECK(f.blobs.create(f.account).error().code == Errc::not_found);
    CHECK(f.blobs.receive(f.account, crypto::sealed_size(10)).error().code == Errc::not_found);
  }
  CHECK_FALSE(std::filesystem::exists(folder));
  // Another account's are made, and this one's when it comes back in a backup.
  CHECK(f.blobs.create(random_uuid()));
  f.blobs.admit_account(f.account);
  f.put(noise(10), 10);
  CHECK(std::filesystem::exists(folder));
}
