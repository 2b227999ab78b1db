// Messages::resend.
#include <fmt/format.h>

#include <set>

#include "messaging/api/chat_sending.h"
#include "messaging/api/messages.h"
#include "messaging/api/webxdc_sending.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/portions.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/chats.h"
#include "store/tables/outbox.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kResentAtOnce = 50;  // messages per write; each is sealed for every member

base::Result<> check_own(const store::MessageRow& row) {
  const auto no = [&](std::string_view why) {
    return fail(Errc::invalid_argument, fmt::format("Msg#{}: {}", row.id.value, why));
  };
  if (row.from != kSelf) return no("can resend only own messages");
  if (row.is_info) return no("cannot resend info messages");
  if (row.type == Viewtype::call) return no("a call is not sent again; place a new one");
  if (row.state == MsgState::out_draft) {
    return no("it is a draft; send it instead (misc_send_draft)");
  }
  return {};
}

// Sends under the same uuid: a recipient that has the message keeps its position; for others it is
// the latest message.
base::Result<> send_again(const kernel::WriteContext& write, store::MessageRow row) {
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, row.chat));
  if (chat.contact == kSelf || row.state == MsgState::out_pending) {
    return {};
  }
  EDGE_CHECK(check_can_send(write.scope, write.account, chat));
  EDGE_CHECK(store::delete_outbox_of_message(write.scope, row.id));
  row.state = MsgState::out_pending;
  row.error.clear();
  EDGE_CHECK(store::update_message(write.scope, row));
  EDGE_TRY(row.seq, store::next_send_seq(write.scope, chat.id));
  EDGE_CHECK(queue_to_chat(write, chat, row));
  EDGE_CHECK(queue_updates_again(write, chat, row));
  return chats::emit_changed(write.tx, write.account.id, chat.id, row.id);
}

// Checks all messages before the first is sent.
base::Result<> check_all(const store::Scope& scope, const kernel::AccountState& account,
                         const std::vector<MsgId>& messages) {
  std::set<ChatId> checked;
  for (const MsgId message : messages) {
    EDGE_TRY(const store::MessageRow row, store::load_message(scope, message));
    EDGE_CHECK(check_own(row));
    if (!checked.insert(row.chat).second) continue;
    EDGE_TRY(const store::ChatRow chat, store::load_chat(scope, row.chat));
    if (chat.contact != kSelf) EDGE_CHECK(check_can_send(scope, account, chat));
  }
  return {};
}

}  // namespace

// Messages that are queued already are skipped, so that the call can be repeated after a crash.
void Messages::resend(AccountId account, std::vector<MsgId> messages, base::Completion<> done) {
  {
    auto read = core_.read(account);
    if (!read) return done(std::move(read).error());
    if (auto may = check_all(read->scope(), *read->account, messages); !may) {
      return done(std::move(may));
    }
  }
  kernel::in_portions(
      core_, account, std::move(messages), kResentAtOnce,
      [this](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state,
             std::span<const MsgId> some) -> base::Result<> {
        for (const MsgId message : some) {
          EDGE_TRY(store::MessageRow row, store::load_message(scope, message));
          EDGE_CHECK(send_again({core_, tx, scope, state}, std::move(row)));
        }
        return {};
      },
      std::move(done));
}

}  // namespace messaging
