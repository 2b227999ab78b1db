// Messages::send and the daemon's own messages in the device chat.
#include "messaging/api/chat_sending.h"
#include "messaging/api/locations.h"
#include "messaging/api/messages.h"
#include "messaging/api/webxdc_sending.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/compose.h"
#include "messaging/kernel/core.h"
#include "store/tables/device_labels.h"

namespace messaging {
namespace {

base::Result<MsgId> send_with_place(const kernel::WriteContext& write, const store::ChatRow& chat,
                                    store::MessageRow row, const MessageDraft& draft) {
  EDGE_TRY(const MsgId id, send_to_chat(write, chat, std::move(row)));
  if (draft.of_draft) EDGE_CHECK(send_updates_of_draft(write, chat, *draft.of_draft, id));
  if (!draft.location) return id;
  EDGE_TRY(store::MessageRow sent, store::load_message(write.scope, id));
  EDGE_CHECK(attach_place(write, chat, sent, {draft.location->first, draft.location->second, 0}));
  return id;
}

}  // namespace

void Messages::send(AccountId account, ChatId chat, MessageDraft draft,
                    base::Completion<MsgId> done) {
  if (auto good = chats::check_draft(draft); !good) return done(std::move(good).error());
  auto write = [this, account, chat, draft](std::optional<files::SealedFile> sealed,
                                            base::Completion<MsgId> answer) mutable {
    core_.write<MsgId>(
        account,
        [this, chat, draft = std::move(draft), sealed = std::move(sealed)](
            store::Tx& tx, const store::Scope& scope,
            const kernel::AccountState& state) mutable -> base::Result<MsgId> {
          EDGE_TRY(const store::ChatRow row,
                   store::load_chat(scope, chat).with_context("Failed to send created message"));
          EDGE_CHECK(check_can_send(scope, state, row));
          EDGE_TRY(store::MessageRow message,
                   chats::compose_row(tx, scope, core_, state, chat, draft, sealed));
          return send_with_place({core_, tx, scope, state}, row, std::move(message), draft);
        },
        std::move(answer));
  };
  chats::with_file<MsgId>(core_, account, draft, std::move(done), std::move(write));
}

void Messages::add_device_message(AccountId account, std::string label,
                                  std::optional<MessageDraft> draft,
                                  base::Completion<std::optional<MsgId>> done) {
  if (draft) {
    if (auto good = chats::check_draft(*draft); !good) return done(std::move(good).error());
  }
  const MessageDraft wanted = draft.value_or(MessageDraft{});
  auto write = [this, account, label = std::move(label), draft = std::move(draft)](
                   std::optional<files::SealedFile> sealed,
                   base::Completion<std::optional<MsgId>> answer) mutable {
    core_.write<std::optional<MsgId>>(
        account,
        [this, label = std::move(label), draft = std::move(draft), sealed = std::move(sealed)](
            store::Tx& tx, const store::Scope& scope,
            const kernel::AccountState& state) mutable -> base::Result<std::optional<MsgId>> {
          if (!label.empty()) {
            EDGE_TRY(const bool used, store::has_device_label(scope, label));
            if (used) return std::optional<MsgId>();
            EDGE_CHECK(store::insert_device_label(scope, label));
          }
          if (!draft) return std::optional<MsgId>();
          EDGE_TRY(const store::ChatRow chat,
                   chats::ensure_single_chat(tx, scope, kDeviceContact, store::ChatBlocked::no));
          EDGE_TRY(store::MessageRow row,
                   chats::compose_row(tx, scope, core_, state, chat.id, *draft, sealed));
          row.from = kDeviceContact;
          row.encrypted = false;
          row.is_bot = false;
          row.state = MsgState::in_fresh;
          row.received_at = tx.now();
          EDGE_CHECK(chats::insert_own(tx, scope, row));
          EDGE_CHECK(chats::unarchive(scope, chat, tx.now()));
          EDGE_CHECK(chats::emit_changed(tx, state.id, chat.id, row.id));
          return std::optional(row.id);
        },
        std::move(answer));
  };
  chats::with_file<std::optional<MsgId>>(core_, account, wanted, std::move(done), std::move(write));
}

}  // namespace messaging
