#include "messaging/api/calls.h"

#include <fmt/format.h>

#include "messaging/api/chat_sending.h"
#include "messaging/api/marking.h"
#include "messaging/chats/abilities.h"
#include "messaging/chats/call_rules.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/compose.h"
#include "messaging/chats/requests.h"
#include "messaging/kernel/core.h"
#include "messaging/model/content.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/calls.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kEndedAtOnce = 100;

base::Result<> check_info(std::string_view what, const std::string& info) {
  if (info.size() > kMaxCallInfo) {
    return fail(Errc::too_large,
                fmt::format("{}: {} bytes; at most {} are sent", what, info.size(), kMaxCallInfo));
  }
  if (!base::is_utf8(info)) return fail(Errc::invalid_argument, fmt::format("{}: not UTF-8", what));
  return {};
}

base::Result<> check_callable(const kernel::WriteContext& write, const store::ChatRow& chat) {
  const auto no = [&](std::string_view why) {
    return fail(Errc::invalid_argument, fmt::format("chat {}: {}", chat.id.value, why));
  };
  if (chat.type != ChatType::single) return no("calls can only be placed in 1:1 chats");
  if (chat.contact == kSelf) return no("cannot call self");
  EDGE_CHECK(check_can_send(write.scope, write.account, chat));
  return chats::check_able(write, chat, {});
}

base::Result<store::CallRow> load_call(const store::Scope& scope, MsgId message) {
  EDGE_CHECK(store::load_message(scope, message));
  EDGE_TRY(auto call, store::find_call(scope, message));
  if (!call) return fail(Errc::invalid_argument, fmt::format("Msg#{} is no call", message.value));
  return *std::move(call);
}

base::Result<MsgId> place_call(const kernel::WriteContext& write, const store::ChatRow& chat,
                               const std::string& info, bool video) {
  EDGE_TRY(store::MessageRow row, chats::own_row(write.tx, write.scope, chat.id));
  row.type = Viewtype::call;
  row.text = chats::call_text(false, video);
  row.state = MsgState::out_pending;
  EDGE_TRY(row.seq, store::next_send_seq(write.scope, chat.id));
  EDGE_CHECK(chats::insert_own(write.tx, write.scope, row));
  store::CallRow call;
  call.message = row.id;
  call.video = video;
  call.ring_until = write.core.steady->wall().now + chats::kRings;
  call.offer = info;
  EDGE_CHECK(store::put_call(write.scope, call));
  const CallOffer offer{static_cast<std::uint64_t>(row.seq), row.sent_at, video, info};
  EDGE_CHECK(outbox::queue_content(write, *chat.contact, Content{row.uuid, offer}, row.id));
  write.signal(&kernel::Signals::windows_changed);
  EDGE_CHECK(chats::unarchive(write.scope, chat, write.tx.now()));
  EDGE_CHECK(chats::emit_changed(write.tx, write.account.id, chat.id, row.id));
  return row.id;
}

base::Result<> accept_incoming(const kernel::WriteContext& write, MsgId message,
                               const std::string& info) {
  EDGE_TRY(store::CallRow call, load_call(write.scope, message));
  EDGE_TRY(const store::MessageRow row, store::load_message(write.scope, message));
  if (row.from == kSelf) {
    return fail(
        Errc::invalid_argument,
        fmt::format("Msg#{} is a call of our own; the other side accepts it", message.value));
  }
  EDGE_TRY(store::ChatRow chat, store::load_chat(write.scope, row.chat));
  if (chat.blocked == store::ChatBlocked::request) {
    EDGE_TRY(chat,
             chats::ensure_single_chat(write.tx, write.scope, row.from, store::ChatBlocked::no));
    EDGE_CHECK(chats::show_contact(write, row.from));
  }
  EDGE_CHECK(check_can_send(write.scope, write.account, chat));
  EDGE_TRY(const bool accepted, chats::accept_call(write, call, info));
  if (!accepted) return {};
  EDGE_CHECK(mark_messages_seen(write, {&message, 1}));
  EDGE_CHECK(queue_change(write, chat, message, ChangeKind::call_accepted, write.tx.now(), info));
  EDGE_CHECK(write.emit(IncomingCallAccepted{row.chat, message, true}));
  return chats::emit_changed(write.tx, write.account.id, row.chat, message);
}

base::Result<> end_any(const kernel::WriteContext& write, MsgId message) {
  EDGE_TRY(store::CallRow call, load_call(write.scope, message));
  EDGE_TRY(const store::MessageRow row, store::load_message(write.scope, message));
  EDGE_TRY(const bool ended, chats::end_call(write, call, row, chats::CallEnd::by_us));
  if (!ended) return {};
  if (row.from != kSelf) EDGE_CHECK(mark_messages_seen(write, {&message, 1}));
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, row.chat));
  if (!check_can_send(write.scope, write.account, chat)) return {};  // the call ends here even so
  return queue_change(write, chat, message, ChangeKind::call_ended, write.tx.now(), "");
}

base::Result<> end_rung_out(const kernel::WriteContext& write) {
  EDGE_TRY(const auto calls,
           store::calls_rung_out(write.scope, write.core.steady->wall().now, kEndedAtOnce));
  for (const MsgId message : calls) {
    auto call = store::find_call(write.scope, message);
    auto row = store::find_message(write.scope, message);
    if (!call || !*call || !row || !*row) {  // a damaged row is not retried for ever
      EDGE_CHECK(store::delete_call(write.scope, message));
      continue;
    }
    EDGE_CHECK(chats::end_call(write, **call, **std::move(row), chats::CallEnd::rung_out));
  }
  return {};
}

}  // namespace

void Calls::place(AccountId account, ChatId chat, std::string info, bool video,
                  base::Completion<MsgId> done) {
  if (auto good = check_info("place_call_info", info); !good) {
    return done(std::move(good).error());
  }
  core_.write<MsgId>(
      account,
      [this, chat, info = std::move(info), video](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<MsgId> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(const store::ChatRow row, store::load_chat(scope, chat));
        EDGE_CHECK(check_callable(write, row));
        return place_call(write, row, info, video);
      },
      std::move(done));
}

void Calls::accept(AccountId account, MsgId call, std::string info, base::Completion<> done) {
  if (auto good = check_info("accept_call_info", info); !good) return done(std::move(good));
  core_.write<void>(
      account,
      [this, call, info = std::move(info)](store::Tx& tx, const store::Scope& scope,
                                           const kernel::AccountState& state) {
        return accept_incoming({core_, tx, scope, state}, call, info);
      },
      std::move(done));
}

void Calls::end(AccountId account, MsgId call, base::Completion<> done) {
  core_.write<void>(
      account,
      [this, call](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state) {
        return end_any({core_, tx, scope, state}, call);
      },
      std::move(done));
}

void Calls::expire(AccountId account, base::Completion<> done) {
  core_.write<void>(
      account,
      [this](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state) {
        return end_rung_out({core_, tx, scope, state});
      },
      std::move(done));
}

const std::string& Calls::ice_servers() const { return core_.options.ice_servers; }

base::Result<Call> Calls::get(AccountId account, MsgId call) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(store::CallRow row, load_call(scope, call));
  EDGE_TRY(const auto mark, store::find_message_mark(scope, call));
  Call shown{row.video, std::move(row.offer), row.state, 0};
  // The time to ring is over, but the row does not say so yet.
  if (row.state == CallState::rings && row.ring_until <= core_.steady->wall().now) {
    shown.state = mark && mark->from == kSelf ? CallState::declined : CallState::missed;
  }
  if (row.state == CallState::completed) shown.duration = row.ended_at - row.accepted_at;
  return shown;
}

}  // namespace messaging
