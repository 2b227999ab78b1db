// Protecting and opening. The owner's decisions are in protected_deciding.cpp, a holder's part in
// protected_asking.cpp, what arrives in protected_receiving.cpp, reading in protected_views.cpp.
#include "messaging/protected_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "messaging/blob_files.h"
#include "messaging/core.h"
#include "messaging/file_worker.h"
#include "messaging/media_type.h"
#include "messaging/prv_file.h"
#include "messaging/protected_access.h"
#include "messaging/protected_sending.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using store::FileAccessRow;
using store::FileState;
using store::ProtectedFileRow;

constexpr std::uint64_t kProgressFrom = 64 * 1024 * 1024;  // smaller files are done at once

// Answers on the file worker's thread whatever happens to the job.
template <class T, class F>
void on_file_worker(Core& core, base::Completion<T> done, F job) {
  auto shared = std::make_shared<base::Completion<T>>(std::move(done));
  auto posted = core.file_worker->post(
      [shared, job = std::move(job)](const std::stop_token& stop) mutable { job(stop, *shared); });
  if (!posted) (*shared)(std::move(posted).error());
}

// ImexProgress in steps of a twentieth.
PrvProgress progress_of(Core& core, AccountId account, std::uint64_t size) {
  if (size < kProgressFrom) return {};
  return [&core, account, told = std::uint64_t{0}](std::uint64_t done, std::uint64_t all) mutable {
    const std::uint64_t step = done * 20 / all;
    if (step == told) return;
    told = step;
    core.write<void>(
        account,
        [step](store::Tx& tx, const store::Scope&, const AccountState& state) {
          return Core::emit(tx, state.id, ImexProgress{static_cast<std::uint32_t>(step * 50)});
        },
        [](base::Result<>) {});
  };
}

base::Result<> check_chat(const store::Scope& scope, const ProtectRequest& request) {
  EDGE_TRY(const store::ChatRow chat, store::load_chat(scope, request.chat));
  if (!chat.contact || chat.contact->value < kFirstId) {
    return fail(Errc::invalid_argument,
                fmt::format("chat_id: chat {} is with no single contact; files are protected for "
                            "one (privitty_send_group_file is for groups)",
                            request.chat.value));
  }
  if (*chat.contact != request.peer) {
    return fail(Errc::invalid_argument,
                fmt::format("peer_contact_id: contact {} is not in chat {}, whose contact is {} "
                            "(get_chat_contacts)",
                            request.peer.value, request.chat.value, chat.contact->value));
  }
  if (!chat.encrypted) {
    return fail(Errc::unavailable,
                fmt::format("chat {} is not end-to-end encrypted yet; wait for "
                            "PrivittyPeerHandshakeComplete",
                            request.chat.value));
  }
  return {};
}

// What protect() has made on the disk and what the transaction needs of it.
struct Made {
  ProtectRequest request;
  std::string prv_path;
  std::string name;
  crypto::PrvId uuid{};
  crypto::PrvShare share;
};

base::Result<Made> make_container(Core& core, const AccountState& account, ProtectRequest request,
                                  const std::stop_token& stop) {
  Made made;
  made.prv_path = request.path + ".prv";
  made.name = plain_file_name(request.path);
  made.uuid = crypto::random_array<16>();
  made.share = crypto::random_prv_share();
  EDGE_TRY(const OpenFile in, core.paths.open_to_read(request.path));
  EDGE_TRY(NewFile out, core.paths.create(made.prv_path));
  struct stat info{};
  if (fstat(in.fd(), &info) != 0) return base::fail_errno(Errc::io, "stat " + request.path, errno);
  crypto::PrvHeader header;
  header.size = static_cast<std::uint64_t>(info.st_size);
  header.owner = account.identity.public_key().bytes();
  header.name = made.name;
  header.media_type = media_type_of(made.name);
  const crypto::Prv prv = crypto::Prv::create(made.uuid, made.share, std::move(header));
  EDGE_CHECK(write_prv(in.fd(), out.fd(), prv,
                       progress_of(core, account.id, prv.header().size), stop)
                 .with_context("protect " + request.path));
  EDGE_CHECK(out.commit());
  made.request = std::move(request);
  return made;
}

base::Result<ProtectedPath> record(const WriteContext& write, const Made& made) {
  const ProtectRequest& request = made.request;
  EDGE_CHECK(check_chat(write.scope, request));
  const auto time = write.core.timekeeper.read();
  if (request.minutes > 0 && time.suspect) return clock_not_believed();
  ProtectedFileRow file;
  EDGE_TRY(file.id, write.tx.next<FileId>(write.account.id, "protected_file"));
  file.uuid = made.uuid;
  file.source = kSelf;
  file.chat = request.chat;
  file.created_at = write.tx.now();
  file.owner = write.account.identity.public_key().bytes();
  file.name = made.name;
  // The hidden message with the grant: a number of its own and no row, as it is in no chat.
  EDGE_TRY(file.grant_msg, write.tx.next<MsgId>(write.account.id, "message", kFirstId));
  EDGE_CHECK(store::insert_protected_file(write.scope, file));
  EDGE_CHECK(store::put_file_share(write.scope, file.id, made.share));
  FileAccessRow access;
  access.file = file.id;
  access.contact = request.peer;
  access.chat = request.chat;
  access.state = FileState::active;
  access.download = request.allow_download;
  access.forward = request.allow_forward;
  access.rev = 1;
  access.expires_at = request.minutes == 0 ? 0 : time.now + request.minutes * UnixMillis{60'000};
  access.changed_at = write.tx.now();
  EDGE_CHECK(store::put_file_access(write.scope, access));
  EDGE_CHECK(tell_decision(write, file, access));
  watch_windows(write);
  EDGE_CHECK(write.emit(PrivittyFileEncrypted{request.chat, file.grant_msg}));
  return ProtectedPath{made.prv_path, file.id};
}

// The row of the file whose container this is.
base::Result<ProtectedFileRow> file_of(const store::Scope& scope, AttachmentReader& container,
                                       const std::string& what, std::optional<ContactId> from) {
  EDGE_TRY(const base::Bytes head, read_prv_head(container));
  auto outside = crypto::PrvOutside::parse(head);
  if (!outside) return std::move(outside).error().with_context(what);
  EDGE_TRY(auto file, choose_file(scope, outside->id, from));
  if (file) return *std::move(file);
  return fail(Errc::not_found, what + " was protected for somebody else: nothing about it ever "
                                      "reached this account");
}

base::Result<std::unique_ptr<PrvReader>> open_container(std::unique_ptr<AttachmentReader> container,
                                                        const crypto::PrvShare& share,
                                                        const ProtectedFileRow& file,
                                                        const std::string& what) {
  auto reader = PrvReader::open(std::move(container), share);
  const bool good = reader && (*reader)->header().owner == file.owner;
  if (good) return reader;
  if (reader || reader.error().code == Errc::sealed) {
    return fail(Errc::corrupt, what + " does not open: it is damaged, was cut short, or is not "
                                      "what its owner granted");
  }
  return reader;
}

// Reads on only as long as the access lasts.
class GuardedReader final : public AttachmentReader {
 public:
  GuardedReader(std::unique_ptr<PrvReader> inner, std::shared_ptr<Tickets::Ticket> ticket,
                const Timekeeper& time, UnixMillis expires_at)
      : inner_(std::move(inner)), ticket_(std::move(ticket)), time_(time),
        expires_at_(expires_at) {}
  std::uint64_t size() const override { return inner_->size(); }
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    const auto now = time_.read();
    if (ticket_->closed || (expires_at_ > 0 && (now.suspect || now.now >= expires_at_))) {
      return fail(Errc::gone, "access to the file ended");
    }
    auto read = inner_->read_at(offset, out);
    if (!read && read.error().code == Errc::sealed) {
      return fail(Errc::corrupt, "the file is damaged");
    }
    return read;
  }

 private:
  std::unique_ptr<PrvReader> inner_;
  std::shared_ptr<Tickets::Ticket> ticket_;
  const Timekeeper& time_;
  const UnixMillis expires_at_;
};

// The ticket is taken before the access is judged, so that what ends it in between closes it.
base::Result<OpenedFile> open_guarded(const Core& core, const store::Scope& scope,
                                      const ProtectedFileRow& file, FileUse use,
                                      std::unique_ptr<AttachmentReader> container,
                                      const std::string& what) {
  auto ticket = core.protected_files.tickets().issue(scope.account, file.id);
  EDGE_TRY(const auto share, usable_share(scope, file, core.timekeeper, use));
  UnixMillis expires_at = 0;
  if (!is_own(file)) {
    EDGE_TRY(const auto access, store::find_file_access(scope, file.id, kSelf));
    if (access) expires_at = access->expires_at;
  }
  EDGE_TRY(auto reader, open_container(std::move(container), share, file, what));
  OpenedFile opened;
  opened.name = reader->header().name;
  opened.reader = std::make_unique<GuardedReader>(std::move(reader), std::move(ticket),
                                                  core.timekeeper, expires_at);
  return opened;
}

struct OfMessage {
  store::MessageRow row;
  std::unique_ptr<AttachmentReader> container;
};

base::Result<OfMessage> container_of(const Core& core, const Core::ReadScope& read,
                                     const store::Scope& scope, MsgId message) {
  EDGE_TRY(store::MessageRow row, store::load_message(scope, message));
  if (!row.blob_id) {
    return fail(Errc::not_found, fmt::format("message {} has no file", message.value));
  }
  EDGE_TRY(store::BlobRow blob, store::load_blob(scope, *row.blob_id));
  EDGE_TRY(Attachment attachment, open_attachment(core, *read.account, std::move(blob)));
  return OfMessage{std::move(row), std::move(attachment.reader)};
}

// Where the plaintext goes: the path without .prv, or beside it under its own name.
std::string plain_path(const std::string& prv_path, const std::string& name) {
  if (prv_path.size() > 4 && prv_path.ends_with(".prv")) {
    return prv_path.substr(0, prv_path.size() - 4);
  }
  return prv_path.substr(0, prv_path.rfind('/') + 1) + plain_file_name(name);
}

base::Result<std::string> decrypt_to_disk(Core& core, AccountId account, ChatId chat, MsgId message,
                                          const std::string& prv_path,
                                          const std::stop_token& stop) {
  if (core.store.blobs().place_of(prv_path)) {
    return fail(Errc::invalid_argument,
                "prv_path: " + prv_path + " lies in the gateway's own store, where no plaintext "
                                          "is written; save it outside first (save_msg_file), or "
                                          "view it with GET /stream");
  }
  EDGE_TRY(OpenFile in, core.paths.open_to_read(prv_path));
  EDGE_TRY(auto container, read_plain_file(std::move(in)));
  EDGE_TRY(auto read, core.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(const OfMessage of, container_of(core, read, scope, message));
  if (of.row.chat != chat) {
    return fail(Errc::invalid_argument,
                fmt::format("chat_id: message {} is in chat {}", message.value,
                            of.row.chat.value));
  }
  EDGE_TRY(const ProtectedFileRow file, file_of(scope, *container, prv_path, of.row.from));
  EDGE_TRY(const ProtectedFileRow theirs,
           file_of(scope, *of.container, fmt::format("the file of message {}", message.value),
                   of.row.from));
  if (file.uuid != theirs.uuid) {
    return fail(Errc::invalid_argument,
                fmt::format("prv_path: {} is not the file of message {}: that one is {}", prv_path,
                            message.value, file_label(theirs)));
  }
  EDGE_TRY(OpenedFile opened, open_guarded(core, scope, file, FileUse::download,
                                           std::move(container), prv_path));
  const std::string path = plain_path(prv_path, opened.name);
  EDGE_CHECK(write_file(core, *opened.reader, path, stop));
  return path;
}

}  // namespace

base::Error clock_not_believed() {
  return fail(Errc::unavailable,
              "this machine's clock is not believed, because it was moved, so that no time limit "
              "can be set; set it right and hear from a contact, or grant without a limit");
}

ProtectedFiles::ProtectedFiles(Core& core)
    : core_(core), tickets_(std::make_unique<Tickets>()) {}
ProtectedFiles::~ProtectedFiles() = default;

void ProtectedFiles::protect(AccountId account, ProtectRequest request,
                             base::Completion<ProtectedPath> done) {
  auto state = core_.directory.get(account);
  if (!state) return done(std::move(state).error());
  {
    auto read = core_.read(account);
    if (!read) return done(std::move(read).error());
    if (auto good = check_chat(read->scope(), request); !good) {
      return done(std::move(good).error());
    }
  }
  on_file_worker<ProtectedPath>(
      core_, std::move(done),
      [core = &core_, state = *std::move(state), request = std::move(request)](
          const std::stop_token& stop, base::Completion<ProtectedPath>& answer) mutable {
        auto made = make_container(*core, *state, std::move(request), stop);
        if (!made) return answer(std::move(made).error());
        const std::string path = made->prv_path;
        core->write<ProtectedPath>(
            state->id,
            [core, made = *std::move(made)](store::Tx& tx, const store::Scope& scope,
                                            const AccountState& its) {
              return record({*core, tx, scope, its}, made);
            },
            [path, answer = std::move(answer)](base::Result<ProtectedPath> result) mutable {
              // Without its grant nothing opens it.
              if (!result) ::unlink(path.c_str());
              answer(std::move(result));
            });
      });
}

void ProtectedFiles::decrypt(AccountId account, ChatId chat, MsgId message, std::string prv_path,
                             base::Completion<std::string> done) {
  on_file_worker<std::string>(
      core_, std::move(done),
      [core = &core_, account, chat, message, prv_path = std::move(prv_path)](
          const std::stop_token& stop, base::Completion<std::string>& answer) {
        auto path = decrypt_to_disk(*core, account, chat, message, prv_path, stop);
        if (!path) return answer(std::move(path).error());
        core->write<std::string>(
            account,
            [chat, message, path = *std::move(path)](
                store::Tx& tx, const store::Scope&,
                const AccountState& state) -> base::Result<std::string> {
              EDGE_CHECK(Core::emit(tx, state.id, PrivittyFileDecrypted{chat, message}));
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
  return open_guarded(core_, scope, file, FileUse::view, std::move(of.container), what);
}

base::Result<bool> ProtectedFiles::is_protected(AccountId account, MsgId message) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(const OfMessage of, container_of(core_, read, scope, message));
  EDGE_TRY(const base::Bytes head, read_prv_head(*of.container));
  return crypto::looks_like_prv(head);
}

base::Result<FileId> ProtectedFiles::by_path(AccountId account, const std::string& path) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(auto container, open_container_at(core_, scope, *read.account, path));
  EDGE_TRY(const ProtectedFileRow file, file_of(scope, *container, path, std::nullopt));
  return file.id;
}

}  // namespace messaging
