#include "gateway/cli/groups.h"

#include <algorithm>

#include "gateway/cli/lines.h"
#include "gateway/cli/print.h"
#include "gateway/cli/whom.h"

namespace gateway::cli {
namespace {

void print_chat(const Context& context, std::uint32_t chat, const std::string& said) {
  if (context.json) {
    print_json(Json{{"chat_id", chat}});
  } else {
    print(said);
  }
}

base::Result<std::vector<Json>> contacts_named(const Context& context,
                                               const std::vector<std::string>& contacts) {
  std::vector<Json> out;
  for (const std::string& contact : contacts) {
    EDGE_TRY(Json id, contact_named(context, contact));
    out.push_back(std::move(id));
  }
  return out;
}

// Who cannot be a member is refused before there is a group.
base::Result<> check_members(const Context& context, const std::vector<Json>& contacts) {
  for (const Json& id : contacts) {
    EDGE_TRY(const Json contact, context.client.call("get_contact", {context.account, id}));
    if (id == 1 || contact.value("isKeyContact", true)) continue;
    return base::fail(base::Errc::invalid_argument,
                      "contact " + id.dump() +
                          " cannot be added: only somebody who joined you, or whom you joined, can "
                          "be; privitty-edge invite makes a link for them");
  }
  return {};
}

std::string members_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " member" : " members");
}

base::Result<> list(const Context& context) {
  EDGE_TRY(const Json ids, context.client.call("get_chatlist_entries",
                                               {context.account, nullptr, nullptr, nullptr}));
  std::vector<Json> params;
  for (const Json& id : ids) params.push_back({context.account, id});
  EDGE_TRY(const auto chats, context.client.call_all("get_full_chat_by_id", params));
  Json found = Json::array();
  std::vector<Cells> rows;
  for (const Json& chat : chats) {
    const std::string type = chat.value("chatType", "");
    if (type == "Single" || type == "Mailinglist") continue;
    // An owner is not among the contacts of a channel.
    const bool in_it = type == "OutBroadcast" || chat.value("selfInGroup", false);
    found.push_back(chat);
    rows.push_back({chat.value("id", Json()).dump(), type == "Group" ? "group" : "channel",
                    std::to_string(chat.value("contactIds", Json::array()).size()),
                    in_it ? "yes" : "no", plain(chat.value("name", ""))});
  }
  if (context.json) {
    print_json(found);
  } else if (rows.empty()) {
    print("no groups yet: privitty-edge groups make NAME CONTACT…");
  } else {
    print(table({"CHAT", "KIND", "MEMBERS", "IN IT", "NAME"}, rows));
  }
  return {};
}

// The contacts are looked up first: one that there is not makes no group.
base::Result<> make(const Context& context, const GroupRequest& request) {
  EDGE_TRY(const auto contacts, contacts_named(context, request.contacts));
  EDGE_CHECK(check_members(context, contacts));
  EDGE_TRY(const Json chat,
           request.channel
               ? context.client.call("create_broadcast", {context.account, request.name})
               : context.client.call("create_group_chat", {context.account, request.name, false}));
  for (const Json& contact : contacts) {
    EDGE_CHECK(
        context.client.call("add_contact_to_chat", {context.account, chat, contact})
            .with_context("chat " + chat.dump() + " is made, but contact " + contact.dump()));
  }
  print_chat(context, chat.get<std::uint32_t>(),
             std::string(request.channel ? "channel " : "group ") + plain(request.name) +
                 " is chat " + chat.dump() + ", with " + members_text(contacts.size()) +
                 " beside you");
  return {};
}

// A change of members, one after the other.
struct Change {
  const char* method;
  bool member;         // what the contacts are before
  const char* before;  // said of one who is not
  const char* done;
};
constexpr Change kAdd{"add_contact_to_chat", false, "is a member already", "added to"};
constexpr Change kRemove{"remove_contact_from_chat", true, "is no member", "removed from"};

base::Result<> change(const Context& context, const GroupRequest& request, const Change& change) {
  EDGE_TRY(const auto contacts, contacts_named(context, request.contacts));
  EDGE_TRY(const Json members,
           context.client.call("get_chat_contacts", {context.account, request.chat}));
  for (const Json& contact : contacts) {
    EDGE_CHECK(context.client.call("get_contact", {context.account, contact}));
    const bool member = std::find(members.begin(), members.end(), contact) != members.end();
    if (member == change.member) continue;
    return base::fail(base::Errc::invalid_argument,
                      "contact " + contact.dump() + " " + change.before + " of chat " +
                          std::to_string(request.chat) + "; nobody was " + change.done + " it");
  }
  std::string done;
  for (const Json& contact : contacts) {
    EDGE_CHECK(context.client.call(change.method, {context.account, request.chat, contact})
                   .with_context("contact " + contact.dump() +
                                 (done.empty() ? ""
                                               : " (" + done + " was " + change.done + " chat " +
                                                     std::to_string(request.chat) + " before)")));
    done += (done.empty() ? "" : ", ") + contact.dump();
  }
  print_chat(
      context, request.chat,
      members_text(contacts.size()) + " " + change.done + " chat " + std::to_string(request.chat));
  return {};
}

base::Result<> members(const Context& context, std::uint32_t chat) {
  EDGE_TRY(const Json ids, context.client.call("get_chat_contacts", {context.account, chat}));
  std::vector<Json> params;
  for (const Json& id : ids) params.push_back({context.account, id});
  EDGE_TRY(const auto contacts, context.client.call_all("get_contact", params));
  if (context.json) {
    print_json(Json(contacts));
    return {};
  }
  std::vector<Cells> rows;
  for (const Json& contact : contacts) {
    rows.push_back({contact.value("id", Json()).dump(), plain(contact.value("displayName", "")),
                    plain(contact.value("address", ""))});
  }
  print(table({"CONTACT", "NAME", "ADDRESS"}, rows));
  return {};
}

}  // namespace

base::Result<> groups(const Context& context, const GroupRequest& request) {
  if (request.what == "list") return list(context);
  if (request.what == "make") return make(context, request);
  if (request.what == "members") return members(context, request.chat);
  if (request.what == "add") {
    return change(context, request, kAdd);
  }
  if (request.what == "remove") {
    return change(context, request, kRemove);
  }
  const std::string number = std::to_string(request.chat);
  if (request.what == "leave") {
    EDGE_CHECK(context.client.call("leave_group", {context.account, request.chat}));
    print_chat(context, request.chat, "chat " + number + " is left");
    return {};
  }
  EDGE_CHECK(context.client.call("set_chat_name", {context.account, request.chat, request.name}));
  print_chat(context, request.chat, "chat " + number + " is called " + plain(request.name));
  return {};
}

}  // namespace gateway::cli
