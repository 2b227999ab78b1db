// Rules of protected files that several parts follow: who may open one now, the names of its
// states, and how a decision of the owner reaches the holder. Runs in the writer's transaction
// unless noted.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/steady_time.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/content.h"
#include "messaging/model/types.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/protected_files.h"

namespace messaging::protection {

// The open readers of protected files. The end of an access closes them. Any thread.
class OpenReads {
 public:
  struct OpenRead {
    std::atomic<bool> closed{false};
  };
  std::shared_ptr<OpenRead> begin(AccountId account, FileId file);
  void close(AccountId account, FileId file);

 private:
  base::Mutex mutex_;
  std::map<std::pair<AccountId, FileId>, std::vector<std::weak_ptr<OpenRead>>> open_
      GUARDED_BY(mutex_);
};

enum class FileUse { view, download };

// Whether the chat is with one contact, rather than a group or channel.
inline bool is_single(const store::ChatRow& chat) { return chat.type == ChatType::single; }

inline bool is_own(const store::ProtectedFileRow& file) { return file.source == kSelf; }

// Whether a row's window is over at `now`.
bool window_over(const store::FileAccessRow& access, UnixMillis now);

// The share with which this account may open the file now, on any snapshot. Errc::gone, forbidden
// or unavailable with what to do.
base::Result<crypto::PrvShare> usable_share(const store::Scope& scope,
                                            const store::ProtectedFileRow& file,
                                            const kernel::SteadyTime& time, FileUse use);

// The name of a state; `at_owner`: a request waits for the owner's action.
std::string_view state_word(const store::FileAccessRow& access, UnixMillis now, bool at_owner);

std::string file_label(const store::ProtectedFileRow& file);  // for messages to a person
base::Result<store::ProtectedFileRow> load_file(const store::Scope& scope, FileId file);

// Of the rows with this container id, the one that opens the container, else the first. `from`, the
// sender if known, is preferred.
base::Result<std::optional<store::ProtectedFileRow>> choose_file(const store::Scope& scope,
                                                                 const crypto::PrvId& uuid,
                                                                 std::optional<ContactId> from);

// The file that a message carries, on any snapshot; nullopt for other messages and for an
// unreadable container.
base::Result<std::optional<store::ProtectedFileRow>> file_in_message(
    const kernel::Core& core, const kernel::AccountState& account, const store::Scope& scope,
    MsgId message);

base::Result<store::ContactRow> known_contact(const kernel::WriteContext& write,
                                              const IdentityBytes& key, const std::string& name,
                                              const std::string& addr);

// Queues a note for a contact, outside any chat; skipped when the contact has no route.
base::Result<> send_note(const kernel::WriteContext& write, ContactId contact, ContentBody note);
// The same, but without a route the note waits for one.
base::Result<> queue_note(const kernel::WriteContext& write, ContactId contact, ContentBody note);

// Sends the row's decision to the holder of `access`, directly or through the contact who forwarded
// the file.
base::Result<> send_decision(const kernel::WriteContext& write, const store::ProtectedFileRow& file,
                             const store::FileAccessRow& access);

// Destroys our share and closes the file's readers.
base::Result<> end_share(const kernel::WriteContext& write, const store::ProtectedFileRow& file);

// Stores `access` as the decision for its holder, and sends it. Each decision has a higher number
// than the one before, so that the last one wins everywhere.
base::Result<> decide(const kernel::WriteContext& write, const store::ProtectedFileRow& file,
                      store::FileAccessRow access);
// Of a holder's accesses, given to it alone or as a member of groups, the latest decision that is
// still in force.
base::Result<std::optional<store::FileAccessRow>> standing_access(
    const kernel::WriteContext& write, const store::ProtectedFileRow& file, ContactId holder);
// The access that the holder was sent last ended: the latest earlier one that is still in force, if
// any, applies again.
base::Result<> fall_back(const kernel::WriteContext& write, const store::ProtectedFileRow& file,
                         ContactId holder);
// Revokes all accesses of the holder.
base::Result<> revoke_holder(const kernel::WriteContext& write, const store::ProtectedFileRow& file,
                             ContactId holder);

// Changes the holder's row and reports the end to the owner.
base::Result<> report_end(const kernel::WriteContext& write, const store::ProtectedFileRow& file,
                          store::FileAccessRow access, store::FileState state);

// Called before a message with a protected file is removed here.
base::Result<> protected_message_removed(const kernel::WriteContext& write, MsgId message);

// A contact left a group, or was removed: revokes the accesses to our files that it had as a
// member.
base::Result<> membership_ended(const kernel::WriteContext& write, const store::Uuid& group,
                                ContactId contact);

}  // namespace messaging::protection
