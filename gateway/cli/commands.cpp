#include "gateway/cli/commands.h"

#include <algorithm>

#include "gateway/cli/lines.h"
#include "gateway/cli/print.h"
#include "gateway/cli/whom.h"
#include "gateway/process/version.h"

namespace gateway::cli {
namespace {

using base::Errc;
using base::fail;
using base::Result;

std::string text_of(const Json& json) {
  return json.is_string() ? json.get<std::string>() : json.is_null() ? "" : json.dump();
}

std::string connectivity_name(const Json& value, bool configured) {
  if (!configured) return "none: the account has no address yet";
  const auto number = value.is_number_integer() ? value.get<std::int64_t>() : 0;
  if (number >= 4000) return "connected, nothing waits";
  if (number >= 3000) return "sending";
  if (number >= 2000) return "trying to reach peers";
  return "stopped";
}

}  // namespace

Result<> status(const Context& context) {
  EDGE_TRY(const auto addr, context.client.call("get_config", {context.account, "addr"}));
  EDGE_TRY(const auto name, context.client.call("get_config", {context.account, "displayname"}));
  EDGE_TRY(const auto connectivity, context.client.call("get_connectivity", {context.account}));
  EDGE_TRY(const auto found, context.client.call("get_contact_ids", {context.account, 0, nullptr}));
  EDGE_TRY(const auto info, context.client.call("get_info", {context.account}));
  if (context.json) {
    print_json(Json{{"addr", addr},
                    {"displayname", name},
                    {"connectivity", connectivity},
                    {"contacts", found.size()},
                    {"info", info}});
    return {};
  }
  std::vector<std::pair<std::string, std::string>> lines{
      {"address", plain(text_of(addr))},
      {"name", plain(text_of(name))},
      {"connectivity", connectivity_name(connectivity, !addr.is_null())},
      {"contacts", std::to_string(found.size())}};
  for (const auto& [key, value] : info.items()) {
    lines.emplace_back(plain(key), plain(text_of(value)));
  }
  std::size_t width = 0;
  for (const auto& [key, value] : lines) width = std::max(width, key.size());
  for (const auto& [key, value] : lines) {
    print(key + std::string(width - key.size() + 2, ' ') + value);
  }
  return {};
}

Result<> health(const Context& context) {
  EDGE_TRY(const auto answer, context.client.get("/health"));
  const auto json = Json::parse(answer.body, nullptr, false);
  if (context.json && json.is_object()) {
    print_json(json);
  } else if (answer.status == 200 && json.is_object()) {
    print("ok: " + plain(json.value("service", "?")) + " " + plain(json.value("version", "?")));
  }
  if (answer.status == 200 && json.is_object()) return {};
  if (answer.status == 503) {
    return fail(Errc::unavailable, "the daemon is not ready: " + plain(answer.body));
  }
  return refusal(answer);
}

Result<> invite(const Context& context, const DrawQr& draw) {
  EDGE_TRY(const auto link,
           context.client.call("get_chat_securejoin_qr_code", {context.account, nullptr}));
  if (context.json) {
    print_json(Json{{"link", link}});
    return {};
  }
  print(text_of(link));
  if (!draw) return {};
  const auto code = draw(text_of(link));
  if (!code) return fail(Errc::too_large, "the invite is too long for a QR code: use the link");
  print(*code);
  return {};
}

Result<> join(const Context& context, const std::string& link) {
  EDGE_TRY(const auto chat, context.client.call("secure_join", {context.account, link}));
  if (context.json) {
    print_json(Json{{"chat_id", chat}});
  } else {
    print("joining: chat " + chat.dump() +
          "; privitty-edge listen shows SecurejoinJoinerProgress " + "reach 1000");
  }
  return {};
}

Result<> accounts(const Context& context) {
  EDGE_TRY(const auto found, context.client.call("get_all_accounts", Json::array()));
  if (context.json) {
    print_json(found);
    return {};
  }
  std::vector<Cells> rows;
  for (const auto& account : found) {
    const bool ready = account.value("kind", "") == "Configured";
    rows.push_back({account.value("id", Json()).dump(),
                    ready ? plain(text_of(account.value("displayName", Json()))) : "",
                    ready ? plain(text_of(account.value("addr", Json()))) : "not configured yet"});
  }
  print(rows.empty() ? "no accounts yet: privitty-edge call add_account makes one"
                     : table({"ACCOUNT", "NAME", "ADDRESS"}, rows));
  return {};
}

Result<> contacts(const Context& context) {
  EDGE_TRY(const auto ids, context.client.call("get_contact_ids", {context.account, 0, nullptr}));
  std::vector<Json> params;
  for (const auto& id : ids) params.push_back({context.account, id});
  EDGE_TRY(const auto found, context.client.call_all("get_contact", params));
  if (context.json) {
    print_json(Json(found));
    return {};
  }
  for (const auto& contact : found) print(contact_line(contact));
  if (found.empty()) print("no contacts yet: privitty-edge invite makes a link for somebody");
  return {};
}

Result<> chats(const Context& context) {
  EDGE_TRY(const auto ids, context.client.call("get_chatlist_entries",
                                               {context.account, nullptr, nullptr, nullptr}));
  EDGE_TRY(const auto items,
           context.client.call("get_chatlist_items_by_entries", {context.account, ids}));
  Json ordered = Json::array();
  for (const auto& id : ids) {
    if (items.contains(id.dump())) ordered.push_back(items[id.dump()]);
  }
  if (context.json) {
    print_json(ordered);
    return {};
  }
  for (const auto& item : ordered) print(chat_line(item));
  if (ordered.empty()) print("no chats yet: privitty-edge invite makes a link for somebody");
  return {};
}

Result<> messages(const Context& context, const std::string& of, std::size_t last) {
  Json chat = number_in(of) ? Json(*number_in(of)) : Json();
  Json ids = Json::array();
  if (chat.is_null()) {
    EDGE_TRY(const auto contact, contact_of(context, of));
    EDGE_TRY(chat, context.client.call("get_chat_id_by_contact_id", {context.account, contact}));
  }
  if (!chat.is_null()) {  // a contact may have no chat yet
    EDGE_TRY(ids, context.client.call("get_message_ids", {context.account, chat, false, false}));
  }
  Json wanted = Json::array();
  for (std::size_t i = ids.size() - std::min(last, ids.size()); i < ids.size(); ++i) {
    wanted.push_back(ids[i]);
  }
  EDGE_TRY(const auto found, context.client.call("get_messages", {context.account, wanted}));
  Json ordered = Json::array();
  for (const auto& id : wanted) {
    if (found.contains(id.dump())) ordered.push_back(found[id.dump()]);
  }
  if (context.json) {
    print_json(ordered);
    return {};
  }
  for (const auto& message : ordered) print(message_lines(message));
  if (ordered.empty())
    print((number_in(of) ? "no messages in chat " : "no messages with ") + plain(of));
  return {};
}

Result<> call(const Context& context, const std::string& method, const std::string& params) {
  const auto json = Json::parse(params, nullptr, false);
  if (!json.is_array() && !json.is_object()) {
    return fail(Errc::invalid_argument,
                "PARAMS must be a JSON array or object, such as '[1,\"addr\"]'");
  }
  // As it was typed: a parsed and rewritten number of many digits would be another one.
  EDGE_TRY(const auto result, context.client.call_with_text(method, params));
  print(context.json ? result.dump(-1, ' ', false, Json::error_handler_t::replace)
                     : result.dump(2, ' ', true, Json::error_handler_t::replace));
  return {};
}

void show_version(const Context& context) {
  const auto answer = context.client.get("/health");
  Json daemon;
  if (answer.ok() && answer->status == 200) {
    const auto json = Json::parse(answer->body, nullptr, false);
    if (json.is_object()) daemon = json.value("version", "?");
  }
  if (context.json) {
    print_json(Json{{"version", version()}, {"commit", commit()}, {"daemon", daemon}});
    return;
  }
  print(version_line("privitty-edge"));
  print(daemon.is_null() ? "no daemon answers" : "the daemon has " + plain(text_of(daemon)));
}

}  // namespace gateway::cli
