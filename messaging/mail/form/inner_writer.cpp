// write_inner().
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "messaging/mail/form/base64.h"
#include "messaging/mail/form/body_text.h"
#include "messaging/mail/form/header_text.h"
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/key_header.h"
#include "messaging/mail/form/kml.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/mime_writer.h"
#include "messaging/mail/form/outer_mail.h"
#include "messaging/mail/form/post_notice.h"

namespace messaging::mail {
namespace {

using base::as_bytes;

constexpr std::string_view kTextType = "text/plain; charset=\"utf-8\"";
constexpr std::string_view kEncrypted = "; protected-headers=\"v1\"; hp=\"cipher\"";
constexpr std::string_view kPencil = "\u270f\ufe0f";   // before the text of an edit
constexpr std::string_view kBin = "\U0001f5d1\ufe0f";  // the text of a deletion
constexpr std::size_t kBase64Line = 76;

// Lines of headers, in order. They wipe themselves: secrets are among them.
class HeaderLines {
 public:
  HeaderLines& text(std::string_view name, std::string_view value) {
    lines_ += header_line(name, header_text(value));
    return *this;
  }
  // A value that is spelled already.
  HeaderLines& raw(std::string_view name, std::string_view value) {
    lines_ += header_line(name, plain_header(value));
    return *this;
  }
  HeaderLines& id(std::string_view name, std::string_view message_id) {
    return raw(name, "<" + std::string(message_id) + ">");
  }
  HeaderLines& secret(std::string_view name, base::ByteView value) {
    lines_.append(name).append(": ");
    for (const std::uint8_t c : value) {
      if (c > ' ' && c < 0x7f) lines_.push_back(static_cast<char>(c));
    }
    lines_.append("\r\n");
    return *this;
  }
  std::string_view lines() const { return lines_; }

 private:
  std::basic_string<char, std::char_traits<char>, crypto::WipingAllocator<char>> lines_;
};

// ---- what depends on the body ----

std::string file_disposition(std::string_view name) {
  return "attachment; filename=" + quoted_parameter(name);
}

// A text part with its storage, and the parts beside it.
struct BodyParts {
  std::string text;
  std::string disposition = {};
  std::string multipart = "multipart/mixed";
  std::vector<std::pair<MimePiece, std::string>> others =
      {};  // with the text of those that have one
};

void attach_file(BodyParts& parts, const MailFile& file) {
  MimePiece piece;
  piece.type = file_type(file.media_type);
  piece.disposition = file_disposition(file.name);
  piece.body = file.bytes;
  piece.is_text = false;
  parts.others.emplace_back(std::move(piece), "");
}

void add_attachment(BodyParts& parts, std::string_view type, std::string_view name,
                    std::string text) {
  MimePiece piece;
  piece.type = type;
  piece.disposition = file_disposition(name);
  piece.is_text = false;
  parts.others.emplace_back(std::move(piece), std::move(text));
}

void add_updates(BodyParts& parts, const std::string& json) {
  add_attachment(parts, "application/json", "status-update.json", json);
}

// The text that shows a change of the group in clients that cannot apply it.
std::string change_text(const ChatMail& mail) {
  if (!mail.group) return {};
  if (const auto* added = std::get_if<MemberAdded>(&mail.group->change)) {
    return "Member " + added->addr + " was added.";
  }
  if (const auto* removed = std::get_if<MemberRemoved>(&mail.group->change)) {
    return same_address(removed->addr, mail.from.addr)
               ? removed->addr + " left the group."
               : "Member " + removed->addr + " was removed.";
  }
  return {};
}

std::string text_of_mail(const ChatMail& mail, const std::string& text) {
  if (!text.empty()) return text;
  if (std::string change = change_text(mail); !change.empty()) return change;
  if (!mail.join) return {};
  return mail.chat ? "Secure-Join: " + mail.join->step : "Secure-Join";
}

struct BodyWriter {
  const ChatMail& mail;

  BodyParts operator()(const MailText& body) const {
    BodyParts parts;
    if (!body.is_post) {
      parts.text =
          write_body({text_of_mail(mail, body.text), body.quote, body.footer, body.forwarded});
    }
    if (body.file) attach_file(parts, *body.file);
    if (!body.updates.empty()) add_updates(parts, body.updates);
    return parts;
  }
  BodyParts operator()(const MailReceipt& body) const {
    BodyParts parts;
    parts.text = "This is a receipt notification.";
    parts.multipart = "multipart/report; report-type=disposition-notification";
    HeaderLines report;
    report.raw("Original-Recipient", "rfc822;" + mail.from.addr);
    report.raw("Final-Recipient", "rfc822;" + mail.from.addr);
    if (!body.message_ids.empty()) report.id("Original-Message-ID", body.message_ids.front());
    report.raw("Disposition", "manual-action/MDN-sent-automatically; displayed");
    if (body.message_ids.size() > 1) {
      report.raw("Additional-Message-IDs",
                 join_message_ids({body.message_ids.begin() + 1, body.message_ids.end()}));
    }
    MimePiece piece;
    piece.type = "message/disposition-notification";
    parts.others.emplace_back(std::move(piece), std::string(report.lines()));
    return parts;
  }
  BodyParts operator()(const MailReaction& body) const {
    BodyParts parts;
    parts.text = body.reactions;
    parts.disposition = "reaction";
    return parts;
  }
  BodyParts operator()(const MailEdit& body) const {
    BodyParts parts;
    parts.text = write_body({std::string(kPencil) + body.text, body.quote});
    return parts;
  }
  BodyParts operator()(const MailDeletion&) const {
    BodyParts parts;
    parts.text = kBin;
    return parts;
  }
  BodyParts operator()(const MailPin& body) const {
    return said(body.pinned ? "You pinned a message." : "You unpinned a message.");
  }
  BodyParts operator()(const MailTimerChange& body) const { return said(body.text); }
  BodyParts operator()(const MailLocations& body) const { return said(body.text); }
  BodyParts operator()(const MailStatusUpdate& body) const {
    BodyParts parts = said(body.text);
    parts.multipart = "multipart/report; report-type=status-update";
    add_updates(parts, body.json);
    return parts;
  }
  BodyParts operator()(const MailCall& body) const {
    if (!body.text.empty()) return said(body.text);
    switch (body.step) {
      case MailCall::Step::offer:
        return said("[Call]");
      case MailCall::Step::accepted:
        return said("[Call accepted]");
      case MailCall::Step::ended:
        break;
    }
    return said("[Call ended]");
  }
  BodyParts operator()(const MailSync& body) const {
    BodyParts parts = said("This message is used to synchronize data between your devices.");
    parts.multipart = "multipart/report; report-type=multi-device-sync";
    add_attachment(parts, "application/json", "multi-device-sync.json", body.json);
    return parts;
  }

 private:
  static BodyParts said(std::string_view text) {
    BodyParts parts;
    parts.text = write_body({std::string(text)});
    return parts;
  }
};

BodyParts body_parts(const ChatMail& mail) {
  BodyParts parts = std::visit(BodyWriter{mail}, mail.body);
  constexpr std::string_view kKmlType = "application/vnd.google-earth.kml+xml";
  if (mail.place) {
    PlaceNote note;
    note.at = mail.date * 1000;
    note.place = *mail.place;
    add_attachment(parts, kKmlType, "message.kml", write_kml({note}, ""));
  }
  if (!mail.places.empty()) {
    add_attachment(parts, kKmlType, "location.kml", write_kml(mail.places, mail.from.addr));
  }
  return parts;
}

// ---- headers ----

std::string subject_of(const ChatMail& mail) {
  if (!mail.subject.empty()) return mail.subject;
  if (std::holds_alternative<MailReceipt>(mail.body)) return "Receipt Notification";
  if (!mail.chat && mail.join) return "Secure-Join";
  const std::string re = mail.in_reply_to.empty() ? "" : "Re: ";
  if (mail.group) return re + mail.group->name;
  return re + "Message from " + (mail.from.name.empty() ? mail.from.addr : mail.from.name);
}

std::string picture_value(const MailPicture& picture) {
  if (picture.bytes.empty()) return "0";
  return "base64:" + base64_encode(picture.bytes, kBase64Line - 2, " ");
}

void add_members(HeaderLines& out, const ChatMail& mail) {
  const MailGroup& group = *mail.group;
  if (!group.past.empty()) {
    out.raw("Chat-Group-Past-Members", header_addresses(group.past));
  }
  if (group.channel) return;
  std::string times;
  std::string fingerprints;
  bool all_known = true;
  for (const auto* list : {&mail.to, &group.past}) {
    for (const MailMember& member : *list) {
      times += (times.empty() ? "" : " ") + std::to_string(member.changed);
      fingerprints += (fingerprints.empty() ? "" : " ") + member.fingerprint.hex();
      all_known = all_known && member.fingerprint != Fingerprint();
    }
  }
  if (group.timed && !times.empty()) out.raw("Chat-Group-Member-Timestamps", times);
  if (all_known && !fingerprints.empty()) out.raw("Chat-Group-Member-Fpr", fingerprints);
}

struct ChangeHeaders {
  HeaderLines& out;
  void operator()(std::monostate) const {}
  void operator()(const MemberAdded& added) const {
    out.raw("Chat-Group-Member-Added", added.addr);
    if (added.fingerprint != Fingerprint()) {
      out.raw("Chat-Group-Member-Added-Fpr", added.fingerprint.hex());
    }
  }
  void operator()(const MemberRemoved& removed) const {
    out.raw("Chat-Group-Member-Removed", removed.addr);
    if (removed.fingerprint != Fingerprint()) {
      out.raw("Chat-Group-Member-Removed-Fpr", removed.fingerprint.hex());
    }
  }
  void operator()(const GroupRenamed& renamed) const {
    out.text("Chat-Group-Name-Changed", renamed.old_name);
  }
  void operator()(const GroupImageChanged&) const {
    out.raw("Chat-Content", "group-avatar-changed");
  }
  void operator()(const GroupDescribed&) const { out.raw("Chat-Group-Description-Changed", ""); }
};

void add_group(HeaderLines& out, const MailGroup& group) {
  if (!group.channel) out.raw("Chat-Group-ID", group.id);
  out.text("Chat-Group-Name", group.name);
  if (group.name_changed != 0) {
    out.raw("Chat-Group-Name-Timestamp", std::to_string(group.name_changed));
  }
  std::visit(ChangeHeaders{out}, group.change);
  if (group.description) {
    // Always encoded words: a description has lines.
    out.raw("Chat-Group-Description", one_encoded_word(*group.description));
    if (group.description_changed != 0) {
      out.raw("Chat-Group-Description-Timestamp", std::to_string(group.description_changed));
    }
  }
}

void add_join(HeaderLines& out, const MailJoin& join) {
  out.raw("Secure-Join", join.step);
  if (!join.auth.empty()) out.raw("Secure-Join-Auth", join.auth);
  if (!join.number.empty()) out.raw("Secure-Join-Invitenumber", join.number);
  if (join.fingerprint != Fingerprint()) {
    out.raw("Secure-Join-Fingerprint", join.fingerprint.hex());
  }
  if (!join.group.empty()) out.raw("Secure-Join-Group", join.group);
}

struct BodyHeaders {
  HeaderLines& out;

  void operator()(const MailText& body) const {
    if (body.post) {
      out.id("Chat-Post-Message-ID", body.post->message_id);
      out.raw("chat-post-message-metadata", write_post_metadata(*body.post));
    }
    if (body.is_post) out.raw("Chat-Is-Post-Message", "1");
    if (body.type == Viewtype::sticker) out.raw("Chat-Content", "sticker");
    if (body.type == Viewtype::voice) out.raw("Chat-Voice-Message", "1");
    if (body.duration != 0) out.raw("Chat-Duration", std::to_string(body.duration));
  }
  void operator()(const MailReceipt&) const {}
  void operator()(const MailReaction&) const {}
  void operator()(const MailEdit& body) const { out.id("Chat-Edit", body.message_id); }
  void operator()(const MailDeletion& body) const {
    out.raw("Chat-Delete", join_message_ids(body.message_ids));
  }
  void operator()(const MailPin& body) const {
    out.raw("Chat-Content", body.pinned ? "message-pinned" : "message-unpinned");
  }
  void operator()(const MailTimerChange&) const {
    out.raw("Chat-Content", "ephemeral-timer-changed");
  }
  void operator()(const MailLocations& body) const {
    if (body.begins) out.raw("Chat-Content", "location-streaming-enabled");
  }
  void operator()(const MailStatusUpdate&) const {}
  void operator()(const MailCall& body) const {
    switch (body.step) {
      case MailCall::Step::offer:
        out.raw("Chat-Content", "call");
        out.raw("Chat-Webrtc-Room", one_encoded_word(body.info));
        out.raw("Chat-Webrtc-Has-Video-Initially", one_encoded_word(body.video ? "1" : "0"));
        return;
      case MailCall::Step::accepted:
        out.raw("Chat-Content", "call-accepted");
        out.raw("Chat-Webrtc-Accepted", one_encoded_word(body.info));
        return;
      case MailCall::Step::ended:
        out.raw("Chat-Content", "call-ended");
        return;
    }
  }
  void operator()(const MailSync&) const {}
};

// "": a person wrote it.
std::string_view submitted(const ChatMail& mail) {
  if (std::holds_alternative<MailReceipt>(mail.body)) return "auto-replied";
  const auto* locations = std::get_if<MailLocations>(&mail.body);
  const bool silent = std::holds_alternative<MailStatusUpdate>(mail.body) ||
                      std::holds_alternative<MailSync>(mail.body) ||
                      (locations != nullptr && !locations->begins);
  return mail.automatic || silent ? "auto-generated" : "";
}

void add_head(HeaderLines& out, const ChatMail& mail) {
  const bool is_receipt = std::holds_alternative<MailReceipt>(mail.body);
  const bool nameless = is_receipt || !mail.chat;
  MailAddress from = mail.from;
  if (nameless) from.name.clear();
  if (!mail.shown_as.empty()) from.name = mail.shown_as;
  out.raw("From", header_address(from));
  if (!mail.shown_as.empty()) out.raw("Sender", header_address(mail.from));
  out.raw("To", header_addresses(mail.to));
  if (mail.group) add_members(out, mail);
  out.text("Subject", subject_of(mail));
  out.raw("Date", header_date(mail.date));
  if (!mail.in_reply_to.empty()) out.id("In-Reply-To", mail.in_reply_to);
  if (!mail.references.empty()) out.raw("References", join_message_ids(mail.references));
  if (const auto value = submitted(mail); !value.empty()) out.raw("Auto-Submitted", value);
  if (mail.group && mail.group->channel) {
    out.raw("Chat-List-ID", header_text(mail.group->name) + " <" + mail.group->id + ">");
    if (!mail.group->secret.empty()) out.secret("Chat-Broadcast-Secret", mail.group->secret);
  }
  if (mail.chat) out.raw("Chat-Version", "1.0");
  if (mail.wants_receipt) out.raw("Chat-Disposition-Notification-To", mail.from.addr);
  if (mail.key) out.raw("Autocrypt", autocrypt_value(*mail.key));
  if (mail.timer != 0) out.raw("Ephemeral-Timer", std::to_string(mail.timer));
}

void add_hidden(HeaderLines& out, const ChatMail& mail) {
  out.id("Message-ID", mail.message_id);
  if (mail.avatar) out.raw("Chat-User-Avatar", picture_value(*mail.avatar));
  if (mail.group && mail.group->image) {
    out.raw("Chat-Group-Avatar", picture_value(*mail.group->image));
  }
}

// RFC 9788: repeats the outer headers.
void add_outer(HeaderLines& out, const OuterMail& outer) {
  for (const auto& [name, value] : head_of(outer)) {
    out.raw("HP-Outer", std::string(name) + ": " + value);
  }
}

}  // namespace

crypto::WipingBytes write_inner(const ChatMail& mail, const OuterMail& outer) {
  HeaderLines headers;
  add_head(headers, mail);
  if (mail.join) add_join(headers, *mail.join);
  if (mail.group) add_group(headers, *mail.group);
  std::visit(BodyHeaders{headers}, mail.body);
  add_hidden(headers, mail);
  add_outer(headers, outer);
  for (const KeyNotice& notice : mail.gossip)
    headers.raw("Autocrypt-Gossip", autocrypt_value(notice));

  BodyParts parts = body_parts(mail);
  crypto::WipingBytes out;
  MimePiece text;
  text.type = kTextType;
  text.disposition = parts.disposition;
  text.body = as_bytes(parts.text);
  if (parts.others.empty()) {
    text.type += kEncrypted;
    write_single(out, text, headers.lines());
    return out;
  }
  std::vector<MimePiece> pieces = {text};
  for (auto& [piece, own] : parts.others) {
    if (!own.empty()) piece.body = as_bytes(own);
    pieces.push_back(piece);
  }
  write_multipart(out, parts.multipart + std::string(kEncrypted), pieces, headers.lines());
  return out;
}

}  // namespace messaging::mail
