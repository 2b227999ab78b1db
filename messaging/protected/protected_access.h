// Rules of protected files that several parts follow: who may open one now, what its states are
// called, how a decision of the owner reaches its holder. Runs in the writer's transaction unless
// it says otherwise.
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

// The readers of protected files that are open now, so that an access that ends closes them. Any
// thread.
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

// The word for a state; `at_owner`: a request waits for the owner's action.
std::string_view state_word(const store::FileAccessRow& access, UnixMillis now, bool at_owner);

std::string file_label(const store::ProtectedFileRow& file);  // for messages to a person
base::Result<store::ProtectedFileRow> load_file(const store::Scope& scope, FileId file);

// Of the rows with this id in their container, the one that opens it, else the first;
// `from` is preferred where it is known who sent the container.
base::Result<std::optional<store::ProtectedFileRow>> choose_file(const store::Scope& scope,
                                                                 const crypto::PrvId& uuid,
                                                                 std::optional<ContactId> from);

// The file that a message carries, on any snapshot; nothing for other messages, and for a container
// that cannot be read.
base::Result<std::optional<store::ProtectedFileRow>> file_in_message(
    const kernel::Core& core, const kernel::AccountState& account, const store::Scope& scope,
    MsgId message);

base::Result<store::ContactRow> known_contact(const kernel::WriteContext& write,
                                              const IdentityBytes& key, const std::string& name,
                                              const std::string& addr);

// Queues a note for a contact, outside any chat; one who cannot be written to is not told.
base::Result<> tell(const kernel::WriteContext& write, ContactId contact, ContentBody note);
// The same, but it waits for a way to one who cannot be written to yet.
base::Result<> tell_waiting(const kernel::WriteContext& write, ContactId contact, ContentBody note);

// Tells the holder of `access` (directly, or through the contact who forwarded it) what the row
// says.
base::Result<> tell_decision(const kernel::WriteContext& write, const store::ProtectedFileRow& file,
                             const store::FileAccessRow& access);

// Destroys our share and closes what reads the file.
base::Result<> end_share(const kernel::WriteContext& write, const store::ProtectedFileRow& file);

// Makes `access` what holds for its holder, and tells it. Each decision has a higher number than
// the one before, so that the last one holds everywhere.
base::Result<> decide(const kernel::WriteContext& write, const store::ProtectedFileRow& file,
                      store::FileAccessRow access);
// Of what a holder was given, alone and as a member of groups, what was decided last of what still
// stands.
base::Result<std::optional<store::FileAccessRow>> standing_access(
    const kernel::WriteContext& write, const store::ProtectedFileRow& file, ContactId holder);
// What the holder was told last ended: the one before it that still stands holds again, if any.
base::Result<> fall_back(const kernel::WriteContext& write, const store::ProtectedFileRow& file,
                         ContactId holder);
// Everything that the holder was given.
base::Result<> revoke_holder(const kernel::WriteContext& write, const store::ProtectedFileRow& file,
                             ContactId holder);

// The holder's row: changed and told to the owner.
base::Result<> report_end(const kernel::WriteContext& write, const store::ProtectedFileRow& file,
                          store::FileAccessRow access, store::FileState state);

// A message with a protected file is about to be removed here.
base::Result<> protected_message_removed(const kernel::WriteContext& write, MsgId message);

// A contact is no member of a group any more: it loses what of ours it was given as one.
base::Result<> membership_ended(const kernel::WriteContext& write, const store::Uuid& group,
                                ContactId contact);

}  // namespace messaging::protection
