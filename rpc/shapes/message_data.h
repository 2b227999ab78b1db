// The parameters of a message to send. Every member may be left out. Unknown members are ignored,
// but the error names them when nothing is left to send (a typo in "text" must not send an empty
// message).
#pragma once

#include "base/result.h"
#include "rpc/shapes/common.h"

namespace rpc::shape {

struct MessageData {
  static constexpr std::string_view kSchema = "MessageData";
  std::optional<std::string> file;
  std::optional<std::string> filename;
  std::optional<std::string> html;
  std::optional<std::array<double, 2>> location;
  std::optional<std::string> override_sender_name;
  std::optional<MsgId> quoted_message_id;
  std::optional<std::string> quoted_text;
  std::optional<std::string> text;
  std::optional<messaging::Viewtype> viewtype;
  std::vector<std::string> ignored;
  static constexpr auto fields() {
    using M = MessageData;
    return std::tuple(
        base::field("file", &M::file, "path of a file, or a blob's path from an answer"),
        base::field("filename", &M::filename, "the name to send it under"),
        base::field("html", &M::html, "not sent"),
        base::field("location", &M::location, "latitude and longitude, in degrees"),
        base::field("overrideSenderName", &M::override_sender_name, "shown instead of our name"),
        base::field("quotedMessageId", &M::quoted_message_id, "the message it answers"),
        base::field("quotedText", &M::quoted_text, "what it quotes, without quotedMessageId"),
        base::field("text", &M::text, "at most 256 KiB"),
        base::field("viewtype", &M::viewtype,
                    "by the file's name when left out; only Sticker, Voice, Audio, Video and Gif "
                    "decide against it"));
  }
};

// Refused when there is neither text, file nor location.
base::Result<messaging::MessageDraft> to_draft(MessageData data);

}  // namespace rpc::shape
