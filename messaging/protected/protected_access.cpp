#include "messaging/protected/protected_access.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/random.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/files/blob_files.h"
#include "messaging/files/prv_file.h"
#include "messaging/kernel/core.h"
#include "messaging/model/plain_name.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/protected/protected_sending.h"
#include "store/tables/messages.h"

namespace messaging::protection {

using base::Errc;
using base::fail;
using store::FileAccessRow;
using store::FileState;
using store::ProtectedFileRow;

std::shared_ptr<OpenReads::OpenRead> OpenReads::begin(AccountId account, FileId file) {
  auto open_read = std::make_shared<OpenRead>();
  base::Lock lock(mutex_);
  auto& open = open_[{account, file}];
  std::erase_if(open, [](const auto& one) { return one.expired(); });
  open.push_back(open_read);
  return open_read;
}

void OpenReads::close(AccountId account, FileId file) {
  base::Lock lock(mutex_);
  const auto found = open_.find({account, file});
  if (found == open_.end()) return;
  for (const auto& one : found->second) {
    if (const auto open_read = one.lock()) open_read->closed = true;
  }
  open_.erase(found);
}

bool window_over(const FileAccessRow& access, UnixMillis now) {
  return access.expires_at > 0 && access.expires_at <= now;
}

std::string file_label(const ProtectedFileRow& file) {
  return file.name.empty() ? fmt::format("file {}", file.id.value)
                           : fmt::format("file {} ({})", file.id.value, file.name);
}

base::Result<ProtectedFileRow> load_file(const store::Scope& scope, FileId file) {
  EDGE_TRY(auto row, store::find_protected_file(scope, file));
  if (row) return *std::move(row);
  return fail(Errc::not_found, fmt::format("there is no protected file {}", file.value));
}

base::Result<crypto::PrvShare> usable_share(const store::Scope& scope, const ProtectedFileRow& file,
                                            const kernel::SteadyTime& time, FileUse use) {
  if (!is_own(file)) {
    const std::string what = "access to " + file_label(file);
    EDGE_TRY(const auto access, store::find_file_access(scope, file.id, kSelf));
    const FileState state = access ? access->state : FileState::none;
    switch (state) {
      case FileState::active: {
        const auto reading = time.wall();
        if (access->expires_at > 0 && reading.suspect) {
          return fail(Errc::unavailable,
                      what +
                          " is for a limited time, and this machine's clock is not believed: "
                          "it was moved. Set it right and receive something from a contact");
        }
        if (window_over(*access, reading.now)) {
          return fail(Errc::gone, what +
                                      " has expired; ask its owner for more time "
                                      "(privitty_init_access_grant_request)");
        }
        if (use == FileUse::download && !access->download) {
          return fail(Errc::forbidden, file_label(file) +
                                           " may be viewed (/stream) but not saved: its owner does "
                                           "not allow downloading");
        }
        break;
      }
      case FileState::none:
        return fail(Errc::forbidden, "no " + what +
                                         " was granted yet; ask its owner for it "
                                         "(privitty_init_access_grant_request)");
      case FileState::requested:
        return fail(Errc::forbidden, what + " was asked for; its owner has not answered yet");
      case FileState::expired:
        return fail(Errc::gone, what +
                                    " has expired; ask its owner for more time "
                                    "(privitty_init_access_grant_request)");
      case FileState::revoked:
        return fail(Errc::gone, what + " was revoked by its owner");
      case FileState::denied:
        return fail(Errc::gone, what + " was denied by its owner");
      case FileState::deleted:
        return fail(Errc::gone, what + " ended when the file was deleted here");
    }
  }
  EDGE_TRY(auto share, store::find_file_share(scope, file.id));
  if (!share) return fail(Errc::gone, "the key of " + file_label(file) + " is not here any more");
  return *std::move(share);
}

std::string_view state_word(const FileAccessRow& access, UnixMillis now, bool at_owner) {
  switch (access.state) {
    case FileState::none:
      return "none";
    case FileState::active:
      return window_over(access, now) ? "expired" : "active";
    case FileState::requested:
      return at_owner ? "waiting_owner_action" : "requested";
    case FileState::expired:
      return "expired";
    case FileState::revoked:
      return "revoked";
    case FileState::denied:
      return "denied";
    case FileState::deleted:
      return "deleted";
  }
  return "none";
}

base::Result<std::optional<ProtectedFileRow>> choose_file(const store::Scope& scope,
                                                          const crypto::PrvId& uuid,
                                                          std::optional<ContactId> from) {
  EDGE_TRY(auto rows, store::find_protected_files(scope, uuid));
  std::optional<ProtectedFileRow> best;
  int rank = -1;
  for (ProtectedFileRow& row : rows) {
    int its = 4;  // the owner may always open
    if (!is_own(row)) {
      EDGE_TRY(const auto access, store::find_file_access(scope, row.id, kSelf));
      const bool active = access && access->state == FileState::active;
      // The sender of the container ranks first, so that nobody else can put a record with the same
      // id before it.
      its = (active ? 2 : 0) + (from == row.source ? 1 : 0);
    }
    if (its > rank) {
      rank = its;
      best = std::move(row);
    }
  }
  return best;
}

base::Result<std::optional<ProtectedFileRow>> file_in_message(const kernel::Core& core,
                                                              const kernel::AccountState& account,
                                                              const store::Scope& scope,
                                                              MsgId message) {
  EDGE_TRY(const auto accesses, store::file_accesses_of_message(scope, message));
  if (!accesses.empty()) return store::find_protected_file(scope, accesses.front().file);
  // This is not the last message with the file: the file was sent or received again since, or
  // deleted at the other side.
  const auto row = store::load_message(scope, message);
  if (!row || !row->blob_id) return std::optional<ProtectedFileRow>();
  EDGE_TRY(store::BlobRow blob, store::load_blob(scope, *row->blob_id));
  if (!blob.is_container) return std::optional<ProtectedFileRow>();
  auto attachment = files::open_attachment(core, account, std::move(blob));
  if (!attachment) return std::optional<ProtectedFileRow>();
  const auto head = files::read_prv_head(*attachment->reader);
  if (!head) return std::optional<ProtectedFileRow>();
  const auto outside = crypto::PrvOutside::parse(*head);
  if (!outside) return std::optional<ProtectedFileRow>();
  return choose_file(scope, outside->id, row->from);
}

base::Result<store::ContactRow> known_contact(const kernel::WriteContext& write,
                                              const IdentityBytes& key, const std::string& name,
                                              const std::string& addr) {
  EDGE_TRY(auto known, chats::find_contact_by_key(write.scope, key));
  if (known) return *std::move(known);
  EDGE_TRY(const auto checked, crypto::PublicKey::from_bytes(key));
  store::ContactRow row;
  EDGE_TRY(row.id, write.tx.next<ContactId>(write.account.id, "contact", kFirstId));
  row.keys.push_back(chats::stored_key(checked.bytes()));
  row.addr = plain_name(addr, kMaxAddress);
  row.auth_name = plain_name(name);
  EDGE_CHECK(store::insert_contact(write.scope, row));
  EDGE_CHECK(write.emit(ContactsChanged{row.id}));
  return row;
}

base::Result<> send_note(const kernel::WriteContext& write, ContactId contact, ContentBody note) {
  EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, contact));
  return row.route_id ? queue_note(write, contact, std::move(note)) : base::Result<>{};
}

base::Result<> queue_note(const kernel::WriteContext& write, ContactId contact, ContentBody note) {
  return outbox::queue_content(write, contact,
                               Content{crypto::random_array<16>(), std::move(note)});
}

base::Result<> send_decision(const kernel::WriteContext& write, const ProtectedFileRow& file,
                             const FileAccessRow& access) {
  EDGE_TRY(const store::ContactRow holder, store::load_contact(write.scope, access.contact));
  FileDecision decision;
  decision.file = file.uuid;
  const auto holder_key = chats::key_of(holder);
  if (!holder_key) {
    return fail(Errc::invalid_argument,
                fmt::format("contact {} has no key to grant anything to", access.contact.value));
  }
  decision.holder = *holder_key;
  decision.rev = access.rev;
  decision.state = access.state;
  decision.download = access.download;
  decision.forward = access.forward;
  decision.expires_at = access.expires_at;
  decision.name = file.name;
  decision.group = access.group;
  if (access.state == FileState::active) {
    EDGE_TRY(decision.share, store::find_file_share(write.scope, file.id));
    if (!decision.share) {
      return fail(Errc::gone, "the key of " + file_label(file) + " is not here any more");
    }
  }
  sign(decision, write.account.identity);
  // Members may have no session with each other yet; then the decision waits for one.
  if (access.group) return queue_note(write, access.contact, std::move(decision));
  return send_note(write, access.via.valid() ? access.via : access.contact, std::move(decision));
}

base::Result<> decide(const kernel::WriteContext& write, const ProtectedFileRow& file,
                      FileAccessRow access) {
  EDGE_TRY(const auto last, store::find_file_access(write.scope, file.id, access.contact));
  if (last) {
    access.rev = std::max(access.rev, last->rev);
    access.asked = std::max(access.asked, last->asked);
  }
  ++access.rev;
  access.changed_at = write.tx.now();
  EDGE_CHECK(store::put_file_access(write.scope, access));
  EDGE_CHECK(send_decision(write, file, access));
  if (access.state == FileState::revoked) {
    EDGE_CHECK(write.emit(PrivittyFileAccessRevoked{access.chat, access.contact, file.id}));
  }
  return write.emit(PrivittyFileAccessChanged{access.chat, file.id});
}

base::Result<std::optional<FileAccessRow>> standing_access(const kernel::WriteContext& write,
                                                           const ProtectedFileRow& file,
                                                           ContactId holder) {
  const UnixMillis now = write.core.steady->wall().now;
  EDGE_TRY(const auto all, store::file_accesses_of_holder(write.scope, file.id, holder));
  for (const FileAccessRow& access : all) {  // the one sent last comes first
    if (access.state == FileState::active && !window_over(access, now)) {
      return std::optional(access);
    }
  }
  return std::optional<FileAccessRow>();
}

base::Result<> fall_back(const kernel::WriteContext& write, const ProtectedFileRow& file,
                         ContactId holder) {
  EDGE_TRY(const auto stands, standing_access(write, file, holder));
  EDGE_TRY(const auto sent, store::find_file_access(write.scope, file.id, holder));
  if (!stands || stands->rev == sent->rev) return {};
  watch_windows(write);
  return decide(write, file, *stands);
}

base::Result<> revoke_holder(const kernel::WriteContext& write, const ProtectedFileRow& file,
                             ContactId holder) {
  EDGE_TRY(const auto all, store::file_accesses_of_holder(write.scope, file.id, holder));
  for (std::size_t i = all.size();
       i-- > 0;) {  // the decision in force, which is first, is sent last
    FileAccessRow access = all[i];
    if (access.state == FileState::revoked) continue;
    access.state = FileState::revoked;
    if (i == 0) return decide(write, file, access);
    access.changed_at = write.tx.now();
    EDGE_CHECK(store::put_file_access(write.scope, access));
  }
  return {};
}

base::Result<> end_share(const kernel::WriteContext& write, const ProtectedFileRow& file) {
  EDGE_TRY(const bool there, store::destroy_file_share(write.scope, file.id));
  if (there) write.tx.scrub();
  write.signal(&kernel::Signals::access_ended, file.id);
  return {};
}

base::Result<> report_end(const kernel::WriteContext& write, const ProtectedFileRow& file,
                          FileAccessRow access, FileState state) {
  EDGE_CHECK(end_share(write, file));
  access.state = state;
  access.changed_at = write.tx.now();
  EDGE_CHECK(store::put_file_access(write.scope, access));
  FileReport report;
  report.file = file.uuid;
  report.holder = write.account.identity.public_key().bytes();
  report.rev = access.rev;
  report.state = state;
  EDGE_CHECK(send_note(write, file.source, report));
  return write.emit(PrivittyFileAccessChanged{file.chat, file.id});
}

base::Result<> protected_message_removed(const kernel::WriteContext& write, MsgId message) {
  EDGE_TRY(const auto rows, store::file_accesses_of_message(write.scope, message));
  for (FileAccessRow access : rows) {
    access.message = MsgId();
    EDGE_CHECK(store::put_file_access(write.scope, access));
    if (access.contact != kSelf) continue;
    EDGE_TRY(const auto file, store::find_protected_file(write.scope, access.file));
    const bool ended = access.state == FileState::revoked || access.state == FileState::denied;
    if (file && !ended) EDGE_CHECK(report_end(write, *file, access, FileState::deleted));
  }
  return {};
}

base::Result<> membership_ended(const kernel::WriteContext& write, const store::Uuid& group,
                                ContactId contact) {
  EDGE_TRY(const auto accesses, store::file_accesses_of_member(write.scope, group, contact));
  for (FileAccessRow access : accesses) {
    EDGE_TRY(const auto file, store::find_protected_file(write.scope, access.file));
    if (!file || !is_own(*file) || access.state == store::FileState::revoked) continue;
    access.state = store::FileState::revoked;
    access.changed_at = write.tx.now();
    EDGE_CHECK(store::put_file_access(write.scope, access));
    EDGE_TRY(const auto stands, standing_access(write, *file, contact));
    if (stands) {  // granted to it alone, or as a member of another group
      EDGE_CHECK(write.emit(PrivittyFileAccessChanged{access.chat, file->id}));
      EDGE_CHECK(fall_back(write, *file, contact));
    } else {
      EDGE_CHECK(decide(write, *file, access));
    }
  }
  return {};
}

}  // namespace messaging::protection
