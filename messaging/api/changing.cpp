// Messages::react, edit and pin.
#include <fmt/format.h>

#include <algorithm>

#include "base/unicode.h"
#include "messaging/api/chat_sending.h"
#include "messaging/api/messages.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/pins.h"
#include "messaging/kernel/core.h"
#include "messaging/model/change_content.h"
#include "store/tables/message_changes.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using store::MessageChangeRow;
using store::MessageRow;

// Writes a change of ours and sends it.
base::Result<> change(const kernel::WriteContext& write, const store::ChatRow& chat,
                      const MessageRow& message, ChangeKind kind, std::string text) {
  EDGE_TRY(const auto before,
           store::find_message_change(write.scope, message.from, message.uuid, kSelf, kind));
  MessageChangeRow row{message.from,   message.uuid, kSelf,          kind,
                       write.tx.now(), false,        std::move(text)};
  if (before) row.number = std::max(row.number, before->number + 1);
  EDGE_CHECK(store::put_message_change(write.scope, row));
  return queue_change(write, chat, message.id, kind, row.number, row.text);
}

// An element may hold several, with blanks between them, and the same one twice counts once.
base::Result<std::string> checked_reactions(const std::vector<std::string>& reactions) {
  const auto no = [] {
    return fail(Errc::invalid_argument,
                fmt::format("reaction: expected emojis of {} bytes at most each and {} bytes in "
                            "all; [] takes yours back",
                            kMaxReactionLength, kMaxReactionBytes));
  };
  const std::string wanted = join_reactions(reactions);
  std::string_view rest = wanted;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0 && split_reactions(rest.substr(0, end)).empty()) return no();
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::string text = join_reactions(split_reactions(wanted));
  if (text.size() > kMaxReactionBytes) return no();
  return text;
}

base::Result<> check_text(const std::string& text) {
  if (base::trimmed(text).empty()) {
    return fail(Errc::invalid_argument,
                "new_text: expected a text; delete_messages_for_all takes a message back");
  }
  if (text.size() > kMaxText) {
    return fail(Errc::too_large,
                fmt::format("new_text: {} bytes; at most {} are sent", text.size(), kMaxText));
  }
  return {};
}

base::Result<> check_editable(const MessageRow& row) {
  const auto no = [&](std::string_view why) {
    return fail(Errc::invalid_argument, fmt::format("Msg#{}: {}", row.id.value, why));
  };
  if (row.from != kSelf) return no("can edit only own messages");
  if (row.is_info) return no("cannot edit info messages");
  if (row.type == Viewtype::call) return no("cannot edit calls");
  if (row.state == MsgState::out_draft) return no("it is a draft (misc_set_draft changes it)");
  return {};
}

}  // namespace

void Messages::react(AccountId account, MsgId message, std::vector<std::string> reactions,
                     base::Completion<> done) {
  auto text = checked_reactions(reactions);
  if (!text) return done(std::move(text).error());
  core_.write<void>(
      account,
      [this, message, text = *std::move(text)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(const MessageRow row, store::load_message(scope, message));
        if (row.is_info || row.state == MsgState::out_draft) {
          return fail(Errc::invalid_argument,
                      fmt::format("Msg#{}: nobody sent it, so nobody reacts to it", message.value));
        }
        EDGE_TRY(const store::ChatRow chat, store::load_chat(scope, row.chat));
        EDGE_CHECK(check_can_send(scope, state, chat));
        EDGE_CHECK(change(write, chat, row, ChangeKind::reaction, text));
        return write.emit(ReactionsChanged{row.chat, row.id});
      },
      std::move(done));
}

void Messages::edit(AccountId account, MsgId message, std::string text, base::Completion<> done) {
  if (auto good = check_text(text); !good) return done(std::move(good));
  core_.write<void>(
      account,
      [this, message, text = std::move(text)](store::Tx& tx, const store::Scope& scope,
                                              const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(MessageRow row, store::load_message(scope, message));
        EDGE_CHECK(check_editable(row));
        EDGE_TRY(const store::ChatRow chat, store::load_chat(scope, row.chat));
        EDGE_CHECK(check_can_send(scope, state, chat));
        row.text = text;
        row.is_edited = true;
        EDGE_CHECK(store::update_message(scope, row));
        EDGE_CHECK(change(write, chat, row, ChangeKind::edit, text));
        return chats::emit_changed(tx, state.id, row.chat, row.id);
      },
      std::move(done));
}

void Messages::pin(AccountId account, MsgId message, bool pinned, base::Completion<> done) {
  core_.write<void>(
      account,
      [this, message, pinned](store::Tx& tx, const store::Scope& scope,
                              const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(const MessageRow row, store::load_message(scope, message));
        if (row.is_info || row.state == MsgState::out_draft) {
          return fail(Errc::invalid_argument,
                      fmt::format("Msg#{}: nobody sent it, so it is not pinned", message.value));
        }
        EDGE_TRY(const store::ChatRow chat, store::load_chat(scope, row.chat));
        EDGE_CHECK(check_can_send(scope, state, chat));
        if (row.is_pinned == pinned) return {};
        MessageChangeRow pin{row.from, row.uuid,         kSelf, ChangeKind::pin, 0,
                             false,    pinned ? "1" : ""};
        EDGE_TRY(pin.number, chats::next_pin_number(write, row));
        EDGE_CHECK(store::put_message_change(scope, pin));
        EDGE_CHECK(queue_change(write, chat, row.id, pin.kind, pin.number, pin.text));
        return chats::set_pinned(write, chat, row, kSelf, pinned);
      },
      std::move(done));
}

base::Result<std::vector<MsgId>> Messages::pinned(AccountId account, ChatId chat) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const store::ChatRow row, store::load_chat(read.scope(), chat));
  return store::pinned_messages(read.scope(), row.id);
}

}  // namespace messaging
