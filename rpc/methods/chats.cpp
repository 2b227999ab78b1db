// Chats one by one.
#include "rpc/methods/params.h"
#include "rpc/shapes/chat.h"
#include "rpc/shapes/mute.h"
#include "rpc/shapes/qr.h"

namespace rpc {
namespace {

Result<shape::BasicChat> get_basic_chat_info(Context& context, const OfChat& p) {
  EDGE_TRY(auto chat, engine_of(context).chats().get(p.account_id, p.chat_id));
  return shape::to_basic(std::move(chat));
}

Result<shape::FullChat> get_full_chat_by_id(Context& context, const OfChat& p) {
  EDGE_TRY(auto chat, engine_of(context).chats().get(p.account_id, p.chat_id));
  return shape::to_full(std::move(chat));
}

Result<std::vector<ContactId>> get_chat_contacts(Context& context, const OfChat& p) {
  EDGE_TRY(auto chat, engine_of(context).chats().get(p.account_id, p.chat_id));
  return std::move(chat.contacts);
}

Result<bool> can_send(Context& context, const OfChat& p) {
  EDGE_TRY(const auto chat, engine_of(context).chats().get(p.account_id, p.chat_id));
  return chat.can_send;
}

Result<bool> is_chat_muted(Context& context, const OfChat& p) {
  EDGE_TRY(const auto chat, engine_of(context).chats().get(p.account_id, p.chat_id));
  return chat.mute.muted;
}

Result<std::string> get_chat_encryption_info(Context& context, const OfChat& p) {
  EDGE_TRY(const auto shown, engine_of(context).chats().with_members(p.account_id, p.chat_id));
  std::string text = shown.chat.is_encrypted ? "Messages are end-to-end encrypted."
                                             : "Messages are not end-to-end encrypted.";
  for (const auto& member : shown.members) {
    if (member.fingerprint.empty() || member.id == messaging::kSelf) continue;
    text += fmt::format("\n\n{} ({})\n{}", member.display_name, member.addr,
                        shape::readable_fingerprint(member.fingerprint));
  }
  return text;
}

Result<std::uint32_t> get_fresh_msg_cnt(Context& context, const OfChat& p) {
  return engine_of(context).chats().fresh_count(p.account_id, p.chat_id);
}

Result<std::uint32_t> get_chat_ephemeral_timer(Context& context, const OfChat& p) {
  return engine_of(context).chats().timer(p.account_id, p.chat_id);
}

struct ChatTimer : OfChat {
  std::uint32_t timer = 0;
  static constexpr auto fields() {
    return base::with_fields(
        OfChat::fields(),
        base::field("timer", &ChatTimer::timer, "seconds from the reading on; 0: never"));
  }
};

void set_chat_ephemeral_timer(Context& context, ChatTimer p, Completion<> done) {
  engine_of(context).chats().set_timer(p.account_id, p.chat_id, p.timer, std::move(done));
}

Result<std::optional<ChatId>> get_chat_id_by_contact_id(Context& context, const OfContact& p) {
  return engine_of(context).chats().find_by_contact(p.account_id, p.contact_id);
}

void create_chat_by_contact_id(Context& context, OfContact p, Completion<ChatId> done) {
  engine_of(context).chats().create_by_contact(p.account_id, p.contact_id, std::move(done));
}

void accept_chat(Context& context, OfChat p, Completion<> done) {
  engine_of(context).chats().accept(p.account_id, p.chat_id, std::move(done));
}

void block_chat(Context& context, OfChat p, Completion<> done) {
  engine_of(context).chats().block(p.account_id, p.chat_id, std::move(done));
}

void delete_chat(Context& context, OfChat p, Completion<> done) {
  engine_of(context).chats().remove(p.account_id, p.chat_id, std::move(done));
}

void marknoticed_chat(Context& context, OfChat p, Completion<> done) {
  engine_of(context).chats().mark_noticed(p.account_id, p.chat_id, std::move(done));
}

void marknoticed_all_chats(Context& context, OfAccount p, Completion<> done) {
  engine_of(context).chats().mark_all_noticed(p.account_id, std::move(done));
}

void markfresh_chat(Context& context, OfChat p, Completion<> done) {
  engine_of(context).chats().mark_fresh(p.account_id, p.chat_id, std::move(done));
}

Result<std::optional<MsgId>> get_first_unread_message_of_chat(Context& context, const OfChat& p) {
  return engine_of(context).messages().first_fresh(p.account_id, p.chat_id);
}

struct SetVisibility : OfChat {
  messaging::Visibility visibility = messaging::Visibility::normal;
  static constexpr auto fields() {
    return base::with_fields(OfChat::fields(),
                             base::field("visibility", &SetVisibility::visibility, ""));
  }
};

void set_chat_visibility(Context& context, SetVisibility p, Completion<> done) {
  engine_of(context).chats().set_visibility(p.account_id, p.chat_id, p.visibility, std::move(done));
}

struct SetMute : OfChat {
  shape::MuteDuration duration;
  static constexpr auto fields() {
    return base::with_fields(OfChat::fields(), base::field("duration", &SetMute::duration, ""));
  }
};

void set_chat_mute_duration(Context& context, SetMute p, Completion<> done) {
  constexpr std::int64_t kLongest = 100LL * 365 * 24 * 60 * 60;
  messaging::MuteState mute;
  mute.muted = !std::holds_alternative<shape::NotMuted>(p.duration.value);
  if (const auto* until = std::get_if<shape::MutedUntil>(&p.duration.value)) {
    if (until->duration < 1 || until->duration > kLongest) {
      return done(fail(Errc::invalid_argument,
                       fmt::format("duration.duration: expected 1 to {} seconds", kLongest)));
    }
    mute.until = context.clock->now() + until->duration * 1000;
  }
  engine_of(context).chats().set_mute(p.account_id, p.chat_id, mute, std::move(done));
}

}  // namespace

void add_chat_methods(std::vector<Method>& table) {
  const Row read{.fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  const Row write{.scope = KeyScope::write, .fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  table.push_back(method<&get_basic_chat_info>("get_basic_chat_info", "A chat's basics.", read));
  table.push_back(
      method<&get_full_chat_by_id>("get_full_chat_by_id", "A chat with its members.", read));
  table.push_back(method<&get_chat_contacts>(
      "get_chat_contacts", "A chat's members, ourselves last; of a channel its subscribers.",
      read));
  table.push_back(method<&can_send>("can_send", "Whether send_msg to this chat would work.", read));
  table.push_back(method<&is_chat_muted>("is_chat_muted", "Whether a chat is muted now.", read));
  table.push_back(method<&get_chat_encryption_info>("get_chat_encryption_info",
                                                    "What secures a chat, for a person.", read));
  table.push_back(method<&get_fresh_msg_cnt>(
      "get_fresh_msg_cnt", "How many messages of a chat were not noticed yet.", read));
  table.push_back(method<&get_chat_ephemeral_timer>(
      "get_chat_ephemeral_timer", "Seconds until messages vanish; 0: never.", read));
  table.push_back(method<&set_chat_ephemeral_timer>(
      "set_chat_ephemeral_timer",
      "Has messages sent from now on vanish: here so long after the sending, at members so long "
      "after the reading.",
      {.scope = KeyScope::write,
       .fuzz = Fuzz::safe,
       .errors = {Errc::not_found, Errc::forbidden}}));
  table.push_back(method<&get_chat_id_by_contact_id>(
      "get_chat_id_by_contact_id", "The 1:1 chat with a contact, or null.", read));
  table.push_back(method<&create_chat_by_contact_id>(
      "create_chat_by_contact_id",
      "The 1:1 chat with a contact, made when there is none; with contact 1 Saved messages.",
      write));
  table.push_back(method<&accept_chat>("accept_chat", "Accepts a contact request.", write));
  table.push_back(method<&block_chat>("block_chat", "Blocks a chat and hides it.", write));
  table.push_back(
      method<&delete_chat>("delete_chat", "Deletes a chat and its messages here.", write));
  table.push_back(method<&marknoticed_chat>(
      "marknoticed_chat", "Marks a chat's messages noticed; the sender is not notified.", write));
  table.push_back(method<&marknoticed_all_chats>(
      "marknoticed_all_chats", "Marks the messages of all chats noticed.", write));
  table.push_back(method<&markfresh_chat>(
      "markfresh_chat", "Makes the newest message that a chat received fresh again.", write));
  table.push_back(method<&get_first_unread_message_of_chat>(
      "get_first_unread_message_of_chat", "A chat's first message not noticed yet, or null.",
      read));
  table.push_back(method<&set_chat_visibility>(
      "set_chat_visibility", "Shows a chat as usual, archived or pinned.", write));
  table.push_back(method<&set_chat_mute_duration>(
      "set_chat_mute_duration", "Mutes a chat for a while, for ever, or no more.", write));
}

}  // namespace rpc
