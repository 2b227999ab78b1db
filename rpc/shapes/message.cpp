#include "rpc/shapes/message.h"

#include <fmt/format.h>

#include <algorithm>

namespace rpc::shape {
namespace {

constexpr std::int64_t day_of(base::UnixMillis at) { return at / (24 * 60 * 60 * 1000); }

bool is_picture(messaging::Viewtype type) {
  using enum messaging::Viewtype;
  return type == image || type == gif || type == sticker;
}

void put_size(Message& shape, const messaging::MessageFile& file) {
  shape.dimensions_width = static_cast<std::int32_t>(file.width);
  shape.dimensions_height = static_cast<std::int32_t>(file.height);
}

void put_awaited(Message& shape, const messaging::Message& message) {
  shape.file_bytes = message.awaited->size;
  shape.file_name = message.awaited->name;
  if (is_picture(message.awaited_type)) put_size(shape, *message.awaited);
}

// Follows the text of a message whose file was not downloaded, as in Delta Chat.
std::string awaited_mark(const messaging::Message& message) {
  using enum messaging::Viewtype;
  if (!message.awaited || message.download == messaging::DownloadState::in_progress) return "";
  const auto what = [&]() -> std::string {
    switch (message.awaited_type) {
      case image:
        return "Image";
      case gif:
        return "GIF";
      case sticker:
        return "Sticker";
      case video:
        return "Video";
      case audio:
        return "Audio";
      case voice:
        return "Voice message";
      default:
        return message.awaited->name;
    }
  };
  const double kib = static_cast<double>(message.awaited->size) / 1024;
  const std::string size =
      kib < 1024 ? fmt::format("{:.2f} KiB", kib) : fmt::format("{:.2f} MiB", kib / 1024);
  return fmt::format("{}[{} – {}]", message.text.empty() ? "" : " ", what(), size);
}

}  // namespace

std::optional<Reactions> reactions_of(const messaging::Message& message) {
  if (message.reactions.empty()) return std::nullopt;
  Reactions shape;
  for (const messaging::ReactionsOf& of : message.reactions) {
    shape.by_contact[of.contact] = of.reactions;
    for (const std::string& emoji : of.reactions) {
      auto same = std::find_if(shape.reactions.begin(), shape.reactions.end(),
                               [&](const Reaction& one) { return one.emoji == emoji; });
      if (same == shape.reactions.end()) {
        same = shape.reactions.insert(same, {0, emoji, false});
      }
      ++same->count;
      same->is_from_self |= of.contact == messaging::kSelf;
    }
  }
  std::stable_sort(shape.reactions.begin(), shape.reactions.end(),
                   [](const Reaction& a, const Reaction& b) { return a.count > b.count; });
  return shape;
}

Message to_shape(messaging::Message message, Written<Contact> sender) {
  Message shape;
  shape.reactions = reactions_of(message);
  shape.chat_id = message.chat;
  shape.download_state = message.download;
  shape.error = unless_empty(std::move(message.error));
  if (message.file) {
    shape.file = std::move(message.file->path);
    shape.file_bytes = message.file->size;
    shape.file_mime = unless_empty(std::move(message.file->media_type));
    shape.file_name = unless_empty(std::move(message.file->name));
    if (is_picture(message.type)) put_size(shape, *message.file);
  }
  if (message.awaited) put_awaited(shape, message);
  shape.from_id = message.from;
  shape.has_deviating_timestamp = day_of(message.sent_at) != day_of(message.sort_at);
  shape.has_location = message.has_location;
  shape.id = message.id;
  shape.info_contact_id = message.info_contact;
  shape.is_bot = message.is_bot;
  shape.is_edited = message.is_edited;
  shape.is_forwarded = message.is_forwarded;
  shape.is_info = message.is_info;
  shape.is_pinned = message.is_pinned;
  shape.original_msg_id = message.original;
  shape.saved_message_id = message.saved;
  shape.override_sender_name = unless_empty(std::move(message.sender_name));
  shape.parent_id = message.parent;
  shape.webxdc_href = unless_empty(std::move(message.link));
  shape.received_timestamp = seconds(message.received_at);
  shape.sender = std::move(sender);
  shape.show_padlock = message.encrypted;
  shape.sort_timestamp = seconds(message.sort_at);
  shape.state = static_cast<std::uint32_t>(message.state);
  shape.system_message_type = message.system;
  shape.text = message.text + awaited_mark(message);
  shape.timestamp = seconds(message.sent_at);
  shape.view_type = message.type;
  return shape;
}

}  // namespace rpc::shape
