#include "rpc/webxdc_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "rpc/json_value.h"
#include "rpc/json_write.h"
#include "rpc/request.h"

namespace rpc {
namespace {

base::Result<std::optional<std::string>> text_member(const JsonValue& update,
                                                     std::string_view name) {
  const auto member = update.find(name);
  if (!member || member->is_null()) return std::optional<std::string>();
  const std::string* const text = member->as_string();
  if (text == nullptr) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("update: {}: expected a string, got {}", name, member->what()));
  }
  return std::optional(*text);
}

void put(std::string& out, std::string_view name, const std::optional<std::string>& text) {
  if (!text) return;
  detail::append_key(out, name, false);
  append_json_string(out, *text);
}

void put_update(std::string& out, const messaging::WebxdcUpdateShown& shown,
                std::uint32_t last_serial) {
  const messaging::WebxdcUpdate& update = shown.update;
  detail::append_key(out, "payload", true);
  out += parse_json(update.payload) ? update.payload : "null";
  put(out, "info", update.info);
  put(out, "href", update.href);
  put(out, "document", update.document);
  put(out, "summary", update.summary);
  if (!update.notify.empty()) {
    detail::append_key(out, "notify", false);
    out += '{';
    for (const auto& [address, text] : update.notify) {
      if (out.back() != '{') out += ',';
      append_json_string(out, address);
      out += ':';
      append_json_string(out, text);
    }
    out += '}';
  }
  detail::append_key(out, "serial", false);
  append_json(out, shown.serial);
  detail::append_key(out, "max_serial", false);
  append_json(out, last_serial);
}

}  // namespace

base::Result<messaging::WebxdcUpdate> read_webxdc_update(std::string_view written) {
  auto parsed = parse_json(written);
  if (!parsed || !parsed->is_object() || !parsed->contains("payload")) {
    return base::fail(base::Errc::invalid_argument,
                      R"(update: expected a JSON object such as {"payload": 1, "info": "a line"})");
  }
  const JsonValue value(*parsed);
  messaging::WebxdcUpdate update;
  update.payload = value.find("payload")->dump();
  EDGE_TRY(update.info, text_member(value, "info"));
  EDGE_TRY(update.href, text_member(value, "href"));
  EDGE_TRY(update.document, text_member(value, "document"));
  EDGE_TRY(update.summary, text_member(value, "summary"));
  const auto notify = value.find("notify");
  if (notify && notify->is_object()) {
    notify->for_each_member([&](const std::string& address, const JsonValue& text) {
      if (text.as_string() != nullptr) update.notify.emplace_back(address, *text.as_string());
    });
  }
  return update;
}

std::string webxdc_updates_json(const std::vector<messaging::WebxdcUpdateShown>& updates) {
  std::string out = "[";
  for (const messaging::WebxdcUpdateShown& update : updates) {
    out += out.size() > 1 ? ",\n{" : "{";
    put_update(out, update, updates.back().serial);
    out += '}';
  }
  return out + "]";
}

}  // namespace rpc
