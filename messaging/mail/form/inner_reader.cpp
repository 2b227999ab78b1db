// read_mail().
#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/unicode.h"
#include "messaging/mail/form/base64.h"
#include "messaging/mail/form/body_text.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/html_text.h"
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/key_header.h"
#include "messaging/mail/form/kml.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/post_notice.h"
#include "messaging/mail/mime_reader.h"
#include "messaging/model/media_type.h"
#include "messaging/model/plain_name.h"

namespace messaging::mail {
namespace {

using base::as_text;
using base::Errc;
using base::fail;

constexpr std::string_view kReport = "multipart/report";
constexpr std::string_view kEditMark = "\u270f\ufe0f";
constexpr std::uint32_t kLongestMedia = 24 * 3600 * 1000;  // milliseconds

// ---- values of headers ----

std::string name_in(const MimeHeader* header, std::size_t most = kMaxLongName) {
  return header == nullptr ? std::string() : plain_name(header->decoded(), most);
}

std::string name_header(const MimePart& part, std::string_view name,
                        std::size_t most = kMaxLongName) {
  return name_in(part.header(name), most);
}

std::string id_header(const MimePart& part, std::string_view name) {
  auto ids = parse_message_ids(part.value(name));
  return ids.empty() ? std::string() : std::move(ids.front());
}

// A word of a header: no blanks, bounded.
std::string word_header(const MimePart& part, std::string_view name,
                        std::size_t most = kMaxJoinWord) {
  const std::string_view value = base::trimmed(part.value(name));
  const bool plain = value.size() <= most && std::all_of(value.begin(), value.end(), [](char c) {
                       return c > ' ' && c < 0x7f;
                     });
  return plain ? std::string(value) : std::string();
}

template <class Number>
Number number_of(std::string_view text, Number most) {
  const std::string_view digits = base::trimmed(text);
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && number >= 0 && number <= most ? number : Number{0};
}

std::int64_t time_header(const MimePart& part, std::string_view name) {
  return number_of<std::int64_t>(part.value(name), std::int64_t{1} << 40);
}

std::vector<std::string_view> words_of(std::string_view value, std::size_t most) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (words.size() < most) {
    const std::size_t begin = value.find_first_not_of(" \t", at);
    if (begin == std::string_view::npos) break;
    at = std::min(value.find_first_of(" \t", begin), value.size());
    words.push_back(value.substr(begin, at - begin));
  }
  return words;
}

std::optional<MailPicture> picture_header(const MimePart& part, std::string_view name) {
  const std::string_view value = base::trimmed(part.value(name));
  constexpr std::string_view kForm = "base64:";
  if (value == "0") return MailPicture();
  if (!value.starts_with(kForm)) return std::nullopt;
  auto bytes = base64_decode(value.substr(kForm.size()), kMaxPicture);
  if (!bytes || bytes->empty()) return std::nullopt;
  return MailPicture{std::move(*bytes)};
}

// The text cut at a whole character, without NULs.
std::string text_within(std::string text, std::size_t most = kMaxText) {
  std::erase(text, '\0');
  if (text.size() <= most) return text;
  while (most > 0 && (text[most] & 0xc0) == 0x80) --most;
  text.resize(most);
  return text;
}

// ---- people ----

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
  // Sender beside From: From's name is for this message only.
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
      members[i]->changed = number_of<std::int64_t>(times[i], std::int64_t{1} << 40);
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

// ---- bodies ----

// What the parts of a mail hold.
struct Found {
  std::vector<std::string> texts;  // as they are
  BodyText body;                   // of the first text
  bool has_text = false;
  std::optional<std::string> reaction;
  std::vector<MailFile> files;
  std::optional<std::string> updates;
  std::optional<std::string> sync;
  std::vector<PlaceNote> path;
  std::optional<PlaceNote> point;
};

class PartWalk {
 public:
  PartWalk(bool chat, Found& found) : chat_(chat), found_(found) {}

  void take(const MimePart& part) {
    if (!part.is_multipart()) return take_leaf(part);
    if (part.type == "multipart/alternative") return take_alternative(part);
    for (const MimePart& one : part.parts) take(one);
  }

 private:
  void take_alternative(const MimePart& part) {
    const MimePart* best = nullptr;
    for (const MimePart& one : part.parts) {
      if (one.type == "text/plain" || one.is_multipart()) best = &one;
    }
    if (best == nullptr && !part.parts.empty()) best = &part.parts.back();
    if (best != nullptr) take(*best);
  }

  void take_leaf(const MimePart& part) {
    const bool is_text = part.type == "text/plain" || part.type == "text/html";
    const bool attached = !part.file_name.empty() || part.disposition == "attachment";
    if (attached || !is_text) {
      // Parts without a name that are no text are parts of the form: signatures, reports.
      if (attached) take_file(part);
    } else if (part.disposition == "reaction") {
      found_.reaction = text_within(std::string(base::trimmed(as_text(part.body))));
    } else {
      take_text(part);
    }
  }

  void take_text(const MimePart& part) {
    const std::string raw =
        part.type == "text/html" ? html_text(as_text(part.body)) : std::string(as_text(part.body));
    BodyText body = read_body(raw, chat_);
    if (part.type == "text/plain" && base::lower_ascii(part.param("format")) == "flowed") {
      const bool delete_space = base::lower_ascii(part.param("delsp")) == "yes";
      body.text = unflowed(body.text, delete_space);
      if (body.quote) body.quote = unflowed(*body.quote, delete_space);
    }
    if (!found_.has_text) {
      found_.body = std::move(body);
    } else if (!body.text.empty() && found_.body.text.size() <= kMaxText) {
      if (!found_.body.text.empty()) found_.body.text += "\n\n";
      found_.body.text += body.text;
    }
    found_.has_text = true;
  }

  void take_file(const MimePart& part) {
    const std::string& name = part.file_name;
    const std::string_view text = as_text(part.body);
    if (name.ends_with(".kml") && (name.starts_with("location") || name.starts_with("message"))) {
      auto places = read_kml(text);
      if (name.starts_with("location")) {
        found_.path = std::move(places);
      } else if (!places.empty()) {
        found_.point = places.front();
      }
    } else if (name == "status-update.json") {
      if (text.size() <= kMaxUpdateJson) found_.updates = std::string(text);
    } else if (name == "multi-device-sync.json") {
      if (text.size() <= kMaxUpdateJson) found_.sync = std::string(text);
    } else if (found_.files.size() < kMaxFiles && part.body.size() <= kMaxMailFile) {
      found_.files.push_back({plain_file_name(name), part.type, part.body});
    }
  }

  bool chat_;
  Found& found_;
};

Viewtype type_of(const MimePart& part, const MailFile& file) {
  // By the name first: many clients attach everything as application/octet-stream.
  const std::string_view by_name = media_type_of(file.name);
  Viewtype type = viewtype_of(by_name);
  if (type == Viewtype::file && by_name == "application/octet-stream") {
    type = viewtype_of(file.media_type);
  }
  if (type == Viewtype::audio && part.header("Chat-Voice-Message") != nullptr) {
    return Viewtype::voice;
  }
  const bool picture = type == Viewtype::image || type == Viewtype::gif;
  if (picture && part.value("Chat-Content") == "sticker") return Viewtype::sticker;
  return type;
}

MailReceipt read_receipt(const MimePart& part) {
  MailReceipt receipt;
  if (part.parts.size() < 2) return receipt;
  const auto fields = read_mime_head(part.parts[1].body);
  if (!fields || fields->header("Disposition") == nullptr) return receipt;
  std::string original = id_header(*fields, "Original-Message-ID");
  if (original.empty()) original = id_header(part, "In-Reply-To");
  if (!original.empty()) receipt.message_ids.push_back(std::move(original));
  for (std::string& id : parse_message_ids(fields->value("Additional-Message-IDs"))) {
    receipt.message_ids.push_back(std::move(id));
  }
  return receipt;
}

MailCall read_call(const MimePart& part, MailCall::Step step, std::string text) {
  MailCall call;
  call.step = step;
  const MimeHeader* info =
      part.header(step == MailCall::Step::offer ? "Chat-Webrtc-Room" : "Chat-Webrtc-Accepted");
  if (info != nullptr) call.info = text_within(info->decoded(), kMaxCallInfo);
  if (const MimeHeader* video = part.header("Chat-Webrtc-Has-Video-Initially")) {
    const std::string value = video->decoded();
    call.video = !value.empty() && value != "0";
  }
  call.text = std::move(text);
  return call;
}

MailText read_text(const MimePart& part, const OuterMail& outer, const ChatMail& mail,
                   Found& found) {
  MailText text;
  text.text = std::move(found.body.text);
  text.quote = std::move(found.body.quote);
  text.footer = text_within(std::move(found.body.footer), kMaxDescription);
  text.forwarded = found.body.forwarded;
  // Clients that write no Chat-Version have something to say in the subject.
  const std::size_t colon = mail.subject.find(':');
  if (!mail.chat && !mail.subject.empty() && colon != 2 && colon != 3) {
    text.text = text.text.empty() ? mail.subject : mail.subject + " \u2013 " + text.text;
  }
  text.text = text_within(std::move(text.text));
  if (text.quote) text.quote = text_within(std::move(*text.quote));
  if (std::string id = id_header(part, "Chat-Post-Message-ID"); !id.empty()) {
    PostNotice notice;
    read_post_metadata(part.value("chat-post-message-metadata"), notice);
    notice.message_id = std::move(id);
    notice.name = plain_file_name(notice.name);
    text.post = std::move(notice);
  }
  text.is_post = outer.is_post || part.header("Chat-Is-Post-Message") != nullptr;
  text.duration = number_of<std::uint32_t>(part.value("Chat-Duration"), kLongestMedia);
  if (found.files.empty()) return text;
  text.type = type_of(part, found.files.front());
  text.file = std::move(found.files.front());
  text.more_files.assign(std::make_move_iterator(found.files.begin() + 1),
                         std::make_move_iterator(found.files.end()));
  if (found.updates) text.updates = std::move(*found.updates);
  return text;
}

std::string edited_text(std::string text) {
  if (text.starts_with(kEditMark)) text.erase(0, kEditMark.size());
  return text_within(std::move(text));
}

MailBody read_body_of(const MimePart& part, const OuterMail& outer, ChatMail& mail) {
  if (part.type == kReport && part.param("report-type") == "disposition-notification") {
    return read_receipt(part);
  }
  Found found;
  PartWalk(mail.chat, found).take(part);
  mail.places = std::move(found.path);
  if (found.point) mail.place = found.point->place;
  if (found.sync) return MailSync{std::move(*found.sync)};
  if (found.reaction) return MailReaction{std::move(*found.reaction)};
  if (std::string id = id_header(part, "Chat-Edit"); !id.empty()) {
    return MailEdit{std::move(id), edited_text(std::move(found.body.text)),
                    std::move(found.body.quote)};
  }
  if (auto ids = parse_message_ids(part.value("Chat-Delete")); !ids.empty()) {
    return MailDeletion{std::move(ids)};
  }
  const std::string_view content = base::trimmed(part.value("Chat-Content"));
  std::string& said = found.body.text;
  if (content == "ephemeral-timer-changed") return MailTimerChange{text_within(std::move(said))};
  if (content == "location-streaming-enabled") {
    return MailLocations{true, text_within(std::move(said))};
  }
  if (content == "call") return read_call(part, MailCall::Step::offer, std::move(said));
  if (content == "call-accepted") return read_call(part, MailCall::Step::accepted, std::move(said));
  if (content == "call-ended") return read_call(part, MailCall::Step::ended, std::move(said));
  if (found.updates && found.files.empty()) {
    return MailStatusUpdate{std::move(*found.updates), text_within(std::move(said))};
  }
  const bool silent = said.empty() && found.files.empty() && !found.point;
  if (!mail.places.empty() && silent) return MailLocations();
  return read_text(part, outer, mail, found);
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
  // With header protection nothing outside counts (RFC 9788).
  const bool protects = !part.param("hp").empty();
  mail.chat = part.header("Chat-Version") != nullptr || (!protects && outer.chat);
  const auto receipts_to = read_addresses(part.value("Chat-Disposition-Notification-To"), 1);
  mail.wants_receipt =
      !receipts_to.empty() && same_address(receipts_to.front().address, mail.from.addr);
  mail.automatic =
      base::lower_ascii(base::trimmed(part.value("Auto-Submitted"))) == "auto-generated";
  mail.timer = number_of<std::uint32_t>(part.value("Ephemeral-Timer"), kMaxTimer);
  read_keys(part, mail);
  mail.avatar = picture_header(part, "Chat-User-Avatar");
  read_join(part, mail);
  read_group(part, mail);
  mail.body = read_body_of(part, outer, mail);
  return mail;
}

}  // namespace messaging::mail
