#include "rpc/shapes/call.h"

#include <algorithm>

namespace rpc::shape {
namespace {

CallState state_of(const messaging::Call& call) {
  switch (call.state) {
    case messaging::CallState::rings:
      return {CallAlerting{}};
    case messaging::CallState::active:
      return {CallActive{}};
    case messaging::CallState::completed:
      // As in Delta Chat, a call that was accepted took a second at least.
      return {CallCompleted{std::max<std::int64_t>(call.duration / 1000, 1)}};
    case messaging::CallState::missed:
      return {CallMissed{}};
    case messaging::CallState::declined:
      return {CallDeclined{}};
    case messaging::CallState::canceled:
      return {CallCanceled{}};
  }
  return {};
}

}  // namespace

CallInfo to_shape(messaging::Call call) {
  CallInfo shape;
  shape.state = state_of(call);
  shape.has_video = call.video;
  shape.sdp_offer = std::move(call.offer);
  return shape;
}

}  // namespace rpc::shape
