#include "messaging/api/webxdc_sending.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "crypto/random.h"
#include "messaging/api/chat_sending.h"
#include "messaging/chats/message_refs.h"
#include "messaging/model/content.h"
#include "messaging/model/types.h"

namespace messaging {
namespace {

constexpr std::size_t kUpdatesReadAtOnce = 64;

}  // namespace

base::Result<> queue_update(const kernel::WriteContext& write, const store::ChatRow& chat,
                            const store::MessageRow& app, store::WebxdcUpdateRow update) {
  EDGE_TRY(const auto mark, store::find_message_mark(write.scope, app.id));
  if (!mark || chat.contact == kSelf) return {};
  const bool single = chat.type == ChatType::single;
  EDGE_TRY(const MessageRef ref,
           chats::ref_to(write.scope, *mark, single ? chats::Among::two : chats::Among::group));
  WebxdcNews news{
      ref,
      update.sent_at,
      {std::move(update.payload), std::move(update.info), std::move(update.href),
       std::move(update.document), std::move(update.summary), std::move(update.notify)}};
  return queue_for_chat(write, chat, Content{crypto::random_array<16>(), std::move(news)});
}

base::Result<> queue_updates_again(const kernel::WriteContext& write, const store::ChatRow& chat,
                                   const store::MessageRow& app) {
  if (app.type != Viewtype::webxdc || app.from != kSelf) return {};
  std::deque<store::WebxdcUpdateRow> last;
  std::size_t bytes = 0;
  std::uint32_t after = 0;
  for (;;) {
    EDGE_TRY(auto rows, store::list_webxdc_updates(write.scope, {app.from, app.uuid}, after,
                                                   kUpdatesReadAtOnce));
    if (rows.empty()) break;
    after = rows.back().serial;
    for (store::WebxdcUpdateRow& row : rows) {
      if (row.contact != kSelf) continue;
      bytes += row.payload.size();
      last.push_back(std::move(row));
      while (last.size() > kMostAgain || (bytes > kMostBytesAgain && last.size() > 1)) {
        bytes -= last.front().payload.size();
        last.pop_front();
      }
    }
  }
  for (store::WebxdcUpdateRow& row : last) {
    EDGE_CHECK(queue_update(write, chat, app, std::move(row)));
  }
  return {};
}

base::Result<> send_updates_of_draft(const kernel::WriteContext& write, const store::ChatRow& chat,
                                     MsgId draft, MsgId sent) {
  EDGE_TRY(const store::MessageRow from, store::load_message(write.scope, draft));
  EDGE_TRY(const store::MessageRow to, store::load_message(write.scope, sent));
  if (from.chat != chat.id || from.type != Viewtype::webxdc || to.type != Viewtype::webxdc) {
    return {};
  }
  EDGE_CHECK(store::move_webxdc_app(write.scope, {from.from, from.uuid}, {to.from, to.uuid}));
  return queue_updates_again(write, chat, to);
}

}  // namespace messaging
