// Reading protected files: by a viewer, and into a decrypted file beside the container.
#include <fmt/format.h>

#include "messaging/api/protected_files.h"
#include "messaging/files/blob_files.h"
#include "messaging/files/prv_file.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/file_worker.h"
#include "messaging/model/media_type.h"
#include "messaging/protected/protected_access.h"
#include "messaging/protected/protected_sending.h"
#include "store/tables/messages.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using store::ProtectedFileRow;

// The row of this container's file.
base::Result<ProtectedFileRow> file_of(const store::Scope& scope, AttachmentReader& container,
                                       const std::string& what, std::optional<ContactId> from) {
  EDGE_TRY(const base::Bytes head, files::read_prv_head(container));
  auto outside = crypto::PrvOutside::parse(head);
  if (!outside) return std::move(outside).error().with_context(what);
  EDGE_TRY(auto file, protection::choose_file(scope, outside->id, from));
  if (file) return *std::move(file);
  return fail(Errc::not_found, what +
                                   " was protected for somebody else: nothing about it ever "
                                   "reached this account");
}

base::Result<std::unique_ptr<files::PrvReader>> open_container(
    std::unique_ptr<AttachmentReader> container, const crypto::PrvShare& share,
    const ProtectedFileRow& file, const std::string& what) {
  auto reader = files::PrvReader::open(std::move(container), share);
  const bool good = reader && (*reader)->header().owner == file.owner;
  if (good) return reader;
  if (reader || reader.error().code == Errc::sealed) {
    return fail(Errc::corrupt, what +
                                   " does not open: it is damaged, was cut short, or is not "
                                   "what its owner granted");
  }
  return reader;
}

// Reads only while the access lasts.
class GuardedReader final : public AttachmentReader {
 public:
  GuardedReader(std::unique_ptr<files::PrvReader> inner,
                std::shared_ptr<protection::OpenReads::OpenRead> open_read,
                const kernel::SteadyTime& time, UnixMillis expires_at)
      : inner_(std::move(inner)),
        open_read_(std::move(open_read)),
        time_(time),
        expires_at_(expires_at) {}
  std::uint64_t size() const override { return inner_->size(); }
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    const auto now = time_.wall();
    if (open_read_->closed || (expires_at_ > 0 && (now.suspect || now.now >= expires_at_))) {
      return fail(Errc::gone, "access to the file ended");
    }
    auto read = inner_->read_at(offset, out);
    if (!read && read.error().code == Errc::sealed) {
      return fail(Errc::corrupt, "the file is damaged");
    }
    return read;
  }

 private:
  std::unique_ptr<files::PrvReader> inner_;
  std::shared_ptr<protection::OpenReads::OpenRead> open_read_;
  const kernel::SteadyTime& time_;
  const UnixMillis expires_at_;
};

// The read is registered before the access is checked, so that an access that ends in between
// closes the read.
base::Result<OpenedFile> open_guarded(const kernel::Core& core, protection::OpenReads& open_reads,
                                      const store::Scope& scope, const ProtectedFileRow& file,
                                      protection::FileUse use,
                                      std::unique_ptr<AttachmentReader> container,
                                      const std::string& what) {
  auto open_read = open_reads.begin(scope.account, file.id);
  EDGE_TRY(const auto share, protection::usable_share(scope, file, *core.steady, use));
  UnixMillis expires_at = 0;
  if (!protection::is_own(file)) {
    EDGE_TRY(const auto access, store::find_file_access(scope, file.id, kSelf));
    if (access) expires_at = access->expires_at;
  }
  EDGE_TRY(auto reader, open_container(std::move(container), share, file, what));
  OpenedFile opened;
  opened.name = reader->header().name;
  opened.reader = std::make_unique<GuardedReader>(std::move(reader), std::move(open_read),
                                                  *core.steady, expires_at);
  return opened;
}

struct OfMessage {
  store::MessageRow row;
  std::unique_ptr<AttachmentReader> container;
};

base::Result<OfMessage> container_of(const kernel::Core& core, const kernel::Core::ReadScope& read,
                                     const store::Scope& scope, MsgId message) {
  EDGE_TRY(store::MessageRow row, store::load_message(scope, message));
  if (!row.blob_id) {
    return fail(Errc::not_found, fmt::format("message {} has no file", message.value));
  }
  EDGE_TRY(store::BlobRow blob, store::load_blob(scope, *row.blob_id));
  EDGE_TRY(Attachment attachment, files::open_attachment(core, *read.account, std::move(blob)));
  return OfMessage{std::move(row), std::move(attachment.reader)};
}

// The path for the plaintext: the container's path without .prv, or the file's name in the same
// folder.
std::string plain_path(const std::string& prv_path, const std::string& name) {
  if (prv_path.size() > 4 && prv_path.ends_with(".prv")) {
    return prv_path.substr(0, prv_path.size() - 4);
  }
  return prv_path.substr(0, prv_path.rfind('/') + 1) + plain_file_name(name);
}

base::Result<std::string> decrypt_to_disk(kernel::Core& core, protection::OpenReads& open_reads,
                                          AccountId account, ChatId chat, MsgId message,
                                          const std::string& prv_path,
                                          const std::stop_token& stop) {
  if (core.store.blobs().place_of(prv_path)) {
    return fail(Errc::invalid_argument, "prv_path: " + prv_path +
                                            " lies in the gateway's own store, where no plaintext "
                                            "is written; save it outside first (save_msg_file), or "
                                            "view it with GET /stream");
  }
  EDGE_TRY(kernel::OpenFile in, core.paths.open_to_read(prv_path));
  EDGE_TRY(auto container, files::read_plain_file(std::move(in)));
  EDGE_TRY(auto read, core.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(const OfMessage of, container_of(core, read, scope, message));
  if (of.row.chat != chat) {
    return fail(Errc::invalid_argument,
                fmt::format("chat_id: message {} is in chat {}", message.value, of.row.chat.value));
  }
  EDGE_TRY(const ProtectedFileRow file, file_of(scope, *container, prv_path, of.row.from));
  EDGE_TRY(const ProtectedFileRow theirs,
           file_of(scope, *of.container, fmt::format("the file of message {}", message.value),
                   of.row.from));
  if (file.uuid != theirs.uuid) {
    return fail(Errc::invalid_argument,
                fmt::format("prv_path: {} is not the file of message {}: that one is {}", prv_path,
                            message.value, protection::file_label(theirs)));
  }
  EDGE_TRY(OpenedFile opened,
           open_guarded(core, open_reads, scope, file, protection::FileUse::download,
                        std::move(container), prv_path));
  const std::string path = plain_path(prv_path, opened.name);
  EDGE_CHECK(files::write_file(core, *opened.reader, path, stop));
  return path;
}

}  // namespace

void ProtectedFiles::decrypt(AccountId account, ChatId chat, MsgId message, std::string prv_path,
                             base::Completion<std::string> done) {
  core_.file_worker->answer<std::string>(
      std::move(done), [core = &core_, open_reads = open_reads_.get(), account, chat, message,
                        prv_path = std::move(prv_path)](const std::stop_token& stop,
                                                        base::Completion<std::string>& answer) {
        auto path = decrypt_to_disk(*core, *open_reads, account, chat, message, prv_path, stop);
        if (!path) return answer(std::move(path).error());
        core->write<std::string>(
            account,
            [chat, message, path = *std::move(path)](
                store::Tx& tx, const store::Scope&,
                const kernel::AccountState& state) -> base::Result<std::string> {
              EDGE_CHECK(kernel::Core::emit(tx, state.id, PrivittyFileDecrypted{chat, message}));
              return path;
            },
            std::move(answer));
      });
}

base::Result<OpenedFile> ProtectedFiles::open(AccountId account, MsgId message) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(OfMessage of, container_of(core_, read, scope, message));
  const std::string what = fmt::format("the file of message {}", message.value);
  EDGE_TRY(const ProtectedFileRow file, file_of(scope, *of.container, what, of.row.from));
  return open_guarded(core_, *open_reads_, scope, file, protection::FileUse::view,
                      std::move(of.container), what);
}

base::Result<FileId> ProtectedFiles::by_path(AccountId account, const std::string& path) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(auto container, protection::open_container_at(core_, scope, *read.account, path));
  EDGE_TRY(const ProtectedFileRow file, file_of(scope, *container, path, std::nullopt));
  return file.id;
}

}  // namespace messaging
