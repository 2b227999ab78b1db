// Data about a message: its delivery, its readers, list entries.
#pragma once

#include "rpc/shapes/common.h"

namespace rpc::shape {

struct EphemeralDisabled {
  static constexpr std::string_view kKind = "disabled";
  static constexpr auto fields() { return std::tuple<>(); }
};
struct EphemeralEnabled {
  static constexpr std::string_view kKind = "enabled";
  std::uint32_t duration = 0;
  static constexpr auto fields() {
    return std::tuple(base::field("duration", &EphemeralEnabled::duration, "seconds"));
  }
};
struct EphemeralTimer {
  static constexpr std::string_view kSchema = "EphemeralTimer";
  using Tagged = std::variant<EphemeralDisabled, EphemeralEnabled>;
  Tagged value;
};

struct MessageInfo {
  static constexpr std::string_view kSchema = "MessageInfo";
  EphemeralTimer ephemeral_timer;
  std::optional<std::int64_t> ephemeral_timestamp;
  std::optional<std::string> error;
  std::string hop_info;
  std::string rfc724_mid;
  std::vector<std::string> server_urls;
  static constexpr auto fields() {
    using M = MessageInfo;
    return std::tuple(
        base::field("ephemeralTimer", &M::ephemeral_timer, ""),
        base::field("ephemeralTimestamp", &M::ephemeral_timestamp, "when it goes, Unix seconds"),
        base::field("error", &M::error, "why it failed"),
        base::field("hopInfo", &M::hop_info, "its way, one line a step"),
        base::field("rfc724Mid", &M::rfc724_mid, "its id, the same at both sides"),
        base::field("serverUrls", &M::server_urls, "always empty"));
  }
};

struct MessageReadReceipt {
  static constexpr std::string_view kSchema = "MessageReadReceipt";
  ContactId contact_id;
  std::int64_t timestamp = 0;
  static constexpr auto fields() {
    return std::tuple(base::field("contactId", &MessageReadReceipt::contact_id, "who read it"),
                      base::field("timestamp", &MessageReadReceipt::timestamp, "Unix seconds"));
  }
};

struct ListedMessage {
  static constexpr std::string_view kKind = "message";
  MsgId msg_id;
  static constexpr auto fields() {
    return std::tuple(base::field("msg_id", &ListedMessage::msg_id, ""));
  }
};
struct DayMarker {
  static constexpr std::string_view kKind = "dayMarker";
  std::int64_t timestamp = 0;
  static constexpr auto fields() {
    return std::tuple(base::field("timestamp", &DayMarker::timestamp, "Unix seconds"));
  }
};
struct MessageListItem {
  static constexpr std::string_view kSchema = "MessageListItem";
  using Tagged = std::variant<ListedMessage, DayMarker>;
  Tagged value;
};

}  // namespace rpc::shape
