#include "messaging/mail/form/status_updates.h"

#include <optional>

#include "messaging/mail/form/json_text.h"

namespace messaging::mail {
namespace {

void put_text(std::string& out, std::string_view name, const std::optional<std::string>& text) {
  if (!text) return;
  out.append(",\"").append(name).append("\":").append(json_string(*text));
}

// nothing: not there, or too long.
std::optional<std::string> text_field(const JsonFields& fields, std::string_view name) {
  const std::string_view value = json_field(fields, name);
  if (!value.starts_with('"')) return std::nullopt;
  std::string text = json_text(value);
  if (text.size() > kMaxUpdateText) return std::nullopt;
  return text;
}

std::optional<WebxdcUpdate> read_update(std::string_view json) {
  const auto fields = json_object(json);
  if (!fields) return std::nullopt;
  WebxdcUpdate update;
  if (const std::string_view payload = json_field(*fields, "payload"); !payload.empty()) {
    if (payload.size() > kMaxUpdatePayload) return std::nullopt;
    update.payload = payload;
  }
  update.info = text_field(*fields, "info");
  update.href = text_field(*fields, "href");
  update.document = text_field(*fields, "document");
  update.summary = text_field(*fields, "summary");
  if (const auto notify = json_object(json_field(*fields, "notify"), kMostNotified)) {
    for (const auto& [addr, value] : *notify) {
      std::string text = json_text(value);
      if (addr.size() > kMaxUpdateText || text.size() > kMaxUpdateText) continue;
      update.notify.emplace_back(addr, std::move(text));
    }
  }
  return update;
}

}  // namespace

std::string write_updates(const std::vector<WebxdcUpdate>& updates) {
  std::string out = "{\"updates\":[";
  for (const WebxdcUpdate& update : updates) {
    if (out.back() == '}') out += ',';
    out.append("{\"payload\":").append(update.payload.empty() ? "null" : update.payload);
    put_text(out, "info", update.info);
    put_text(out, "href", update.href);
    put_text(out, "document", update.document);
    put_text(out, "summary", update.summary);
    if (!update.notify.empty()) {
      out += ",\"notify\":{";
      for (const auto& [addr, text] : update.notify) {
        if (out.back() != '{') out += ',';
        out.append(json_string(addr)).append(":").append(json_string(text));
      }
      out += '}';
    }
    out += '}';
  }
  return out += "]}";
}

std::vector<WebxdcUpdate> read_updates(std::string_view json) {
  std::vector<WebxdcUpdate> updates;
  const auto fields = json_object(json);
  if (!fields) return updates;
  const auto values = json_array(json_field(*fields, "updates"), kMaxUpdates);
  if (!values) return updates;
  for (const std::string_view value : *values) {
    if (auto update = read_update(value)) updates.push_back(std::move(*update));
  }
  return updates;
}

}  // namespace messaging::mail
