#include "messaging/mail/form/inner_body.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/unicode.h"
#include "messaging/mail/form/body_text.h"
#include "messaging/mail/form/header_values.h"
#include "messaging/mail/form/html_text.h"
#include "messaging/mail/form/kml.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/post_notice.h"
#include "messaging/model/media_type.h"

namespace messaging::mail {
namespace {

using base::as_text;

constexpr std::string_view kReport = "multipart/report";
constexpr std::string_view kEditMark = "\u270f\ufe0f";
// More of a text than is shown, for what is not: quotes, footers, the tags of HTML.
constexpr std::size_t kMostReadText = 4 * kMaxText;
constexpr std::uint32_t kLongestMedia = 24 * 3600 * 1000;  // milliseconds

std::string_view front_of(const base::Bytes& text) {
  std::size_t most = std::min(text.size(), kMostReadText);
  while (most > 0 && most < text.size() && (text[most] & 0xc0) == 0x80) --most;
  return as_text(base::ByteView(text).first(most));
}

// What the parts of a mail hold.
struct Found {
  BodyText body;  // of the first text
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
      // Parts without a name that are no text belong to the mail's form: signatures, reports.
      if (attached) take_file(part);
    } else if (part.disposition == "reaction") {
      found_.reaction = text_within(std::string(base::trimmed(front_of(part.body))));
    } else {
      take_text(part);
    }
  }

  void take_text(const MimePart& part) {
    const std::string_view front = front_of(part.body);
    const std::string raw = part.type == "text/html" ? html_text(front) : std::string(front);
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
      if (text.size() <= kMaxSyncJson) found_.sync = std::string(text);
    } else if (found_.files.size() < kMaxFiles && part.body.size() <= kMaxMailFile) {
      found_.files.push_back({plain_file_name(name), part.type, part.body});
    }
  }

  bool chat_;
  Found& found_;
};

Viewtype type_of(const MimePart& part, const MailFile& file) {
  // Judges by the name first: many clients attach everything as application/octet-stream.
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
  // Clients without Chat-Version write text into the subject.
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
  text.duration = number_within<std::uint32_t>(part.value("Chat-Duration"), kLongestMedia);
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

}  // namespace

MailBody read_inner_body(const MimePart& part, const OuterMail& outer, ChatMail& mail) {
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
  if (content == "message-pinned") return MailPin{true};
  if (content == "message-unpinned") return MailPin{false};
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

}  // namespace messaging::mail
