// Shared by several shapes: colours, seconds, optional texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messaging/model/types.h"
#include "rpc/json_types.h"

namespace rpc::shape {

using base::AccountId;
using base::ChatId;
using base::ContactId;
using base::MsgId;

// "#rrggbb", the same for the same seed for ever, dark enough to be read on white.
std::string color_of(std::string_view seed);

// Milliseconds to Unix seconds, as most times of this API are.
constexpr std::int64_t seconds(base::UnixMillis millis) { return millis / 1000; }

// Nothing instead of an empty text.
inline std::optional<std::string> unless_empty(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace rpc::shape

template <>
struct rpc::EnumNames<messaging::Freshness> {
  using E = messaging::Freshness;
  static constexpr std::string_view kSchema = "ContactFreshness";
  static constexpr std::array kNames{std::pair{E::normal, std::string_view("Normal")},
                                     std::pair{E::recently_seen, std::string_view("RecentlySeen")},
                                     std::pair{E::old, std::string_view("Old")}};
};

template <>
struct rpc::EnumNames<messaging::Viewtype> {
  using E = messaging::Viewtype;
  static constexpr std::string_view kSchema = "Viewtype";
  static constexpr std::array kNames{std::pair{E::unknown, std::string_view("Unknown")},
                                     std::pair{E::text, std::string_view("Text")},
                                     std::pair{E::image, std::string_view("Image")},
                                     std::pair{E::gif, std::string_view("Gif")},
                                     std::pair{E::sticker, std::string_view("Sticker")},
                                     std::pair{E::audio, std::string_view("Audio")},
                                     std::pair{E::voice, std::string_view("Voice")},
                                     std::pair{E::video, std::string_view("Video")},
                                     std::pair{E::file, std::string_view("File")},
                                     std::pair{E::call, std::string_view("Call")},
                                     std::pair{E::webxdc, std::string_view("Webxdc")},
                                     std::pair{E::vcard, std::string_view("Vcard")}};
};

template <>
struct rpc::EnumNames<messaging::ChatType> {
  using E = messaging::ChatType;
  static constexpr std::string_view kSchema = "ChatType";
  static constexpr std::array kNames{std::pair{E::single, std::string_view("Single")},
                                     std::pair{E::group, std::string_view("Group")},
                                     std::pair{E::mailinglist, std::string_view("Mailinglist")},
                                     std::pair{E::out_broadcast, std::string_view("OutBroadcast")},
                                     std::pair{E::in_broadcast, std::string_view("InBroadcast")}};
};
