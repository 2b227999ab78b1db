// Blobs: sealed files DIR/blobs/<account uuid>/<32 random hex>, each a crypto/stream.h container
// under a random key of its own. The caller stores the key and the file's name (in a sealed row);
// this class has the files only, mode 0600.
//
// Everything streams in constant memory (one chunk of 64 KiB). Writers and readers are used by one
// thread at a time; Blobs itself is safe from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/mutex.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/stream.h"
#include "store/file.h"
#include "store/vault.h"

namespace store {

// The data of a finished blob, for the caller to store.
struct BlobInfo {
  std::string name;        // the file's name below the account's folder
  crypto::StreamKey key;   // opens it
  std::uint64_t size = 0;  // of the plaintext
  crypto::Hash32 hash{};   // BLAKE2b-256 of the sealed bytes
};

// A finished blob that a power cut may still take: Blobs::sync() makes it durable.
struct UnsyncedBlob {
  BlobInfo info;
  File file;
};

// Seals a new blob. Dropped unfinished, it removes its file.
class BlobWriter {
 public:
  BlobWriter(BlobWriter&&) noexcept;
  BlobWriter& operator=(BlobWriter&&) noexcept;
  ~BlobWriter();

  base::Result<> append(base::ByteView plain);  // any size
  // Syncs the file and its folder: the returned data survives a power cut.
  base::Result<BlobInfo> finish();
  // The same without a sync, for several blobs that are synced together.
  base::Result<UnsyncedBlob> finish_unsynced();
  std::uint64_t size() const;  // plaintext so far

 private:
  friend class Blobs;
  struct State;
  explicit BlobWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Receives the sealed bytes of a blob that somebody else sealed, in parts at any offsets, repeated
// or after a restart. Bytes that were written are durable when sync() returns.
class SealedBlobWriter {
 public:
  base::Result<> write_at(std::uint64_t offset, base::ByteView sealed);
  base::Result<> sync() { return file_.sync(); }
  const std::string& name() const { return name_; }
  std::uint64_t sealed_size() const { return sealed_size_; }
  // Whether all bytes are there and their BLAKE2b-256 is `hash`; Errc::corrupt when it is not.
  base::Result<> verify(const crypto::Hash32& hash);

 private:
  friend class Blobs;
  SealedBlobWriter(File file, std::string name, std::uint64_t sealed_size)
      : file_(std::move(file)), name_(std::move(name)), sealed_size_(sealed_size) {}
  File file_;
  std::string name_;
  std::uint64_t sealed_size_;
};

// Opens only the chunks that are read; every chunk proves its place, and the last one the end.
class BlobReader {
 public:
  BlobReader(BlobReader&&) noexcept;
  BlobReader& operator=(BlobReader&&) noexcept;
  ~BlobReader();

  std::uint64_t size() const;         // of the plaintext
  std::uint64_t sealed_size() const;  // of the file
  // Fills `out` from the plaintext at `offset`: the number of bytes, fewer only at the end.
  // Errc::sealed for damage.
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out);
  // The sealed bytes of the file, to be sent as they are.
  base::Result<std::size_t> read_sealed(std::uint64_t offset, std::span<std::uint8_t> out);

 private:
  friend class Blobs;
  struct State;
  explicit BlobReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Blobs {
 public:
  explicit Blobs(std::string dir) : dir_(std::move(dir)) {}  // DIR/blobs; made when needed

  // Errc::not_found for an account whose files were removed.
  base::Result<BlobWriter> create(const Uuid& account) const;
  // Syncs the files of new blobs of this account and its folder; many of them with their whole file
  // system, which is one wait for the disk.
  base::Result<> sync(const Uuid& account, std::span<File> files) const;
  // Creates a file for sealed bytes of this size (Errc::invalid_argument for a size no blob has);
  // with a name, opens the one begun before.
  base::Result<SealedBlobWriter> receive(const Uuid& account, std::uint64_t sealed_size) const;
  base::Result<SealedBlobWriter> resume(const Uuid& account, std::string_view name,
                                        std::uint64_t sealed_size) const;
  // Checks the end of the file, so that a truncated blob is refused here: Errc::sealed.
  // Errc::not_found when there is no such file.
  base::Result<BlobReader> open(const Uuid& account, std::string_view name,
                                const crypto::StreamKey& key) const;
  // The sealed bytes alone, without a key: read_sealed() only.
  base::Result<BlobReader> open_sealed(const Uuid& account, std::string_view name) const;

  base::Result<> remove(const Uuid& account, std::string_view name) const;  // gone: no error
  // No file is made for the account from then on, until admit_account().
  base::Result<> remove_account(const Uuid& account) const;
  void admit_account(const Uuid& account) const;
  // Removes the files that `keep` rejects: files left by a crash between sealing and the row. Call
  // only while nothing is being written. Returns their number.
  using Keep = std::function<bool(const Uuid& account, std::string_view name)>;
  base::Result<std::size_t> sweep(const Keep& keep) const;

  // Where a blob lies: the `file` of a message (decision 25).
  std::string path(const Uuid& account, std::string_view name) const;
  std::string account_dir(const Uuid& account) const;
  // The reverse: account and name of a path that path() made; nothing for any other path.
  struct Place {
    Uuid account{};
    std::string name;
  };
  std::optional<Place> place_of(std::string_view path) const;

 private:
  base::Result<File> make_file(const Uuid& account, const std::string& name) const;

  std::string dir_;
  mutable base::Mutex mutex_;
  mutable std::set<Uuid> removed_ GUARDED_BY(mutex_);
};

}  // namespace store
