// The owner's decisions about its protected files, and windows that end.
#include <fmt/format.h>

#include <algorithm>

#include "messaging/api/protected_files.h"
#include "messaging/kernel/core.h"
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

// The chat may be deleted: access that was granted in it can still be revoked.
base::Result<> check_chat_of(const kernel::WriteContext& write, const ProtectedFileRow& file,
                             ChatId chat) {
  EDGE_TRY(const auto there, store::find_chat(write.scope, chat));
  if (there || chat == file.chat) return {};
  EDGE_TRY(const auto all, store::file_accesses(write.scope, file.id));
  if (std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.chat == chat; })) {
    return {};
  }
  return fail(Errc::not_found,
              fmt::format("chat_id: there is no chat {}, and {} was given to "
                          "nobody in it; it was protected for chat {}",
                          chat.value, protection::file_label(file), file.chat.value));
}

base::Result<ProtectedFileRow> own_file(const kernel::WriteContext& write,
                                        const FileTarget& target) {
  EDGE_TRY(ProtectedFileRow file, protection::load_file(write.scope, target.file));
  if (!protection::is_own(file)) {
    return fail(Errc::forbidden, protection::file_label(file) +
                                     " is somebody else's; only its owner decides who "
                                     "may open it");
  }
  EDGE_CHECK(check_chat_of(write, file, target.chat));
  return file;
}

base::Result<FileAccessRow> access_of(const kernel::WriteContext& write,
                                      const ProtectedFileRow& file, ContactId peer) {
  EDGE_TRY(auto access, store::find_file_access(write.scope, file.id, peer));
  if (access) return *access;
  return fail(Errc::not_found, fmt::format("contact {} was never given access to {}", peer.value,
                                           protection::file_label(file)));
}

// The row to grant to the holder, as the contact of a chat or as a member of a group. For a holder
// of a forwarded file, decisions still pass through the forwarder.
base::Result<FileAccessRow> access_to_grant(const kernel::WriteContext& write,
                                            const ProtectedFileRow& file, const FileTarget& target,
                                            ContactId peer) {
  EDGE_TRY(const auto sent, store::find_file_access(write.scope, file.id, peer));
  if (sent && sent->via.valid()) return *sent;
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, target.chat));
  std::optional<store::Uuid> group;
  if (!protection::is_single(chat)) {
    EDGE_TRY(group, receiving::group_to_grant(write.scope, target.chat, peer));
  } else if (chat.contact != peer || peer.value < kFirstId || !chat.encrypted) {
    return fail(
        Errc::invalid_argument,
        fmt::format("peer_contact_id: contact {} is not the contact of an encrypted chat {} "
                    "(get_chat_contacts)",
                    peer.value, target.chat.value));
  }
  EDGE_TRY(const auto known, store::find_file_access_in(write.scope, file.id, peer, group));
  FileAccessRow access = known.value_or(FileAccessRow{});
  access.file = file.id;
  access.contact = peer;
  access.chat = target.chat;
  access.group = group;
  return access;
}

// This grant also answers the holder's requests in other roles.
base::Result<> answer_requests(const kernel::WriteContext& write, const FileAccessRow& granted) {
  EDGE_TRY(const auto all,
           store::file_accesses_of_holder(write.scope, granted.file, granted.contact));
  for (FileAccessRow other : all) {
    if (other.group == granted.group || other.state != FileState::requested) continue;
    other.state = FileState::none;
    other.changed_at = write.tx.now();
    EDGE_CHECK(store::put_file_access(write.scope, other));
  }
  return {};
}

base::Result<> expire_due(const kernel::WriteContext& write) {
  const auto time = write.core.steady->wall();
  if (time.suspect) return {};  // windows are closed; nothing is destroyed (decision 18)
  EDGE_TRY(const auto due, store::due_file_accesses(write.scope, time.now));
  for (FileAccessRow access : due) {
    EDGE_TRY(const auto file, store::find_protected_file(write.scope, access.file));
    if (!file) continue;
    if (access.contact == kSelf) {
      EDGE_CHECK(protection::report_end(write, *file, access, FileState::expired));
      continue;
    }
    access.state = FileState::expired;
    access.changed_at = write.tx.now();
    EDGE_CHECK(store::put_file_access(write.scope, access));
    EDGE_CHECK(write.emit(PrivittyFileAccessChanged{access.chat, file->id}));
    if (protection::is_own(*file)) EDGE_CHECK(protection::fall_back(write, *file, access.contact));
  }
  return {};
}

template <class F>
void decide_later(kernel::Core& core, AccountId account, base::Completion<> done, F rule) {
  core.write<void>(
      account,
      [&core, rule = std::move(rule)](store::Tx& tx, const store::Scope& scope,
                                      const kernel::AccountState& state) -> base::Result<> {
        return rule(kernel::WriteContext{core, tx, scope, state});
      },
      std::move(done));
}

}  // namespace

void ProtectedFiles::revoke(AccountId account, FileTarget target, std::optional<ContactId> peer,
                            base::Completion<> done) {
  decide_later(core_, account, std::move(done),
               [target, peer](const kernel::WriteContext& write) -> base::Result<> {
                 EDGE_TRY(const ProtectedFileRow file, own_file(write, target));
                 if (peer) {
                   EDGE_CHECK(access_of(write, file, *peer));
                   return protection::revoke_holder(write, file, *peer);
                 }
                 EDGE_TRY(const auto all, store::file_accesses(write.scope, file.id));
                 for (const FileAccessRow& access : all) {
                   EDGE_CHECK(protection::revoke_holder(write, file, access.contact));
                 }
                 return {};
               });
}

void ProtectedFiles::grant(AccountId account, FileTarget target, ContactId peer, GrantTerms terms,
                           base::Completion<> done) {
  decide_later(core_, account, std::move(done),
               [target, peer, terms](const kernel::WriteContext& write) -> base::Result<> {
                 EDGE_TRY(const ProtectedFileRow file, own_file(write, target));
                 const auto time = write.core.steady->wall();
                 if (terms.seconds > 0 && time.suspect) return protection::clock_not_believed();
                 EDGE_TRY(FileAccessRow access, access_to_grant(write, file, target, peer));
                 access.state = FileState::active;
                 access.download = terms.allow_download;
                 access.forward = terms.allow_forward && !access.via.valid();
                 access.expires_at =
                     terms.seconds == 0 ? 0 : time.now + terms.seconds * UnixMillis{1000};
                 EDGE_CHECK(answer_requests(write, access));
                 protection::watch_windows(write);
                 return protection::decide(write, file, access);
               });
}

void ProtectedFiles::deny(AccountId account, FileTarget target, ContactId peer,
                          base::Completion<> done) {
  decide_later(core_, account, std::move(done),
               [target, peer](const kernel::WriteContext& write) -> base::Result<> {
                 EDGE_TRY(const ProtectedFileRow file, own_file(write, target));
                 EDGE_TRY(FileAccessRow access, access_of(write, file, peer));
                 if (access.state == FileState::denied) return {};
                 if (access.state != FileState::requested) {
                   return fail(Errc::forbidden,
                               fmt::format("contact {} did not ask for {}; what was granted is "
                                           "taken back with privitty_revoke_file_access",
                                           peer.value, protection::file_label(file)));
                 }
                 access.state = FileState::denied;
                 return protection::decide(write, file, access);
               });
}

void ProtectedFiles::prepare_group(AccountId account, ChatId chat,
                                   std::optional<std::string> member_addr,
                                   base::Completion<> done) {
  decide_later(
      core_, account, std::move(done),
      [chat, addr = std::move(member_addr)](const kernel::WriteContext& write) -> base::Result<> {
        if (addr) return receiving::meet_by_addr(write, chat, *addr);
        return receiving::check_group(write.scope, chat);
      });
}

void ProtectedFiles::expire(AccountId account, base::Completion<> done) {
  decide_later(core_, account, std::move(done),
               [](const kernel::WriteContext& write) { return expire_due(write); });
}

}  // namespace messaging
