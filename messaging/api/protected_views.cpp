// Reads the state of protected files, on a snapshot.
#include <algorithm>

#include "messaging/api/protected_files.h"
#include "messaging/api/views.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/kernel/core.h"
#include "messaging/model/plain_name.h"
#include "messaging/protected/protected_access.h"

namespace messaging {
namespace {

using store::FileAccessRow;
using store::FileState;
using store::ProtectedFileRow;

// Ranks the holders: the owner needs the highest first.
int urgency(const FileAccessRow& access, UnixMillis now) {
  switch (access.state) {
    case FileState::requested:
      return 4;
    case FileState::active:
      return protection::window_over(access, now) ? 2 : 3;
    case FileState::expired:
      return 2;
    case FileState::none:
      return 0;
    default:
      return 1;
  }
}

// The file's owner is unknown: it arrived without a grant or an offer.
bool is_unknown_file(const ProtectedFileRow& file) {
  return !protection::is_own(file) && file.owner == decltype(file.owner){};
}

FileStatus to_status(const ProtectedFileRow& file, const FileAccessRow& access, UnixMillis now) {
  FileStatus status;
  status.state = access.state == FileState::none && is_unknown_file(file)
                     ? "not_found"
                     : protection::state_word(access, now, protection::is_own(file));
  const bool over = status.state == "revoked" || status.state == "denied" ||
                    status.state == "expired" || status.state == "deleted";
  status.allow_download = access.download && !over;
  status.allow_forward = access.forward && !over;
  status.expires_at = access.expires_at;
  return status;
}

FileHolder to_holder(const View& view, const ProtectedFileRow& file, const FileAccessRow& access,
                     UnixMillis now) {
  const FileStatus status = to_status(file, access, now);
  FileHolder holder{
      access.contact,      "", "", status.state, status.expires_at, status.allow_download,
      status.allow_forward};
  // A contact whose record is damaged is listed without its name.
  if (const auto contact = load_contact_view(view, access.contact)) {
    holder.name = access.contact == kSelf && !contact->auth_name.empty() ? contact->auth_name
                                                                         : contact->display_name;
    holder.addr = contact->addr;
  }
  return holder;
}

}  // namespace

base::Result<std::optional<FileStatus>> ProtectedFiles::status(AccountId account,
                                                               FileId file) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(const auto row, store::find_protected_file(scope, file));
  if (!row) return std::optional<FileStatus>();
  const UnixMillis now = core_.steady->wall().now;
  EDGE_TRY(const auto all, store::file_accesses(scope, file));
  std::optional<FileAccessRow> shown;
  for (const FileAccessRow& access : all) {
    if (!protection::is_own(*row) && access.contact != kSelf) continue;
    if (!shown || urgency(access, now) > urgency(*shown, now)) shown = access;
  }
  FileStatus status = to_status(*row, shown.value_or(FileAccessRow{}), now);
  if (!protection::is_own(*row)) {
    EDGE_TRY(const auto source, store::find_contact(scope, row->source));
    status.is_forwarded = source && !is_unknown_file(*row) && chats::key_of(*source) != row->owner;
  }
  return std::optional(std::move(status));
}

base::Result<std::optional<FileAccessInfo>> ProtectedFiles::info(AccountId account,
                                                                 MsgId message) const {
  EDGE_TRY(auto read, core_.read(account));
  return view_file_access({core_, read.scope(), *read.account}, message);
}

base::Result<std::optional<FileAccessInfo>> view_file_access(const View& view, MsgId message) {
  EDGE_TRY(const auto file,
           protection::file_in_message(view.core, view.account, view.scope, message));
  if (!file) return std::optional<FileAccessInfo>();
  const UnixMillis now = view.core.steady->wall().now;
  FileAccessInfo info;
  info.owner_name = plain_name(file->owner_name);
  info.owner_addr = plain_name(file->owner_addr, kMaxAddress);
  if (protection::is_own(*file)) {
    EDGE_TRY(const Contact self, load_contact_view(view, kSelf));
    info.owner_name = self.auth_name.empty() ? self.display_name : self.auth_name;
    info.owner_addr = self.addr;
  }
  EDGE_TRY(const auto all, store::file_accesses(view.scope, file->id));
  const bool of_group =
      protection::is_own(*file) &&
      std::any_of(all.begin(), all.end(), [](const auto& one) { return one.group.has_value(); });
  std::optional<FileAccessRow> shared;
  const auto rank = [&](const FileAccessRow& access) {
    return (access.message == message ? 10 : 0) + urgency(access, now);
  };
  for (const FileAccessRow& access : all) {
    const bool first_hand =
        protection::is_own(*file) ? !access.via.valid() : access.contact == kSelf;
    if (!first_hand) {
      info.forwarded.push_back(to_holder(view, *file, access, now));
      continue;
    }
    if (of_group) {  // each holder once, with the decision sent last
      EDGE_TRY(const auto sent, store::find_file_access(view.scope, file->id, access.contact));
      if (sent->group == access.group) {
        info.members.push_back(to_holder(view, *file, access, now));
      }
    }
    if (!shared || rank(access) > rank(*shared)) shared = access;
  }
  if (shared) info.shared = to_holder(view, *file, *shared, now);
  return std::optional(std::move(info));
}

}  // namespace messaging
