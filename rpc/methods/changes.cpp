// Changes of messages that were sent: reactions, edits, deletion for all.
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
}

}  // namespace rpc
