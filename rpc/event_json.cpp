#include "rpc/event_json.h"

#include <map>

#include "rpc/json_write.h"

namespace rpc {

using messaging::Event;

std::string camel_case(std::string_view snake) {
  std::string camel;
  bool upper = false;
  for (const char c : snake) {
    if (c == '_') {
      upper = true;
    } else {
      camel += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      upper = false;
    }
  }
  return camel;
}

namespace {

// The core events of Delta Chat that differ from "the same fields in camelCase".
template <class Body>
void put_oddities(std::map<std::string, std::string>& members, const Body& body,
                  base::ChatId joined) {
  if constexpr (std::is_same_v<Body, messaging::ContactsChanged> ||
                std::is_same_v<Body, messaging::LocationChanged>) {
    if (!body.contact_id.valid()) members["contactId"] = "null";
  } else if constexpr (std::is_same_v<Body, messaging::IncomingWebxdcNotify>) {
    if (body.href.empty()) members["href"] = "null";
  } else if constexpr (std::is_same_v<Body, messaging::ReactionsChanged>) {
    members["contactId"] = "0";
  } else if constexpr (std::is_same_v<Body, messaging::ConfigureProgress>) {
    if (body.comment.empty()) members["comment"] = "null";
  } else if constexpr (std::is_same_v<Body, messaging::SecurejoinInviterProgress>) {
    members["chatId"] = to_json(joined);
    members["chatType"] = "\"Single\"";
  }
}

}  // namespace

std::string_view event_type(const Event& event) {
  return std::visit([](const auto& body) { return std::remove_cvref_t<decltype(body)>::kName; },
                    event.body);
}

base::ChatId chat_of(const Event& event) { return messaging::chat_of(event.body); }

std::string event_json(const Event& event) {
  if (const auto* own = std::get_if<messaging::ChannelEvent>(&event.body)) return own->data;
  std::string out = R"({"type":")";
  out += event_type(event);
  out += R"(","account_id":)";
  append_json(out, event.account);
  std::visit(
      [&](const auto& body) {
        base::for_each_field(body, [&](const auto& field, const auto& member) {
          detail::append_key(out, field.name, false);
          append_json(out, member);
        });
      },
      event.body);
  out += '}';
  return out;
}

std::string snapshot_json(const messaging::AccountOpening& account) {
  std::uint64_t fresh = 0;
  std::string chats;
  for (const auto& [chat, last_message] : account.chats) {
    // The same rule as get_fresh_msgs: neither muted chats nor requests count.
    if (!chat.mute.muted && !chat.is_contact_request) fresh += chat.fresh_count;
    chats += chats.empty() ? R"({"chat_id":)" : R"(,{"chat_id":)";
    append_json(chats, chat.id);
    chats += R"(,"name":)";
    append_json(chats, chat.name);
    chats += R"(,"fresh":)";
    append_json(chats, chat.fresh_count);
    chats += R"(,"last_msg_id":)";
    append_json(chats, last_message);
    chats += R"(,"is_archived":)";
    append_json(chats, chat.visibility == messaging::Visibility::archived);
    chats += R"(,"is_contact_request":)";
    append_json(chats, chat.is_contact_request);
    chats += R"(,"is_muted":)";
    append_json(chats, chat.mute.muted);
    chats += '}';
  }
  std::string out = R"({"type":"Snapshot","account_id":)";
  append_json(out, account.account);
  out += R"(,"fresh":)";
  append_json(out, fresh);
  out += R"(,"chats":[)" + chats + "]}";
  return out;
}

std::string core_event_json(const Event& event, base::ChatId joined) {
  std::map<std::string, std::string> members;
  members["kind"] = to_json(event_type(event));
  std::visit(
      [&](const auto& body) {
        using Body = std::remove_cvref_t<decltype(body)>;
        base::for_each_field(body, [&](const auto& field, const auto& member) {
          members[kKeepsNames<Body> ? std::string(field.name) : camel_case(field.name)] =
              to_json(member);
        });
        put_oddities(members, body, joined);
      },
      event.body);
  const bool whole_daemon = std::holds_alternative<messaging::AccountsChanged>(event.body);
  std::string out = R"({"contextId":)";
  append_json(out, whole_daemon ? base::AccountId() : event.account);
  out += R"(,"event":{)";
  bool first = true;
  for (const auto& [name, value] : members) {
    detail::append_key(out, name, std::exchange(first, false));
    out += value;
  }
  out += "}}";
  return out;
}

std::string overflow_event_json(std::uint64_t dropped) {
  std::string out = R"({"contextId":0,"event":{"kind":"EventChannelOverflow","n":)";
  append_json(out, dropped);
  out += "}}";
  return out;
}

}  // namespace rpc
