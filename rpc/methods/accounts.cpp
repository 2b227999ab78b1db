// Accounts: identities kept side by side in one daemon.
#include <charconv>
#include <chrono>

#include "messaging/mail/mail_accounts.h"
#include "rpc/methods/params.h"
#include "rpc/next_messages.h"
#include "rpc/shapes/account.h"
#include "rpc/timer.h"

namespace rpc {
namespace {

// The accounts that the caller may see.
Result<std::vector<messaging::Account>> visible_accounts(Context& context) {
  EDGE_TRY(auto accounts, engine_of(context).accounts().list());
  std::erase_if(accounts,
                [&](const auto& account) { return !context.caller.access->may_see(account.id); });
  return accounts;
}

Result<std::vector<shape::Account>> get_all_accounts(Context& context, const NoParams&) {
  EDGE_TRY(auto accounts, visible_accounts(context));
  std::vector<shape::Account> shapes;
  for (auto& account : accounts) shapes.push_back(shape::to_shape(std::move(account)));
  return shapes;
}

Result<std::vector<AccountId>> get_all_account_ids(Context& context, const NoParams&) {
  EDGE_TRY(const auto accounts, visible_accounts(context));
  std::vector<AccountId> ids;
  for (const auto& account : accounts) ids.push_back(account.id);
  return ids;
}

Result<shape::Account> get_account_info(Context& context, const OfAccount& p) {
  EDGE_TRY(auto account, engine_of(context).accounts().get(p.account_id));
  return shape::to_shape(std::move(account));
}

Result<bool> is_configured(Context& context, const OfAccount& p) {
  EDGE_TRY(const auto account, engine_of(context).accounts().get(p.account_id));
  return account.configured;
}

void add_account(Context& context, NoParams, Completion<AccountId> done) {
  engine_of(context).accounts().add(std::move(done));
}

void remove_account(Context& context, OfAccount p, Completion<> done) {
  engine_of(context).accounts().remove(p.account_id, std::move(done));
}

void select_account(Context& context, OfAccount p, Completion<> done) {
  engine_of(context).accounts().select(p.account_id, std::move(done));
}

Result<std::optional<AccountId>> get_selected_account_id(Context& context, const NoParams&) {
  EDGE_TRY(auto selected, engine_of(context).accounts().selected());
  if (selected && !context.caller.access->may_see(*selected)) selected.reset();
  return selected;
}

// Starting and stopping delivery answers the account's wait_next_msgs calls.
Completion<> then_wake(const Context& context, AccountId account, Completion<> done) {
  return
      [waiters = context.next_messages, account, done = std::move(done)](Result<> result) mutable {
        if (result) waiters->wake(account);
        done(std::move(result));
      };
}

void start_io(Context& context, OfAccount p, Completion<> done) {
  engine_of(context).accounts().start_io(p.account_id,
                                         then_wake(context, p.account_id, std::move(done)));
}

void stop_io(Context& context, OfAccount p, Completion<> done) {
  engine_of(context).accounts().stop_io(p.account_id,
                                        then_wake(context, p.account_id, std::move(done)));
}

// Answers when the last account has answered, with the first error if there was one.
class Together {
 public:
  explicit Together(Completion<> done) : done_(std::move(done)) {}
  ~Together() { done_(std::move(result_)); }
  void add(Result<> result) {
    base::Lock lock(mutex_);
    if (!result && result_) result_ = std::move(result);
  }

 private:
  base::Mutex mutex_;
  Result<> result_ GUARDED_BY(mutex_);
  Completion<> done_;
};

using SwitchIo = void (messaging::Accounts::*)(AccountId, Completion<>);

void switch_all(Context& context, SwitchIo switch_io, Completion<> done) {
  auto accounts = visible_accounts(context);
  if (!accounts) return done(std::move(accounts).error());
  const auto together = std::make_shared<Together>(std::move(done));
  for (const auto& account : *accounts) {
    Completion<> one([together](Result<> result) { together->add(std::move(result)); });
    (engine_of(context).accounts().*switch_io)(account.id,
                                               then_wake(context, account.id, std::move(one)));
  }
}

void start_io_for_all_accounts(Context& context, NoParams, Completion<> done) {
  switch_all(context, &messaging::Accounts::start_io_of_those_here, std::move(done));
}

void stop_io_for_all_accounts(Context& context, NoParams, Completion<> done) {
  auto report = [accounts = &engine_of(context).accounts(),
                 done = std::move(done)](Result<> stopped) mutable {
    if (!stopped) return done(std::move(stopped));
    accounts->report_all_stopped(std::move(done));
  };
  switch_all(context, &messaging::Accounts::stop_io, std::move(report));
}

Result<std::uint32_t> get_connectivity(Context& context, const OfAccount& p) {
  return engine_of(context).accounts().connectivity(p.account_id);
}

constexpr std::chrono::milliseconds kLookAgain{50};

void wait_until_done(const messaging::Accounts* accounts, Timer* timer, const Caller& caller,
                     AccountId account, Completion<> done) {
  auto all = accounts->all_work_done(account);
  if (!all) return done(std::move(all).error());
  if (*all) return done({});
  timer->after(kLookAgain, caller,
               [accounts, timer, caller, account, done = std::move(done)](Result<> looked) mutable {
                 if (!looked) return done(std::move(looked));
                 wait_until_done(accounts, timer, caller, account, std::move(done));
               });
}

void wait_for_all_work_done(Context& context, OfAccount p, Completion<> done) {
  wait_until_done(&engine_of(context).accounts(), context.timer, context.caller, p.account_id,
                  std::move(done));
}

Result<bool> is_sending_finished(Context& context, const NoParams&) {
  EDGE_TRY(const auto accounts, visible_accounts(context));
  for (const auto& account : accounts) {
    EDGE_TRY(const bool sent, engine_of(context).accounts().all_sent(account.id));
    if (!sent) return false;
  }
  return true;
}

struct AppOfSource {
  std::string client_id;
  std::string source_id;
  static constexpr auto fields() {
    return std::tuple(base::field("client_id", &AppOfSource::client_id, "not used"),
                      base::field("source_id", &AppOfSource::source_id, "not used"));
  }
};

Result<std::optional<shape::AppSource>> get_app_version(Context&, const AppOfSource&) {
  return std::optional<shape::AppSource>();
}

Result<std::map<std::string, std::string>> get_info(Context& context, const OfAccount& p) {
  return engine_of(context).accounts().info(p.account_id);
}

Result<> maybe_network(Context& context, const NoParams&) {
  engine_of(context).accounts().poke();
  return {};
}

struct Timeout {
  double timeout_in_seconds = 0;
  static constexpr auto fields() {
    return std::tuple(base::field("timeout_in_seconds", &Timeout::timeout_in_seconds, "not used"));
  }
};

Result<> background_fetch(Context& context, const Timeout&) {
  engine_of(context).accounts().poke();
  return {};
}

Result<std::uint64_t> get_account_file_size(Context& context, const OfAccount& p) {
  EDGE_TRY(const auto use, engine_of(context).accounts().storage(p.account_id));
  return use.file_bytes + use.database_bytes;
}

Result<std::string> get_storage_usage_report_string(Context& context, const OfAccount& p) {
  EDGE_TRY(const auto use, engine_of(context).accounts().storage(p.account_id));
  return fmt::format(
      "Messages: {}\nFiles: {} ({} bytes, sealed)\nDatabase of all accounts: {} bytes\n",
      use.messages, use.files, use.file_bytes, use.database_bytes);
}

std::string html_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

// One entry for each mail login: the state of its two servers.
std::string lines_page(const std::vector<messaging::mail::LineStatus>& lines) {
  using messaging::mail::LineState;
  const auto words = [](LineState state, const std::string& why) {
    std::string out = state == LineState::connected    ? "connected"
                      : state == LineState::working    ? "working"
                      : state == LineState::connecting ? "connecting"
                                                       : "not connected";
    if (!why.empty()) out += ": " + html_of(why);
    return out;
  };
  std::string out;
  for (const auto& line : lines) {
    out += fmt::format(
        "<h3>{}</h3><ul><li>Incoming messages: {}</li><li>Outgoing messages: {}</li>",
        html_of(line.addr), words(line.imap, line.imap_words), words(line.smtp, line.smtp_words));
    if (line.unauthorized) out += "<li>The password was refused: enter another one.</li>";
    if (line.quota_known && line.quota_limit > 0) {
      out += fmt::format("<li>Storage: {} of {} KiB used ({} %)</li>", line.quota_used / 1024,
                         line.quota_limit / 1024,
                         line.quota_used / std::max<std::uint64_t>(1, line.quota_limit / 100));
    }
    out += "</ul>";
  }
  return out;
}

// A page for a person, without scripts and external resources.
Result<std::string> get_connectivity_html(Context& context, const OfAccount& p) {
  EDGE_TRY(const auto level, engine_of(context).accounts().connectivity(p.account_id));
  EDGE_TRY(const auto account, engine_of(context).accounts().get(p.account_id));
  const std::string_view words =
      !account.configured ? "Not connected: the account has no address yet."
      : level >= 4000     ? "Connected: nothing waits to be sent."
      : level >= 3000     ? "Connected: messages are on their way."
      : level >= 2000     ? "Not reached: a peer, the relay or a server does "
                            "not answer; it is tried again by itself."
                          : "Not connected: delivery was stopped (start_io "
                            "starts it), or a server is not reached.";
  std::string lines;
  if (const auto* mails = engine_of(context).mail_accounts()) {
    lines = lines_page(mails->lines(p.account_id));
  }
  return fmt::format(
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>Connectivity</title></head>"
      "<body><h3>Delivery</h3><p>{}</p>{}</body></html>\n",
      words, lines);
}

// There is no push service: events come by /events.
Result<shape::NotifyState> get_push_state(Context& context, const OfAccount& p) {
  EDGE_CHECK(engine_of(context).accounts().get(p.account_id));
  return shape::NotifyState::not_connected;
}

Result<> stop_background_fetch(Context&, const NoParams&) { return {}; }

Result<std::optional<std::string>> get_migration_error(Context& context, const OfAccount& p) {
  EDGE_CHECK(engine_of(context).accounts().get(p.account_id));
  return std::optional<std::string>();
}

struct Order {
  std::vector<AccountId> order;
  static constexpr auto fields() {
    return std::tuple(base::field("order", &Order::order, "account ids; others come behind them"));
  }
};

void set_accounts_order(Context& context, Order p, Completion<> done) {
  engine_of(context).accounts().set_order(std::move(p.order), std::move(done));
}

struct Strings {
  std::map<std::string, std::string> strings;
  static constexpr auto fields() {
    return std::tuple(
        base::field("strings", &Strings::strings,
                    "by Delta Chat's numbers: 2 Me, 3 Draft, 7 Voice message, 9 Image, "
                    "10 Video, 23 GIF, 67 Sticker, 68 Device messages, 69 Saved "
                    "messages; others change nothing"));
  }
};

Result<> set_stock_strings(Context& context, const Strings& p) {
  constexpr std::size_t kMost = 1000;
  constexpr std::size_t kLongest = 1024;
  if (p.strings.size() > kMost) {
    return fail(Errc::invalid_argument, fmt::format("strings: expected at most {}", kMost));
  }
  std::map<std::uint32_t, std::string> strings;
  for (const auto& [key, text] : p.strings) {
    std::uint32_t number = 0;
    const auto read = std::from_chars(key.data(), key.data() + key.size(), number);
    if (read.ec != std::errc() || read.ptr != key.data() + key.size()) {
      return fail(Errc::invalid_argument,
                  fmt::format("strings: expected numbers as keys, got \"{}\"", key.substr(0, 64)));
    }
    if (text.size() > kLongest) {
      return fail(Errc::invalid_argument,
                  fmt::format("strings: {} has more than {} bytes", key, kLongest));
    }
    if (const auto places = messaging::Accounts::stock_places(number)) {
      const std::string beyond = fmt::format("%{}", *places + 1);
      if (text.find(beyond) != std::string::npos) {
        return fail(Errc::invalid_argument,
                    fmt::format("strings: {} has {} placeholders such as %1$s; \"{}$s\" is none",
                                key, *places, beyond));
      }
    }
    strings.emplace(number, text);
  }
  engine_of(context).accounts().set_stock_strings(strings);
  return {};
}

}  // namespace

void add_account_methods(std::vector<Method>& table) {
  const Row read{.fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  const Row admin{.scope = KeyScope::admin, .fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  const Row write{.scope = KeyScope::write, .fuzz = Fuzz::safe, .errors = {Errc::not_found}};
  const Row visible{.fuzz = Fuzz::safe, .touches = TouchedAccounts::visible};
  const Row all{.scope = KeyScope::write, .fuzz = Fuzz::safe, .touches = TouchedAccounts::visible};
  const Row poke{.scope = KeyScope::write, .fuzz = Fuzz::safe, .touches = TouchedAccounts::none};
  table.push_back(method<&get_all_accounts>("get_all_accounts", "All accounts.", visible));
  table.push_back(
      method<&get_all_account_ids>("get_all_account_ids", "The ids of all accounts.", visible));
  table.push_back(method<&get_account_info>("get_account_info", "One account.", read));
  table.push_back(method<&is_configured>(
      "is_configured",
      "Whether the account has an address and can send. Accounts made over --stdio get one by "
      "configure or add_or_update_transport, others when they are made.",
      read));
  table.push_back(method<&add_account>(
      "add_account",
      "Makes an account and answers with its id. It can join and send at "
      "once; over --stdio once it "
      "is configured.",
      {.scope = KeyScope::admin, .fuzz = Fuzz::unsafe}));  // every call generates keys, slowly
  table.push_back(method<&remove_account>(
      "remove_account", "Deletes an account with its chats, keys and files.", admin));
  table.push_back(
      method<&select_account>("select_account", "Remembers an account as selected.", write));
  table.push_back(method<&set_accounts_order>("set_accounts_order",
                                              "In which order accounts are listed.",
                                              {.scope = KeyScope::write, .fuzz = Fuzz::safe}));
  table.push_back(method<&set_stock_strings>(
      "set_stock_strings", "Words of the caller's language for some of ours, until the next start.",
      {.scope = KeyScope::admin, .fuzz = Fuzz::safe, .errors = {Errc::invalid_argument}}));
  table.push_back(method<&get_selected_account_id>("get_selected_account_id",
                                                   "The selected account, or null.", visible));
  table.push_back(method<&start_io>("start_io", "Starts delivery for an account.", write));
  table.push_back(method<&stop_io>("stop_io", "Stops delivery for an account.", write));
  table.push_back(method<&start_io_for_all_accounts>("start_io_for_all_accounts",
                                                     "Starts delivery for every account.", all));
  table.push_back(method<&stop_io_for_all_accounts>("stop_io_for_all_accounts",
                                                    "Stops delivery for every account.", all));
  table.push_back(method<&get_connectivity>("get_connectivity",
                                            "1000 stopped or not configured, 2000 peers are being "
                                            "tried, 3000 sending, 4000 nothing waits.",
                                            read));
  table.push_back(method<&wait_for_all_work_done>(
      "wait_for_all_work_done",
      "Answers once delivery is on and all was sent that can be: what waits for peers that cannot "
      "be "
      "reached does not count. A client of Delta Chat's newer servers calls it after start_io.",
      {.fuzz = Fuzz::unsafe,  // waits for start_io
       .errors = {Errc::not_found, Errc::unavailable},
       .parked = true}));
  table.push_back(method<&is_sending_finished>(
      "is_sending_finished",
      "Whether no account has anything left to send: a server, relay or gateway has it.", visible));
  table.push_back(method<&get_app_version>("get_app_version",
                                           "Always null: nobody announces versions of apps here.",
                                           {.fuzz = Fuzz::safe, .touches = TouchedAccounts::none}));
  table.push_back(method<&get_info>(
      "get_info", "Figures and facts about an account and the daemon, as texts.", read));
  table.push_back(
      method<&maybe_network>("maybe_network", "Tries at once what waits for delivery.", poke));
  table.push_back(method<&background_fetch>(
      "background_fetch", "The same as maybe_network: delivery never sleeps here.", poke));
  table.push_back(method<&stop_background_fetch>(
      "stop_background_fetch", "Does nothing: delivery never sleeps here.", poke));
  table.push_back(method<&get_push_state>(
      "get_push_state", "Always NotConnected: nobody pushes; events come by /events.", read));
  table.push_back(method<&get_connectivity_html>(
      "get_connectivity_html", "The state of delivery as a page for a person.", read));
  table.push_back(method<&get_account_file_size>(
      "get_account_file_size",
      "Bytes on disk of the account's files and of the database, which is one for all accounts.",
      read));
  table.push_back(method<&get_storage_usage_report_string>(
      "get_storage_usage_report_string", "What takes room on the disk, for a person.", read));
  table.push_back(method<&get_migration_error>("get_migration_error", "Always null.", read));
}

}  // namespace rpc
