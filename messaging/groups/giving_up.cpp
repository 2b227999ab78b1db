#include "messaging/groups/giving_up.h"

#include <fmt/format.h>

#include "base/log.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/groups/group_rules.h"
#include "messaging/model/content.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/messages.h"
#include "store/tables/sent_avatars.h"
#include "store/tables/sent_profiles.h"

namespace messaging::groups {
namespace {

using store::OutboxRow;
using store::OutboxState;

constexpr std::size_t kMostErrorText = 4096;

std::string span_text(base::Millis span) {
  constexpr base::Millis kHour = 3600 * base::Millis{1000};
  if (span % (24 * kHour) == 0) return fmt::format("{} days", span / (24 * kHour));
  if (span % kHour == 0) return fmt::format("{} hours", span / kHour);
  return fmt::format("{} seconds", span / 1000);
}

// The reason for get_message_info.
std::string reason(OutboxState state, base::Millis after) {
  switch (state) {
    case OutboxState::waiting:
      return fmt::format(
          "No secure session with the recipient came about in {}; the message was "
          "not sent.",
          span_text(after));
    case OutboxState::ready:
      return fmt::format("The recipient's gateway could not be reached in {}.", span_text(after));
    case OutboxState::stored:
      break;
  }
  return fmt::format("The recipient's device did not acknowledge the message in {}.",
                     span_text(after));
}

base::Result<> mark_failed(const kernel::WriteContext& write, MsgId id, ContactId contact,
                           std::string why) {
  EDGE_TRY(auto message, store::find_message(write.scope, id));
  if (!message) return {};
  EDGE_TRY(const store::ChatRow chat, store::load_chat(write.scope, message->chat));
  if (chat.type != ChatType::single) {
    const auto member = store::load_contact(write.scope, contact);
    const std::string name =
        member ? chats::shown_name(*member) : fmt::format("contact {}", contact.value);
    why = name + ": " + why;
  }
  if (!message->error.empty() && message->error.size() < kMostErrorText) {
    why = message->error + "\n" + why;
  }
  if (message->error.size() < kMostErrorText) message->error = std::move(why);
  EDGE_CHECK(store::update_message(write.scope, *message));
  EDGE_TRY(const bool failed, store::set_message_state(write.scope, id, MsgState::out_failed));
  return failed ? write.emit(MsgFailed{message->chat, id}) : base::Result<>{};
}

// Fails a message for one recipient: others of a group may have received it, and more may fail. If
// the record of the message or its chat is damaged too, only the outbox row is deleted.
base::Result<> fail_message(const kernel::WriteContext& write, MsgId id, ContactId contact,
                            std::string why) {
  EDGE_CHECK(store::delete_outbox_to(write.scope, id, contact));
  auto marked = mark_failed(write, id, contact, std::move(why));
  if (marked || marked.error().code != base::Errc::sealed) return marked;
  base::log::error("message {} of account {} was not sent and cannot be marked: {}", id.value,
                   write.account.id.value, marked.error().message);
  return {};
}

}  // namespace

base::Result<> expire_outbox(const kernel::WriteContext& write, UnixMillis before) {
  EDGE_TRY(const auto rows, store::expired_outbox(write.scope, before));
  for (const OutboxRow& row : rows) {
    EDGE_CHECK(store::delete_outbox(write.scope, row.id));
    if (row.message) {
      EDGE_CHECK(fail_message(write, *row.message, *row.contact,
                              reason(row.state, write.core.options.expire_after)));
    } else if (row.contact) {
      // Profile and picture are queued again in their present form.
      EDGE_CHECK(store::note_profile_mark(write.scope, *row.contact, std::nullopt));
      EDGE_CHECK(store::note_avatar_sent(write.scope, *row.contact, std::nullopt));
    }
  }
  return {};
}

base::Result<bool> contact_opens(const store::Scope& scope, ContactId contact) {
  const auto row = store::find_contact(scope, contact);
  if (!row && row.error().code != base::Errc::sealed) return row.error();
  return row.ok();
}

base::Result<> give_up_recipient(const kernel::WriteContext& write, MsgId message,
                                 ContactId contact) {
  return fail_message(write, message, contact,
                      "The recipient's record was changed by another program or is damaged, so the "
                      "message was not sent. Restore a backup, or join the recipient again.");
}

base::Result<> give_up_message(const kernel::WriteContext& write, MsgId message, ContactId contact,
                               std::string why) {
  return fail_message(write, message, contact, std::move(why));
}

base::Result<> give_up_file(const kernel::WriteContext& write, const OutboxRow& file,
                            const std::string& why) {
  EDGE_CHECK(store::delete_outbox(write.scope, file.id));
  EDGE_TRY(const auto row, store::next_content(write.scope, *file.contact, file.id));
  base::Result<Content> content = base::fail(base::Errc::not_found, "nothing stands behind it");
  if (row) content = decode_content(row->payload);
  const auto* update = content ? std::get_if<GroupUpdate>(&content->body) : nullptr;
  if (update != nullptr && update->image && update->image->transfer == file.transfer) {
    // The update is removed too, because its recipient would wait for the picture.
    EDGE_CHECK(store::delete_outbox(write.scope, row->id));
    EDGE_TRY(const auto group, chats::find_group(write.scope, update->group));
    if (!group) return {};
    return send_to_member(write, *group, *file.contact, {file.message, content->uuid});
  }
  const auto* avatar = content ? std::get_if<Avatar>(&content->body) : nullptr;
  if (avatar != nullptr && avatar->picture && avatar->picture->transfer == file.transfer) {
    // Its recipient would wait for the picture. A picture that was replaced is followed by the new
    // one.
    return store::delete_outbox(write.scope, row->id);
  }
  if (!file.message) return {};
  return fail_message(write, *file.message, *file.contact,
                      "The file could not be read: " + why + ".");
}

}  // namespace messaging::groups
