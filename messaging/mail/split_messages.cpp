#include "messaging/mail/split_messages.h"

#include "messaging/chats/chat_rules.h"
#include "messaging/chats/received_row.h"
#include "messaging/mail/left_mails.h"
#include "messaging/model/media_type.h"
#include "store/tables/mail_halves.h"
#include "store/tables/mail_left.h"
#include "store/tables/messages.h"

namespace messaging::mail {
namespace {

const TextMessage* text_in(const Content& content) {
  if (const auto* text = std::get_if<TextMessage>(&content.body)) return text;
  const auto* grouped = std::get_if<GroupText>(&content.body);
  return grouped != nullptr ? &grouped->message : nullptr;
}

base::Result<> add_file(const kernel::WriteContext& write, store::MessageRow message,
                        const TextMessage& text, const store::TransferRow& transfer) {
  EDGE_TRY(message.blob_id, chats::adopt_file(write, *text.file, transfer));
  message.type = text.type;
  message.download = DownloadState::done;
  message.error.clear();
  EDGE_CHECK(chats::check_type(write, message));
  EDGE_CHECK(store::add_message_blob(write.scope, message));
  return chats::emit_changed(write.tx, write.account.id, message.chat, message.id);
}

base::Result<> add_text(const kernel::WriteContext& write, store::MessageRow message,
                        const TextMessage& text) {
  message.text = text.text;
  message.has_quote = text.quote.has_value();
  if (text.quote) message.quote_text = text.quote->text;
  EDGE_CHECK(store::update_message(write.scope, message));
  return chats::emit_changed(write.tx, write.account.id, message.chat, message.id);
}

}  // namespace

base::Result<SplitStep> begin_split(const kernel::WriteContext& write, ContactId contact,
                                    const ChatMail& mail, const Content& content,
                                    const std::optional<store::TransferRow>& transfer) {
  const auto* body = std::get_if<MailText>(&mail.body);
  const TextMessage* const text = text_in(content);
  if (body == nullptr || text == nullptr || (!body->post && !body->is_post)) {
    return SplitStep::whole;
  }
  EDGE_TRY(const auto half, store::find_mail_half(write.scope, contact, content.uuid));
  if (!half) return SplitStep::half;
  // A repeated half does not count as the second.
  if (half->has_file == body->is_post) return SplitStep::joined;
  EDGE_CHECK(store::delete_mail_half(write.scope, contact, content.uuid));
  EDGE_TRY(const auto message, store::find_message_by_uuid(write.scope, contact, content.uuid));
  if (body->is_post) EDGE_CHECK(end_waiting(write, contact, content.uuid));
  if (!message) return SplitStep::joined;  // it was deleted meanwhile
  if (!body->is_post) {
    EDGE_CHECK(add_text(write, *message, *text));
  } else if (text->file && transfer && !message->blob_id) {
    EDGE_CHECK(add_file(write, *message, *text, *transfer));
  } else if (!message->blob_id) {
    EDGE_CHECK(
        fail_download(write, *message, "The mail that should have brought the file has none."));
  }
  return SplitStep::joined;
}

base::Result<> note_half(const kernel::WriteContext& write, ContactId contact, const ChatMail& mail,
                         const Uuid& uuid) {
  const auto& body = std::get<MailText>(mail.body);
  EDGE_TRY(auto message, store::find_message_by_uuid(write.scope, contact, uuid));
  if (!message) return {};  // it was deleted before it came, or is not taken
  store::MailHalfRow half;
  half.contact = contact;
  half.uuid = uuid;
  half.has_file = body.is_post;
  half.at = write.steady();
  EDGE_CHECK(store::put_mail_half(write.scope, half));
  if (body.is_post) return {};
  store::MailNoticeRow notice;
  notice.contact = contact;
  notice.uuid = uuid;
  notice.name = plain_file_name(body.post->name);
  notice.type = body.post->type;
  notice.size = body.post->size;
  notice.width = body.post->width;
  notice.height = body.post->height;
  EDGE_CHECK(store::put_mail_notice(write.scope, notice));
  message->type = Viewtype::text;  // until the file is here, as Delta Chat shows it
  return begin_waiting(write, *message, body.post->size);
}

}  // namespace messaging::mail
