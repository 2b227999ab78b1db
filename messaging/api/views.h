// Views: make the results of reads (types.h) from rows. Nothing is written.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "messaging/kernel/core.h"
#include "messaging/model/types.h"
#include "store/tables/chats.h"
#include "store/tables/contacts.h"
#include "store/tables/locations.h"
#include "store/tables/messages.h"

namespace messaging {

inline constexpr std::string_view kSavedMessagesName = "Saved messages";
inline constexpr std::string_view kDeviceChatName = "Device messages";

// One account's rows from one snapshot, and caches for showing them: each contact is read once. One
// thread at a time.
struct View {
  const kernel::Core& core;
  store::Scope scope;
  const kernel::AccountState& account;
  mutable std::unordered_map<ContactId, base::Result<Contact>> contacts = {};  // those looked up
  mutable std::optional<std::vector<store::LocationStreamRow>> location_streams = {};
  // Whether any message of the account has one; read once, because most accounts have none.
  mutable std::optional<bool> has_changes = {};
  mutable std::optional<bool> has_saved = {};
};

// The path of a picture's sealed blob; "" when there is none or its record does not open.
std::string image_path(const View& view, std::optional<std::int64_t> blob);

Contact view_contact(const View& view, const store::ContactRow& row);
base::Result<Contact> load_contact_view(const View& view, ContactId contact);

base::Result<Chat> view_chat(const View& view, const store::ChatRow& row);
base::Result<ChatSummary> view_summary(const View& view, const store::ChatRow& row);

base::Result<Message> view_message(const View& view, store::MessageRow row);

// The text, or the kind or name of the file; in one line unless `lines`.
struct SummaryForm {
  bool forwarded = false;      // says that a message was forwarded
  bool sign = true;            // the kind of file as an emoji
  std::size_t characters = 0;  // of the line, about; 0: as many as there are
  bool lines = false;
};
std::string summary_text(const kernel::StockStrings& words, const Message& message,
                         SummaryForm form = {});

}  // namespace messaging
