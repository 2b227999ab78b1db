// Reading messages. Sending is in sending.cpp, marking and deleting in marking.cpp, drafts in
// drafts.cpp.
#include "messaging/api/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/unicode.h"
#include "messaging/api/files.h"
#include "messaging/api/message_page.h"
#include "messaging/api/views.h"
#include "messaging/api/waiting_steps.h"
#include "messaging/files/blob_files.h"
#include "messaging/kernel/file_worker.h"
#include "store/search/searcher.h"
#include "store/tables/config_values.h"
#include "store/tables/receipts.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMostSearchHits = 1000;
constexpr std::size_t kMaxSearchText = 4096;
constexpr UnixMillis kDay = 24 * 3600 * UnixMillis{1000};

}  // namespace

base::Result<Message> Messages::get(AccountId account, MsgId message) const {
  EDGE_TRY(auto read, core_.read(account));
  return read_message({core_, read.scope(), *read.account}, message);
}

base::Result<MessagePage> Messages::page(AccountId account,
                                         const std::vector<MsgId>& messages) const {
  EDGE_TRY(auto read, core_.read(account));
  return read_page({core_, read.scope(), *read.account}, messages);
}

base::Result<MessagePage> Messages::page_with_chats(AccountId account,
                                                    const std::vector<MsgId>& messages) const {
  EDGE_TRY(auto read, core_.read(account));
  return read_page({core_, read.scope(), *read.account}, messages, PageChats::with);
}

base::Result<std::vector<MsgId>> Messages::existing(AccountId account,
                                                    const std::vector<MsgId>& messages) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  std::vector<MsgId> found;
  for (const MsgId message : messages) {
    EDGE_TRY(const auto mark, store::find_message_mark(scope, message));
    if (mark) found.push_back(message);
  }
  return found;
}

base::Result<std::vector<ListItem>> Messages::list(AccountId account, ChatId chat, bool info_only,
                                                   bool day_markers) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(const store::ChatRow row, store::load_chat(scope, chat));
  EDGE_TRY(const auto marks, store::messages_of_chat(scope, row.id));
  std::vector<ListItem> items;
  items.reserve(marks.size());
  UnixMillis last_day = -1;
  for (const store::MessageMark& mark : marks) {
    if (info_only && !mark.is_info) continue;
    const UnixMillis day = mark.sort_at / kDay * kDay;
    if (day_markers && day != last_day) {
      items.push_back({kDayMarker, day});
      last_day = day;
    }
    items.push_back({mark.id, 0});
  }
  return items;
}

base::Result<std::vector<MsgId>> Messages::fresh(AccountId account) const {
  EDGE_TRY(auto read, core_.read(account));
  return store::fresh_messages(read.scope(), core_.clock.now());
}

base::Result<std::optional<MsgId>> Messages::first_fresh(AccountId account, ChatId chat) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const store::ChatRow row, store::load_chat(read.scope(), chat));
  return store::first_fresh(read.scope(), row.id);
}

base::Result<std::int64_t> Messages::count_older(AccountId account, base::Millis age) const {
  EDGE_TRY(auto read, core_.read(account));
  EDGE_TRY(const auto saved, store::find_chat_by_contact(read.scope(), kSelf));
  return store::count_messages_before(read.scope(), core_.clock.now() - age,
                                      saved ? saved->id : ChatId());
}

base::Result<std::vector<MsgId>> Messages::next(AccountId account) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(const auto last, store::find_config_value(scope, "last_msg_id"));
  std::uint32_t after = 0;
  if (last) std::from_chars(last->data(), last->data() + last->size(), after);
  EDGE_TRY(const auto marks, store::messages_after(scope, MsgId(after)));
  std::vector<MsgId> ids;
  ids.reserve(marks.size());
  for (const store::MessageMark& mark : marks) ids.push_back(mark.id);
  return ids;
}

base::Result<MessageTrace> Messages::trace(AccountId account, MsgId message) const {
  EDGE_TRY(auto read, core_.read(account));
  const View view{core_, read.scope(), *read.account};
  MessageTrace trace;
  EDGE_TRY(trace.message, read_message(view, message));
  EDGE_TRY(trace.steps, waiting_steps(view, courier_, message));
  EDGE_TRY(const auto receipts, store::list_receipts(view.scope, message));
  for (const store::ReceiptRow& receipt : receipts) {
    trace.receipts.push_back({receipt.contact, receipt.read_at});
  }
  return trace;
}

void Messages::search(AccountId account, const std::string& text, std::optional<ChatId> chat,
                      base::Completion<std::vector<MsgId>> done) {
  if (text.size() > kMaxSearchText) {
    return done(base::fail(base::Errc::too_large,
                           fmt::format("the text to search for has {} bytes; at most {} are "
                                       "searched for: give a part of it",
                                       text.size(), kMaxSearchText)));
  }
  const auto state = core_.directory.get(account);
  if (!state) return done(state.error());
  searcher_.search(
      account, (*state)->key,
      {.wanted = base::folded(base::trimmed(text)), .chat = chat, .limit = kMostSearchHits},
      std::move(done));
}

base::Result<std::vector<MsgId>> Messages::media(AccountId account, std::optional<ChatId> chat,
                                                 const std::array<Viewtype, 3>& types) const {
  EDGE_TRY(auto read, core_.read(account));
  const store::Scope scope = read.scope();
  if (chat) EDGE_CHECK(store::load_chat(scope, *chat));
  return store::messages_of_types(scope, chat, types);
}

void Messages::save_file(AccountId account, MsgId message, std::string path,
                         base::Completion<> done) {
  auto attachment = Files(core_).open(account, message);
  if (!attachment) return done(std::move(attachment).error());
  core_.file_worker->answer<void>(
      std::move(done),
      [core = &core_, reader = std::move(attachment->reader), path = std::move(path)](
          const std::stop_token& stop, base::Completion<>& answer) {
        answer(files::write_file(*core, *reader, path, stop));
      });
}

std::string Messages::summary(const Message& message, SummaryForm form) const {
  return summary_text(core_.stock, message, form);
}

}  // namespace messaging
