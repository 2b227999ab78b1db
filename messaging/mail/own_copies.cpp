#include "messaging/mail/own_copies.h"

#include "messaging/chats/chat_rules.h"
#include "messaging/chats/chat_timers.h"
#include "messaging/chats/received_row.h"
#include "messaging/mail/arrived_files.h"
#include "messaging/mail/form/mail_content.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/mail_contacts.h"
#include "messaging/mail/split_messages.h"
#include "messaging/mail/stored_names.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging::mail {
namespace {

// The one contact that the mail was for; nothing: it was for several, or for ourselves alone.
base::Result<std::optional<store::ContactRow>> addressee(const kernel::WriteContext& write,
                                                         const OwnKey& own,
                                                         const OpenedMail& opened) {
  std::optional<crypto::openpgp::Fingerprint> other;
  for (const auto& recipient : opened.recipients) {
    if (recipient == own.certificate.fingerprint()) continue;
    if (other) return std::optional<store::ContactRow>();
    other = recipient;
  }
  if (!other) return std::optional<store::ContactRow>();
  return find_by_fingerprint(write.scope, *other);
}

// A message as if it had been written here, and delivered.
base::Result<> insert_copy(const kernel::WriteContext& write, const store::ContactRow& to,
                           const Uuid& uuid, const TextMessage& text,
                           const std::optional<store::TransferRow>& transfer) {
  EDGE_TRY(const bool here, store::has_message_uuid(write.scope, kSelf, uuid));
  EDGE_TRY(const bool gone, store::has_tombstone(write.scope, kSelf, uuid));
  if (here || gone) return {};
  EDGE_TRY(const store::ChatRow chat,
           chats::ensure_single_chat(write.tx, write.scope, to.id, store::ChatBlocked::no));
  store::MessageRow row = chats::received_row(kSelf, uuid, text);
  row.chat = chat.id;
  row.state = MsgState::out_delivered;
  EDGE_TRY(row.seq, store::next_send_seq(write.scope, chat.id));
  if (text.quote && text.quote->message) {
    const ContactId author = text.quote->message->of_recipient ? kSelf : to.id;
    EDGE_TRY(const auto quoted,
             store::find_message_by_uuid(write.scope, author, text.quote->message->uuid));
    if (quoted && quoted->chat == chat.id) row.quoted = quoted->id;
  }
  if (text.file && transfer) {
    EDGE_TRY(row.blob_id, chats::adopt_file(write, *text.file, *transfer));
  }
  EDGE_CHECK(chats::check_type(write, row));
  EDGE_CHECK(chats::insert_own(write.tx, write.scope, row));
  EDGE_CHECK(chats::unarchive(write.scope, chat, write.tx.now()));
  return chats::emit_changed(write.tx, write.account.id, chat.id, row.id);
}

base::Result<> copy_texts(const kernel::WriteContext& write, const OwnKey& own,
                          const Arrival& arrival) {
  const ChatMail& mail = arrival.opened.mail;
  EDGE_TRY(const auto to, addressee(write, own, arrival.opened));
  if (!to) return {};
  // "The recipient's" are our messages, as in every mail that is read here; others the contact's.
  const StoredNames names(write.scope, kSelf);
  for (MailContent& one : to_content(mail, names)) {
    const auto* text = std::get_if<TextMessage>(&one.content.body);
    if (text == nullptr) continue;
    FileNote* const note = file_note_in(one.content);
    const auto transfer = transfer_of(arrival, one.file, note);
    EDGE_TRY(const bool here, store::has_message_uuid(write.scope, kSelf, one.content.uuid));
    EDGE_TRY(const SplitStep step, begin_split(write, kSelf, mail, one.content, transfer));
    // The copy of what this device wrote.
    if (step == SplitStep::joined || (step == SplitStep::half && here)) continue;
    EDGE_CHECK(insert_copy(write, *to, one.content.uuid, *text, transfer));
    if (step == SplitStep::half) EDGE_CHECK(note_half(write, kSelf, mail, one.content.uuid));
  }
  return {};
}

// What was read at the other device.
base::Result<> copy_receipts(const kernel::WriteContext& write, const MailReceipt& receipt) {
  for (const std::string& id : receipt.message_ids) {
    EDGE_TRY(const auto message, store::find_fresh_message(write.scope, uuid_of(id)));
    if (!message) continue;
    EDGE_TRY(const bool seen,
             store::set_message_state(write.scope, message->id, MsgState::in_seen));
    if (!seen) continue;
    EDGE_CHECK(chats::start_timer(write, message->id));
    EDGE_CHECK(write.emit(MsgsNoticed{message->chat}));
  }
  return {};
}

}  // namespace

base::Result<> take_own_copy(const kernel::WriteContext& write, const OwnKey& own,
                             const Arrival& arrival) {
  const ChatMail& mail = arrival.opened.mail;
  if (arrival.opened.seal != MailSeal::key || mail.join || mail.group) return {};
  if (const auto* receipt = std::get_if<MailReceipt>(&mail.body)) {
    return copy_receipts(write, *receipt);
  }
  if (std::holds_alternative<MailText>(mail.body)) return copy_texts(write, own, arrival);
  return {};
}

}  // namespace messaging::mail
