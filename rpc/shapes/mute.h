// How long a chat is muted, and where it is shown.
#pragma once

#include "rpc/shapes/common.h"

namespace rpc::shape {

struct NotMuted {
  static constexpr std::string_view kKind = "NotMuted";
  static constexpr auto fields() { return std::tuple<>(); }
};
struct MutedForever {
  static constexpr std::string_view kKind = "Forever";
  static constexpr auto fields() { return std::tuple<>(); }
};
struct MutedUntil {
  static constexpr std::string_view kKind = "Until";
  std::int64_t duration = 0;
  static constexpr auto fields() {
    return std::tuple(base::field("duration", &MutedUntil::duration, "seconds from now"));
  }
};
struct MuteDuration {
  static constexpr std::string_view kSchema = "MuteDuration";
  using Tagged = std::variant<NotMuted, MutedForever, MutedUntil>;
  Tagged value;
};

}  // namespace rpc::shape

template <>
struct rpc::EnumNames<messaging::Visibility> {
  using E = messaging::Visibility;
  static constexpr std::string_view kSchema = "ChatVisibility";
  static constexpr std::array kNames{std::pair{E::normal, std::string_view("Normal")},
                                     std::pair{E::archived, std::string_view("Archived")},
                                     std::pair{E::pinned, std::string_view("Pinned")}};
};
