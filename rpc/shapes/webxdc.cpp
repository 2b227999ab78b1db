#include "rpc/shapes/webxdc.h"

namespace rpc::shape {
namespace {

constexpr std::uint64_t kUpdateInterval = 1000;

}  // namespace

WebxdcMessageInfo to_shape(messaging::WebxdcInfo info) {
  WebxdcMessageInfo shape;
  shape.document = unless_empty(std::move(info.document));
  shape.icon = std::move(info.icon);
  shape.is_app_sender = info.is_app_sender;
  shape.is_broadcast = info.is_broadcast;
  shape.name = std::move(info.name);
  shape.self_addr = std::move(info.self_addr);
  shape.send_update_interval = kUpdateInterval;
  shape.send_update_max_size = messaging::kMaxUpdatePayload;
  shape.source_code_url = unless_empty(std::move(info.source_code_url));
  shape.summary = unless_empty(std::move(info.summary));
  return shape;
}

}  // namespace rpc::shape
