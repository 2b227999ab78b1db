#include "messaging/receiving/apply_content.h"

#include "messaging/chats/chat_rules.h"
#include "messaging/chats/received_row.h"
#include "messaging/peering/outgoing.h"
#include "messaging/peering/profile.h"
#include "messaging/peering/restoration.h"
#include "messaging/receiving/group_receiving.h"
#include "messaging/receiving/protected_receiving.h"
#include "messaging/receiving/receipts.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging {
namespace {

base::Result<> take_quote(const WriteContext& write, ContactId from, const QuoteNote& quote,
                          store::MessageRow& row) {
  if (!quote.message) return {};
  EDGE_TRY(const auto quoted, store::find_message_by_uuid(
                                  write.scope, quote.of_recipient ? kSelf : from, *quote.message));
  if (quoted && quoted->chat == row.chat) row.quoted = quoted->id;
  return {};
}

base::Result<> take_text(const WriteContext& write, const store::ContactRow& contact,
                         const Uuid& uuid, const TextMessage& text,
                         const std::optional<store::TransferRow>& transfer, const Turn& turn) {
  EDGE_CHECK(acknowledge(write, contact.id, uuid));
  write.core.steady->heard(text.sent_at);
  EDGE_TRY(const auto had, store::find_message_by_uuid(write.scope, contact.id, uuid));
  EDGE_TRY(const bool deleted, store::has_tombstone(write.scope, contact.id, uuid));
  if (had || deleted) return {};  // before its file is adopted once more
  EDGE_TRY(
      const store::ChatRow chat,
      ensure_single_chat(write.tx, write.scope, contact.id,
                         contact.verified ? store::ChatBlocked::no : store::ChatBlocked::request));
  EDGE_TRY(const std::uint64_t place,
           place_heard(write, contact.id, turn.session, turn.in_turn, {text.seq, uuid}));
  store::MessageRow row = received_row(contact.id, uuid, text);
  row.chat = chat.id;
  row.seq = static_cast<std::int64_t>(place);
  if (text.quote) EDGE_CHECK(take_quote(write, contact.id, *text.quote, row));
  if (text.file && transfer) {
    EDGE_TRY(row.blob_id, adopt_file(write, *text.file, *transfer));
  }
  EDGE_TRY(const auto id, insert_incoming(write.tx, write.scope, chat, row));
  if (!id) return {};
  row.id = *id;
  return note_container_arrived(write, row);
}

// One function for each kind of content.
class Apply {
 public:
  Apply(const WriteContext& w, const Sender& s, const Uuid& u,
        const std::optional<store::TransferRow>& f, base::ByteView all)
      : write_(w), sender_(s), uuid_(u), file_(f), whole_(all) {}

  base::Result<bool> operator()(const TextMessage& text) const {
    EDGE_CHECK(take_text(write_, sender_.contact, uuid_, text, file_, sender_.turn));
    return true;
  }
  base::Result<bool> operator()(const Receipts& receipts) const {
    EDGE_CHECK(take_receipts(write_, sender_.contact.id, notes_after(receipts, sender_.notes)));
    return false;
  }
  base::Result<bool> operator()(const UnknownContent& /*unknown*/) const { return acknowledged(); }
  base::Result<bool> operator()(const Hello& /*hello*/) const { return acknowledged(); }
  base::Result<bool> operator()(const Profile& profile) const {
    EDGE_CHECK(take_profile(write_, sender_.contact, profile, sender_.turn.in_turn));
    return acknowledged();
  }
  base::Result<bool> operator()(const GroupText& text) const {
    return take_group_text(write_, sender_.contact, uuid_, text, whole_);
  }
  base::Result<bool> operator()(const GroupUpdate& update) const {
    return take_group_update(write_, sender_.contact, uuid_, update, whole_);
  }
  base::Result<bool> operator()(const ProtectedNote& note) const {
    return take_protected(write_, sender_.contact, uuid_, note, whole_);
  }

 private:
  base::Result<bool> acknowledged() const {
    EDGE_CHECK(acknowledge(write_, sender_.contact.id, uuid_));
    return true;
  }

  const WriteContext& write_;
  const Sender& sender_;
  const Uuid& uuid_;
  const std::optional<store::TransferRow>& file_;
  base::ByteView whole_;
};

}  // namespace

base::Result<bool> apply_content(const WriteContext& write, const Sender& sender,
                                 const Content& content,
                                 const std::optional<store::TransferRow>& file,
                                 base::ByteView whole) {
  return std::visit(Apply(write, sender, content.uuid, file, whole), content.body);
}

}  // namespace messaging
