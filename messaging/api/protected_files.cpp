// Protecting. What viewers read is in protected_reading.cpp, the owner's decisions in
// protected_deciding.cpp, a holder's part in protected_asking.cpp, what arrives in
// protected_receiving.cpp, lists and states in protected_views.cpp.
#include "messaging/api/protected_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "messaging/files/blob_files.h"
#include "messaging/files/prv_file.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/file_worker.h"
#include "messaging/model/media_type.h"
#include "messaging/protected/protected_access.h"
#include "messaging/protected/protected_sending.h"
#include "messaging/receiving/protected_groups.h"
#include "store/tables/chats.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using store::FileAccessRow;
using store::FileState;
using store::ProtectedFileRow;

constexpr std::uint64_t kProgressFrom = 64 * 1024 * 1024;  // smaller files are done at once

// ImexProgress in steps of a twentieth.
files::PrvProgress progress_of(kernel::Core& core, AccountId account, std::uint64_t size) {
  if (size < kProgressFrom) return {};
  return
      [&core, account, reported = std::uint64_t{0}](std::uint64_t done, std::uint64_t all) mutable {
        const std::uint64_t step = done * 20 / all;
        if (step == reported) return;
        reported = step;
        core.write<void>(
            account,
            [step](store::Tx& tx, const store::Scope&, const kernel::AccountState& state) {
              return kernel::Core::emit(tx, state.id,
                                        ImexProgress{static_cast<std::uint32_t>(step * 50)});
            },
            [](base::Result<>) {});
      };
}

base::Result<> check_chat(const store::Scope& scope, const kernel::AccountState& account,
                          const ProtectRequest& request) {
  if (!request.peer) return receiving::check_members(scope, account, request.chat);
  EDGE_TRY(const store::ChatRow chat, store::load_chat(scope, request.chat));
  if (!chat.contact || chat.contact->value < kFirstId) {
    return fail(Errc::invalid_argument,
                fmt::format("chat_id: chat {} is with no single contact; files are protected for "
                            "one (privitty_send_group_file is for groups)",
                            request.chat.value));
  }
  if (chat.contact != request.peer) {
    return fail(Errc::invalid_argument,
                fmt::format("peer_contact_id: contact {} is not in chat {}, whose contact is {} "
                            "(get_chat_contacts)",
                            request.peer->value, request.chat.value, chat.contact->value));
  }
  if (!chat.encrypted) {
    return fail(Errc::unavailable, fmt::format("chat {} is not end-to-end encrypted yet; wait for "
                                               "PrivittyPeerHandshakeComplete",
                                               request.chat.value));
  }
  return {};
}

// A container that protect() wrote to disk, with the fields that its transaction stores.
struct Made {
  ProtectRequest request;
  std::string prv_path;
  std::string name;
  crypto::PrvId uuid{};
  crypto::PrvShare share;
};

crypto::Prv new_prv(const kernel::AccountState& account, Made& made, std::uint64_t size) {
  made.uuid = crypto::random_array<16>();
  made.share = crypto::random_prv_share();
  crypto::PrvHeader header;
  header.size = size;
  header.owner = account.identity.public_key().bytes();
  header.name = made.name;
  header.media_type = media_type_of(made.name);
  return crypto::Prv::create(made.uuid, made.share, std::move(header));
}

base::Result<Made> make_container(kernel::Core& core, const kernel::AccountState& account,
                                  ProtectRequest request, const std::stop_token& stop) {
  Made made;
  made.prv_path = request.path + ".prv";
  made.name = plain_file_name(request.path);
  EDGE_TRY(const kernel::OpenFile in, core.paths.open_to_read(request.path));
  EDGE_TRY(kernel::NewFile out, core.paths.create(made.prv_path));
  struct stat info {};
  if (fstat(in.fd(), &info) != 0) return base::fail_errno(Errc::io, "stat " + request.path, errno);
  const crypto::Prv prv = new_prv(account, made, static_cast<std::uint64_t>(info.st_size));
  EDGE_CHECK(files::write_prv(in.fd(), out.fd(), prv,
                              progress_of(core, account.id, prv.header().size), stop)
                 .with_context("protect " + request.path));
  EDGE_CHECK(out.commit());
  made.request = std::move(request);
  return made;
}

// A container among our own files, which has no row yet.
struct MadeHere {
  Made made;
  files::SealedFile sealed;
};

base::Result<MadeHere> make_container_here(kernel::Core& core, const kernel::AccountPtr& account,
                                           ProtectStream request, const std::stop_token& stop) {
  Made made;
  made.name = plain_file_name(request.name);
  made.request = {.chat = request.chat,
                  .peer = request.peer,
                  .path = {},
                  .allow_download = request.allow_download,
                  .allow_forward = false,
                  .minutes = 0};
  EDGE_TRY(store::BlobWriter out, core.store.blobs().create(account->uuid));
  const crypto::Prv prv = new_prv(*account, made, request.plain->size());
  EDGE_CHECK(files::stream_prv(
      *request.plain, [&](base::ByteView bytes) { return out.append(bytes); }, prv, stop));
  EDGE_TRY(store::BlobInfo info, out.finish());
  files::SealedFile sealed(core, account, std::move(info), made.name + ".prv");
  made.prv_path = sealed.path();
  return MadeHere{std::move(made), std::move(sealed)};
}

base::Result<ProtectedPath> record(const kernel::WriteContext& write, const Made& made) {
  const ProtectRequest& request = made.request;
  EDGE_CHECK(check_chat(write.scope, write.account, request));
  const auto time = write.core.steady->wall();
  if (request.minutes > 0 && time.suspect) return protection::clock_not_believed();
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
  access.chat = request.chat;
  access.state = FileState::active;
  access.download = request.allow_download;
  access.forward = request.allow_forward;
  access.rev = 1;
  access.expires_at = request.minutes == 0 ? 0 : time.now + request.minutes * UnixMillis{60'000};
  access.changed_at = write.tx.now();
  std::vector<ContactId> holders;
  if (request.peer) {
    holders = {*request.peer};
  } else {
    EDGE_TRY(holders, receiving::members_to_grant(write, request.chat));
    EDGE_TRY(access.group, receiving::group_to_grant(write.scope, request.chat, holders.front()));
  }
  for (const ContactId holder : holders) {
    access.contact = holder;
    EDGE_CHECK(store::put_file_access(write.scope, access));
    EDGE_CHECK(protection::send_decision(write, file, access));
  }
  protection::watch_windows(write);
  EDGE_CHECK(write.emit(PrivittyFileEncrypted{request.chat, file.grant_msg}));
  return ProtectedPath{made.prv_path, file.id};
}

}  // namespace

ProtectedFiles::ProtectedFiles(kernel::Core& core)
    : core_(core), open_reads_(std::make_unique<protection::OpenReads>()) {}
ProtectedFiles::~ProtectedFiles() = default;

void ProtectedFiles::protect(AccountId account, ProtectRequest request,
                             base::Completion<ProtectedPath> done) {
  auto state = core_.directory.get(account);
  if (!state) return done(std::move(state).error());
  if (core_.store.blobs().place_of(request.path)) {
    return done(fail(Errc::invalid_argument,
                     "plaintext_path: " + request.path +
                         " lies in the gateway's own store, and NAME.prv is written beside its "
                         "source; save it outside first (save_msg_file)"));
  }
  {
    auto read = core_.read(account);
    if (!read) return done(std::move(read).error());
    if (auto good = check_chat(read->scope(), **state, request); !good) {
      return done(std::move(good).error());
    }
  }
  core_.file_worker->answer<ProtectedPath>(
      std::move(done),
      [core = &core_, state = *std::move(state), request = std::move(request)](
          const std::stop_token& stop, base::Completion<ProtectedPath>& answer) mutable {
        auto made = make_container(*core, *state, std::move(request), stop);
        if (!made) return answer(std::move(made).error());
        const std::string path = made->prv_path;
        core->write<ProtectedPath>(
            state->id,
            [core, made = *std::move(made)](store::Tx& tx, const store::Scope& scope,
                                            const kernel::AccountState& its) {
              return record({*core, tx, scope, its}, made);
            },
            [path, answer = std::move(answer)](base::Result<ProtectedPath> result) mutable {
              // Without its grant the container cannot be opened.
              if (!result) ::unlink(path.c_str());
              answer(std::move(result));
            });
      });
}

void ProtectedFiles::protect_stream(AccountId account, ProtectStream request,
                                    base::Completion<ProtectedPath> done) {
  auto state = core_.directory.get(account);
  if (!state) return done(std::move(state).error());
  core_.file_worker->answer<ProtectedPath>(
      std::move(done),
      [core = &core_, state = *std::move(state), request = std::move(request)](
          const std::stop_token& stop, base::Completion<ProtectedPath>& answer) mutable {
        auto made = make_container_here(*core, state, std::move(request), stop);
        if (!made) return answer(std::move(made).error());
        core->write<ProtectedPath>(
            state->id,
            [core, made = *std::move(made)](
                store::Tx& tx, const store::Scope& scope,
                const kernel::AccountState& its) mutable -> base::Result<ProtectedPath> {
              EDGE_CHECK(made.sealed.insert(tx, scope));
              return record({*core, tx, scope, its}, made.made);
            },
            std::move(answer));
      });
}

}  // namespace messaging
