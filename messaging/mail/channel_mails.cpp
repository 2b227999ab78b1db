#include "messaging/mail/channel_mails.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "crypto/encoding.h"
#include "crypto/random.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/chats/group_row.h"
#include "messaging/groups/group_joining.h"
#include "messaging/groups/group_rules.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/signals.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/mail_group.h"
#include "messaging/mail/group_mails.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_inviter.h"
#include "messaging/mail/mail_joiner.h"
#include "messaging/model/plain_name.h"
#include "store/tables/chats.h"
#include "store/tables/config_values.h"
#include "store/tables/groups.h"

namespace messaging::mail {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kChannelSecretBytes = 32;  // 43 characters
constexpr std::size_t kShortestSecret = 22;      // 128 bits in base64

Membership membership(std::uint64_t number, bool present, const MemberKey& author) {
  return {number, present, author, {}};
}

// Whether a change of the mail is about this member.
bool is_about(const std::string& addr, const Fingerprint& fingerprint, const MemberKey& key,
              std::string_view address) {
  if (fingerprint != Fingerprint()) return member_key(fingerprint) == key;
  return same_address(addr, address);
}

// ---- at the owner ----

// A reader that left is not named, as by core's owner.
base::Result<> take_leaving(const kernel::WriteContext& write, chats::Group& group,
                            const OpenedMail& opened) {
  const auto* removed = std::get_if<MemberRemoved>(&opened.mail.group->change);
  const MemberKey reader = member_key(opened.signer->fingerprint());
  if (removed == nullptr || opened.seal != MailSeal::key || !group.state.has(reader)) return {};
  if (!is_about(removed->addr, removed->fingerprint, reader, opened.mail.from.addr)) return {};
  group.state.members[reader] =
      membership(groups::next_membership(write, group.state, reader, false), false, reader);
  EDGE_CHECK(groups::save_group(write, group));
  EDGE_CHECK(write.emit(ChatModified{group.row.chat}));
  write.signal(&kernel::Signals::group_changed, group.row.uuid);
  return {};
}

// ---- at a reader ----

enum class Fate { unchanged, added, removed };

// Our own membership. Only a mail that was made for us alone changes it.
Fate fate_of(const OpenedMail& opened, const MemberKey& self, std::string_view addr) {
  if (opened.seal != MailSeal::key || opened.recipients.empty()) return Fate::unchanged;
  const MailGroupChange& change = opened.mail.group->change;
  if (const auto* added = std::get_if<MemberAdded>(&change)) {
    return is_about(added->addr, added->fingerprint, self, addr) ? Fate::added : Fate::unchanged;
  }
  const auto* removed = std::get_if<MemberRemoved>(&change);
  const bool is_us =
      removed != nullptr && is_about(removed->addr, removed->fingerprint, self, addr);
  return is_us ? Fate::removed : Fate::unchanged;
}

GroupReading reading_of_channel(const kernel::WriteContext& write, const OpenedMail& opened,
                                const std::optional<store::BlobInfo>& picture) {
  GroupReading reading;
  reading.sender = member_key(opened.signer->fingerprint());
  reading.now = write.tx.now() / 1000;
  reading.known = true;
  reading.key_of = [](std::string_view) { return std::optional<MemberKey>(); };
  if (picture) reading.image = picture->hash;
  return reading;
}

// False: the mail is not for us, because we are not in the channel.
bool change_membership(const kernel::WriteContext& write, chats::Group& group,
                       const OpenedMail& opened, Fate fate) {
  const MemberKey self = chats::key_of(write.account);
  const MemberKey owner = group.state.owner;
  if (fate != Fate::added) {
    if (!group.row.self_present) return false;
    if (fate == Fate::removed) {
      group.state.members[self] =
          membership(groups::next_membership(write, group.state, self, false), false, owner);
    }
    return true;
  }
  // We left or were removed, and did not ask to come back.
  if (!group.row.self_present && group.state.find(self) != nullptr) return false;
  const crypto::WipingBytes& secret = opened.mail.group->secret;
  if (secret.size() < kShortestSecret) return false;
  group.row.secret = secret;
  for (const MemberKey& key : {owner, self}) {
    if (group.state.has(key)) continue;
    group.state.members[key] =
        membership(groups::next_membership(write, group.state, key, true), true, owner);
  }
  return true;
}

base::Result<bool> take_from_owner(const kernel::WriteContext& write, chats::Group& group,
                                   const OpenedMail& opened,
                                   const std::optional<store::BlobInfo>& picture) {
  const MemberKey self = chats::key_of(write.account);
  const Fate fate = fate_of(opened, self, write.account.addr());
  const GroupState before = group.state;
  if (!change_membership(write, group, opened, fate)) return false;
  GroupReading reading = reading_of_channel(write, opened, picture);
  reading.image_number = group.state.image.stamp.number;
  GroupState said = state_in(opened.mail, reading);
  said.members.clear();
  said.channel = true;
  said.owner = group.state.owner;
  group.state = merge(group.state, said);
  if (!fits(group.state)) return false;
  const bool contents = fate == Fate::unchanged;
  if (group.state == before && contents) return true;
  EDGE_CHECK(take_group_picture(write, group, opened.mail, picture));
  EDGE_CHECK(groups::save_group(write, group));
  chats::Group shown = group;
  shown.state = with_authors(before, group.state, opened.mail, reading);
  EDGE_TRY(const auto owner, chats::contact_of(write.scope, group.state.owner));
  EDGE_CHECK(groups::add_change_lines(write, shown, before, owner.value_or(kSelf),
                                      groups::GroupIs::known));
  EDGE_CHECK(write.emit(ChatModified{group.row.chat}));
  EDGE_CHECK(write.emit(ChatlistChanged{}));
  write.signal(&kernel::Signals::group_changed, group.row.uuid);
  return contents;
}

// ---- of another device of ours ----

// The reader that was added or removed. An added reader's key comes with the mail to it.
base::Result<> take_own_change(const kernel::WriteContext& write, chats::Group& group,
                               const OpenedMail& opened, bool ours) {
  const MailGroupChange& change = opened.mail.group->change;
  const auto* added = std::get_if<MemberAdded>(&change);
  const auto* removed = std::get_if<MemberRemoved>(&change);
  if (added == nullptr && removed == nullptr) return {};
  const Fingerprint& whom = added != nullptr ? added->fingerprint : removed->fingerprint;
  const MemberKey key = member_key(whom);
  const MemberKey self = chats::key_of(write.account);
  if (whom == Fingerprint() || group.state.has(key) == (added != nullptr)) return {};
  if (ours == (key == self)) return {};  // readers come and go; a reader acts for itself alone
  if (added != nullptr && (!ours || group.state.present().size() >= kMaxMembers)) return {};
  MemberCard card;
  if (added != nullptr) {
    EDGE_TRY(auto contact, contact_for(write, whom, added->addr, "", store::ContactState::known));
    for (const OpenedMail::Gossip& gossip : opened.gossip) {
      if (gossip.certificate.fingerprint() != whom) continue;
      EDGE_CHECK(learn_certificate(write, contact, gossip.certificate));
    }
    card.addr = contact.addr;
    card.name = contact.auth_name;
  }
  const GroupState before = group.state;
  Membership member = membership(groups::next_membership(write, group.state, key, added != nullptr),
                                 added != nullptr, self);
  member.card = std::move(card);
  group.state.members[key] = std::move(member);
  if (!fits(group.state)) return {};
  EDGE_CHECK(groups::save_group(write, group));
  EDGE_CHECK(groups::add_change_lines(write, group, before, kSelf, groups::GroupIs::known));
  EDGE_CHECK(write.emit(ChatModified{group.row.chat}));
  write.signal(&kernel::Signals::group_changed, group.row.uuid);
  return write.emit(ChatlistChanged{});
}

// ---- what we are about to be let in to ----

base::Result<bool> may_read_another(const store::Scope& scope) {
  EDGE_TRY(const auto read,
           store::list_secret_channels(scope, ChatType::in_broadcast, kMaxReadChannels));
  return read.size() < kMaxReadChannels;
}

base::Result<chats::Group> make_expected(const kernel::WriteContext& write, const std::string& text,
                                         const MemberKey& owner, std::string_view name) {
  EDGE_CHECK(note_group_text(write, text));
  GroupState state;
  state.channel = true;
  state.owner = owner;
  state.name.value = plain_name(name, kMaxGroupName);
  return groups::make_group(write, group_id_of(text), std::move(state), store::ChatBlocked::no);
}

// The owner admits us to a channel that another device of ours asked to join: it is made here, or
// expected again.
base::Result<> expect_as_other_device(const kernel::WriteContext& write, const OpenedMail& opened,
                                      std::optional<chats::Group>& group) {
  const MailGroup& said = *opened.mail.group;
  const MemberKey self = chats::key_of(write.account);
  if (fate_of(opened, self, write.account.addr()) != Fate::added) return {};
  if (said.secret.size() < kShortestSecret || (group && group->row.self_present)) return {};
  EDGE_TRY(const auto owner, find_by_fingerprint(write.scope, opened.signer->fingerprint()));
  if (!owner) return {};
  EDGE_TRY(const bool asked, is_joined_elsewhere(write.scope, owner->id, said.id));
  EDGE_TRY(const bool room, may_read_another(write.scope));
  if (!asked || !room) return {};
  const MemberKey key = member_key(opened.signer->fingerprint());
  if (!group) {
    EDGE_TRY(group, make_expected(write, said.id, key, said.name));
    return {};
  }
  if (!group->state.channel || !group->is_owner(key)) return {};
  group->state.members.erase(self);
  return groups::accept_chat(write, group->row.chat);
}

}  // namespace

base::Result<std::vector<ChannelSecret>> channel_secrets(const store::Scope& scope) {
  EDGE_TRY(auto rows, store::list_secret_channels(scope, ChatType::in_broadcast, kMaxReadChannels));
  EDGE_TRY(const auto copies, store::find_config_value(scope, "bcc_self"));
  if (copies == "1") {
    EDGE_TRY(auto own,
             store::list_secret_channels(scope, ChatType::out_broadcast, kMaxOwnChannels));
    std::ranges::move(own, std::back_inserter(rows));
  }
  std::vector<ChannelSecret> secrets;
  for (store::GroupRow& row : rows) secrets.push_back({row.uuid, std::move(row.secret)});
  return secrets;
}

base::Result<bool> take_channel_mail(const kernel::WriteContext& write, const OpenedMail& opened,
                                     const std::optional<store::BlobInfo>& picture) {
  if (!opened.signer) return false;
  EDGE_TRY(auto group, chats::find_group(write.scope, group_id_of(opened.mail.group->id)));
  EDGE_CHECK(expect_as_other_device(write, opened, group));
  if (!group || !group->state.channel) return false;
  if (group->is_owner(chats::key_of(write.account))) {
    EDGE_CHECK(take_leaving(write, *group, opened));
    return false;
  }
  if (!group->is_owner(member_key(opened.signer->fingerprint()))) return false;
  return take_from_owner(write, *group, opened, picture);
}

base::Result<bool> take_own_channel_mail(const kernel::WriteContext& write,
                                         const OpenedMail& opened,
                                         const std::optional<store::BlobInfo>& picture) {
  EDGE_TRY(auto group, chats::find_group(write.scope, group_id_of(opened.mail.group->id)));
  if (!group || !group->state.channel || !group->row.self_present) return false;
  const bool ours = group->is_owner(chats::key_of(write.account));
  if (opened.seal == MailSeal::channel) {
    return ours ? take_from_owner(write, *group, opened, picture) : base::Result<bool>(false);
  }
  EDGE_CHECK(take_own_change(write, *group, opened, ours));
  return false;
}

base::Result<ExpectedChannel> expect_channel(const kernel::WriteContext& write,
                                             const MailInvite& invite) {
  const std::string& text = invite.group->id;
  const auto owner = Fingerprint::from_hex(invite.fingerprint);
  if (!is_group_id(text) || !owner) {
    return fail(Errc::invalid_argument,
                "the invite link's field x (channel) is no channel's id; ask for the link again");
  }
  EDGE_TRY(auto known, chats::find_group(write.scope, group_id_of(text)));
  if (known) {
    if (!known->state.channel || known->state.owner != member_key(*owner)) {
      return fail(Errc::invalid_argument,
                  fmt::format("the invite link is to a channel with the id of chat {}, which is "
                              "another one; ask for the link again",
                              known->row.chat.value));
    }
    EDGE_CHECK(groups::accept_chat(write, known->row.chat));
    if (known->row.self_present) return ExpectedChannel{known->row.chat, true};
  }
  EDGE_TRY(const bool room, may_read_another(write.scope));
  if (!room) {
    return fail(Errc::exhausted, fmt::format("this account reads {} channels by e-mail, and no "
                                             "more at once; leave one of them first",
                                             kMaxReadChannels));
  }
  if (known) {
    // A reader that left asks to come back.
    known->state.members.erase(chats::key_of(write.account));
    EDGE_CHECK(groups::save_group(write, *known));
    return ExpectedChannel{known->row.chat, false};
  }
  EDGE_TRY(const chats::Group group,
           make_expected(write, text, member_key(*owner), invite.group->name));
  return ExpectedChannel{group.row.chat, false};
}

base::Result<> ensure_channel_secret(const kernel::WriteContext& write, ChatId chat) {
  EDGE_TRY(chats::Group group, chats::load_group(write.scope, chat));
  if (!group.state.channel || !group.row.secret.empty()) return {};
  const crypto::WipingArray<kChannelSecretBytes> random(
      crypto::random_array<kChannelSecretBytes>());
  std::string text = crypto::base64url_encode(random.view());
  group.row.secret.assign(text.begin(), text.end());
  crypto::wipe(text.data(), text.size());
  EDGE_CHECK(groups::save_group(write, group));
  for (const MemberKey& key : group.state.present()) {
    EDGE_TRY(const auto contact, chats::find_contact_by_key(write.scope, key));
    if (!contact || contact->id == kSelf) continue;
    EDGE_TRY(const auto certificate, certificate_of(*contact));
    const auto addresses = addresses_of(*contact, certificate);
    if (addresses.empty()) continue;
    EDGE_CHECK(queue_welcome(write, group.row.uuid, contact->id, addresses.front()));
  }
  return {};
}

base::Result<JoinOutcome> add_reader(const kernel::WriteContext& write, ChatId chat,
                                     ContactId contact) {
  EDGE_CHECK(ensure_channel_secret(write, chat));
  EDGE_TRY(chats::Group group, chats::load_group(write.scope, chat));
  if (!group.is_owner(chats::key_of(write.account))) return JoinOutcome::refused;
  EDGE_TRY(const MemberKey key, chats::key_of(write.scope, contact));
  if (group.state.has(key)) return JoinOutcome::welcome;
  if (group.state.present().size() >= kMaxMembers) {
    base::log::warning("account {}: a reader was not added to chat {}, which has {} already",
                       write.account.id.value, chat.value, kMaxMembers);
    return JoinOutcome::refused;
  }
  if (group.state.members.size() >= kMaxMemberEntries) {
    // Nobody else has this list: former readers need not be remembered.
    std::erase_if(group.state.members, [](const auto& entry) { return !entry.second.present; });
  }
  EDGE_CHECK(groups::add_member(write, group, contact));
  return JoinOutcome::added;
}

}  // namespace messaging::mail
