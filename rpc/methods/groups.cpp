// Groups and channels.
#include "rpc/methods/params.h"

namespace rpc {
namespace {

struct CreateGroup : OfAccount {
  std::string name;
  std::optional<bool> protect;
  static constexpr auto fields() {
    using P = CreateGroup;
    return base::with_fields(
        OfAccount::fields(), base::field("name", &P::name, "at most 256 bytes"),
        base::field("protect", &P::protect, "not used: every group is encrypted"));
  }
};

void create_group_chat(Context& context, CreateGroup p, Completion<ChatId> done) {
  engine_of(context).groups().create(p.account_id, std::move(p.name), std::move(done));
}

struct CreateBroadcast : OfAccount {
  std::string chat_name;
  static constexpr auto fields() {
    using P = CreateBroadcast;
    return base::with_fields(OfAccount::fields(),
                             base::field("chat_name", &P::chat_name, "at most 256 bytes"));
  }
};

void create_broadcast(Context& context, CreateBroadcast p, Completion<ChatId> done) {
  engine_of(context).groups().create_channel(p.account_id, std::move(p.chat_name), std::move(done));
}

// The older name of create_broadcast; it takes no name.
void create_broadcast_list(Context& context, OfAccount p, Completion<ChatId> done) {
  engine_of(context).groups().create_channel(p.account_id, "Channel", std::move(done));
}

struct OfMember : OfChat {
  ContactId contact_id;
  static constexpr auto fields() {
    using P = OfMember;
    return base::with_fields(OfChat::fields("a group or channel"),
                             base::field("contact_id", &P::contact_id, "whom"));
  }
};

void add_contact_to_chat(Context& context, OfMember p, Completion<> done) {
  engine_of(context).groups().add(p.account_id, p.chat_id, p.contact_id, std::move(done));
}

void remove_contact_from_chat(Context& context, OfMember p, Completion<> done) {
  engine_of(context).groups().remove(p.account_id, p.chat_id, p.contact_id, std::move(done));
}

void leave_group(Context& context, OfChat p, Completion<> done) {
  engine_of(context).groups().leave(p.account_id, p.chat_id, std::move(done));
}

struct SetName : OfChat {
  std::string new_name;
  static constexpr auto fields() {
    using P = SetName;
    return base::with_fields(OfChat::fields("a group or channel"),
                             base::field("new_name", &P::new_name, "at most 256 bytes"));
  }
};

void set_chat_name(Context& context, SetName p, Completion<> done) {
  engine_of(context).groups().rename(p.account_id, p.chat_id, std::move(p.new_name),
                                     std::move(done));
}

struct SetDescription : OfChat {
  std::string description;
  static constexpr auto fields() {
    using P = SetDescription;
    return base::with_fields(OfChat::fields("a group or channel"),
                             base::field("description", &P::description, "at most 4,096 bytes"));
  }
};

void set_chat_description(Context& context, SetDescription p, Completion<> done) {
  engine_of(context).groups().describe(p.account_id, p.chat_id, std::move(p.description),
                                       std::move(done));
}

Result<std::string> get_chat_description(Context& context, const OfChat& p) {
  EDGE_TRY(auto chat, engine_of(context).chats().get(p.account_id, p.chat_id));
  return std::move(chat.description);
}

struct SetImage : OfChat {
  std::optional<std::string> image_path;
  static constexpr auto fields() {
    using P = SetImage;
    return base::with_fields(OfChat::fields("a group or channel"),
                             base::field("image_path", &P::image_path,
                                         "a picture of at most 1 MiB; null takes it away"));
  }
};

void set_chat_profile_image(Context& context, SetImage p, Completion<> done) {
  engine_of(context).groups().set_image(p.account_id, p.chat_id, std::move(p.image_path),
                                        std::move(done));
}

Result<std::vector<ContactId>> get_past_chat_contacts(Context& context, const OfChat& p) {
  EDGE_TRY(auto chat, engine_of(context).chats().get(p.account_id, p.chat_id));
  return std::move(chat.past_contacts);
}

Result<std::vector<ChatId>> get_similar_chat_ids(Context& context, const OfChat& p) {
  return engine_of(context).groups().similar(p.account_id, p.chat_id);
}

}  // namespace

void add_group_methods(std::vector<Method>& table) {
  const Row read{.fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  const Row make{.scope = KeyScope::write,
                 .fuzz = Fuzz::safe,
                 .errors = {Errc::not_found, Errc::invalid_argument}};
  const Row change{
      .scope = KeyScope::write,
      .fuzz = Fuzz::safe,
      .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden, Errc::exhausted}};
  table.push_back(method<&create_group_chat>("create_group_chat",
                                             "Makes a group with ourselves as its only member. "
                                             "Members learn of it with the first message.",
                                             make));
  table.push_back(method<&create_broadcast>(
      "create_broadcast", "Makes a channel: we send, subscribers read and do not see each other.",
      make));
  table.push_back(method<&create_broadcast_list>(
      "create_broadcast_list", "As create_broadcast, with the name \"Channel\".", make));
  table.push_back(method<&add_contact_to_chat>("add_contact_to_chat",
                                               "Adds a member to a group or channel.", change));
  table.push_back(method<&remove_contact_from_chat>(
      "remove_contact_from_chat",
      "Takes a member out of a group or channel; contact 1 is as leave_group.", change));
  table.push_back(
      method<&leave_group>("leave_group", "Leaves a group or another's channel.", change));
  table.push_back(method<&set_chat_name>("set_chat_name", "Names a group or channel.", change));
  table.push_back(method<&set_chat_description>("set_chat_description",
                                                "Describes a group or channel.", change));
  table.push_back(method<&get_chat_description>(
      "get_chat_description", "What a group or channel is for; empty: not said.", read));
  // unsafe: `image_path` names any file of the machine that the fuzzer runs on.
  table.push_back(method<&set_chat_profile_image>(
      "set_chat_profile_image",
      "Gives a group or channel a picture. The chat's line about it carries the "
      "picture as its file (GET /file, save_msg_file).",
      {.scope = KeyScope::write,
       .fuzz = Fuzz::unsafe,
       .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden, Errc::too_large,
                  Errc::exhausted}}));
  table.push_back(
      method<&get_past_chat_contacts>("get_past_chat_contacts", "A chat's former members.", read));
  table.push_back(method<&get_similar_chat_ids>(
      "get_similar_chat_ids", "Groups with members in common, the most similar first.", read));
}

}  // namespace rpc
