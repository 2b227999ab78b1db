// Drafts: a message's row of state 19, at most one per chat.
#include "messaging/api/message_page.h"
#include "messaging/api/messages.h"
#include "messaging/api/views.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/compose.h"
#include "messaging/files/removal.h"
#include "messaging/kernel/core.h"

namespace messaging {
namespace {

base::Result<> drop_draft(store::Tx& tx, const store::Scope& scope, const store::ChatRow& chat,
                          files::RemovedFiles& files) {
  if (!chat.draft) return {};
  EDGE_CHECK(files::remove_message(tx, scope, *chat.draft, files));
  return store::set_draft(scope, chat.id, std::nullopt);
}

}  // namespace

void Messages::set_draft(AccountId account, ChatId chat, MessageDraft draft,
                         base::Completion<> done) {
  if (draft.text.empty() && draft.file.empty()) return remove_draft(account, chat, std::move(done));
  if (auto good = chats::check_draft(draft); !good) return done(std::move(good).error());
  auto write = [this, account, chat, draft](std::optional<files::SealedFile> sealed,
                                            base::Completion<> answer) mutable {
    core_.write<void>(
        account,
        [this, chat, draft = std::move(draft), sealed = std::move(sealed)](
            store::Tx& tx, const store::Scope& scope,
            const kernel::AccountState& state) mutable -> base::Result<> {
          EDGE_TRY(const store::ChatRow row, store::load_chat(scope, chat));
          // Inserts the new draft first: it may use the old draft's file.
          EDGE_TRY(store::MessageRow message,
                   chats::compose_row(tx, scope, core_, state, chat, draft, sealed));
          message.state = MsgState::out_draft;
          EDGE_CHECK(chats::insert_own(tx, scope, message));
          files::RemovedFiles files(core_, state);
          EDGE_CHECK(drop_draft(tx, scope, row, files));
          EDGE_CHECK(store::set_draft(scope, chat, message.id));
          files.remove_after(tx);
          return chats::emit_changed(tx, state.id, chat, message.id);
        },
        std::move(answer));
  };
  chats::with_file<void>(core_, account, draft, std::move(done), std::move(write));
}

void Messages::remove_draft(AccountId account, ChatId chat, base::Completion<> done) {
  core_.write<void>(
      account,
      [this, chat](store::Tx& tx, const store::Scope& scope,
                   const kernel::AccountState& state) -> base::Result<> {
        EDGE_TRY(const store::ChatRow row, store::load_chat(scope, chat));
        if (!row.draft) return {};
        files::RemovedFiles files(core_, state);
        EDGE_CHECK(drop_draft(tx, scope, row, files));
        files.remove_after(tx);
        return chats::emit_changed(tx, state.id, chat, MsgId());
      },
      std::move(done));
}

base::Result<std::optional<MessagePage>> Messages::draft_page(AccountId account,
                                                              ChatId chat) const {
  EDGE_TRY(auto read, core_.read(account));
  const View view{core_, read.scope(), *read.account};
  EDGE_TRY(const store::ChatRow row, store::load_chat(view.scope, chat));
  if (!row.draft) return std::optional<MessagePage>();
  EDGE_TRY(auto page, read_page(view, {*row.draft}));
  return std::optional(std::move(page));
}

base::Result<std::optional<Message>> Messages::draft(AccountId account, ChatId chat) const {
  EDGE_TRY(auto read, core_.read(account));
  const View view{core_, read.scope(), *read.account};
  EDGE_TRY(const store::ChatRow row, store::load_chat(view.scope, chat));
  if (!row.draft) return std::optional<Message>();
  EDGE_TRY(store::MessageRow message, store::load_message(view.scope, *row.draft));
  EDGE_TRY(Message shown, view_message(view, std::move(message)));
  return std::optional(std::move(shown));
}

}  // namespace messaging
