#include "messaging/api/opening.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "messaging/api/views.h"
#include "messaging/kernel/core.h"
#include "store/tables/channels.h"

namespace messaging {
struct OpeningRead::Parts {
  const kernel::Core& core;
  store::Reader reader;
  Opening opening;
  std::vector<kernel::AccountPtr> accounts;  // to be read, the next one last
  std::vector<store::ChatRow> rows;  // of the last of opening.accounts; the last row is next
  bool in_account = false;

  base::Result<> begin_account();
  base::Result<> read_line();
  View view() { return {core, scope(), *accounts.back()}; }
  store::Scope scope() {
    const kernel::AccountState& account = *accounts.back();
    return {*reader, core.store.vault(), account.key, account.id};
  }
};

base::Result<> OpeningRead::Parts::begin_account() {
  EDGE_TRY(rows, store::list_chats(scope()));
  std::erase_if(rows, [](const auto& row) { return row.blocked == store::ChatBlocked::yes; });
  std::reverse(rows.begin(), rows.end());
  AccountOpening account;
  account.account = accounts.back()->id;
  opening.accounts.push_back(std::move(account));
  in_account = true;
  return {};
}

base::Result<> OpeningRead::Parts::read_line() {
  const View of = view();
  AccountOpening::Line line;
  EDGE_TRY(line.chat, view_chat(of, rows.back()));
  EDGE_TRY(line.last_message, store::last_message(of.scope, rows.back().id));
  opening.accounts.back().chats.push_back(std::move(line));
  rows.pop_back();
  return {};
}

OpeningRead::OpeningRead(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
OpeningRead::~OpeningRead() = default;
OpeningRead::OpeningRead(OpeningRead&&) noexcept = default;
OpeningRead& OpeningRead::operator=(OpeningRead&&) noexcept = default;

base::Result<OpeningRead> OpeningRead::begin(const kernel::Core& core, const OpeningQuery& query) {
  EDGE_TRY(store::Reader reader, core.store.read());
  auto parts = std::make_unique<Parts>(Parts{core, std::move(reader), {}, {}, {}});
  EDGE_TRY(parts->opening.position, store::EventLog::newest(*parts->reader));
  for (const std::string& channel : query.channels) {
    EDGE_TRY(const auto body, store::channel_initial(*parts->reader, core.store.vault(), channel));
    if (!body) continue;
    EDGE_TRY(ChannelEvent event, decode_channel_event(*body));
    parts->opening.initial.push_back(std::move(event));
  }
  for (const kernel::AccountPtr& account :
       query.accounts ? core.directory.all() : std::vector<kernel::AccountPtr>()) {
    if (query.only.empty() ||
        std::find(query.only.begin(), query.only.end(), account->id) != query.only.end()) {
      parts->accounts.push_back(account);
    }
  }
  std::reverse(parts->accounts.begin(), parts->accounts.end());
  return OpeningRead(std::move(parts));
}

base::Result<bool> OpeningRead::step(std::chrono::microseconds budget) {
  const auto end = std::chrono::steady_clock::now() + budget;
  Parts& parts = *parts_;
  while (!parts.accounts.empty()) {
    if (!parts.in_account) {
      EDGE_CHECK(parts.begin_account());
    } else if (!parts.rows.empty()) {
      EDGE_CHECK(parts.read_line());
    } else {
      parts.accounts.pop_back();
      parts.in_account = false;
    }
    if (std::chrono::steady_clock::now() >= end) return parts.accounts.empty();
  }
  return true;
}

Opening OpeningRead::take() {
  Opening complete;
  complete.position = parts_->opening.position;
  complete.initial = std::exchange(parts_->opening.initial, {});
  auto& accounts = parts_->opening.accounts;
  const auto end = parts_->in_account ? accounts.end() - 1 : accounts.end();
  complete.accounts.assign(std::make_move_iterator(accounts.begin()), std::make_move_iterator(end));
  accounts.erase(accounts.begin(), end);
  return complete;
}

base::Result<Opening> read_opening(const kernel::Core& core, const OpeningQuery& query) {
  EDGE_TRY(OpeningRead read, OpeningRead::begin(core, query));
  EDGE_CHECK(read.step(std::chrono::hours(1)));
  return read.take();
}

}  // namespace messaging
