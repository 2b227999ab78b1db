// Groups and channels of an account. All members of a group may write and change it; a channel has
// one sender, its owner, and subscribers who see neither each other nor their number.
//
// A new group is local: members receive its state with the first message, and every later change.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/completion.h"
#include "messaging/model/types.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

class Groups {
 public:
  explicit Groups(kernel::Core& core) : core_(core) {}

  void create(AccountId account, std::string name, base::Completion<ChatId> done);
  void create_channel(AccountId account, std::string name, base::Completion<ChatId> done);
  void add(AccountId account, ChatId chat, ContactId contact, base::Completion<> done);
  void remove(AccountId account, ChatId chat, ContactId contact, base::Completion<> done);
  void leave(AccountId account, ChatId chat, base::Completion<> done);
  void rename(AccountId account, ChatId chat, std::string name, base::Completion<> done);
  void describe(AccountId account, ChatId chat, std::string text, base::Completion<> done);
  // A path of the caller or of a blob, at most a mebibyte; nullopt removes the picture.
  void set_image(AccountId account, ChatId chat, std::optional<std::string> path,
                 base::Completion<> done);
  // Groups with members in common, the most similar first.
  base::Result<std::vector<ChatId>> similar(AccountId account, ChatId chat) const;

 private:
  void make(AccountId account, std::string name, bool channel, base::Completion<ChatId> done);
  kernel::Core& core_;
};

}  // namespace messaging
