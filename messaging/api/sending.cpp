// Messages::send and the daemon's own messages in the device chat.
#include <fmt/format.h>

#include <algorithm>

#include "messaging/api/chat_sending.h"
#include "messaging/api/messages.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/compose.h"
#include "messaging/kernel/core.h"
#include "store/tables/device_labels.h"

namespace messaging {
namespace {

constexpr std::size_t kMostForwarded = 1000;  // in one transaction

// A forwarded copy has no sender, quote or receipts: those belong to the original's chat.
base::Result<store::MessageRow> forwarded(const kernel::WriteContext& write, ChatId chat,
                                          const store::MessageRow& original) {
  if (original.state == MsgState::out_draft) {
    return base::fail(
        base::Errc::invalid_argument,
        fmt::format("Msg#{} is a draft; send it instead (misc_send_draft)", original.id.value));
  }
  if (original.is_info) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("Msg#{}: cannot forward info messages", original.id.value));
  }
  EDGE_TRY(store::MessageRow row, chats::own_row(write.tx, write.scope, chat));
  row.type = original.type;
  row.text = original.text;
  row.blob_id = original.blob_id;
  row.is_forwarded = original.is_forwarded || original.from != kSelf;
  return row;
}

}  // namespace

void Messages::forward(AccountId account, std::vector<MsgId> messages, ChatId chat,
                       base::Completion<> done) {
  if (messages.size() > kMostForwarded) {
    return done(base::fail(base::Errc::invalid_argument,
                           fmt::format("{} messages are too many for one call; forward at most {}",
                                       messages.size(), kMostForwarded)));
  }
  core_.write<void>(
      account,
      [this, messages = std::move(messages), chat](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(const store::ChatRow to, store::load_chat(scope, chat));
        EDGE_CHECK(check_can_send(scope, state, to));
        std::vector<store::MessageRow> originals;
        for (const MsgId message : messages) {
          EDGE_TRY(store::MessageRow row, store::load_message(scope, message));
          originals.push_back(std::move(row));
        }
        std::stable_sort(
            originals.begin(), originals.end(), [](const auto& one, const auto& other) {
              return std::pair(one.sort_at, one.id) < std::pair(other.sort_at, other.id);
            });
        for (const store::MessageRow& original : originals) {
          EDGE_TRY(store::MessageRow row, forwarded(write, chat, original));
          EDGE_CHECK(send_to_chat(write, to, std::move(row)));
        }
        return {};
      },
      std::move(done));
}

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
          return send_to_chat({core_, tx, scope, state}, row, std::move(message));
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
