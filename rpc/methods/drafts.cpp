// Drafts: one message per chat that is not sent yet.
#include "rpc/message_loader.h"
#include "rpc/methods/params.h"
#include "rpc/shapes/message_data.h"

namespace rpc {
namespace {

struct SetDraft : OfChat {
  std::optional<std::string> text;
  std::optional<std::string> file;
  std::optional<std::string> filename;
  std::optional<MsgId> quoted_message_id;
  std::optional<messaging::Viewtype> view_type;
  static constexpr auto fields() {
    using P = SetDraft;
    return base::with_fields(
        OfChat::fields(), base::field("text", &P::text, "at most 256 KiB"),
        base::field("file", &P::file, "path of a file"),
        base::field("filename", &P::filename, "the name to send it under"),
        base::field("quoted_message_id", &P::quoted_message_id, ""),
        base::field("view_type", &P::view_type, "by the file's name when null"));
  }
};

void misc_set_draft(Context& context, SetDraft p, Completion<> done) {
  messaging::MessageDraft draft;
  draft.text = std::move(p.text).value_or("");
  draft.file = std::move(p.file).value_or("");
  draft.file_name = std::move(p.filename).value_or("");
  draft.quoted = p.quoted_message_id;
  draft.type = p.view_type;
  engine_of(context).messages().set_draft(p.account_id, p.chat_id, std::move(draft),
                                          std::move(done));
}

Result<std::optional<shape::Message>> get_draft(Context& context, const OfChat& p) {
  EDGE_TRY(auto draft, engine_of(context).messages().draft_page(p.account_id, p.chat_id));
  if (!draft) return std::optional<shape::Message>();
  EDGE_TRY(auto shape,
           to_shape(*std::move(draft), p.account_id, context.clock->now(), context.caller.files));
  return std::optional<shape::Message>(std::move(shape));
}

void remove_draft(Context& context, OfChat p, Completion<> done) {
  engine_of(context).messages().remove_draft(p.account_id, p.chat_id, std::move(done));
}

messaging::MessageDraft to_send(messaging::Message message) {
  messaging::MessageDraft draft;
  draft.of_draft = message.id;
  draft.text = std::move(message.text);
  if (message.file) {
    draft.file = std::move(message.file->path);
    draft.file_name = std::move(message.file->name);
    draft.type = message.type;
  }
  draft.sender_name = std::move(message.sender_name);
  if (message.quote) {
    draft.quoted = message.quote->message;
    if (!draft.quoted) draft.quoted_text = std::move(message.quote->text);
  }
  return draft;
}

void misc_send_draft(Context& context, OfChat p, Completion<MsgId> done) {
  auto draft = engine_of(context).messages().draft(p.account_id, p.chat_id);
  if (!draft) return done(std::move(draft).error());
  if (!*draft) {
    return done(fail(Errc::not_found, fmt::format("chat {} has no draft", p.chat_id.value)));
  }
  auto then_remove = [engine = context.engine, account = p.account_id, chat = p.chat_id,
                      done = std::move(done)](Result<MsgId> sent) mutable {
    if (!sent) return done(std::move(sent).error());
    // The message is sent even if removing the draft fails.
    engine->messages().remove_draft(
        account, chat, [id = *sent, done = std::move(done)](Result<>) mutable { done(id); });
  };
  engine_of(context).messages().send(p.account_id, p.chat_id, to_send(std::move(**draft)),
                                     std::move(then_remove));
}

}  // namespace

void add_draft_methods(std::vector<Method>& table) {
  const Row write{.scope = KeyScope::write, .fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  table.push_back(method<&misc_set_draft>(
      "misc_set_draft", "Keeps a message to be sent later; there is one per chat.",
      {.scope = KeyScope::write,
       .fuzz = Fuzz::unsafe,  // names files, as send_msg
       .errors = {Errc::not_found, Errc::forbidden, Errc::too_large}}));
  table.push_back(method<&get_draft>("get_draft", "A chat's draft, or null.",
                                     {.fuzz = Fuzz::safe, .errors = {Errc::not_found}}));
  table.push_back(method<&remove_draft>("remove_draft", "Drops a chat's draft.", write));
  table.push_back(method<&misc_send_draft>("misc_send_draft", "Sends a chat's draft.", write));
}

}  // namespace rpc
