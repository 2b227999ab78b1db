#include "messaging/mail/form/mail_content.h"

#include <algorithm>
#include <utility>

#include "crypto/hash.h"
#include "crypto/stream.h"
#include "messaging/kernel/timer_lines.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/status_updates.h"
#include "messaging/model/media_type.h"
#include "messaging/model/plain_name.h"

namespace messaging::mail {
namespace {

constexpr base::UnixMillis kMillis = 1000;

// ---- mails as contents ----

// The uuid of the content at `index` among those of a mail besides its message.
Uuid derived_uuid(const Uuid& uuid, std::string_view purpose, std::size_t index = 0) {
  base::Bytes bytes(uuid.begin(), uuid.end());
  bytes.insert(bytes.end(), purpose.begin(), purpose.end());
  for (int shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<std::uint8_t>(index >> shift & 0xff));
  }
  return crypto::blake2b<16>(bytes);
}

FileNote note_of(std::string_view name, std::uint64_t size) {
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 40;
  FileNote note;
  note.name = plain_file_name(name);
  note.media_type = media_type_of(note.name);
  note.size = size <= kLargest ? size : 0;
  note.sealed_size = crypto::sealed_size(note.size);
  return note;
}

FileNote note_of(const MailFile& file) { return note_of(file.name, file.bytes.size()); }

class ContentReader {
 public:
  ContentReader(const ChatMail& mail, const MailNames& names)
      : mail_(mail), names_(names), uuid_(uuid_of(mail.message_id)) {
    if (mail.group) group_ = group_id_of(mail.group->id);
  }

  std::vector<MailContent> take() {
    std::visit(*this, mail_.body);
    if (!mail_.places.empty() && !std::holds_alternative<MailLocations>(mail_.body)) {
      add_places(false);
    }
    return std::move(contents_);
  }

  void operator()(const MailText& body) {
    // The code that applies a join step or a group change adds its line.
    const bool changes =
        mail_.group && !std::holds_alternative<std::monostate>(mail_.group->change);
    if (mail_.join || changes) return;
    TextMessage text = text_of(body);
    if (body.post) {
      text.type = body.post->type;
      text.file = note_of(body.post->name, body.post->size);
      return add_text(uuid_of(body.post->message_id), std::move(text), nullptr);
    }
    if (body.file) text.file = note_of(*body.file);
    const MailFile* const file = body.file ? &*body.file : nullptr;
    add_text(uuid_, std::move(text), file);
    for (std::size_t i = 0; i < body.more_files.size(); ++i) {
      TextMessage more = text_of({});
      more.file = note_of(body.more_files[i]);
      more.type = viewtype_of(more.file->media_type);
      add_text(derived_uuid(uuid_, "file", i), std::move(more), &body.more_files[i]);
    }
    if (mail_.place) add_point();
    if (body.type == Viewtype::webxdc) add_updates({uuid_}, body.updates);
  }
  void operator()(const MailReceipt& body) {
    Receipts receipts;
    for (const std::string& id : body.message_ids) {
      if (receipts.notes.size() == kMaxReceipts) break;
      ReceiptNote note;
      note.kind = store::ReceiptKind::read;
      note.message = {uuid_of(id), true};
      note.at = mail_.date * kMillis;
      receipts.notes.push_back(note);
    }
    if (!receipts.notes.empty()) add(uuid_, std::move(receipts));
  }
  void operator()(const MailReaction& body) {
    if (mail_.in_reply_to.empty()) return;
    add_change(reference(mail_.in_reply_to), ChangeKind::reaction,
               body.reactions.substr(0, kMaxReactionBytes));
  }
  void operator()(const MailEdit& body) {
    add_change(reference(body.message_id), ChangeKind::edit, body.text);
  }
  void operator()(const MailDeletion& body) {
    for (std::size_t i = 0; i < body.message_ids.size(); ++i) {
      MessageChange change;
      change.message = reference(body.message_ids[i]);
      change.kind = ChangeKind::deletion;
      change.number = static_cast<std::int64_t>(number_of(mail_));
      add(i == 0 ? uuid_ : derived_uuid(uuid_, "deletion", i), std::move(change));
    }
  }
  void operator()(const MailPin& body) {
    if (mail_.in_reply_to.empty()) return;
    add_change(reference(mail_.in_reply_to), ChangeKind::pin, body.pinned ? "1" : "");
  }
  void operator()(const MailTimerChange&) { add(uuid_, ChatTimer{group_, timer()}); }
  void operator()(const MailLocations& body) { add_places(body.begins); }
  void operator()(const MailStatusUpdate& body) {
    if (!mail_.in_reply_to.empty()) add_updates(reference(mail_.in_reply_to), body.json);
  }
  void operator()(const MailCall& body) {
    if (body.step == MailCall::Step::offer) {
      if (group_) return;
      return add(uuid_, CallOffer{sequence(), mail_.date * kMillis, body.video, body.info});
    }
    if (mail_.in_reply_to.empty()) return;
    const bool accepted = body.step == MailCall::Step::accepted;
    add_change(reference(mail_.in_reply_to),
               accepted ? ChangeKind::call_accepted : ChangeKind::call_ended, body.info);
  }
  void operator()(const MailSync&) {}

 private:
  void add(const Uuid& uuid, ContentBody body, const MailFile* file = nullptr) {
    contents_.push_back({{uuid, std::move(body)}, file});
  }

  void add_text(const Uuid& uuid, TextMessage text, const MailFile* file) {
    if (group_) {
      GroupText grouped;
      grouped.group = *group_;
      grouped.message = std::move(text);
      return add(uuid, std::move(grouped), file);
    }
    add(uuid, std::move(text), file);
  }

  void add_change(const MessageRef& ref, ChangeKind kind, std::string text) {
    MessageChange change;
    change.message = ref;
    change.kind = kind;
    change.number = static_cast<std::int64_t>(number_of(mail_));
    change.text = std::move(text);
    add(uuid_, std::move(change));
  }

  void add_places(bool begins) {
    Locations locations;
    locations.group = group_;
    locations.begins = begins;
    for (const PlaceNote& note : mail_.places) {
      if (locations.places.size() == kMostPlaces) break;
      locations.places.push_back(note);
    }
    add(derived_uuid(uuid_, "places"), std::move(locations));
  }

  void add_point() {
    Locations locations;
    locations.group = group_;
    PlaceNote note;
    note.at = mail_.date * kMillis;
    note.place = *mail_.place;
    note.message = uuid_;
    locations.places.push_back(note);
    add(derived_uuid(uuid_, "place"), std::move(locations));
  }

  void add_updates(const MessageRef& app, std::string_view json) {
    std::size_t index = 0;
    for (WebxdcUpdate& update : read_updates(json)) {
      WebxdcNews news;
      news.app = app;
      news.sent_at = mail_.date * kMillis;
      news.update = std::move(update);
      add(derived_uuid(uuid_, "update", index++), std::move(news));
    }
  }

  MessageRef reference(std::string_view message_id) const {
    if (auto ref = names_.reference(message_id)) return std::move(*ref);
    return {uuid_of(message_id)};
  }

  // One sender's messages are ordered by their dates.
  std::uint64_t sequence() const { return number_of(mail_); }
  TimerValue timer() const { return {number_of(mail_), mail_.timer}; }

  TextMessage text_of(const MailText& body) const {
    TextMessage text;
    text.seq = sequence();
    text.sent_at = mail_.date * kMillis;
    text.type = body.file ? body.type : Viewtype::text;
    text.bot = mail_.automatic;
    text.forwarded = body.forwarded;
    text.text = body.text;
    text.sender_name = mail_.shown_as;
    if (mail_.chat) text.timer = timer();
    if (body.quote) {
      QuoteNote quote;
      quote.text = *body.quote;
      if (!mail_.in_reply_to.empty()) quote.message = names_.reference(mail_.in_reply_to);
      text.quote = std::move(quote);
    }
    return text;
  }

  const ChatMail& mail_;
  const MailNames& names_;
  Uuid uuid_;
  std::optional<GroupId> group_;
  std::vector<MailContent> contents_;
};

// ---- contents as mails ----

class ContentWriter {
 public:
  ContentWriter(ChatMail& mail, const MailNames& names, std::optional<MailFile> file)
      : mail_(mail), names_(names), file_(std::move(file)) {}

  bool operator()(const TextMessage& text) {
    MailText body;
    body.text = text.text;
    body.forwarded = text.forwarded;
    body.type = text.type;
    body.file = std::move(file_);
    if (auto* frame = std::get_if<MailText>(&mail_.body)) body.footer = std::move(frame->footer);
    if (text.quote) {
      body.quote = text.quote->text;
      if (text.quote->message) mail_.in_reply_to = names_.message_id(*text.quote->message);
    }
    mail_.date = text.sent_at / kMillis;
    mail_.automatic = text.bot;
    mail_.shown_as = text.sender_name;
    mail_.timer = text.timer.seconds;
    mail_.body = std::move(body);
    return true;
  }
  bool operator()(const GroupText& text) { return (*this)(text.message); }
  bool operator()(const Receipts& receipts) {
    MailReceipt body;
    for (const ReceiptNote& note : receipts.notes) {
      if (note.kind != store::ReceiptKind::read) continue;
      body.message_ids.push_back(names_.message_id(note.message));
    }
    if (body.message_ids.empty()) return false;
    return quiet(std::move(body));
  }
  bool operator()(const MessageChange& change) {
    std::string id = names_.message_id(change.message);
    switch (change.kind) {
      case ChangeKind::reaction:
        mail_.in_reply_to = std::move(id);
        return quiet(MailReaction{change.text});
      case ChangeKind::edit:
        mail_.in_reply_to = id;
        return quiet(MailEdit{std::move(id), change.text});
      case ChangeKind::deletion:
        return quiet(MailDeletion{{std::move(id)}});
      case ChangeKind::call_accepted:
        mail_.in_reply_to = std::move(id);
        return quiet(MailCall{MailCall::Step::accepted, change.text});
      case ChangeKind::call_ended:
        mail_.in_reply_to = std::move(id);
        return quiet(MailCall{MailCall::Step::ended});
      case ChangeKind::pin:
        mail_.in_reply_to = std::move(id);
        return quiet(MailPin{!change.text.empty()});
    }
    return false;
  }
  bool operator()(const ChatTimer& timer) {
    mail_.timer = timer.value.seconds;
    const kernel::StockStrings english;
    return quiet(MailTimerChange{kernel::timer_line(english, timer.value.seconds, std::nullopt)});
  }
  bool operator()(const CallOffer& offer) {
    mail_.date = offer.sent_at / kMillis;
    MailCall call;
    call.info = offer.info;
    call.video = offer.video;
    mail_.body = std::move(call);
    return true;
  }
  bool operator()(const Locations& locations) {
    mail_.places = locations.places;
    MailLocations body;
    body.begins = locations.begins;
    if (body.begins) body.text = "Location streaming enabled.";
    return quiet(std::move(body));
  }
  bool operator()(const WebxdcNews& news) {
    mail_.in_reply_to = names_.message_id(news.app);
    return quiet(MailStatusUpdate{write_updates({news.update})});
  }
  bool operator()(const UnknownContent&) { return false; }
  bool operator()(const Hello&) { return false; }
  bool operator()(const Profile&) { return false; }
  bool operator()(const Avatar&) { return false; }  // in the headers of messages
  bool operator()(const GroupUpdate&) { return false; }
  bool operator()(const FileDecision&) { return false; }
  bool operator()(const FileRequest&) { return false; }
  bool operator()(const FileReport&) { return false; }
  bool operator()(const FileOffer&) { return false; }
  bool operator()(const FileNotice&) { return false; }
  bool operator()(const DeviceManifest&) { return false; }
  bool operator()(const RealtimeNote&) { return false; }

 private:
  // Contents that request no receipt.
  bool quiet(MailBody body) {
    mail_.wants_receipt = false;
    mail_.body = std::move(body);
    return true;
  }

  ChatMail& mail_;
  const MailNames& names_;
  std::optional<MailFile> file_;
};

}  // namespace

std::uint64_t number_of(const ChatMail& mail) {
  constexpr std::int64_t kLast = std::int64_t{1} << 40;
  const std::int64_t date = std::clamp<std::int64_t>(mail.date, 1, kLast);
  return static_cast<std::uint64_t>(date * kMillis + std::min<std::int64_t>(mail.order, 999));
}

std::vector<MailContent> to_content(const ChatMail& mail, const MailNames& names) {
  return ContentReader(mail, names).take();
}

std::optional<MailProfile> profile_of(const ChatMail& mail) {
  if (!mail.chat || std::holds_alternative<MailReceipt>(mail.body)) return std::nullopt;
  MailProfile profile;
  profile.name = plain_name(mail.from.name);
  profile.bot = mail.automatic && std::holds_alternative<MailText>(mail.body);
  if (const auto* text = std::get_if<MailText>(&mail.body)) {
    if (!mail.join && !text->is_post) profile.status = text->footer;
  }
  return profile;
}

bool put_content(ChatMail& mail, const Content& content, const MailNames& names,
                 std::optional<MailFile> file) {
  ContentWriter writer(mail, names, std::move(file));
  return std::visit(writer, content.body);
}

}  // namespace messaging::mail
