// Webxdc apps.
#include "rpc/shapes/webxdc.h"

#include <algorithm>

#include "crypto/encoding.h"
#include "rpc/methods/params.h"
#include "rpc/webxdc_json.h"

namespace rpc {
namespace {

struct OfApp : OfAccount {
  MsgId instance_msg_id;
  static constexpr auto fields() {
    return base::with_fields(
        OfAccount::fields(),
        base::field("instance_msg_id", &OfApp::instance_msg_id, "the message with the app"));
  }
};

Result<shape::WebxdcMessageInfo> get_webxdc_info(Context& context, const OfApp& p) {
  EDGE_TRY(messaging::WebxdcInfo info,
           engine_of(context).webxdc().info(p.account_id, p.instance_msg_id));
  return shape::to_shape(std::move(info));
}

struct FileOfApp : OfApp {
  std::string path;
  static constexpr auto fields() {
    return base::with_fields(OfApp::fields(), base::field("path", &FileOfApp::path,
                                                          "a file's name in the app's archive"));
  }
};

Result<std::string> get_webxdc_blob(Context& context, const FileOfApp& p) {
  EDGE_TRY(const base::Bytes bytes,
           engine_of(context).webxdc().file(p.account_id, p.instance_msg_id, p.path));
  std::string text = crypto::base64url_encode(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return text;
}

struct OfLine : OfAccount {
  MsgId info_msg_id;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(), base::field("info_msg_id", &OfLine::info_msg_id,
                                                              "a line of an app in its chat"));
  }
};

Result<std::optional<std::string>> get_webxdc_href(Context& context, const OfLine& p) {
  return engine_of(context).webxdc().link(p.account_id, p.info_msg_id);
}

struct SendUpdate : OfApp {
  std::string update_str;
  std::optional<std::string> descr;
  static constexpr auto fields() {
    using P = SendUpdate;
    return base::with_fields(
        OfApp::fields(),
        base::field("update_str", &P::update_str,
                    R"(JSON, for example {"payload": {"x": 1}, "info": "a line in the chat"})"),
        base::field("descr", &P::descr, "not used"));
  }
};

void send_webxdc_status_update(Context& context, SendUpdate p, Completion<> done) {
  auto update = read_webxdc_update(p.update_str);
  if (!update) return done(std::move(update).error());
  engine_of(context).webxdc().send(p.account_id, p.instance_msg_id, *std::move(update),
                                   std::move(done));
}

struct GetUpdates : OfApp {
  std::uint32_t last_known_serial = 0;
  static constexpr auto fields() {
    return base::with_fields(OfApp::fields(),
                             base::field("last_known_serial", &GetUpdates::last_known_serial,
                                         "those after this number; 0: from the first"));
  }
};

Result<std::string> get_webxdc_status_updates(Context& context, const GetUpdates& p) {
  EDGE_TRY(const auto updates, engine_of(context).webxdc().updates(p.account_id, p.instance_msg_id,
                                                                   p.last_known_serial));
  return webxdc_updates_json(updates);
}

void send_webxdc_realtime_advertisement(Context& context, OfApp p, Completion<> done) {
  engine_of(context).realtime().advertise(p.account_id, p.instance_msg_id, std::move(done));
}

struct SendRealtime : OfApp {
  std::vector<std::uint8_t> data;
  static constexpr auto fields() {
    return base::with_fields(OfApp::fields(), base::field("data", &SendRealtime::data,
                                                          "bytes, as numbers; at most 100,000"));
  }
};

void send_webxdc_realtime_data(Context& context, SendRealtime p, Completion<> done) {
  engine_of(context).realtime().send(p.account_id, p.instance_msg_id, std::move(p.data),
                                     std::move(done));
}

struct LeaveRealtime : OfAccount {
  MsgId instance_message_id;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("instance_message_id", &LeaveRealtime::instance_message_id,
                                         "the message with the app"));
  }
};

void leave_webxdc_realtime(Context& context, LeaveRealtime p, Completion<> done) {
  engine_of(context).realtime().leave(p.account_id, p.instance_message_id, std::move(done));
}

}  // namespace

void add_webxdc_methods(std::vector<Method>& table) {
  const Row read{.fuzz = Fuzz::safe, .errors = {Errc::not_found, Errc::invalid_argument}};
  const Row write{
      .scope = KeyScope::write,
      .fuzz = Fuzz::safe,
      .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden, Errc::too_large}};
  table.push_back(method<&get_webxdc_info>(
      "get_webxdc_info", "What an app is called, and what it says of itself.", read));
  table.push_back(method<&get_webxdc_blob>(
      "get_webxdc_blob", "A file of an app's archive in base64, without padding; 16 MiB at most.",
      {.fuzz = Fuzz::safe,
       .errors = {Errc::not_found, Errc::invalid_argument, Errc::too_large, Errc::corrupt}}));
  table.push_back(
      method<&get_webxdc_href>("get_webxdc_href", "Where in its app a line leads, or null.", read));
  table.push_back(
      method<&send_webxdc_status_update>("send_webxdc_status_update",
                                         "Sends an update of an app to its copies at all who have "
                                         "it; its payload has 128 KiB at most.",
                                         write));
  table.push_back(method<&get_webxdc_status_updates>(
      "get_webxdc_status_updates",
      "The updates of an app after a serial, as a JSON list in a text: about 8 MiB at most, so ask "
      "again after the last one.",
      read));
  table.push_back(method<&send_webxdc_realtime_advertisement>(
      "send_webxdc_realtime_advertisement",
      "Our copy of an app listens to data of others' copies that run, and they are notified.",
      write));
  table.push_back(method<&send_webxdc_realtime_data>(
      "send_webxdc_realtime_data",
      "Sends bytes to the copies of an app that listen now. Nothing is stored: who is not there "
      "misses it.",
      write));
  table.push_back(method<&leave_webxdc_realtime>("leave_webxdc_realtime",
                                                 "Our copy of an app listens no longer.", write));
}

}  // namespace rpc
