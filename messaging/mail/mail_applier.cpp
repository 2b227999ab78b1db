#include "messaging/mail/mail_applier.h"

#include <utility>

#include "base/log.h"
#include "crypto/random.h"
#include "crypto/stream.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/requests.h"
#include "messaging/mail/arrived_files.h"
#include "messaging/mail/arrived_pictures.h"
#include "messaging/mail/channel_mails.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/mail_content.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/group_mails.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_joining.h"
#include "messaging/mail/own_copies.h"
#include "messaging/mail/split_messages.h"
#include "messaging/mail/stored_names.h"
#include "messaging/mail/taken_mails.h"
#include "messaging/model/plain_name.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/apply_content.h"
#include "store/tables/blobs.h"
#include "store/tables/chats.h"
#include "store/tables/groups.h"
#include "store/tables/mail_ids.h"
#include "store/tables/messages.h"

namespace messaging::mail {
namespace {

// Mails are ordered by their dates, whenever they arrive.
constexpr receiving::Turn kTurn{1, false};

// Applies the mail's data of its sender.
base::Result<> take_profile(const kernel::WriteContext& write, store::ContactRow& contact,
                            const Arrival& arrival) {
  const ChatMail& mail = arrival.opened.mail;
  const store::ContactRow before = contact;
  const std::string addr = plain_name(mail.from.addr, messaging::kMaxAddress);
  if (!addr.empty()) contact.addr = addr;
  if (auto profile = profile_of(mail)) {
    if (!profile->name.empty()) contact.auth_name = std::move(profile->name);
    if (profile->status) contact.status = *std::move(profile->status);
    contact.bot = profile->bot;
  }
  EDGE_TRY(const bool another_picture, take_avatar(write, contact, arrival));
  const bool shown_otherwise = another_picture || contact.auth_name != before.auth_name;
  const bool changed = shown_otherwise || contact.addr != before.addr ||
                       contact.status != before.status || contact.bot != before.bot;
  if (!changed && contact.avatar_number == before.avatar_number) {
    return store::touch_last_seen(write.scope, contact.id, write.tx.now());
  }
  contact.last_seen = write.tx.now();
  EDGE_CHECK(store::update_contact(write.scope, contact));
  if (!changed) return {};
  EDGE_CHECK(write.emit(ContactsChanged{contact.id}));
  if (!shown_otherwise) return {};
  EDGE_TRY(const auto chat, store::find_chat_by_contact(write.scope, contact.id));
  if (!chat) return {};
  EDGE_CHECK(write.emit(ChatModified{chat->id}));
  return write.emit(ChatlistChanged{});
}

// Learns the keys that the sender passes on, of contacts that are known here. Other keys are
// skipped.
base::Result<> take_gossip(const kernel::WriteContext& write, const OpenedMail& opened) {
  for (const OpenedMail::Gossip& gossip : opened.gossip) {
    EDGE_TRY(auto contact, find_by_fingerprint(write.scope, gossip.certificate.fingerprint()));
    if (!contact || contact->id == kSelf) continue;
    EDGE_TRY(const bool first, learn_certificate(write, *contact, gossip.certificate));
    if (first) EDGE_CHECK(outbox::release_waiting(write, contact->id));
  }
  return {};
}

// The Message-IDs that are written again later and are not made of a uuid.
base::Result<> note_ids(const kernel::WriteContext& write, const ChatMail& mail) {
  const auto note = [&](const std::string& id) -> base::Result<> {
    if (id.empty() || has_plain_uuid(id)) return {};
    return store::note_message_id(write.scope, uuid_of(id), id);
  };
  EDGE_CHECK(note(mail.message_id));
  const auto* text = std::get_if<MailText>(&mail.body);
  return text != nullptr && text->post ? note(text->post->message_id) : base::Result<>{};
}

// A chat with somebody whose key is known is encrypted.
base::Result<> note_encrypted(const kernel::WriteContext& write, ContactId contact) {
  EDGE_TRY(auto chat, store::find_chat_by_contact(write.scope, contact));
  if (!chat || chat->encrypted) return {};
  chat->encrypted = true;
  EDGE_CHECK(store::update_chat(write.scope, *chat));
  EDGE_CHECK(write.emit(PrivittyChatEncryptionChanged{chat->id, true}));
  return write.emit(ChatModified{chat->id});
}

base::Result<> note_kept(const kernel::WriteContext& write, const Arrival& arrival,
                         Applied& applied) {
  const auto note = [&](const store::BlobInfo& file) -> base::Result<> {
    EDGE_TRY(const auto kept, store::find_blob_by_name(write.scope, file.name));
    if (kept) applied.kept.push_back(file.name);
    return {};
  };
  for (const store::BlobInfo& file : arrival.files) EDGE_CHECK(note(file));
  if (arrival.avatar) EDGE_CHECK(note(*arrival.avatar));
  return arrival.group_image ? note(*arrival.group_image) : base::Result<>{};
}

// Everybody who may be the author of a message in the mail's group; empty for a mail between two.
base::Result<std::vector<ContactId>> authors_in(const kernel::WriteContext& write,
                                                const ChatMail& mail) {
  std::vector<ContactId> authors;
  if (!mail.group) return authors;
  EDGE_TRY(const auto group, store::find_group_by_uuid(write.scope, group_id_of(mail.group->id)));
  if (!group) return authors;
  authors.push_back(kSelf);
  EDGE_TRY(const auto members, store::list_members(write.scope, group->chat));
  for (const store::MemberRow& member : members) authors.push_back(member.contact);
  return authors;
}

base::Result<> apply_contents(const kernel::WriteContext& write, const store::ContactRow& contact,
                              const Arrival& arrival) {
  EDGE_TRY(auto authors, authors_in(write, arrival.opened.mail));
  const StoredNames names(write.scope, contact.id, std::move(authors));
  const receiving::Sender sender{contact, kTurn};
  for (MailContent& one : to_content(arrival.opened.mail, names)) {
    FileNote* const note = file_note_in(one.content);
    const std::optional<store::TransferRow> transfer = transfer_of(arrival, one.file, note);
    EDGE_TRY(const SplitStep step,
             begin_split(write, contact.id, arrival.opened.mail, one.content, transfer));
    if (step == SplitStep::joined) continue;
    if (auto* grouped = std::get_if<GroupText>(&one.content.body)) {
      EDGE_TRY(grouped->digest, group_digest(write.scope, grouped->group, contact.id));
    }
    const crypto::WipingBytes whole = encode(one.content);
    EDGE_CHECK(receiving::apply_content(write, sender, one.content, transfer, whole));
    if (step == SplitStep::half) {
      EDGE_CHECK(note_half(write, contact.id, arrival.opened.mail, one.content.uuid));
    }
  }
  return {};
}

base::Result<Applied> apply_from(const kernel::WriteContext& write, const OwnKey& own,
                                 const Arrival& arrival, store::ContactRow contact) {
  Applied applied;
  const ChatMail& mail = arrival.opened.mail;
  // A channel that we joined is read even if its owner is blocked.
  const bool in_channel = mail.group && mail.group->channel;
  if (contact.blocked && !in_channel) return applied;
  EDGE_TRY(const bool room, chats::takes_message(write.scope, contact));
  if (!room) {
    base::log::warning("account {}: a stranger wrote too much, and a mail of it was left out",
                       write.account.id.value);
    return applied;
  }
  EDGE_TRY(const bool first, learn_certificate(write, contact, *arrival.opened.signer));
  EDGE_CHECK(take_profile(write, contact, arrival));
  EDGE_CHECK(take_gossip(write, arrival.opened));
  EDGE_CHECK(note_ids(write, mail));
  bool has_contents = !mail.join;
  if (in_channel) {
    EDGE_TRY(has_contents, take_channel_mail(write, arrival.opened, arrival.group_image));
  }
  if (mail.join) EDGE_CHECK(take_join_step(write, own, arrival.opened));
  if (mail.group && !in_channel) {
    EDGE_TRY(has_contents, take_group_mail(write, arrival.opened, contact, arrival.group_image));
  }
  if (has_contents) {
    EDGE_CHECK(apply_contents(write, contact, arrival));
    if (!mail.group) EDGE_CHECK(note_encrypted(write, contact.id));
  }
  EDGE_CHECK(note_kept(write, arrival, applied));
  if (first) EDGE_CHECK(outbox::release_waiting(write, contact.id));
  return applied;
}

}  // namespace

base::Result<Applied> apply_mail(const kernel::WriteContext& write, const OwnKey& own,
                                 const Arrival& arrival) {
  EDGE_TRY(const bool fresh, note_taken(write, arrival.message_id, arrival.opened));
  if (!fresh) return Applied{};
  const OpenedMail& opened = arrival.opened;
  // Join steps whose sender's key is not proven by a signature to our key.
  if (opened.mail.join && opened.seal != MailSeal::key) {
    EDGE_CHECK(take_join_step(write, own, opened));
    return Applied{};
  }
  if (!opened.signer) return Applied{};
  if (opened.signer->fingerprint() == own.certificate.fingerprint()) {
    Applied applied;
    EDGE_CHECK(note_ids(write, opened.mail));
    EDGE_CHECK(take_own_copy(write, own, arrival));
    EDGE_CHECK(note_kept(write, arrival, applied));
    return applied;
  }
  EDGE_TRY(const auto known, find_by_fingerprint(write.scope, opened.signer->fingerprint()));
  if (known) return apply_from(write, own, arrival, *known);
  // A join step of a stranger. One with a group adds a member: it is applied as a group's mail
  // below.
  if (opened.mail.join && !opened.mail.group) {
    Applied applied;
    EDGE_CHECK(take_join_step(write, own, opened));
    EDGE_TRY(auto joined, find_by_fingerprint(write.scope, opened.signer->fingerprint()));
    if (joined) EDGE_CHECK(take_profile(write, *joined, arrival));
    EDGE_CHECK(note_kept(write, arrival, applied));
    return applied;
  }
  // A channel's owner and its readers are known contacts: a stranger's mail to a channel is
  // ignored.
  if (opened.mail.group && opened.mail.group->channel) return Applied{};
  EDGE_TRY(const bool room, chats::has_room_for_request(write.scope));
  if (!room) return Applied{};
  EDGE_TRY(const store::ContactState state, chats::state_of_stranger(write.scope));
  EDGE_TRY(store::ContactRow contact,
           contact_for(write, opened.signer->fingerprint(), opened.mail.from.addr,
                       opened.mail.from.name, state));
  return apply_from(write, own, arrival, std::move(contact));
}

}  // namespace messaging::mail
