#include "messaging/chats/webxdc_rules.h"

#include <algorithm>

#include "crypto/hash.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/chats/waiting_changes.h"
#include "messaging/model/plain_name.h"

namespace messaging::chats {
namespace {

using store::MessageRow;
using store::WebxdcUpdateRow;

// Of several updates that set one value the latest wins.
base::Result<> take_state(const kernel::WriteContext& write, const MessageRow& app,
                          const WebxdcUpdateRow& update) {
  if (!update.document && !update.summary) return {};
  EDGE_TRY(auto row, store::find_webxdc_app(write.scope, update.app));
  if (!row) return {};
  if (update.document && update.sent_at >= row->document_at) {
    row->document = plain_name(*update.document, kMaxLongName);
    row->document_at = update.sent_at;
  }
  if (update.summary && update.sent_at >= row->summary_at) {
    row->summary = plain_name(*update.summary, kMaxLongName);
    row->summary_at = update.sent_at;
  }
  EDGE_CHECK(store::put_webxdc_app(write.scope, *row));
  return emit_changed(write.tx, write.account.id, app.chat, app.id);
}

// The last line of the chat, when it is one of this app by the same contact.
base::Result<std::optional<MessageRow>> last_line(const kernel::WriteContext& write,
                                                  const MessageRow& app, ContactId from) {
  EDGE_TRY(const auto last, store::last_message(write.scope, app.chat));
  if (!last) return std::optional<MessageRow>();
  auto row = store::find_message(write.scope, *last);
  if (!row || !*row) return std::optional<MessageRow>();  // damaged: another one is added
  const bool same = (*row)->is_info && (*row)->system == SystemMessage::webxdc_info &&
                    (*row)->from == from && (*row)->quoted == app.id;
  return same ? *std::move(row) : std::optional<MessageRow>();
}

base::Result<MsgId> put_line(const kernel::WriteContext& write, const store::ChatRow& chat,
                             const MessageRow& app, const WebxdcUpdateRow& update) {
  EDGE_TRY(auto line, last_line(write, app, update.contact));
  if (line && !update.href && line->link.empty()) {
    line->text = *update.info;
    EDGE_CHECK(store::update_message(write.scope, *line));
    EDGE_CHECK(emit_changed(write.tx, write.account.id, chat.id, line->id));
    return line->id;
  }
  MessageRow row;
  row.chat = chat.id;
  row.from = update.contact;
  row.uuid = store::random_uuid();
  row.state = MsgState::in_noticed;
  row.type = Viewtype::text;
  row.system = SystemMessage::webxdc_info;
  row.is_info = true;
  row.encrypted = true;
  row.text = *update.info;
  row.link = update.href.value_or("");
  row.quoted = app.id;
  row.info_contact = update.contact;
  row.received_at = write.tx.now();
  EDGE_CHECK(insert_own(write.tx, write.scope, row));
  EDGE_CHECK(emit_changed(write.tx, write.account.id, chat.id, row.id));
  return row.id;
}

// The text for us: by our address, or the one for everybody unless the chat is muted.
const std::string* notice_for(const WebxdcUpdateRow& update, const std::string& address,
                              bool muted) {
  const auto find = [&](std::string_view wanted) -> const std::string* {
    const auto found = std::find_if(update.notify.begin(), update.notify.end(),
                                    [&](const auto& one) { return one.first == wanted; });
    return found == update.notify.end() ? nullptr : &found->second;
  };
  const std::string* const ours = find(address);
  return ours != nullptr || muted ? ours : find("*");
}

}  // namespace

std::string webxdc_address(const kernel::AccountState& account, const MessageRow& app) {
  const MemberKey key = key_of(account);
  base::Bytes all(key.begin(), key.end());
  all.insert(all.end(), app.uuid.begin(), app.uuid.end());
  return base::to_hex(crypto::blake2b<32>(all));
}

base::Result<> apply_webxdc_update(const kernel::WriteContext& write, const store::ChatRow& chat,
                                   const MessageRow& app, const WebxdcUpdateRow& update) {
  EDGE_CHECK(take_state(write, app, update));
  MsgId about = app.id;
  if (update.info && !update.info->empty() && app.state != MsgState::out_draft) {
    EDGE_TRY(about, put_line(write, chat, app, update));
  }
  EDGE_CHECK(write.emit(WebxdcStatusUpdate{app.id, update.serial}));
  if (update.contact == kSelf || chat.blocked == store::ChatBlocked::yes) return {};
  const std::string* const notice =
      notice_for(update, webxdc_address(write.account, app), is_muted(chat, write.tx.now()));
  if (notice == nullptr) return {};
  return write.emit(
      IncomingWebxdcNotify{chat.id, update.contact, about, update.href.value_or(""), *notice});
}

base::Result<> apply_waiting_webxdc_updates(const kernel::WriteContext& write,
                                            const store::ChatRow& chat, const MessageRow& app) {
  if (app.type != Viewtype::webxdc) return {};
  const store::AppKey key{app.from, app.uuid};
  EDGE_TRY(const auto updates, store::waiting_webxdc_updates(write.scope, key));
  if (updates.empty()) return {};
  EDGE_CHECK(store::settle_webxdc_updates(write.scope, key));
  for (const WebxdcUpdateRow& update : updates) {
    EDGE_TRY(const bool may, may_change(write.scope, chat, update.contact));
    EDGE_CHECK(may ? apply_webxdc_update(write, chat, app, update)
                   : store::delete_webxdc_update(write.scope, update));
  }
  return {};
}

}  // namespace messaging::chats
