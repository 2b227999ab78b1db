// Chats of an account: Saved messages (with contact 1), the device chat (with contact 5), and 1:1
// chats with contacts.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/completion.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

// What the entry kArchiveLink of a list stands for.
struct ArchivedChats {
  std::uint32_t with_fresh = 0;  // how many have unseen messages
};
using ChatEntry = std::variant<ChatSummary, ArchivedChats>;

struct ChatListQuery {
  bool archived_only = false;
  bool no_specials = false;  // leave out the archive link
  bool for_forwarding = false;
  std::optional<std::string> text = {};
  std::optional<ContactId> contact = {};
};

class Chats {
 public:
  explicit Chats(kernel::Core& core) : core_(core) {}

  // Pinned first, then by last message, newest first; kArchiveLink stands for archived chats.
  base::Result<std::vector<ChatId>> list(AccountId account, const ChatListQuery& query) const;
  base::Result<ChatSummary> summary(AccountId account, ChatId chat) const;
  // One answer per entry of list(), so that a bad one costs itself only.
  base::Result<std::vector<base::Result<ChatEntry>>> entries(AccountId account,
                                                             const std::vector<ChatId>& ids) const;
  base::Result<Chat> get(AccountId account, ChatId chat) const;
  // Who is in a chat, without those whose records do not open.
  struct WithMembers {
    Chat chat;
    std::vector<Contact> members;
  };
  base::Result<WithMembers> with_members(AccountId account, ChatId chat) const;
  base::Result<std::optional<ChatId>> find_by_contact(AccountId account, ContactId contact) const;
  base::Result<std::uint32_t> fresh_count(AccountId account, ChatId chat) const;

  // Finds or creates the 1:1 chat with a contact; with contact 1: Saved messages.
  void create_by_contact(AccountId account, ContactId contact, base::Completion<ChatId> done);
  void accept(AccountId account, ChatId chat, base::Completion<> done);
  void block(AccountId account, ChatId chat, base::Completion<> done);
  void remove(AccountId account, ChatId chat, base::Completion<> done);
  void mark_noticed(AccountId account, ChatId chat, base::Completion<> done);
  // Marks the messages of all chats as noticed.
  void mark_all_noticed(AccountId account, base::Completion<> done);
  // Marks the newest received message as fresh again.
  void mark_fresh(AccountId account, ChatId chat, base::Completion<> done);
  void set_visibility(AccountId account, ChatId chat, Visibility visibility,
                      base::Completion<> done);
  // After how many seconds new messages vanish; 0: never. Members are notified.
  void set_timer(AccountId account, ChatId chat, std::uint32_t seconds, base::Completion<> done);
  base::Result<std::uint32_t> timer(AccountId account, ChatId chat) const;
  void set_mute(AccountId account, ChatId chat, MuteState mute, base::Completion<> done);

 private:
  void remove_portion(AccountId account, ChatId chat, int rounds, base::Completion<> done);

  kernel::Core& core_;
};

}  // namespace messaging
