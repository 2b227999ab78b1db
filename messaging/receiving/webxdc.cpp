// Updates of contacts' apps for ours (kind 42).
#include <algorithm>

#include "messaging/chats/message_refs.h"
#include "messaging/chats/waiting_changes.h"
#include "messaging/chats/webxdc_rules.h"
#include "messaging/model/webxdc_content.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/receiving/received.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging::receiving {

base::Result<bool> apply(const Received& received, const WebxdcNews& news) {
  const kernel::WriteContext& write = received.write;
  const ContactId sender = received.sender.contact.id;
  EDGE_CHECK(outbox::acknowledge(write, sender, received.uuid));
  EDGE_TRY(const auto author, chats::author_of(write.scope, news.app, sender));
  if (!author) return true;
  EDGE_TRY(const bool deleted, store::has_tombstone(write.scope, *author, news.app.uuid));
  if (deleted) return true;
  EDGE_TRY(auto app, store::find_message_by_uuid(write.scope, *author, news.app.uuid));
  // A message of ours that is not here was deleted here.
  if (!app && *author == kSelf) return true;
  store::WebxdcUpdateRow row;
  row.app = {*author, news.app.uuid};
  row.contact = sender;
  row.sent_at = news.sent_at > 0 ? std::min(news.sent_at, write.tx.now()) : write.tx.now();
  row.waits = !app;
  row.payload = news.update.payload;
  row.info = news.update.info;
  row.href = news.update.href;
  row.document = news.update.document;
  row.summary = news.update.summary;
  row.notify = news.update.notify;
  // Sent again with its app (resend_messages).
  EDGE_TRY(const bool here, store::has_webxdc_update(write.scope, row));
  if (here) return true;
  if (!app) {
    EDGE_CHECK(store::insert_webxdc_update(write.scope, row));
    return true;
  }
  if (app->type != Viewtype::webxdc) return true;
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, app->chat));
  EDGE_TRY(const bool may, chats::may_change(write.scope, chat, sender));
  if (!may) return true;
  EDGE_CHECK(store::insert_webxdc_update(write.scope, row));
  EDGE_CHECK(chats::apply_webxdc_update(write, chat, *app, row));
  return true;
}

}  // namespace messaging::receiving
