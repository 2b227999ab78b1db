#include "messaging/api/account_setup.h"

#include <fmt/format.h>

#include <limits>
#include <set>

#include "base/log.h"
#include "crypto/random.h"
#include "messaging/api/moving.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/kernel/signals.h"
#include "messaging/model/plain_name.h"
#include "messaging/peering/relay_choice.h"
#include "store/tables/blobs.h"
#include "store/tables/config_values.h"
#include "store/tables/contacts.h"
#include "store/tables/device_labels.h"
#include "store/tables/selection.h"
#include "store/tables/transfers.h"

namespace messaging {
namespace {

constexpr base::Millis kUploadLifetime = 24 * 3600 * base::Millis{1000};
constexpr std::string_view kWelcomeLabel = "welcome";
constexpr std::string_view kConfigured = "configured";  // "0": not yet; nothing: from the start

std::string welcome_text(const kernel::AccountState& account) {
  return fmt::format(
      "Welcome. This gateway is {}.\n\n"
      "Show your invite with get_chat_securejoin_qr_code, or join somebody else's with "
      "secure_join; then send with send_msg, and read what comes by GET /events or "
      "get_next_event_batch.\n\n"
      "Everything you send is encrypted end to end, and everything stored here is sealed. What the "
      "gateway itself has to tell you appears in this chat.",
      account.addr());
}

base::Result<> add_contacts(const store::Scope& scope, const kernel::AccountState& account) {
  store::ContactRow self;
  self.id = kSelf;
  self.verified = true;
  self.keys.push_back(chats::stored_key(account.identity.public_key().bytes()));
  self.addr = account.addr();
  EDGE_CHECK(store::insert_contact(scope, self));
  for (const ContactId id : {kInfoContact, kDeviceContact}) {
    store::ContactRow special;
    special.id = id;
    EDGE_CHECK(store::insert_contact(scope, special));
  }
  return {};
}

base::Result<> add_chats(store::Tx& tx, const store::Scope& scope,
                         const kernel::AccountState& account) {
  EDGE_CHECK(chats::ensure_single_chat(tx, scope, kSelf, store::ChatBlocked::no));
  // A bot would answer the welcome; it gets a device chat when there is something to say.
  EDGE_TRY(const auto bot, store::find_config_value(scope, "bot"));
  if (bot == "1") return {};
  EDGE_TRY(const store::ChatRow device,
           chats::ensure_single_chat(tx, scope, kDeviceContact, store::ChatBlocked::no));
  EDGE_CHECK(store::insert_device_label(scope, kWelcomeLabel));
  store::MessageRow welcome;
  welcome.chat = device.id;
  welcome.from = kDeviceContact;
  welcome.uuid = store::random_uuid();
  welcome.state = MsgState::in_fresh;
  welcome.type = Viewtype::text;
  welcome.received_at = tx.now();
  welcome.text = welcome_text(account);
  EDGE_CHECK(chats::insert_own(tx, scope, welcome));
  return chats::emit_changed(tx, scope.account, device.id, welcome.id);
}

base::Result<> begin_chats(store::Tx& tx, const store::Scope& scope,
                           const kernel::AccountState& account) {
  EDGE_CHECK(
      store::set_config_value(scope, "configured_timestamp", std::to_string(tx.now() / 1000)));
  return add_chats(tx, scope, account);
}

}  // namespace

bool is_configured(const store::Scope& scope) {
  const auto value = store::find_config_value(scope, kConfigured);
  return !value || !*value || **value != "0";
}

std::string safe_profile(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (fine) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
    if (out.size() == 64) break;
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '.')) out.pop_back();
  while (!out.empty() && out.front() == '.') out.erase(out.begin());
  return out.empty() ? "edge" : out;
}

kernel::AccountPtr account_state(const kernel::Core& core, const store::AccountRow& row,
                                 bool configured, std::optional<MemberKey> member_key) {
  return std::make_shared<const kernel::AccountState>(
      kernel::AccountState{.id = row.id,
                           .uuid = row.uuid,
                           .ways_in = row.ways_in,
                           .identity = crypto::Identity::from_seed(row.seed.view()),
                           .key = core.store.vault().account(row.uuid),
                           .io_on = !core.options.accounts_by_clients,
                           .configured = configured,
                           .member_key = member_key});
}

base::Result<kernel::AccountPtr> make_account(kernel::Core& core, store::Tx& tx,
                                              const NewAccount& wanted) {
  store::AccountRow row;
  EDGE_TRY(row.id, tx.next<AccountId>(AccountId(), "account"));
  row.uuid = store::random_uuid();
  row.created_at = tx.now();
  row.position = row.id.value;
  const crypto::Identity identity = crypto::Identity::generate();
  row.seed = crypto::WipingArray<32>(identity.seed().view());
  const std::string profile = safe_profile(wanted.profile);
  store::WayIn way;
  EDGE_TRY(way.id, tx.next_id(row.id, "account_way_in"));
  way.addr = wanted.numbered ? fmt::format("{}-{}@{}", profile, row.id.value, core.options.host)
                             : fmt::format("{}@{}", profile, core.options.host);
  way.mailbox = base::to_hex(crypto::random_array<16>());
  row.ways_in.push_back(std::move(way));
  row.profile = wanted.profile;
  EDGE_CHECK(store::insert_account(tx.db(), tx.vault(), row));
  EDGE_CHECK(store::select_account(tx.db(), row.id));

  kernel::AccountPtr account = account_state(core, row, wanted.configured);
  const store::Scope scope{tx.db(), tx.vault(), account->key, account->id};
  if (!wanted.display_name.empty()) {
    EDGE_CHECK(store::set_config_value(scope, "displayname", plain_name(wanted.display_name)));
  }
  EDGE_CHECK(add_contacts(scope, *account));
  if (wanted.configured) {
    EDGE_CHECK(begin_chats(tx, scope, *account));
  } else {
    EDGE_CHECK(store::set_config_value(scope, kConfigured, "0"));
  }
  EDGE_CHECK(kernel::Core::emit(tx, account->id, AccountsChanged{}));
  EDGE_TRY(auto relay, peering::find_relay_home(core, scope, account->identity));
  tx.on_commit([core = &core, account, relay = std::move(relay)] {
    core->directory.put(account);
    if (!relay) return;
    core->directory.set_relay(account->id, relay);
    core->signals->relay_changed(account->id);
  });
  return account;
}

base::Result<> configure_account(const kernel::WriteContext& write, std::string addr) {
  for (const std::uint32_t progress : {1U, 500U}) {
    EDGE_CHECK(write.emit(ConfigureProgress{progress, ""}));
  }
  if (addr != write.account.addr() || !write.account.configured) {
    store::WayIn way = write.account.ways_in.front();
    way.addr = addr;
    EDGE_CHECK(store::update_way_in(write.scope, way));
    EDGE_TRY(store::ContactRow self, store::load_contact(write.scope, kSelf));
    self.addr = addr;
    EDGE_CHECK(store::update_contact(write.scope, self));
    EDGE_CHECK(begin_configured(write, addr));
    EDGE_CHECK(write.emit(AccountsChanged{}));
    EDGE_CHECK(write.emit(TransportsModified{}));
  }
  return write.emit(ConfigureProgress{1000, ""});
}

base::Result<> begin_configured(const kernel::WriteContext& write, const std::string& addr) {
  if (!write.account.configured) {
    store::WayIn way = write.account.ways_in.front();
    way.addr = addr;
    const kernel::AccountState named{
        .id = write.account.id,
        .uuid = write.account.uuid,
        .ways_in = {std::move(way)},
        .identity = crypto::Identity::from_seed(write.account.identity.seed().view()),
        .key = write.account.key};
    EDGE_CHECK(store::set_config_value(write.scope, kConfigured, std::nullopt));
    EDGE_CHECK(begin_chats(write.tx, write.scope, named));
  }
  write.tx.on_commit(
      [core = &write.core, id = write.account.id, addr] { core->directory.set_addr(id, addr); });
  return {};
}

base::Result<std::size_t> load_accounts(kernel::Core& core) {
  EDGE_TRY(store::Reader reader, core.store.read());
  EDGE_TRY(const store::AccountList list,
           store::list_accounts(reader.connection(), core.store.vault()));
  for (const store::AccountRow& row : list.rows) {
    if (!core.protocols.has(row.ways_in.front().kind)) {
      base::log::error("account {} speaks a protocol that this build leaves out: it is not loaded",
                       row.id.value);
      continue;
    }
    const store::AccountKey key = core.store.vault().account(row.uuid);
    const store::Scope scope{reader.connection(), core.store.vault(), key, row.id};
    const auto member_key = chats::own_mail_key(scope);
    const kernel::AccountPtr account =
        account_state(core, row, is_configured(scope), member_key.value_or(std::nullopt));
    core.directory.put(account);
    if (auto moved = find_moved_mark(scope); moved && *moved) {
      core.directory.set_io(account->id, false);
      core.directory.set_elsewhere(account->id, true);
      base::log::info("account {} was sent to another gateway: nothing is sent or received here",
                      account->id.value);
    }
    auto relay = peering::find_relay_home(core, scope, account->identity);
    if (!relay) {
      base::log::warning("account {}: its relay is not known: {}", account->id.value,
                         relay.error().message);
    } else if (*relay) {
      core.directory.set_relay(account->id, *std::move(relay));
    }
  }
  return list.rows.size() + list.unreadable.size();
}

base::Result<> tidy_files(kernel::Core& core) {
  const base::UnixMillis old = core.clock.now() - kUploadLifetime;
  std::set<std::pair<store::Uuid, std::string>> known;
  std::set<store::Uuid> accounts;
  for (const kernel::AccountPtr& account : core.directory.all()) {
    accounts.insert(account->uuid);
    std::vector<std::int64_t> unused;
    {
      EDGE_TRY(auto read, core.read(account->id));
      EDGE_TRY(unused, store::unused_blobs(read.scope(), old));
    }
    if (!unused.empty()) {
      auto dropped = core.store.write_now<void>([&](store::Tx& tx) -> base::Result<> {
        const store::Scope scope{tx.db(), tx.vault(), account->key, account->id};
        for (const std::int64_t blob : unused) EDGE_CHECK(store::drop_blob_use(scope, blob));
        return {};
      });
      if (!dropped) return dropped;
    }
    EDGE_TRY(auto after, core.read(account->id));
    EDGE_TRY(const auto names, store::blob_names(after.scope()));
    for (const std::string& name : names) known.emplace(account->uuid, name);
    EDGE_TRY(const auto transfers,
             store::transfers_before(after.scope(), std::numeric_limits<std::int64_t>::max()));
    for (const store::TransferRow& transfer : transfers) {
      known.emplace(account->uuid, transfer.name);
    }
  }
  // Files of an account whose record does not open are left alone: their rows are unknown.
  EDGE_TRY(const std::size_t removed,
           core.store.blobs().sweep([&](const store::Uuid& account, std::string_view name) {
             return !accounts.contains(account) || known.contains({account, std::string(name)});
           }));
  if (removed > 0) base::log::info("removed {} files that no message uses", removed);
  return {};
}

}  // namespace messaging
