#include "messaging/opening.h"

#include <algorithm>

#include "messaging/core.h"
#include "messaging/views.h"
#include "store/tables/channels.h"

namespace messaging {
namespace {

base::Result<AccountOpening> read_account(const Core& core, store::Reader& reader,
                                          const AccountState& account) {
  const View view{core, {*reader, core.store.vault(), account.key, account.id}, account};
  AccountOpening opening;
  opening.account = account.id;
  EDGE_TRY(const auto rows, store::list_chats(view.scope));
  for (const store::ChatRow& row : rows) {
    if (row.blocked == store::ChatBlocked::yes) continue;
    AccountOpening::Line line;
    EDGE_TRY(line.chat, view_chat(view, row));
    EDGE_TRY(line.last_message, store::last_message(view.scope, row.id));
    opening.chats.push_back(std::move(line));
  }
  return opening;
}

}  // namespace

base::Result<Opening> read_opening(const Core& core, const OpeningQuery& query) {
  Opening opening;
  EDGE_TRY(store::Reader reader, core.store.read());
  EDGE_TRY(opening.position, store::EventLog::newest(*reader));
  for (const std::string& channel : query.channels) {
    EDGE_TRY(const auto body, store::channel_initial(*reader, core.store.vault(), channel));
    if (!body) continue;
    EDGE_TRY(ChannelEvent event, decode_channel_event(*body));
    opening.initial.push_back(std::move(event));
  }
  if (!query.accounts) return opening;
  for (const AccountPtr& account : core.directory.all()) {
    if (!query.only.empty() &&
        std::find(query.only.begin(), query.only.end(), account->id) == query.only.end()) {
      continue;
    }
    EDGE_TRY(AccountOpening state, read_account(core, reader, *account));
    opening.accounts.push_back(std::move(state));
  }
  return opening;
}

}  // namespace messaging
