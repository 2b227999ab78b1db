// Messages of an account: sending, reading, marking, deleting.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/completion.h"
#include "messaging/api/views.h"
#include "messaging/model/types.h"

namespace messaging::delivery {
class Courier;
}  // namespace messaging::delivery
namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel
namespace store::search {
class Searcher;
}  // namespace store::search

namespace messaging {

struct MessagePage;

class Messages {
 public:
  Messages(kernel::Core& core, const delivery::Courier& courier, store::search::Searcher& searcher)
      : core_(core), courier_(courier), searcher_(searcher) {}

  // Completes with the id once the message is sealed and queued in one commit.
  void send(AccountId account, ChatId chat, MessageDraft draft, base::Completion<MsgId> done);

  base::Result<Message> get(AccountId account, MsgId message) const;
  // With everything that is shown with them. A bad one costs itself only.
  base::Result<MessagePage> page(AccountId account, const std::vector<MsgId>& messages) const;
  base::Result<MessagePage> page_with_chats(AccountId account,
                                            const std::vector<MsgId>& messages) const;
  base::Result<std::vector<MsgId>> existing(AccountId account,
                                            const std::vector<MsgId>& messages) const;
  // Oldest first. With day markers, each day's first message has a marker before it.
  base::Result<std::vector<ListItem>> list(AccountId account, ChatId chat, bool info_only,
                                           bool day_markers) const;
  // Unseen ones, newest first, without muted chats and contact requests.
  base::Result<std::vector<MsgId>> fresh(AccountId account) const;
  // The first message of a chat that was not noticed yet, in display order.
  base::Result<std::optional<MsgId>> first_fresh(AccountId account, ChatId chat) const;
  // The number of messages older than this, without Saved messages.
  base::Result<std::int64_t> count_older(AccountId account, base::Millis age) const;
  // One line, as a chat list shows it, or another form.
  std::string summary(const Message& message, SummaryForm form = {}) const;
  // Ids above the config value last_msg_id, oldest first.
  base::Result<std::vector<MsgId>> next(AccountId account) const;
  base::Result<MessageTrace> trace(AccountId account, MsgId message) const;
  // Messages that hold a text, whatever its case and form (base::folded): the newest 1,000 of all
  // chats that are not blocked, newest first, or all of one chat, oldest first. An account's first
  // search for a while is answered once its messages were read (store/search/searcher.h).
  void search(AccountId account, const std::string& text, std::optional<ChatId> chat,
              base::Completion<std::vector<MsgId>> done);

  // Messages of these kinds, oldest first, in one chat or all that are not blocked.
  base::Result<std::vector<MsgId>> media(AccountId account, std::optional<ChatId> chat,
                                         const std::array<Viewtype, 3>& types) const;

  // Copies messages into another chat, in the order of their times; copies of others' messages are
  // marked as forwarded. All or none.
  void forward(AccountId account, std::vector<MsgId> messages, ChatId chat,
               base::Completion<> done);
  // The same from one account's chats into another account's chat, with copies of their files.
  void forward_to(AccountId from, std::vector<MsgId> messages, AccountId to, ChatId chat,
                  base::Completion<> done);
  // Copies messages into Saved messages, as they were written and by whom. All or none.
  void save(AccountId account, std::vector<MsgId> messages, base::Completion<> done);
  // Removes messages whose time is over, by their timers or by the setting delete_device_after.
  void expire(AccountId account, base::Completion<> done);
  void mark_seen(AccountId account, std::vector<MsgId> messages, base::Completion<> done);
  // Sends own messages again, usually failed ones, under the same uuid; all or none.
  void resend(AccountId account, std::vector<MsgId> messages, base::Completion<> done);
  void remove(AccountId account, std::vector<MsgId> messages, base::Completion<> done);
  // Our own ones, also at everybody who received them.
  void remove_for_all(AccountId account, std::vector<MsgId> messages, base::Completion<> done);
  // Sets our reactions to a message, which replace the earlier ones; none removes them.
  void react(AccountId account, MsgId message, std::vector<std::string> reactions,
             base::Completion<> done);
  // Replaces the text of a message of ours, here and at everybody who received it.
  void edit(AccountId account, MsgId message, std::string text, base::Completion<> done);
  // Pins a message in its chat, or unpins it, at everybody who is in the chat.
  void pin(AccountId account, MsgId message, bool pinned, base::Completion<> done);
  // Oldest first.
  base::Result<std::vector<MsgId>> pinned(AccountId account, ChatId chat) const;
  // Begins to fetch a message's file that has not arrived; MsgsChanged reports the end. Without
  // effect on a complete message.
  void download(AccountId account, MsgId message, base::Completion<> done);
  // Writes the plaintext of a message's file to a new file of the caller (decision 24).
  void save_file(AccountId account, MsgId message, std::string path, base::Completion<> done);

  void set_draft(AccountId account, ChatId chat, MessageDraft draft, base::Completion<> done);
  void remove_draft(AccountId account, ChatId chat, base::Completion<> done);
  base::Result<std::optional<Message>> draft(AccountId account, ChatId chat) const;
  base::Result<std::optional<MessagePage>> draft_page(AccountId account, ChatId chat) const;
  // A message from the daemon itself in the device chat; a label is used once.
  void add_device_message(AccountId account, std::string label, std::optional<MessageDraft> draft,
                          base::Completion<std::optional<MsgId>> done);

 private:
  void remove_some(AccountId account, std::vector<MsgId> messages, int rounds,
                   base::Completion<> done);
  kernel::Core& core_;
  const delivery::Courier& courier_;
  store::search::Searcher& searcher_;
};

}  // namespace messaging
