// A call as call_info shows it.
#pragma once

#include "rpc/shapes/common.h"

namespace rpc::shape {

struct CallAlerting {
  static constexpr std::string_view kKind = "Alerting";
  static constexpr auto fields() { return std::tuple<>(); }
};
struct CallActive {
  static constexpr std::string_view kKind = "Active";
  static constexpr auto fields() { return std::tuple<>(); }
};
struct CallCompleted {
  static constexpr std::string_view kKind = "Completed";
  std::int64_t duration = 0;
  static constexpr auto fields() {
    return std::tuple(base::field("duration", &CallCompleted::duration, "seconds"));
  }
};
struct CallMissed {
  static constexpr std::string_view kKind = "Missed";
  static constexpr auto fields() { return std::tuple<>(); }
};
struct CallDeclined {
  static constexpr std::string_view kKind = "Declined";
  static constexpr auto fields() { return std::tuple<>(); }
};
struct CallCanceled {
  static constexpr std::string_view kKind = "Canceled";
  static constexpr auto fields() { return std::tuple<>(); }
};
struct CallState {
  static constexpr std::string_view kSchema = "CallState";
  using Tagged =
      std::variant<CallAlerting, CallActive, CallCompleted, CallMissed, CallDeclined, CallCanceled>;
  Tagged value;
};

struct CallInfo {
  static constexpr std::string_view kSchema = "CallInfo";
  bool has_video = false;
  std::string sdp_offer;
  CallState state;
  static constexpr auto fields() {
    using C = CallInfo;
    return std::tuple(
        base::field("hasVideo", &C::has_video, "it was placed as a video call"),
        base::field("sdpOffer", &C::sdp_offer, "what the caller passed to place_outgoing_call"),
        base::field("state", &C::state, "rings (Alerting), is active, or how it ended"));
  }
};

CallInfo to_shape(messaging::Call call);

}  // namespace rpc::shape
