// read_mail().
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/unicode.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/header_values.h"
#include "messaging/mail/form/inner_body.h"
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/key_header.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/mime_reader.h"
#include "messaging/model/plain_name.h"

namespace messaging::mail {
namespace {

using base::Errc;
using base::fail;

void add_people(std::vector<MailMember>& out, std::string_view value) {
  for (const MimeAddress& one : read_addresses(value, kMaxRecipients)) {
    if (out.size() == kMaxRecipients || !is_address(one.address)) continue;
    MailMember member;
    member.addr = one.address;
    member.name = plain_name(one.name, kMaxAddressName);
    out.push_back(std::move(member));
  }
}

base::Result<> read_from(const MimePart& part, const OuterMail& outer, ChatMail& mail) {
  const auto people = read_addresses(part.value("From"), 1);
  mail.from.addr = outer.from;
  if (!people.empty() && is_address(people.front().address)) {
    if (!outer.from.empty() && !same_address(people.front().address, outer.from)) {
      return fail(Errc::invalid_argument, "the sender inside of the mail is not the one outside");
    }
    mail.from.addr = people.front().address;
    mail.from.name = plain_name(people.front().name, kMaxAddressName);
  }
  if (mail.from.addr.empty()) return fail(Errc::invalid_argument, "the mail has no sender");
  // With a Sender beside From, From's name is for this message only.
  const auto senders = read_addresses(part.value("Sender"), 1);
  if (!senders.empty() && same_address(senders.front().address, mail.from.addr)) {
    mail.shown_as = std::move(mail.from.name);
    mail.from.name = plain_name(senders.front().name, kMaxAddressName);
  }
  return {};
}

// The members' times and fingerprints, in the order of To and of the past members.
void read_members(const MimePart& part, ChatMail& mail) {
  MailGroup& group = *mail.group;
  std::vector<MailMember*> members;
  for (MailMember& member : mail.to) members.push_back(&member);
  for (MailMember& member : group.past) members.push_back(&member);
  const std::size_t more = members.size() + 1;
  const auto times = words_of(part.value("Chat-Group-Member-Timestamps"), more);
  const auto keys = words_of(part.value("Chat-Group-Member-Fpr"), more);
  if (!members.empty() && times.size() == members.size()) {
    group.timed = true;
    for (std::size_t i = 0; i < members.size(); ++i) {
      members[i]->changed = number_within<std::int64_t>(times[i], std::int64_t{1} << 40);
    }
  }
  if (keys.size() != members.size()) return;
  for (std::size_t i = 0; i < members.size(); ++i) {
    members[i]->fingerprint = Fingerprint::from_hex(keys[i]).value_or(Fingerprint());
  }
}

MailGroupChange read_change(const MimePart& part) {
  const auto key_in = [&](std::string_view name) {
    return Fingerprint::from_hex(base::trimmed(part.value(name))).value_or(Fingerprint());
  };
  if (part.value("Chat-Content") == "group-avatar-changed") return GroupImageChanged();
  if (std::string addr = word_header(part, "Chat-Group-Member-Removed"); is_address(addr)) {
    return MemberRemoved{std::move(addr), key_in("Chat-Group-Member-Removed-Fpr")};
  }
  if (std::string addr = word_header(part, "Chat-Group-Member-Added"); is_address(addr)) {
    return MemberAdded{std::move(addr), key_in("Chat-Group-Member-Added-Fpr")};
  }
  if (part.header("Chat-Group-Name-Changed") != nullptr) {
    return GroupRenamed{name_header(part, "Chat-Group-Name-Changed", kMaxGroupName)};
  }
  if (part.header("Chat-Group-Description-Changed") != nullptr) return GroupDescribed();
  return {};
}

void read_group(const MimePart& part, ChatMail& mail) {
  MailGroup group;
  group.id = word_header(part, "Chat-Group-ID");
  if (!is_group_id(group.id)) {
    // "Name <id>", which core makes one encoded word where the name is not ASCII.
    const MimeHeader* const header = part.header("Chat-List-ID");
    if (header == nullptr) return;
    const std::string list = header->decoded();
    const std::size_t open = list.rfind('<');
    if (open == std::string::npos) return;
    group.id = list.substr(open + 1, list.find('>', open) - open - 1);
    group.channel = true;
    if (!is_group_id(group.id)) return;
  }
  group.name = name_header(part, "Chat-Group-Name", kMaxGroupName);
  group.name_changed = time_header(part, "Chat-Group-Name-Timestamp");
  if (const MimeHeader* description = part.header("Chat-Group-Description")) {
    group.description = text_within(description->decoded(), kMaxDescription);
    group.description_changed = time_header(part, "Chat-Group-Description-Timestamp");
  }
  group.image = picture_header(part, "Chat-Group-Avatar");
  add_people(group.past, part.value("Chat-Group-Past-Members"));
  std::string secret = word_header(part, "Chat-Broadcast-Secret");
  group.secret.assign(secret.begin(), secret.end());
  crypto::wipe(secret.data(), secret.size());
  group.change = read_change(part);
  mail.group = std::move(group);
  read_members(part, mail);
}

void read_keys(const MimePart& part, ChatMail& mail) {
  for (const MimeHeader* header : part.all("Autocrypt")) {
    auto notice = read_autocrypt(header->value);
    if (notice && same_address(notice->addr, mail.from.addr)) mail.key = std::move(notice);
  }
  for (const MimeHeader* header : part.all("Autocrypt-Gossip")) {
    if (mail.gossip.size() == kMaxGossip) break;
    auto notice = read_autocrypt(header->value);
    if (!notice || same_address(notice->addr, mail.from.addr)) continue;
    const bool is_recipient = std::any_of(
        mail.to.begin(), mail.to.end(),
        [&](const MailMember& member) { return same_address(member.addr, notice->addr); });
    if (is_recipient) mail.gossip.push_back(std::move(*notice));
  }
}

void read_join(const MimePart& part, ChatMail& mail) {
  MailJoin join;
  join.step = base::lower_ascii(word_header(part, "Secure-Join"));
  if (join.step.empty()) return;
  join.auth = word_header(part, "Secure-Join-Auth");
  join.number = word_header(part, "Secure-Join-Invitenumber");
  join.fingerprint =
      Fingerprint::from_hex(word_header(part, "Secure-Join-Fingerprint")).value_or(Fingerprint());
  join.group = word_header(part, "Secure-Join-Group");
  mail.join = std::move(join);
}

}  // namespace

base::Result<ChatMail> read_mail(const MimePart& part, const OuterMail& outer) {
  ChatMail mail;
  EDGE_CHECK(read_from(part, outer, mail));
  mail.message_id = id_header(part, "Message-ID");
  if (mail.message_id.empty()) mail.message_id = outer.message_id;
  if (mail.message_id.empty()) return fail(Errc::invalid_argument, "the mail has no Message-ID");
  add_people(mail.to, part.value("To"));
  add_people(mail.to, part.value("Cc"));
  mail.in_reply_to = id_header(part, "In-Reply-To");
  mail.references = parse_message_ids(part.value("References"));
  mail.date = read_mail_date(part.value("Date")).value_or(outer.date);
  mail.subject = name_header(part, "Subject", kMaxSubject);
  // With header protection only the inner headers count (RFC 9788).
  const bool protects = !part.param("hp").empty();
  mail.chat = part.header("Chat-Version") != nullptr || (!protects && outer.chat);
  const auto receipts_to = read_addresses(part.value("Chat-Disposition-Notification-To"), 1);
  mail.wants_receipt =
      !receipts_to.empty() && same_address(receipts_to.front().address, mail.from.addr);
  mail.automatic =
      base::lower_ascii(base::trimmed(part.value("Auto-Submitted"))) == "auto-generated";
  mail.timer = number_within<std::uint32_t>(part.value("Ephemeral-Timer"), kMaxTimer);
  read_keys(part, mail);
  mail.avatar = picture_header(part, "Chat-User-Avatar");
  read_join(part, mail);
  read_group(part, mail);
  mail.body = read_inner_body(part, outer, mail);
  return mail;
}

}  // namespace messaging::mail
