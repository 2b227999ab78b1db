// Composing: makes a message's row from a caller's draft, in the writer's transaction.
#pragma once

#include <optional>

#include "messaging/files/blob_files.h"
#include "messaging/kernel/core.h"
#include "messaging/model/types.h"
#include "store/tables/messages.h"

namespace messaging::chats {

// Checks what needs no store: a draft without text and file, too large, or not UTF-8.
base::Result<> check_draft(const MessageDraft& draft);

// The row of an empty message of ours.
base::Result<store::MessageRow> own_row(store::Tx& tx, const store::Scope& scope, ChatId chat);

// The row without id, state, sequence and place. `sealed` is the caller's file as a blob; without
// it, draft.file must be a blob path of this account.
base::Result<store::MessageRow> compose_row(store::Tx& tx, const store::Scope& scope,
                                            kernel::Core& core, const kernel::AccountState& account,
                                            ChatId chat, const MessageDraft& draft,
                                            std::optional<files::SealedFile>& sealed);

// The draft's file as a blob: from `sealed`, or found by its path.
base::Result<store::BlobRow> blob_of_draft(store::Tx& tx, const store::Scope& scope,
                                           const kernel::Core& core,
                                           const kernel::AccountState& account,
                                           const MessageDraft& draft,
                                           std::optional<files::SealedFile>& sealed);

// Calls `write` with the draft's file sealed, on the file worker when a file must be copied, else
// at once. `write(std::optional<SealedFile>, Completion<T>)`.
template <class T, class F>
void with_file(kernel::Core& core, AccountId account, const MessageDraft& draft,
               base::Completion<T> done, F write);

}  // namespace messaging::chats

#include "messaging/kernel/file_worker.h"

namespace messaging::chats {

template <class T, class F>
void with_file(kernel::Core& core, AccountId account, const MessageDraft& draft,
               base::Completion<T> done, F write) {
  if (draft.file.empty() || core.store.blobs().place_of(draft.file)) {
    return write(std::optional<files::SealedFile>(), std::move(done));
  }
  auto state = core.directory.get(account);
  if (!state) return done(std::move(state).error());
  auto shared = std::make_shared<base::Completion<T>>(std::move(done));
  auto posted = core.file_worker->post(
      [&core, state = *std::move(state), path = draft.file, name = draft.file_name, shared,
       write = std::move(write)](const std::stop_token& stop) mutable {
        auto sealed = files::seal_file(core, state, path, name, stop);
        if (!sealed) return (*shared)(std::move(sealed).error());
        write(std::optional<files::SealedFile>(*std::move(sealed)), std::move(*shared));
      });
  if (!posted) (*shared)(std::move(posted).error());
}

}  // namespace messaging::chats
