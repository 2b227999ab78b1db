#include "messaging/mail/mail_protocol.h"

#include <fmt/format.h>

#include <algorithm>

#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/channel_mails.h"
#include "messaging/mail/form/base64.h"
#include "messaging/mail/form/chat_mail.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_identity.h"
#include "messaging/mail/mail_inviter.h"
#include "messaging/mail/mail_joiner.h"
#include "messaging/mail/mail_logins.h"
#include "messaging/mail/news_to_devices.h"
#include "messaging/mail/own_devices.h"
#include "messaging/model/types.h"
#include "messaging/model/vcard.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/chats.h"
#include "store/tables/groups.h"
#include "store/tables/mail_halves.h"
#include "store/tables/mail_ids.h"
#include "store/tables/mail_left.h"
#include "store/tables/mail_logins.h"
#include "store/tables/outbox.h"
#include "store/tables/routes.h"

namespace messaging::mail {
namespace {

constexpr base::Millis kMailDay = 24 * 3600 * base::Millis{1000};
// Mails that stay on a server longer than this may be taken again: their contents were applied and
// change nothing a second time.
constexpr base::Millis kTakenLifetime = 200 * kMailDay;
constexpr base::Millis kHalfLifetime = 60 * kMailDay;

}  // namespace

// api/parts.cpp puts a MailProtocol into this place of the table.
MailProtocol& mail_protocol(kernel::Core& core) {
  return static_cast<MailProtocol&>(core.protocols.of(kernel::ProtocolKind::mail));
}

bool MailProtocol::answers_request(base::AccountId account, std::int64_t invite) {
  base::Lock lock(mutex_);
  return requests_.take(fmt::format("{}:{}", account.value, invite), core_.clock.uptime()) == 0;
}

bool MailProtocol::welcomes(base::AccountId account, base::ChatId channel, base::ContactId reader) {
  base::Lock lock(mutex_);
  return welcomes_.take(fmt::format("{}:{}:{}", account.value, channel.value, reader.value),
                        core_.clock.uptime()) == 0;
}

kernel::Abilities MailProtocol::abilities() const {
  return {.acknowledges = false,
          .groups = true,
          .dated_groups = true,
          .protected_files = false,
          .read_receipts = true,
          .largest_file = kMaxMailFile};
}

base::Result<std::string> MailProtocol::invite_link(const kernel::WriteContext& write,
                                                    std::optional<base::ChatId> chat) {
  return mail_invite_link(write, chat);
}

base::Result<base::ChatId> MailProtocol::join(const kernel::WriteContext& write,
                                              const std::string& link) {
  return start_mail_join(write, link);
}

base::Result<> MailProtocol::toggle_invite(const kernel::WriteContext& write,
                                           const std::string& link) {
  return toggle_mail_invite(write, link);
}

base::Result<bool> MailProtocol::prepare(const kernel::WriteContext& write, base::ContactId contact,
                                         std::span<store::OutboxRow> rows) {
  // A mail takes seconds, so a content that is useless when late is not sent at all.
  const bool passing = std::any_of(rows.begin(), rows.end(), [](const store::OutboxRow& row) {
    return row.kind == store::OutboxKind::passing;
  });
  if (passing) return false;
  EDGE_TRY(const store::ContactRow row, store::load_contact(write.scope, contact));
  const store::ContactKey* key = row.key(store::ProtocolKind::mail);
  return key != nullptr && !key->key.empty();
}

// The key comes with a join, a mail or a card; nobody can be asked for it.
base::Result<> MailProtocol::want_link(const kernel::WriteContext&, base::ContactId) { return {}; }

base::Result<> MailProtocol::acknowledged(const kernel::WriteContext&, const store::OutboxRow&) {
  return {};
}

// Every mail has it.
base::Result<> MailProtocol::send_profile(const kernel::WriteContext&) { return {}; }

base::Result<> MailProtocol::take_profile(const kernel::WriteContext&, const store::ContactRow&,
                                          const Profile&) {
  return {};
}

base::Result<std::optional<kernel::Protocol::KeyFile>> MailProtocol::export_key(
    const store::Scope& scope, const kernel::AccountState& account) {
  if (account.protocol() != kernel::ProtocolKind::mail) return std::optional<KeyFile>();
  EDGE_TRY(const OwnKeyPtr own, keys_.get(scope));
  KeyFile file;
  file.name = fmt::format("private-key-{}-default-{}.asc", account.addr(),
                          own->certificate.fingerprint().hex());
  EDGE_TRY(file.text, own->secret.armored());
  return std::optional(std::move(file));
}

base::Result<bool> MailProtocol::import_key(const kernel::WriteContext& write,
                                            base::ByteView text) {
  const std::string_view armored(reinterpret_cast<const char*>(text.data()), text.size());
  if (armored.find("-----BEGIN PGP PRIVATE KEY BLOCK-----") == std::string_view::npos) return false;
  EDGE_CHECK(use_key(write, text));
  return true;
}

base::Result<std::string> MailProtocol::card_key(const store::ContactRow& contact) {
  const store::ContactKey* key = contact.key(store::ProtocolKind::mail);
  return key == nullptr ? std::string() : base64_encode(key->key);
}

// A card proves nothing: its key and address are only its writer's claim.
base::Result<std::optional<base::ContactId>> MailProtocol::contact_of_card(
    const kernel::WriteContext& write, const Vcard& card) {
  if (card.key.empty() || card.identity) return std::optional<base::ContactId>();
  const auto certificate = Certificate::read(base::as_bytes(card.key));
  if (!certificate) return std::optional<base::ContactId>();
  EDGE_TRY(store::ContactRow contact, contact_for(write, certificate->fingerprint(), card.addr,
                                                  card.name, store::ContactState::known));
  if (contact.id == kSelf) return std::optional(kSelf);
  EDGE_TRY(const bool first, learn_certificate(write, contact, *certificate));
  if (first) EDGE_CHECK(outbox::release_waiting(write, contact.id));
  return std::optional(contact.id);
}

base::Result<bool> MailProtocol::has_other_devices(const kernel::WriteContext& write) {
  return copies_go_to_devices(write);
}

base::Result<bool> MailProtocol::expect_other_device(const kernel::WriteContext& write) {
  EDGE_CHECK(expect_device(write));
  return true;
}

base::Result<> MailProtocol::sync_devices(const kernel::WriteContext& write,
                                          const kernel::DeviceNews& news) {
  return queue_device_news(write, news);
}

base::Result<> MailProtocol::show_ways(const kernel::WriteContext& write,
                                       std::optional<base::ChatId>, MemberCard& ours) {
  ours.addr = write.account.addr();
  return {};
}

// Members of groups become contacts by their cards; all are reached by the one route.
base::Result<> MailProtocol::take_ways(const kernel::WriteContext& write,
                                       store::ContactRow& contact, const MemberCard&) {
  if (contact.route_id) return {};
  EDGE_TRY(contact.route_id, store::find_mail_route(write.scope));
  return {};
}

// Called before something is sent to a member. A channel of ours that is older than secrets gets
// one, and its readers are sent it; each channel is checked once per run.
base::Result<> MailProtocol::meet(const kernel::WriteContext& write, base::ContactId,
                                  const GroupId& id, const MemberCard&) {
  const std::pair key{write.account.id, id};
  {
    base::Lock lock(mutex_);
    if (met_.contains(key)) return {};
  }
  EDGE_TRY(const auto group, store::find_group_by_uuid(write.scope, id));
  if (!group) return {};
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, group->chat));
  if (chat.type == ChatType::out_broadcast && group->secret.empty()) {
    EDGE_CHECK(ensure_channel_secret(write, chat.id));
  }
  write.tx.on_commit([this, key] {
    base::Lock lock(mutex_);
    met_.insert(key);
  });
  return {};
}

base::Result<> MailProtocol::close_ways(const kernel::WriteContext&, base::ChatId) { return {}; }

base::Result<std::string> MailProtocol::place(const store::Scope& scope, std::int64_t) {
  EDGE_TRY(const auto logins, store::list_mail_logins(scope));
  for (const store::MailLoginRow& row : logins) {
    if (!row.primary) continue;
    EDGE_TRY(const MailLogin login, login_of(row));
    return login.smtp.place();
  }
  return std::string();
}

base::Result<std::int64_t> MailProtocol::run_maintenance(const kernel::WriteContext& write,
                                                         bool may_expire) {
  // For contacts whose keys came after a restore, or by a way that does not release their rows.
  EDGE_TRY(const auto waiting, store::contacts_with_waiting_outbox(write.scope));
  for (const base::ContactId contact : waiting) {
    EDGE_CHECK(outbox::release_waiting(write, contact));
  }
  EDGE_CHECK(kept_.delete_due(write));
  if (carrier_.take_over(write.account.id)) {
    EDGE_TRY(const auto route, store::find_mail_route(write.scope));
    if (route) outbox::wake_courier(write, *route);
  }
  downloads_.run(write.account.id);
  if (may_expire) {
    const base::UnixMillis now = write.steady();
    EDGE_CHECK(expire_mail_joins(write, now));
    EDGE_CHECK(downloads_.give_up_late(write));
    EDGE_CHECK(store::forget_taken_mails(write.scope, now - kTakenLifetime));
    EDGE_CHECK(store::forget_mail_halves(write.scope, now - kHalfLifetime));
    EDGE_CHECK(store::forget_mails_left(write.scope, now - kTakenLifetime));
  }
  return 0;
}

}  // namespace messaging::mail
