// The owner's decisions about its protected files, and windows that end.
#include <fmt/format.h>

#include "messaging/core.h"
#include "messaging/protected_access.h"
#include "messaging/protected_files.h"
#include "messaging/protected_groups.h"
#include "messaging/protected_sending.h"
#include "store/tables/chats.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using store::FileAccessRow;
using store::FileState;
using store::ProtectedFileRow;

base::Result<ProtectedFileRow> own_file(const WriteContext& write, const FileTarget& target) {
  EDGE_CHECK(store::load_chat(write.scope, target.chat));
  EDGE_TRY(ProtectedFileRow file, load_file(write.scope, target.file));
  if (is_own(file)) return file;
  return fail(Errc::forbidden, file_label(file) +
                                   " is somebody else's; only its owner decides who "
                                   "may open it");
}

base::Result<FileAccessRow> access_of(const WriteContext& write, const ProtectedFileRow& file,
                                      ContactId peer) {
  EDGE_TRY(auto access, store::find_file_access(write.scope, file.id, peer));
  if (access) return *access;
  return fail(Errc::not_found,
              fmt::format("contact {} was never given access to {}", peer.value, file_label(file)));
}

// The holder's row as it is to be granted: in the chat with it, or in a group as a member of that.
// Who got the file forwarded keeps the way by which it is told.
base::Result<FileAccessRow> access_to_grant(const WriteContext& write, const ProtectedFileRow& file,
                                            const FileTarget& target, ContactId peer) {
  EDGE_TRY(const auto known, store::find_file_access(write.scope, file.id, peer));
  if (known && known->via.valid()) return *known;
  FileAccessRow access = known.value_or(FileAccessRow{});
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, target.chat));
  if (!is_single(chat)) {
    EDGE_TRY(access.group, group_to_grant(write.scope, target.chat, peer));
  } else if (chat.contact == peer && peer.value >= kFirstId && chat.encrypted) {
    access.group.reset();
  } else {
    return fail(
        Errc::invalid_argument,
        fmt::format("peer_contact_id: contact {} is not the contact of an encrypted chat {} "
                    "(get_chat_contacts)",
                    peer.value, target.chat.value));
  }
  access.file = file.id;
  access.contact = peer;
  access.chat = target.chat;
  return access;
}

base::Result<> expire_due(const WriteContext& write) {
  const auto time = write.core.steady->wall();
  if (time.suspect) return {};  // windows are closed; nothing is destroyed (decision 18)
  EDGE_TRY(const auto due, store::due_file_accesses(write.scope, time.now));
  for (FileAccessRow access : due) {
    EDGE_TRY(const auto file, store::find_protected_file(write.scope, access.file));
    if (!file) continue;
    if (access.contact == kSelf) {
      EDGE_CHECK(report_end(write, *file, access, FileState::expired));
      continue;
    }
    access.state = FileState::expired;
    access.changed_at = write.tx.now();
    EDGE_CHECK(store::put_file_access(write.scope, access));
    EDGE_CHECK(write.emit(PrivittyFileAccessChanged{access.chat, file->id}));
  }
  return {};
}

template <class F>
void decide_later(Core& core, AccountId account, base::Completion<> done, F rule) {
  core.write<void>(
      account,
      [&core, rule = std::move(rule)](store::Tx& tx, const store::Scope& scope,
                                      const AccountState& state) -> base::Result<> {
        return rule(WriteContext{core, tx, scope, state});
      },
      std::move(done));
}

}  // namespace

void ProtectedFiles::revoke(AccountId account, FileTarget target, std::optional<ContactId> peer,
                            base::Completion<> done) {
  decide_later(core_, account, std::move(done),
               [target, peer](const WriteContext& write) -> base::Result<> {
                 EDGE_TRY(const ProtectedFileRow file, own_file(write, target));
                 if (peer) {
                   EDGE_TRY(const FileAccessRow access, access_of(write, file, *peer));
                   return revoke_access(write, file, access);
                 }
                 EDGE_TRY(const auto all, store::file_accesses(write.scope, file.id));
                 for (const FileAccessRow& access : all) {
                   EDGE_CHECK(revoke_access(write, file, access));
                 }
                 return {};
               });
}

void ProtectedFiles::grant(AccountId account, FileTarget target, ContactId peer, GrantTerms terms,
                           base::Completion<> done) {
  decide_later(core_, account, std::move(done),
               [target, peer, terms](const WriteContext& write) -> base::Result<> {
                 EDGE_TRY(const ProtectedFileRow file, own_file(write, target));
                 const auto time = write.core.steady->wall();
                 if (terms.seconds > 0 && time.suspect) return clock_not_believed();
                 EDGE_TRY(FileAccessRow access, access_to_grant(write, file, target, peer));
                 access.state = FileState::active;
                 access.download = terms.allow_download;
                 access.forward = terms.allow_forward && !access.via.valid();
                 access.expires_at =
                     terms.seconds == 0 ? 0 : time.now + terms.seconds * UnixMillis{1000};
                 watch_windows(write);
                 return decide(write, file, access);
               });
}

void ProtectedFiles::deny(AccountId account, FileTarget target, ContactId peer,
                          base::Completion<> done) {
  decide_later(core_, account, std::move(done),
               [target, peer](const WriteContext& write) -> base::Result<> {
                 EDGE_TRY(const ProtectedFileRow file, own_file(write, target));
                 EDGE_TRY(FileAccessRow access, access_of(write, file, peer));
                 if (access.state == FileState::denied) return {};
                 if (access.state != FileState::requested) {
                   return fail(Errc::forbidden,
                               fmt::format("contact {} did not ask for {}; what was granted is "
                                           "taken back with privitty_revoke_file_access",
                                           peer.value, file_label(file)));
                 }
                 access.state = FileState::denied;
                 return decide(write, file, access);
               });
}

void ProtectedFiles::prepare_group(AccountId account, ChatId chat,
                                   std::optional<std::string> member_addr,
                                   base::Completion<> done) {
  decide_later(core_, account, std::move(done),
               [chat, addr = std::move(member_addr)](const WriteContext& write) -> base::Result<> {
                 if (addr) return meet_by_addr(write, chat, *addr);
                 return check_group(write.scope, chat);
               });
}

void ProtectedFiles::expire(AccountId account, base::Completion<> done) {
  decide_later(core_, account, std::move(done),
               [](const WriteContext& write) { return expire_due(write); });
}

}  // namespace messaging
