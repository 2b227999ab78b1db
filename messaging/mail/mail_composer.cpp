#include "messaging/mail/mail_composer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "crypto/openpgp/openpgp.h"
#include "messaging/files/blob_files.h"
#include "messaging/mail/form/address.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/mail_content.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/group_mails.h"
#include "messaging/mail/large_file_mails.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/mail_sealing.h"
#include "messaging/mail/own_avatar.h"
#include "messaging/mail/stored_names.h"
#include "store/tables/blobs.h"
#include "store/tables/config_values.h"
#include "store/tables/locations.h"

namespace messaging::mail {
namespace {

using base::Errc;
using base::fail;

struct Recipient {
  store::ContactRow contact;
  std::optional<Certificate> certificate;
  std::vector<std::string> addresses;
};

struct Composing {
  kernel::Core& core;
  store::Scope scope;
  const kernel::AccountState& account;
  const OwnKey& own;
  const std::string& from;
  std::vector<Recipient> recipients;
  std::optional<std::int64_t> avatar_number = {};  // set once a mail carries our picture

  std::int64_t now() const { return core.clock.now() / 1000; }
};

base::Result<std::string> setting(const Composing& c, std::string_view key) {
  EDGE_TRY(auto value, store::find_config_value(c.scope, key));
  return value ? *std::move(value) : std::string();
}

base::Result<std::vector<Recipient>> load_recipients(const store::Scope& scope,
                                                     const std::vector<ContactId>& contacts) {
  std::vector<Recipient> recipients;
  for (const ContactId id : contacts) {
    Recipient one;
    EDGE_TRY(one.contact, store::load_contact(scope, id));
    EDGE_TRY(one.certificate, certificate_of(one.contact));
    one.addresses = addresses_of(one.contact, one.certificate);
    recipients.push_back(std::move(one));
  }
  return recipients;
}

std::vector<std::string> all_addresses(const std::vector<Recipient>& recipients) {
  std::vector<std::string> all;
  for (const Recipient& one : recipients) {
    all.insert(all.end(), one.addresses.begin(), one.addresses.end());
  }
  return all;
}

KeyNotice own_notice(const Composing& c) { return {c.from, c.own.certificate.bytes(), true}; }

std::vector<const Certificate*> certificates_of(const Composing& c) {
  std::vector<const Certificate*> certificates;
  for (const Recipient& one : c.recipients) {
    if (one.certificate && one.contact.id != kSelf) certificates.push_back(&*one.certificate);
  }
  return certificates;
}

base::Result<base::Bytes> seal_for_contacts(const Composing& c, const ChatMail& mail,
                                            bool compress) {
  return seal_by_keys(mail, c.own, certificates_of(c), {.now = c.now(), .compress = compress});
}

base::Result<MailFile> read_file(const Composing& c, std::int64_t blob_id) {
  EDGE_TRY(store::BlobRow row, store::load_blob(c.scope, blob_id));
  MailFile file;
  file.name = row.file_name;
  file.media_type = row.media_type;
  if (row.size > kMaxMailFile) return fail(Errc::too_large, "the file is too large for a mail");
  EDGE_TRY(const Attachment attachment, files::open_attachment(c.core, c.account, row));
  file.bytes.resize(attachment.reader->size());
  EDGE_TRY(const std::size_t size, attachment.reader->read_at(0, file.bytes));
  if (size != file.bytes.size()) return fail(Errc::corrupt, "a stored file is too short");
  return file;
}

// Adds our picture to the mail if it is due. A picture that cannot be read is left out and delays
// no mail.
base::Result<> put_avatar(Composing& c, ChatMail& mail) {
  std::vector<ContactId> contacts;
  for (const Recipient& one : c.recipients) {
    if (one.contact.id != kSelf) contacts.push_back(one.contact.id);
  }
  EDGE_TRY(const auto due, due_avatar(c.scope, contacts, c.core.clock.now()));
  if (!due) return {};
  MailPicture picture;
  if (due->blob) {
    auto file = read_file(c, *due->blob);
    if (!file || file->bytes.empty() || file->bytes.size() > kMaxPicture) return {};
    picture.bytes = std::move(file->bytes);
  }
  mail.avatar = std::move(picture);
  c.avatar_number = due->number;
  return {};
}

base::Result<> add_group_image(const Composing& c, ChatMail& mail, std::int64_t blob_id) {
  EDGE_TRY(MailFile image, read_file(c, blob_id));
  if (image.bytes.size() <= kMaxPicture) mail.group->image = MailPicture{std::move(image.bytes)};
  return {};
}

// Adds the keys of all members of a group, who may not know each other, whichever of them this mail
// goes to.
base::Result<> add_members_keys(const Composing& c, ChatMail& mail) {
  mail.gossip.clear();
  for (const MailMember& member : mail.to) {
    EDGE_TRY(const auto contact, find_by_fingerprint(c.scope, member.fingerprint));
    if (!contact || contact->id == kSelf) continue;
    EDGE_TRY(const auto certificate, certificate_of(*contact));
    if (certificate) mail.gossip.push_back({member.addr, certificate->bytes(), false});
  }
  return {};
}

// Adds the keys of this mail's recipients.
void add_recipients_keys(const Composing& c, ChatMail& mail) {
  for (const Recipient& one : c.recipients) {
    if (!one.certificate || one.addresses.empty()) continue;
    mail.gossip.push_back({one.addresses.front(), one.certificate->bytes(), false});
  }
}

// ---- steps of a join ----

// The steps by which either side proves its key, as Delta Chat's.
bool shows_picture(const JoinStep& step) {
  return step.step.ends_with("-request-with-auth") || step.step.ends_with("-contact-confirm");
}

base::Result<std::vector<base::Bytes>> one_mail(base::Result<base::Bytes> sealed) {
  EDGE_TRY(base::Bytes text, std::move(sealed));
  std::vector<base::Bytes> mails;
  mails.push_back(std::move(text));
  return mails;
}

// Not compressed: the size would leak the secrets in the mail. Empty: there is nothing to send any
// more.
base::Result<std::vector<base::Bytes>> compose_step(Composing& c, const JoinStep& step) {
  ChatMail mail;
  mail.from.addr = c.from;
  mail.message_id = message_id_of(step.uuid);
  mail.references = {mail.message_id};
  mail.date = c.now();
  MailJoin join;
  join.step = step.step;
  join.auth = step.auth;
  join.number = step.number;
  join.group = step.group;
  mail.body = MailText{.text = "Secure-Join"};
  switch (step.seal) {
    case JoinSeal::plain: {
      mail.key = own_notice(c);
      mail.join = std::move(join);
      const std::string text = write_plain_request(mail);
      return one_mail(base::Bytes(text.begin(), text.end()));
    }
    case JoinSeal::passphrase:
    case JoinSeal::passphrase_signed: {
      mail.chat = false;
      const bool is_signed = step.seal == JoinSeal::passphrase_signed;
      if (is_signed) mail.key = own_notice(c);
      mail.join = std::move(join);
      const crypto::WipingBytes passphrase = join_passphrase(step.inviter, step.auth);
      return one_mail(
          seal_by_passphrase(mail, passphrase, is_signed ? &c.own : nullptr, {.now = c.now()}));
    }
    case JoinSeal::contact:
      break;
  }
  for (const std::string& addr : step.to) mail.to.push_back({MailAddress{addr}});
  mail.key = own_notice(c);
  EDGE_TRY(mail.from.name, setting(c, "displayname"));
  if (shows_picture(step)) EDGE_CHECK(put_avatar(c, mail));
  join.fingerprint = c.own.certificate.fingerprint();
  mail.join = std::move(join);
  // Names the recipient's key, so that nobody else can use the mail as if it were made for them.
  for (const Recipient& one : c.recipients) {
    if (!one.certificate || step.to.empty()) continue;
    mail.gossip.push_back({step.to.front(), one.certificate->bytes(), false});
  }
  if (is_welcome(step)) {
    if (c.recipients.size() != 1) return std::vector<base::Bytes>();
    mail.join = MailJoin{step.step};
    EDGE_TRY(const GroupFrame framed,
             frame_welcome(c.scope, c.account, mail, group_id_of(step.group),
                           c.recipients.front().contact.id));
    if (framed.says == GroupFrame::Says::silence) return std::vector<base::Bytes>();
    if (!mail.group->channel) EDGE_CHECK(add_members_keys(c, mail));
    if (framed.image) EDGE_CHECK(add_group_image(c, mail, *framed.image));
  }
  return one_mail(seal_for_contacts(c, mail, false));
}

// ---- news for our other devices ----

base::Result<base::Bytes> compose_sync(const Composing& c, const SyncStep& step) {
  ChatMail mail;
  mail.from.addr = c.from;
  EDGE_TRY(mail.from.name, setting(c, "displayname"));
  mail.to.push_back({mail.from});
  mail.message_id = message_id_of(step.uuid);
  mail.date = c.now();
  mail.key = own_notice(c);
  mail.body = MailSync{step.json};
  return seal_for_contacts(c, mail, true);
}

// ---- contents ----

// Our own addresses, where other devices of ours read: `from` is the last one.
std::vector<std::string> own_addresses(const Composing& c) {
  std::vector<std::string> all = c.own.certificate.info().relays;
  std::erase_if(all, [&](const std::string& addr) { return same_address(addr, c.from); });
  all.push_back(c.from);
  return all;
}

// The parts of a chat's mail besides its content.
base::Result<ChatMail> frame(const Composing& c, const Content& content) {
  ChatMail mail;
  mail.from.addr = c.from;
  EDGE_TRY(mail.from.name, setting(c, "displayname"));
  for (const Recipient& one : c.recipients) {
    if (one.addresses.empty()) continue;
    mail.to.push_back({MailAddress{one.addresses.front(), one.contact.auth_name}});
  }
  mail.message_id = stored_message_id(c.scope, content.uuid);
  mail.date = c.now();
  EDGE_TRY(const std::string bot, setting(c, "bot"));
  mail.automatic = bot == "1";
  const auto* text = std::get_if<TextMessage>(&content.body);
  const auto* grouped = std::get_if<GroupText>(&content.body);
  if (grouped != nullptr) text = &grouped->message;
  if (text != nullptr) {
    mail.date = std::min(mail.date, text->sent_at / 1000);
    EDGE_TRY(const std::string mdns, setting(c, "mdns_enabled"));
    mail.wants_receipt = mdns != "0";
  }
  if (!std::holds_alternative<Receipts>(content.body)) mail.key = own_notice(c);
  return mail;
}

// The place of a message is part of its own mail.
bool goes_with_messages(const Content& content) {
  const auto* locations = std::get_if<Locations>(&content.body);
  return locations != nullptr && !locations->begins && !locations->places.empty() &&
         std::all_of(locations->places.begin(), locations->places.end(),
                     [](const PlaceNote& note) { return note.message.has_value(); });
}

base::Result<> put_place(const Composing& c, const Content& content, ChatMail& mail) {
  EDGE_TRY(const auto row, store::location_of_message(c.scope, kSelf, content.uuid));
  if (row) mail.place = Place{row->latitude, row->longitude, row->accuracy};
  return {};
}

struct SealedMail {
  std::string message_id;
  base::Bytes text;
};

base::Result<std::vector<SealedMail>> compose_content(Composing& c, const MailLoad& load,
                                                      const Content& content,
                                                      GroupIntroductions& introductions) {
  std::vector<SealedMail> sealed;
  if (goes_with_messages(content)) return sealed;
  EDGE_TRY(ChatMail mail, frame(c, content));
  EDGE_TRY(const auto group, group_of_content(c.scope, content));
  GroupFrame::Says says = GroupFrame::Says::content;
  crypto::WipingBytes secret;
  if (group) {
    const bool introduce =
        introductions.due(c.account.id, *group, content.uuid, c.core.clock.uptime());
    EDGE_TRY(GroupFrame framed, frame_group(c.scope, c.account, mail, *group, content,
                                            load.rows.front().message, introduce));
    says = framed.says;
    if (says == GroupFrame::Says::silence) return sealed;
    secret = std::move(framed.secret);
    if (introduce) {
      introductions.note(c.account.id, *group, content.uuid, c.core.clock.uptime());
    }
    const bool added = std::holds_alternative<MemberAdded>(mail.group->change);
    if (mail.group->channel) {
      if (added) add_recipients_keys(c, mail);
    } else if (introduce || added) {
      EDGE_CHECK(add_members_keys(c, mail));
    }
    if (framed.image) EDGE_CHECK(add_group_image(c, mail, *framed.image));
  }
  if (says == GroupFrame::Says::content) {
    std::optional<MailFile> file;
    if (load.blob_id != 0) {
      EDGE_TRY(file, read_file(c, load.blob_id));
    }
    const StoredNames names(c.scope, kSelf);
    if (!put_content(mail, content, names, std::move(file))) return sealed;
  }
  if (auto* text = std::get_if<MailText>(&mail.body)) {
    EDGE_TRY(text->footer, setting(c, "selfstatus"));
    EDGE_CHECK(put_place(c, content, mail));
  }
  if (mail.references.empty()) mail.references = {mail.message_id};
  if (!std::holds_alternative<MailReceipt>(mail.body)) EDGE_CHECK(put_avatar(c, mail));
  for (const ChatMail& one : split_large_file(std::move(mail), content.uuid)) {
    EDGE_TRY(base::Bytes text,
             secret.empty()
                 ? seal_for_contacts(c, one, true)
                 : seal_by_passphrase(one, secret, &c.own, {.now = c.now(), .compress = true}));
    sealed.push_back({one.message_id, std::move(text)});
  }
  return sealed;
}

}  // namespace

base::Result<Composed> compose(kernel::Core& core, AccountId account, const MailLoad& load,
                               const OwnKey& own, const std::string& from,
                               GroupIntroductions& introductions) {
  EDGE_TRY(auto read, core.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(auto recipients, load_recipients(scope, load.contacts));
  Composing c{core, scope, *read.account, own, from, std::move(recipients)};
  Composed composed;
  for (const Recipient& one : c.recipients) {
    composed.targets.push_back({one.contact.id, one.addresses});
  }
  std::vector<std::string> to = all_addresses(c.recipients);
  EDGE_TRY(const std::string copies, setting(c, "bcc_self"));
  std::vector<SealedMail> texts;
  // For our other devices: mails that are sealed to contacts' keys.
  bool copied = copies == "1";
  if (const auto* step = std::get_if<JoinStep>(&load.what)) {
    if (!step->to.empty()) {
      to = step->to;
      composed.targets.clear();
    }
    EDGE_TRY(auto sealed, compose_step(c, *step));
    for (base::Bytes& text : sealed) texts.push_back({message_id_of(step->uuid), std::move(text)});
    copied = copied && step->seal == JoinSeal::contact;
  } else if (const auto* news = std::get_if<SyncStep>(&load.what)) {
    EDGE_TRY(base::Bytes text, compose_sync(c, *news));
    texts.push_back({message_id_of(news->uuid), std::move(text)});
    to = own_addresses(c);
  } else if (const auto* content = std::get_if<Content>(&load.what)) {
    EDGE_TRY(texts, compose_content(c, load, *content, introductions));
  } else {
    return fail(Errc::corrupt, "what waits to be sent has another form");
  }
  if (to.empty() && !texts.empty()) {
    return fail(Errc::invalid_argument, "no address of the recipient is known");
  }
  if (load.contacts == std::vector<base::ContactId>{kSelf}) {
    to = own_addresses(c);
  } else if (copied && to != std::vector<std::string>{from} &&
             !std::holds_alternative<SyncStep>(load.what)) {
    std::ranges::move(own_addresses(c), std::back_inserter(to));
  }
  composed.avatar_number = c.avatar_number;
  for (SealedMail& one : texts) {
    composed.ids.push_back(one.message_id);
    composed.mails.push_back({from, to, std::move(one.text)});
  }
  composed.to = std::move(to);
  return composed;
}

}  // namespace messaging::mail
