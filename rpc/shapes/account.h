// An account as get_all_accounts and get_account_info show it.
#pragma once

#include "rpc/shapes/common.h"

namespace rpc::shape {

// Whether a push service wakes the account.
enum class NotifyState : std::uint8_t { not_connected, connected };

struct Configured {
  static constexpr std::string_view kKind = "Configured";
  std::optional<std::string> addr;
  std::string color;
  std::optional<std::string> display_name;
  AccountId id;
  std::optional<std::string> private_tag;
  std::optional<std::string> profile_image;
  static constexpr auto fields() {
    return std::tuple(
        base::field("addr", &Configured::addr, "its address, a label"),
        base::field("color", &Configured::color, "#rrggbb"),
        base::field("displayName", &Configured::display_name, "what peers see"),
        base::field("id", &Configured::id, "the account"),
        base::field("privateTag", &Configured::private_tag, "seen by nobody else"),
        base::field("profileImage", &Configured::profile_image, "path of the picture"));
  }
};

struct Unconfigured {
  static constexpr std::string_view kKind = "Unconfigured";
  AccountId id;
  static constexpr auto fields() {
    return std::tuple(base::field("id", &Unconfigured::id, "the account"));
  }
};

struct Account {
  static constexpr std::string_view kSchema = "Account";
  using Tagged = std::variant<Configured, Unconfigured>;
  Tagged value;
};

// The newest version of an app in one of the places where it is had.
struct AppSource {
  static constexpr std::string_view kSchema = "AppSource";
  std::string download_url;
  std::uint32_t version_integer = 0;
  std::string version_string;
  static constexpr auto fields() {
    return std::tuple(base::field("downloadUrl", &AppSource::download_url, ""),
                      base::field("versionInteger", &AppSource::version_integer, ""),
                      base::field("versionString", &AppSource::version_string, ""));
  }
};

inline Account to_shape(messaging::Account account) {
  if (!account.configured) return {Unconfigured{account.id}};
  return {Configured{unless_empty(std::move(account.addr)), color_of(account.color_seed),
                     unless_empty(std::move(account.display_name)), account.id,
                     unless_empty(std::move(account.private_tag)),
                     unless_empty(std::move(account.image))}};
}

}  // namespace rpc::shape

template <>
struct rpc::EnumNames<rpc::shape::NotifyState> {
  using E = rpc::shape::NotifyState;
  static constexpr std::string_view kSchema = "NotifyState";
  static constexpr std::array kNames{std::pair{E::not_connected, std::string_view("NotConnected")},
                                     std::pair{E::connected, std::string_view("Connected")}};
};
