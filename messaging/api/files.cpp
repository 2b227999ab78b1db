#include "messaging/api/files.h"

#include "crypto/prv.h"
#include "messaging/files/blob_files.h"
#include "messaging/files/prv_file.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/file_worker.h"
#include "messaging/model/media_type.h"
#include "store/tables/messages.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

// Writes the row of a finished blob; completes with its path.
void keep(kernel::Core& core, AccountId account, files::SealedFile sealed,
          base::Completion<std::string> done) {
  core.write<std::string>(
      account,
      [sealed = std::move(sealed)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState&) mutable -> base::Result<std::string> {
        EDGE_TRY(const store::BlobRow row, sealed.insert(tx, scope));
        (void)row;
        return sealed.path();
      },
      std::move(done));
}

// The error of a failed upload for a caller over HTTP: without the store's path; if the account was
// removed meanwhile, that error.
base::Error for_caller(const kernel::Core& core, AccountId account, base::Error error) {
  if (auto known = core.directory.get(account); !known) return std::move(known).error();
  const std::string place = core.store.dir() + "/";
  for (auto at = error.message.find(place); at != std::string::npos;
       at = error.message.find(place)) {
    error.message.erase(at, place.size());
  }
  return error;
}

class BlobUpload final : public Upload {
 public:
  BlobUpload(kernel::Core& core, kernel::AccountPtr account, store::BlobWriter writer,
             std::string name)
      : core_(core),
        account_(std::move(account)),
        writer_(std::move(writer)),
        name_(std::move(name)) {}

  base::Result<> append(base::ByteView bytes) override {
    auto appended = writer_.append(bytes);
    if (!appended) return for_caller(core_, account_->id, std::move(appended).error());
    return {};
  }

  void finish(base::Completion<std::string> path) override {
    auto info = writer_.finish();
    if (!info) return path(for_caller(core_, account_->id, std::move(info).error()));
    keep(core_, account_->id, files::SealedFile(core_, account_, *std::move(info), name_),
         std::move(path));
  }

 private:
  kernel::Core& core_;
  kernel::AccountPtr account_;
  store::BlobWriter writer_;
  std::string name_;
};

}  // namespace

base::Result<Attachment> Files::open(AccountId account, MsgId message) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(const store::MessageRow row, store::load_message(scope, message));
  if (!row.blob_id) {
    return fail(Errc::not_found, "message " + std::to_string(message.value) + " has no file");
  }
  if (row.download != DownloadState::done) {
    return fail(Errc::unavailable, "the file of message " + std::to_string(message.value) +
                                       " has not arrived completely yet");
  }
  EDGE_TRY(store::BlobRow blob, store::load_blob(scope, *row.blob_id));
  return files::open_attachment(core_, *read.account, std::move(blob));
}

base::Result<Attachment> Files::open_unprotected(AccountId account, MsgId message) const {
  EDGE_TRY(Attachment file, open(account, message));
  EDGE_TRY(const base::Bytes head, files::read_prv_head(*file.reader));
  if (!crypto::looks_like_prv(head)) return file;
  return fail(Errc::forbidden, "the file of message " + std::to_string(message.value) +
                                   " is a protected one; GET /stream shows it to who may see it");
}

base::Result<std::unique_ptr<Upload>> Files::begin_upload(AccountId account, std::string name) {
  EDGE_TRY(kernel::AccountPtr state, core_.directory.get(account));
  auto writer = core_.store.blobs().create(state->uuid);
  if (!writer) return for_caller(core_, account, std::move(writer).error());
  return std::unique_ptr<Upload>(std::make_unique<BlobUpload>(
      core_, std::move(state), *std::move(writer), plain_file_name(name)));
}

void Files::copy_in(AccountId account, std::string path, base::Completion<std::string> done) {
  auto state = core_.directory.get(account);
  if (!state) return done(std::move(state).error());
  if (const auto place = core_.store.blobs().place_of(path)) {
    auto read = core_.read(account);
    if (!read) return done(std::move(read).error());
    auto known = store::has_blob(read->scope(), place->name);
    if (!known) return done(std::move(known).error());
    if (place->account != (*state)->uuid || !*known) {
      return done(fail(Errc::not_found, path + " is no file of this account"));
    }
    return done(std::move(path));
  }
  auto shared = std::make_shared<base::Completion<std::string>>(std::move(done));
  auto posted =
      core_.file_worker->post([core = &core_, state = *std::move(state), path = std::move(path),
                               shared](const std::stop_token& stop) {
        auto sealed = files::seal_file(*core, state, path, "", stop);
        if (!sealed) return (*shared)(std::move(sealed).error());
        keep(*core, state->id, *std::move(sealed), std::move(*shared));
      });
  if (!posted) (*shared)(std::move(posted).error());
}

base::Result<std::string> Files::blob_dir(AccountId account) const {
  EDGE_TRY(const kernel::AccountPtr state, core_.directory.get(account));
  return core_.store.blobs().account_dir(state->uuid);
}

}  // namespace messaging
