#include "messaging/receiving/protected_receiving.h"

#include <algorithm>

#include "messaging/chats/chat_rules.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/chats/requests.h"
#include "messaging/files/blob_files.h"
#include "messaging/files/prv_file.h"
#include "messaging/model/media_type.h"
#include "messaging/model/plain_name.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/protected/protected_access.h"
#include "messaging/protected/protected_sending.h"
#include "messaging/receiving/group_receiving.h"
#include "messaging/receiving/received.h"
#include "store/tables/groups.h"

namespace messaging::receiving {
namespace {

using store::FileAccessRow;
using store::FileState;
using store::ProtectedFileRow;

// The most holders that one contact can introduce by one file.
constexpr std::size_t kMaxForwards = 256;

// All zero for a contact without one.
base::Result<IdentityBytes> key_of(const kernel::WriteContext& write, ContactId contact) {
  EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, contact));
  return chats::key_of(row).value_or(IdentityBytes{});
}

base::Result<ChatId> chat_with(const kernel::WriteContext& write, ContactId contact) {
  EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, contact));
  EDGE_TRY(const store::ChatRow chat, chats::ensure_chat_of_sender(write.tx, write.scope, row));
  return chat.id;
}

// The record of a file that has arrived, or will arrive, from this contact; shown in `chat`, or
// without one in the chat with the contact.
base::Result<ProtectedFileRow> received_file(const kernel::WriteContext& write,
                                             const crypto::PrvId& uuid, ContactId from,
                                             std::optional<ChatId> chat) {
  EDGE_TRY(auto known, store::find_protected_file(write.scope, uuid, from));
  if (known) return *std::move(known);
  ProtectedFileRow file;
  EDGE_TRY(file.id, write.tx.next<FileId>(write.account.id, "protected_file"));
  file.uuid = uuid;
  file.source = from;
  if (chat) {
    file.chat = *chat;
  } else {
    EDGE_TRY(file.chat, chat_with(write, from));
  }
  file.created_at = write.tx.now();
  EDGE_CHECK(store::insert_protected_file(write.scope, file));
  FileAccessRow access;
  access.file = file.id;
  access.contact = kSelf;
  access.chat = file.chat;
  access.changed_at = file.created_at;
  EDGE_CHECK(store::put_file_access(write.scope, access));
  return file;
}

// ---- a decision for us

base::Result<bool> know_owner(const kernel::WriteContext& write, ProtectedFileRow& file,
                              ContactId from, const FileDecision& decision) {
  EDGE_TRY(const store::ContactRow sender, store::load_contact(write.scope, from));
  EDGE_TRY(const IdentityBytes key, key_of(write, from));
  if (signed_by(decision, crypto::PublicKey(key))) {
    file.owner = key;
    file.owner_addr = sender.addr;
    file.owner_name = sender.name.empty() ? sender.auth_name : sender.name;
  } else if (!signed_by(decision, crypto::PublicKey(file.owner))) {
    return false;
  }
  if (!decision.name.empty()) file.name = plain_file_name(decision.name);
  EDGE_CHECK(store::update_protected_file(write.scope, file));
  return true;
}

// The chat of the group that the decision names.
base::Result<std::optional<ChatId>> group_chat_of(const kernel::WriteContext& write, ContactId from,
                                                  const FileDecision& decision) {
  if (!decision.group) return std::optional<ChatId>();
  EDGE_TRY(const auto group, store::find_group_by_uuid(write.scope, *decision.group));
  if (!group) return std::optional<ChatId>();
  EDGE_TRY(const auto member, store::find_member(write.scope, group->chat, from));
  if (!member) return std::optional<ChatId>();  // never a member
  return std::optional(group->chat);
}

// The chat in which the file is shown from this decision on: a decision without a group moves it
// out of a group's chat.
base::Result<ChatId> shown_in(const kernel::WriteContext& write, ContactId from, ChatId before,
                              const std::optional<ChatId>& group_chat) {
  if (group_chat) return *group_chat;
  EDGE_TRY(const auto chat, store::find_chat(write.scope, before));
  return chat && protection::is_single(*chat) ? before : chat_with(write, from);
}

base::Result<> take_own_decision(const kernel::WriteContext& write, ContactId from,
                                 const FileDecision& decision) {
  EDGE_TRY(const auto group_chat, group_chat_of(write, from, decision));
  EDGE_TRY(ProtectedFileRow file, received_file(write, decision.file, from, group_chat));
  EDGE_TRY(auto known, store::find_file_access(write.scope, file.id, kSelf));
  FileAccessRow access = known.value_or(FileAccessRow{});
  const bool waiting = access.state == FileState::requested || access.state == FileState::none;
  if (decision.rev < access.rev || (decision.rev == access.rev && !waiting)) return {};
  EDGE_TRY(file.chat, shown_in(write, from, file.chat, group_chat));
  EDGE_TRY(const bool genuine, know_owner(write, file, from, decision));
  if (!genuine) return {};
  access.file = file.id;
  access.contact = kSelf;
  access.chat = file.chat;
  access.rev = decision.rev;
  access.state = decision.state;
  access.download = decision.download;
  // A forwardee may never forward: one hop only.
  EDGE_TRY(const IdentityBytes sender, key_of(write, from));
  access.forward = decision.forward && file.owner == sender;
  access.expires_at = decision.expires_at;
  access.changed_at = write.tx.now();
  EDGE_CHECK(store::put_file_access(write.scope, access));
  if (decision.share) {
    EDGE_CHECK(store::put_file_share(write.scope, file.id, *decision.share));
    protection::watch_windows(write);
  } else {
    EDGE_CHECK(protection::end_share(write, file));
  }
  if (access.state == FileState::revoked) {
    EDGE_CHECK(write.emit(PrivittyFileAccessRevoked{file.chat, from, file.id}));
  }
  return write.emit(PrivittyFileAccessChanged{file.chat, file.id});
}

// ---- between an owner and who got the file from us

// Our record of a file that we forwarded to `holder`, when `contact` (or anybody) is its source.
struct Forwarded {
  ProtectedFileRow file;
  FileAccessRow access;
};
base::Result<std::optional<Forwarded>> forwarded_to(const kernel::WriteContext& write,
                                                    const crypto::PrvId& uuid, ContactId holder,
                                                    std::optional<ContactId> source) {
  EDGE_TRY(const auto files, store::find_protected_files(write.scope, uuid));
  for (const ProtectedFileRow& file : files) {
    if (protection::is_own(file) || (source && file.source != *source)) continue;
    EDGE_TRY(const auto access, store::find_file_access(write.scope, file.id, holder));
    if (access) return std::optional(Forwarded{file, *access});
  }
  return std::optional<Forwarded>();
}

base::Result<> pass_decision_on(const kernel::WriteContext& write, ContactId from,
                                const FileDecision& decision) {
  EDGE_TRY(const auto holder, chats::find_contact_by_key(write.scope, decision.holder));
  if (!holder) return {};
  EDGE_TRY(auto known, forwarded_to(write, decision.file, holder->id, from));
  if (!known || decision.rev < known->access.rev) return {};
  FileAccessRow access = known->access;
  access.rev = decision.rev;
  access.state = decision.state;
  access.download = decision.download;
  access.expires_at = decision.expires_at;
  access.changed_at = write.tx.now();
  EDGE_CHECK(store::put_file_access(write.scope, access));
  EDGE_CHECK(protection::send_note(write, holder->id, decision));
  return write.emit(PrivittyFileAccessChanged{known->file.chat, known->file.id});
}

// The first decision about a file in a group that its sender is not known to be a member of.
base::Result<bool> is_early(const kernel::WriteContext& write, ContactId from,
                            const FileDecision& decision) {
  if (!decision.group || decision.holder != write.account.identity.public_key().bytes()) {
    return false;
  }
  EDGE_TRY(const auto known, store::find_protected_file(write.scope, decision.file, from));
  if (known) return false;
  EDGE_TRY(const auto group, store::find_group_by_uuid(write.scope, *decision.group));
  if (!group) return true;
  EDGE_TRY(const auto member, store::find_member(write.scope, group->chat, from));
  return group->self_present && !(member && member->present);
}

base::Result<> take(const kernel::WriteContext& write, ContactId from,
                    const FileDecision& decision) {
  if (decision.holder == write.account.identity.public_key().bytes()) {
    return take_own_decision(write, from, decision);
  }
  return pass_decision_on(write, from, decision);
}

// ---- at the owner

// Finds the holder's row, or creates it when a contact that may forward introduces a new holder.
base::Result<std::optional<FileAccessRow>> holder_row(const kernel::WriteContext& write,
                                                      const ProtectedFileRow& file, ContactId from,
                                                      const IdentityBytes& holder,
                                                      const std::string& name,
                                                      const std::string& addr) {
  if (holder == write.account.identity.public_key().bytes()) return std::nullopt;
  EDGE_TRY(const IdentityBytes sender, key_of(write, from));
  if (holder == sender) return store::find_file_access(write.scope, file.id, from);
  EDGE_TRY(const auto middle, store::find_file_access(write.scope, file.id, from));
  if (!middle || middle->via.valid() || !middle->forward) return std::nullopt;
  EDGE_TRY(const auto all, store::file_accesses(write.scope, file.id));
  const auto forwards =
      std::count_if(all.begin(), all.end(), [](const auto& one) { return one.via.valid(); });
  EDGE_TRY(const auto known, chats::find_contact_by_key(write.scope, holder));
  if (known) {
    EDGE_TRY(auto row, store::find_file_access(write.scope, file.id, known->id));
    if (row) return row;
  }
  if (static_cast<std::size_t>(forwards) >= kMaxForwards || !crypto::PublicKey::from_bytes(holder))
    return std::nullopt;
  EDGE_TRY(const store::ContactRow contact, protection::known_contact(write, holder, name, addr));
  FileAccessRow row;
  row.file = file.id;
  row.contact = contact.id;
  row.via = from;
  row.chat = middle->chat;
  row.changed_at = write.tx.now();
  EDGE_CHECK(store::put_file_access(write.scope, row));
  return row;
}

base::Result<> take_own_request(const kernel::WriteContext& write, const ProtectedFileRow& file,
                                ContactId from, const FileRequest& request) {
  EDGE_TRY(auto access,
           holder_row(write, file, from, request.holder, request.holder_name, request.holder_addr));
  if (!access || request.asked <= access->asked) return {};
  access->asked = request.asked;
  EDGE_TRY(const auto stands, protection::standing_access(write, file, access->contact));
  if (stands && stands->rev != access->rev) {
    EDGE_CHECK(store::put_file_access(write.scope, *access));
    return protection::fall_back(write, file, access->contact);
  }
  if (stands || access->state == FileState::revoked || access->state == FileState::denied) {
    EDGE_CHECK(store::put_file_access(write.scope, *access));
    return protection::send_decision(write, file, *access);  // the decision was lost
  }
  access->state = FileState::requested;
  access->changed_at = write.tx.now();
  EDGE_CHECK(store::put_file_access(write.scope, *access));
  EDGE_CHECK(write.emit(PrivittyAccessRenewRequested{access->chat, file.id, access->contact}));
  return write.emit(PrivittyFileAccessChanged{access->chat, file.id});
}

base::Result<> take(const kernel::WriteContext& write, ContactId from, const FileRequest& request) {
  EDGE_TRY(const auto own, store::find_protected_file(write.scope, request.file, kSelf));
  if (own) return take_own_request(write, *own, from, request);
  EDGE_TRY(const IdentityBytes sender, key_of(write, from));
  if (request.holder != sender) return {};
  EDGE_TRY(auto known, forwarded_to(write, request.file, from, std::nullopt));
  if (!known || request.asked <= known->access.asked) return {};
  FileAccessRow access = known->access;
  access.asked = request.asked;
  if (access.state != FileState::revoked && access.state != FileState::denied) {
    access.state = FileState::requested;
  }
  access.changed_at = write.tx.now();
  EDGE_CHECK(store::put_file_access(write.scope, access));
  EDGE_CHECK(protection::send_note(write, known->file.source, request));
  return write.emit(PrivittyFileAccessChanged{access.chat, known->file.id});
}

// A holder's access ended, or its copy was deleted. The latter ends all its accesses, and the file
// can be sent to it again.
base::Result<> end_access(const kernel::WriteContext& write, const ProtectedFileRow& file,
                          FileAccessRow access, FileState state) {
  EDGE_TRY(const auto all, store::file_accesses_of_holder(write.scope, file.id, access.contact));
  bool changed = false;
  for (FileAccessRow one : all) {
    const bool open = one.state == FileState::active || one.state == FileState::expired ||
                      one.state == FileState::none;
    if (!open || (state != FileState::deleted && one.group != access.group)) continue;
    if (state == FileState::deleted) one.message = MsgId();
    one.state = state;
    one.changed_at = write.tx.now();
    EDGE_CHECK(store::put_file_access(write.scope, one));
    changed = true;
  }
  if (!changed) return {};
  EDGE_CHECK(write.emit(PrivittyFileAccessChanged{access.chat, file.id}));
  return protection::is_own(file) ? protection::fall_back(write, file, access.contact)
                                  : base::Result<>{};
}

base::Result<> take(const kernel::WriteContext& write, ContactId from, const FileReport& report) {
  EDGE_TRY(const auto holder, chats::find_contact_by_key(write.scope, report.holder));
  if (!holder) return {};
  EDGE_TRY(const auto own, store::find_protected_file(write.scope, report.file, kSelf));
  std::optional<ProtectedFileRow> file = own;
  std::optional<FileAccessRow> access;
  if (own) {
    EDGE_TRY(access, store::find_file_access(write.scope, own->id, holder->id));
    const bool theirs =
        access && (access->via.valid() ? access->via == from : access->contact == from);
    if (!theirs) return {};
    if (report.rev < access->rev) return protection::send_decision(write, *own, *access);
  } else {
    EDGE_TRY(auto known, forwarded_to(write, report.file, holder->id, std::nullopt));
    if (!known || holder->id != from) return {};
    EDGE_CHECK(protection::send_note(write, known->file.source, report));
    file = known->file;
    access = known->access;
  }
  return report.rev == access->rev ? end_access(write, *file, *access, report.state)
                                   : base::Result<>{};
}

base::Result<> take(const kernel::WriteContext& write, ContactId from, const FileOffer& offer) {
  if (offer.owner == write.account.identity.public_key().bytes()) return {};  // it is ours
  EDGE_TRY(ProtectedFileRow file, received_file(write, offer.file, from, std::nullopt));
  EDGE_TRY(const auto access, store::find_file_access(write.scope, file.id, kSelf));
  if (access && access->rev > 0) return {};  // the owner's decision is here and outranks an offer
  file.owner = offer.owner;
  file.owner_name = plain_name(offer.owner_name);
  file.owner_addr = plain_name(offer.owner_addr, kMaxAddress);
  if (!offer.name.empty()) file.name = plain_file_name(offer.name);
  EDGE_CHECK(store::update_protected_file(write.scope, file));
  return write.emit(PrivittyFileAccessChanged{file.chat, file.id});
}

base::Result<> take(const kernel::WriteContext& write, ContactId from, const FileNotice& notice) {
  EDGE_TRY(const auto own, store::find_protected_file(write.scope, notice.file, kSelf));
  if (!own) return {};
  EDGE_TRY(const auto access,
           holder_row(write, *own, from, notice.holder, notice.holder_name, notice.holder_addr));
  return access ? write.emit(PrivittyFileAccessChanged{access->chat, own->id}) : base::Result<>{};
}

base::Result<bool> take_note(const Received& received, const auto& note) {
  const ContactId from = received.sender.contact.id;
  EDGE_CHECK(outbox::acknowledge(received.write, from, received.uuid));
  EDGE_CHECK(take(received.write, from, note));
  return true;
}

}  // namespace

// A note about a group whose state has not arrived is held like other contents for groups
// (group_receiving.h), and acknowledged once it is applied.
base::Result<bool> apply(const Received& received, const FileDecision& decision) {
  const auto& [write, sender, uuid, file, whole] = received;
  EDGE_TRY(const bool early, is_early(write, sender.contact.id, decision));
  if (!early) return take_note(received, decision);
  EDGE_CHECK(hold_content(write, *decision.group, sender.contact.id, whole));
  return false;
}

base::Result<bool> apply(const Received& received, const FileRequest& request) {
  return take_note(received, request);
}

base::Result<bool> apply(const Received& received, const FileReport& report) {
  return take_note(received, report);
}

base::Result<bool> apply(const Received& received, const FileOffer& offer) {
  return take_note(received, offer);
}

base::Result<bool> apply(const Received& received, const FileNotice& notice) {
  return take_note(received, notice);
}

base::Result<> note_container_arrived(const kernel::WriteContext& write,
                                      const store::MessageRow& row) {
  if (!row.blob_id || !row.id.valid()) return {};
  EDGE_TRY(store::BlobRow blob, store::load_blob(write.scope, *row.blob_id));
  if (!blob.is_container) return {};
  auto attachment = files::open_attachment(write.core, write.account, std::move(blob));
  if (!attachment) return {};  // the message stays without it
  const auto head = files::read_prv_head(*attachment->reader);
  const auto outside =
      head ? crypto::PrvOutside::parse(*head) : base::Result<crypto::PrvOutside>(head.error());
  if (!outside) return {};
  EDGE_TRY(const ProtectedFileRow file, received_file(write, outside->id, row.from, row.chat));
  EDGE_TRY(auto access, store::find_file_access(write.scope, file.id, kSelf));
  if (!access) return {};
  access->message = row.id;
  return store::put_file_access(write.scope, *access);
}

}  // namespace messaging::receiving
