// A webxdc app as get_webxdc_info shows it.
#pragma once

#include "messaging/api/webxdc.h"
#include "rpc/shapes/common.h"

namespace rpc::shape {

struct WebxdcMessageInfo {
  static constexpr std::string_view kSchema = "WebxdcMessageInfo";
  std::optional<std::string> document;
  std::string icon;
  bool internet_access = false;
  bool is_app_sender = false;
  bool is_broadcast = false;
  std::string name;
  std::string self_addr;
  std::uint64_t send_update_interval = 0;
  std::uint64_t send_update_max_size = 0;
  std::optional<std::string> source_code_url;
  std::optional<std::string> summary;
  static constexpr auto fields() {
    using I = WebxdcMessageInfo;
    return std::tuple(
        base::field("document", &I::document, "the name of the document that the app edits"),
        base::field("icon", &I::icon, "for get_webxdc_blob"),
        base::field("internetAccess", &I::internet_access, "always false"),
        base::field("isAppSender", &I::is_app_sender, "we sent the app"),
        base::field("isBroadcast", &I::is_broadcast, "in a channel"),
        base::field("name", &I::name, "of its manifest, else of its file"),
        base::field("selfAddr", &I::self_addr, "how the app knows us"),
        base::field("sendUpdateInterval", &I::send_update_interval,
                    "milliseconds that an app waits between updates"),
        base::field("sendUpdateMaxSize", &I::send_update_max_size, "bytes of an update's payload"),
        base::field("sourceCodeUrl", &I::source_code_url, "of its manifest"),
        base::field("summary", &I::summary, "what the app says of its state"));
  }
};

WebxdcMessageInfo to_shape(messaging::WebxdcInfo info);

}  // namespace rpc::shape
