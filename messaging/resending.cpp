// Messages::resend.
#include <fmt/format.h>

#include "messaging/chat_rules.h"
#include "messaging/core.h"
#include "messaging/messages.h"
#include "messaging/outgoing.h"
#include "store/tables/chats.h"
#include "store/tables/outbox.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

base::Result<> check_own(const store::MessageRow& row) {
  const auto no = [&](std::string_view why) {
    return fail(Errc::invalid_argument, fmt::format("Msg#{}: {}", row.id.value, why));
  };
  if (row.from != kSelf) return no("can resend only own messages");
  if (row.is_info) return no("cannot resend info messages");
  if (row.state == static_cast<std::uint32_t>(MsgState::out_draft)) {
    return no("it is a draft; send it instead (misc_send_draft)");
  }
  return {};
}

// Under the same uuid, so that who has it already keeps it where it is; after all that was sent
// since.
base::Result<> send_again(const WriteContext& write, store::MessageRow row) {
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, row.chat));
  if (chat.contact == kSelf || row.state == static_cast<std::uint32_t>(MsgState::out_pending)) {
    return {};
  }
  EDGE_CHECK(check_can_send(write.scope, write.account, chat));
  EDGE_CHECK(store::delete_outbox_of_message(write.scope, row.id));
  row.state = static_cast<std::uint32_t>(MsgState::out_pending);
  row.error.clear();
  EDGE_CHECK(store::update_message(write.scope, row));
  EDGE_TRY(row.seq, store::next_send_seq(write.scope, chat.id));
  EDGE_CHECK(queue_to_chat(write, chat, row));
  return emit_changed(write.tx, write.account.id, chat.id, row.id);
}

}  // namespace

void Messages::resend(AccountId account, std::vector<MsgId> messages, base::Completion<> done) {
  core_.write<void>(
      account,
      [this, messages = std::move(messages)](store::Tx& tx, const store::Scope& scope,
                                             const AccountState& state) -> base::Result<> {
        std::vector<store::MessageRow> rows;
        for (const MsgId message : messages) {
          EDGE_TRY(store::MessageRow row, store::load_message(scope, message));
          EDGE_CHECK(check_own(row));
          rows.push_back(std::move(row));
        }
        for (store::MessageRow& row : rows) {
          EDGE_CHECK(send_again({core_, tx, scope, state}, std::move(row)));
        }
        return {};
      },
      std::move(done));
}

}  // namespace messaging
