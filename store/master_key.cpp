#include "store/master_key.h"

#include <fcntl.h>

#include <cstdio>
#include <filesystem>
#include <vector>

#include "crypto/hash.h"
#include "store/directory_lock.h"
#include "store/file.h"
#include "store/lost_commits.h"
#include "store/own_tables.h"
#include "store/schema.h"
#include "store/transaction.h"

namespace store {
namespace {

using Secret = crypto::Secret<32>;

struct Wrapping {
  std::int64_t slot = 0;
  base::Bytes blob;
};

base::Result<std::vector<Wrapping>> read_wrappings(Connection& db) {
  std::vector<Wrapping> out;
  EDGE_CHECK(db.each("SELECT slot,wrapped FROM store_key ORDER BY slot DESC", [&](const Row& row) {
    out.push_back({row.integer(0), row.bytes(1)});
  }));
  return out;
}

// A source with its file read: wraps and unwraps.
class Opener {
 public:
  static base::Result<Opener> read(const KeySource& source) {
    Opener out;
    if (const auto* file = std::get_if<KeyFile>(&source)) {
      EDGE_TRY(out.key_, read_key_file(file->path));
      out.by_key_ = true;
    } else {
      const auto& phrase = std::get<PassphraseFile>(source);
      EDGE_TRY(out.passphrase_, read_passphrase_file(phrase.path));
      out.cost_ = phrase.cost;
    }
    return out;
  }

  base::Result<base::Bytes> wrap(const Secret& data_key, StoreForm form) const {
    if (by_key_) return crypto::wrap_with_key(data_key, key_of(form));
    return crypto::wrap_with_passphrase(data_key, passphrase_of(form), cost_);
  }

  base::Result<Secret> unwrap(base::ByteView blob, StoreForm form) const {
    const auto wanted = by_key_ ? crypto::WrapKind::key_file : crypto::WrapKind::passphrase;
    if (crypto::wrap_kind(blob) != wanted) {
      return base::fail(base::Errc::sealed, "wrapped in another way");
    }
    if (by_key_) return crypto::unwrap_with_key(blob, key_of(form));
    return crypto::unwrap_with_passphrase(blob, passphrase_of(form));
  }

 private:
  static constexpr std::string_view kRowMacs = "privitty-edge store with row macs v1";

  Secret key_of(StoreForm form) const {
    if (form == StoreForm::sealed_columns) return Secret(key_.view());
    crypto::Hash32 hash = crypto::blake2b<32>(base::as_bytes(kRowMacs), key_.view());
    Secret out(hash);
    crypto::wipe(hash);
    return out;
  }
  // A file's passphrase holds no line end.
  crypto::WipingBytes passphrase_of(StoreForm form) const {
    crypto::WipingBytes out = passphrase_;
    if (form == StoreForm::sealed_columns || out.empty()) return out;
    out.push_back('\n');
    out.insert(out.end(), kRowMacs.begin(), kRowMacs.end());
    return out;
  }

  bool by_key_ = false;
  Secret key_;
  crypto::WipingBytes passphrase_;
  crypto::PassphraseCost cost_;
};

base::Error refused(Connection& db, const KeySource& source, std::string_view why) {
  return base::fail(base::Errc::forbidden,
                    "the store " + db.path() + " stays closed: " + describe(source) + " " +
                        std::string(why) +
                        "; give the key it was made with (--key-file or --passphrase-file)");
}

struct Unwrapped {
  Secret key;
  StoreForm form;
};

base::Result<Unwrapped> unwrap_store(Connection& db, const KeySource& source) {
  auto opener = Opener::read(source);
  if (!opener) {
    if (opener.error().code == base::Errc::not_found) {
      return refused(db, source, "is missing, and without it nothing in the store can be read");
    }
    return std::move(opener).error();
  }
  EDGE_TRY(const auto wrappings, read_wrappings(db));
  for (const Wrapping& wrapping : wrappings) {
    for (const StoreForm form : {StoreForm::row_macs, StoreForm::sealed_columns}) {
      auto key = opener->unwrap(wrapping.blob, form);
      if (key) return Unwrapped{*std::move(key), form};
      // No memory for Argon2id.
      if (key.error().code == base::Errc::exhausted) return std::move(key).error();
    }
  }
  return refused(db, source, "does not open it");
}

base::Result<std::int64_t> add_wrapping(Connection& db, const base::Bytes& blob,
                                        const base::Clock& clock) {
  EDGE_TRY(const auto slot,
           db.integer("INSERT INTO store_key(wrapped,made_at) VALUES(?,?) RETURNING slot", blob,
                      clock.now()));
  return slot.value_or(0);
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error);
}

// The key file that rekey() wraps by: where it is for now, and where it will be.
struct NewKeyFile {
  std::string now;
  std::string finally;
};

base::Result<NewKeyFile> prepare_key_file(const KeyFile& to, const KeySource& from) {
  const auto* old = std::get_if<KeyFile>(&from);
  if (old != nullptr && same_file(old->path, to.path)) {
    const std::string beside = to.path + ".new";
    std::error_code ignored;
    std::filesystem::remove(beside, ignored);  // of a rekey that was cut short before it counted
    EDGE_CHECK(make_key_file(beside));
    return NewKeyFile{.now = beside, .finally = to.path};
  }
  auto made = make_key_file(to.path);
  if (!made && made.error().code != base::Errc::already_exists) return std::move(made).error();
  return NewKeyFile{.now = to.path, .finally = to.path};
}

base::Result<> put_in_place(const NewKeyFile& file) {
  if (file.now == file.finally) return {};
  if (std::rename(file.now.c_str(), file.finally.c_str()) != 0) {
    return base::fail_errno(base::Errc::io, "rename " + file.now, errno);
  }
  const std::string parent = std::filesystem::path(file.finally).parent_path().string();
  return sync_dir(parent.empty() ? "." : parent);
}

}  // namespace

base::Result<crypto::RecordKey> make_data_key(Connection& db, const KeySource& source,
                                              StoreForm form, const base::Clock& clock) {
  EDGE_TRY(const Opener opener, Opener::read(source));
  Secret key = Secret::random();
  EDGE_TRY(const base::Bytes blob, opener.wrap(key, form));
  EDGE_CHECK(add_wrapping(db, blob, clock));
  return crypto::RecordKey(std::move(key));
}

base::Result<DataKey> load_data_key(Connection& db, const KeySource& source) {
  EDGE_TRY(Unwrapped found, unwrap_store(db, source));
  return DataKey{crypto::RecordKey(std::move(found.key)), found.form};
}

base::Result<> wrap_for_row_macs(Connection& db, const KeySource& source,
                                 const base::Clock& clock) {
  EDGE_TRY(const Unwrapped found, unwrap_store(db, source));
  EDGE_TRY(const Opener opener, Opener::read(source));
  EDGE_TRY(const base::Bytes blob, opener.wrap(found.key, StoreForm::row_macs));
  EDGE_TRY(const std::int64_t slot, add_wrapping(db, blob, clock));
  EDGE_CHECK(db.run("DELETE FROM store_key WHERE slot<>?", slot));
  return {};
}

base::Result<> rekey(const std::string& dir, KeySource from, KeySource to, const base::Clock& clock,
                     const RekeyStep& step) {
  const auto reached = [&](std::string_view name) -> base::Result<> {
    return step ? step(name) : base::Result<>();
  };
  from = resolve(std::move(from), dir);
  to = resolve(std::move(to), dir);
  EDGE_TRY(const DirectoryLock lock, DirectoryLock::take(dir));
  const std::string path = dir + "/store.db";
  if (!std::filesystem::exists(path)) {
    return base::fail(base::Errc::not_found, "there is no store in " + dir);
  }
  {
    const LossCheck loss = LossCheck::begin(path);
    EDGE_TRY(const auto look, Connection::open(path, {.read_only = true}));
    EDGE_CHECK(unwrap_store(*look, from));
    loss.compare(look.get(), nullptr);  // what is written below would cover it
  }
  EDGE_TRY(const auto db, Connection::open(path));
  EDGE_TRY(const Unwrapped old, unwrap_store(*db, from));

  NewKeyFile file;
  if (const auto* key_file = std::get_if<KeyFile>(&to)) {
    EDGE_TRY(file, prepare_key_file(*key_file, from));
    to = KeyFile{file.now};
  }
  EDGE_CHECK(reached("key file made"));

  EDGE_TRY(const Opener opener, Opener::read(to));
  EDGE_TRY(const base::Bytes blob, opener.wrap(old.key, old.form));
  std::int64_t slot = 0;
  {
    EDGE_TRY(Transaction transaction, Transaction::begin(*db));
    EDGE_TRY(slot, add_wrapping(*db, blob, clock));
    EDGE_CHECK(transaction.commit());
  }
  EDGE_CHECK(reached("new wrapping beside the old"));

  // Verified from what the disk holds, by the file as it will be read at the next start.
  EDGE_TRY(const Opener again, Opener::read(to));
  EDGE_TRY(const auto stored, db->one<base::Bytes>(
                                  "SELECT wrapped FROM store_key WHERE slot=?",
                                  [](const Row& row) { return row.bytes(0); }, slot));
  EDGE_TRY(const Secret opened, again.unwrap(stored.value_or(base::Bytes{}), old.form));
  if (!(opened == old.key)) {
    return base::fail(base::Errc::internal,
                      "the new wrapping holds another key; the old one stays");
  }
  EDGE_CHECK(put_in_place(file));
  EDGE_CHECK(reached("key file in place"));

  EDGE_TRY(Transaction transaction, Transaction::begin(*db));
  EDGE_CHECK(db->run("DELETE FROM store_key WHERE slot<>?", slot));
  EDGE_CHECK(transaction.commit());
  return reached("old wrapping dropped");
}

}  // namespace store
