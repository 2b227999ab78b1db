// Contact requests (decision 10): chats and groups of people who were not accepted, and what such
// people may cause. In the writer's transaction, or a snapshot.
//
// A *stranger* is a contact that is in no list (store::ContactState::hidden), whose chat was not
// accepted, and who is in no accepted group: somebody who has our card and wrote to us, or whom the
// user removed. Everything that strangers send is bounded, per stranger and in all. What exceeds a
// bound is not acknowledged: it stays with its sender, who repeats it, and is applied once the
// stranger is accepted.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "messaging/kernel/write_context.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"

namespace messaging::chats {

inline constexpr std::int64_t kMaxRequests = 500;       // chats and groups that wait
inline constexpr std::int64_t kMaxStrangersTexts = 50;  // of one stranger
// Bytes of files in all requests together, with those on their way.
inline constexpr std::uint64_t kMaxStrangersFiles = 64 * 1024 * 1024;

// The state of an unknown contact that wrote to us by our card: hidden, or known at a bot, which
// has nobody to accept people.
base::Result<store::ContactState> state_of_stranger(const store::Scope& scope);
// Whether a new chat or group that this contact begins is accepted: yes if the contact joined us or
// has an accepted chat, and at a bot.
base::Result<store::ChatBlocked> first_state(const store::Scope& scope,
                                             const store::ContactRow& contact);
// The chat with a contact that sent something; created in its first_state() if there is none.
base::Result<store::ChatRow> ensure_chat_of_sender(store::Tx& tx, const store::Scope& scope,
                                                   const store::ContactRow& contact);

base::Result<bool> is_stranger(const store::Scope& scope, const store::ContactRow& contact);
// Whether there is room for one more request.
base::Result<bool> has_room_for_request(const store::Scope& scope);
// Whether a message of this contact is applied now.
base::Result<bool> takes_message(const store::Scope& scope, const store::ContactRow& contact);
// Whether the transfer of a file of `size` bytes from this contact may begin.
base::Result<bool> takes_file(const store::Scope& scope, base::ContactId contact,
                              std::uint64_t size);

// The user wrote to the contact or accepted it: puts it into the lists. Event: ContactsChanged.
base::Result<> show_contact(const kernel::WriteContext& write, base::ContactId contact);

}  // namespace messaging::chats
