// Changes of messages that were sent: reactions, edits, deletion for all, pins.
#include "rpc/methods/params.h"

namespace rpc {
namespace {

struct React : OfMessage {
  std::vector<std::string> reaction;
  static constexpr auto fields() {
    return base::with_fields(
        OfMessage::fields(),
        base::field("reaction", &React::reaction, R"(emojis, such as ["👍"]; [] takes yours back)"));
  }
};

// Delta Chat answers with the id of a hidden message; there is none here.
void send_reaction(Context& context, React p, Completion<MsgId> done) {
  engine_of(context).messages().react(
      p.account_id, p.message_id, std::move(p.reaction),
      [id = p.message_id, done = std::move(done)](Result<> result) mutable {
        if (!result) return done(std::move(result).error());
        done(id);
      });
}

struct Edit : OfAccount {
  MsgId msg_id;
  std::string new_text;
  static constexpr auto fields() {
    return base::with_fields(OfAccount::fields(),
                             base::field("msg_id", &Edit::msg_id, "a message of ours"),
                             base::field("new_text", &Edit::new_text, "at most 256 KiB"));
  }
};

void send_edit_request(Context& context, Edit p, Completion<> done) {
  engine_of(context).messages().edit(p.account_id, p.msg_id, std::move(p.new_text),
                                     std::move(done));
}

void delete_messages_for_all(Context& context, OfMessages p, Completion<> done) {
  engine_of(context).messages().remove_for_all(p.account_id, std::move(p.message_ids),
                                               std::move(done));
}

struct Pin : OfMessage {
  bool pinned_state = false;
  static constexpr auto fields() {
    return base::with_fields(OfMessage::fields(),
                             base::field("pinned_state", &Pin::pinned_state, "false: unpins it"));
  }
};

void set_pinned_message_state(Context& context, Pin p, Completion<> done) {
  engine_of(context).messages().pin(p.account_id, p.message_id, p.pinned_state, std::move(done));
}

Result<std::vector<MsgId>> get_pinned_messages(Context& context, const OfChat& p) {
  return engine_of(context).messages().pinned(p.account_id, p.chat_id);
}

}  // namespace

void add_change_methods(std::vector<Method>& table) {
  const Row write{.scope = KeyScope::write,
                  .fuzz = Fuzz::safe,
                  .errors = {Errc::not_found, Errc::invalid_argument, Errc::forbidden}};
  table.push_back(method<&send_reaction>(
      "send_reaction",
      "Sets our reactions to a message, in the place of those before; answers with its id.",
      write));
  table.push_back(method<&send_edit_request>(
      "send_edit_request", "Gives an own message another text, at everybody who got it.", write));
  table.push_back(method<&delete_messages_for_all>(
      "delete_messages_for_all", "Deletes own messages here and at everybody who got them.",
      write));
  table.push_back(method<&set_pinned_message_state>(
      "set_pinned_message_state",
      "Pins a message in its chat, or unpins it, at everybody who is in the chat, with a line that "
      "says so.",
      write));
  table.push_back(method<&get_pinned_messages>("get_pinned_messages",
                                               "The pinned messages of a chat, oldest first.",
                                               {.fuzz = Fuzz::safe, .errors = {Errc::not_found}}));
}

}  // namespace rpc
