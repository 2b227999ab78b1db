// privitty-edge: the command-line client, a thin wrapper over the daemon's HTTP API.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

#include "gateway/cli/help_pages.h"
#include "gateway/cli/listing_hint.h"
#include "gateway/cli/options.h"
#include "gateway/cli/output.h"
#include "gateway/cli/qr.h"
#include "gateway/cli/usage_fault.h"
#include "gateway/config/settings.h"
#include "gateway/process/process_memory.h"
#include "gateway/process/standard_streams.h"
#include "gateway/text/given_text.h"

namespace {

using namespace gateway;       // NOLINT: a main
using namespace gateway::cli;  // NOLINT

int complain(const std::string& message, int code) {
  std::fprintf(stderr, "privitty-edge: %s\n", message.c_str());
  return code;
}

int end_with(const base::Result<>& done) {
  return done ? kExitOk : complain(done.error().message, kExitFailure);
}

base::Result<> run_license(const std::string& what, Options& o) {
  const auto surroundings = Surroundings::of_this_process();
  o.license.accounts = o.accounts;
  o.license.json = o.json;
  o.issue.json = o.json;
  if (what == "activate") return license_activate(o.license, surroundings);
  if (what == "status") return license_status(o.license, surroundings);
  if (what == "sync") return license_sync(o.license, surroundings);
  if (what == "deactivate") return license_deactivate(o.license, surroundings);
  if (what == "issue") return license_issue(o.issue);
  return license_serve(o.serve);
}

base::Result<> run_keys(const std::string& command, Options& o) {
  const auto surroundings = Surroundings::of_this_process();
  o.keys.json = o.json;
  if (command == "add") return add_key(o.keys, o.new_key, surroundings);
  if (command == "list") return list_keys(o.keys, surroundings);
  return revoke_key(o.keys, o.revoked, surroundings);
}

// Keys come from editors, `kubectl` and `echo`, with line ends that do not belong to the key.
base::Result<std::string> api_key_of(const Options& o) {
  if (o.api_key_file.empty()) {
    const auto text = Surroundings::of_this_process().variable("PRIVITTY_API_KEY").value_or("");
    if (without_line_end(text).find('\n') != std::string_view::npos) {
      return base::fail(base::Errc::invalid_argument, "PRIVITTY_API_KEY holds more than one line");
    }
    return std::string(first_line(text));
  }
  constexpr std::size_t kMost = 4096;
  std::ifstream file(o.api_key_file);
  if (!file) {
    return base::fail_errno(base::Errc::io, "--api-key-file " + o.api_key_file, errno);
  }
  std::string line;
  std::getline(file, line);
  const std::string_view key = first_line(line);
  if (key.empty() || line.size() > kMost) {
    return base::fail(
        base::Errc::invalid_argument,
        "--api-key-file " + o.api_key_file +
            ": its first line holds no key; it is what privitty-edge keys add printed");
  }
  return std::string(key);
}

base::Result<> run(const std::string& command, Options& o) {
  if (command == "relay") {
    o.relay.accounts = o.accounts;
    o.relay.json = o.json;
    return relay(o.relay, Surroundings::of_this_process());
  }
  if (command == "rekey" || command == "repair" || command == "fingerprint") {
    const auto surroundings = Surroundings::of_this_process();
    if (command == "fingerprint") return fingerprint(o.accounts, surroundings);
    if (command == "repair") {
      return repair(RepairRequest{.accounts = o.accounts, .json = o.json}, surroundings);
    }
    o.rekey.accounts = o.accounts;
    return rekey(o.rekey, surroundings);
  }
  if (command == "commands") {
    o.command_check.json = o.json;
    return check_commands(o.command_check);
  }
  o.url = first_line(o.url);
  EDGE_TRY(auto url, parse_peer_url(o.url).with_context("--url " + o.url));
  EDGE_TRY(auto api_key, api_key_of(o));
  Client client(std::move(url), std::move(api_key));
  const Context context{.client = client, .account = o.account, .json = o.json};
  if (command == "status") return status(context);
  if (command == "health") return health(context);
  if (command == "invite") return invite(context, o.qr ? DrawQr(draw_qr) : DrawQr());
  if (command == "join") return join(context, o.link.empty() ? o.link_flag : o.link);
  if (command == "accounts") return accounts(context);
  if (command == "contacts") return contacts(context);
  if (command == "chats") return chats(context);
  if (command == "messages") return messages(context, o.chat, o.last);
  if (is_talk(command)) return run_talk(command, context, o.talk);
  if (command == "listen") {
    if (o.account_named) o.listen.account = o.account;
    return listen(context, o.listen);
  }
  if (command == "run") {
    EDGE_TRY(o.run_exit, run_command(context, o.run));
    return {};
  }
  if (command == "backup" || command == "restore") {
    o.backup.account_named = o.account_named;
    const auto variable = [] {
      return Surroundings::of_this_process().variable("PRIVITTY_BACKUP_PASSPHRASE");
    };
    return command == "backup" ? backup(context, o.backup, variable)
                               : restore(context, o.backup, variable);
  }
  if (command == "publish") return publish(context, o.publish);
  if (command == "call") return call(context, o.method, o.params);
  show_version(context);
  return {};
}

base::Result<> print_page(const std::string& command, const CLI::App& app, const Options& o) {
  std::string text;
  if (command == "completion") {
    EDGE_TRY(text, completion(app, o.shell));
  } else if (o.program == "privitty-edge" || o.program == "privitty-edged") {
    text = o.program == "privitty-edge" ? manual_page(app) : daemon_manual_page();
  } else {
    return base::fail(base::Errc::invalid_argument,
                      "there are manual pages of privitty-edge and privitty-edged");
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return {};
}

// Answers are read as this version of the daemon writes them; from another program they may have
// any form.
base::Result<> run_and_read(const std::string& command, Options& o) {
  try {
    auto done = run(command, o);
    if (done) return done;
    base::Error error = std::move(done).error();
    const std::string hint = listing_hint(error.message, o.account);
    if (!hint.empty()) error.message += "; " + hint;
    return error;
  } catch (const Json::exception&) {
    return base::fail(base::Errc::internal,
                      "what answers at " + o.url +
                          " is not what this version of privitty-edge expects: another program, or "
                          "another version of the daemon? Is --url right?");
  }
}

}  // namespace

int main(int argc, char** argv) {
  keep_memory_private();  // API keys, and what rekey, repair and license issue open
  hold_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // finish_output() reports what could not be written
  std::signal(SIGXFSZ, SIG_IGN);
  Options options;
  CLI::App app("privitty-edge: talks to the privitty-edged on this machine.", "privitty-edge");
  describe(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app.exit(error);
      return end_with(finish_output());
    }
    return complain(usage_fault(app, error, argc, argv), kExitUsage);
  }
  const CLI::App* const chosen = app.get_subcommands().front();
  const std::string command = chosen->get_name();
  if (command == "relay") options.relay.what = chosen->get_subcommands().front()->get_name();
  if (command == "join" && options.link.empty() == options.link_flag.empty()) {
    return complain("join takes one invite link: privitty-edge join 'OPENPGP4FPR:...'", kExitUsage);
  }
  if (command == "messages" && options.chat.find('@') == std::string::npos &&
      options.chat.find_first_not_of("0123456789") != std::string::npos) {
    return complain("CHAT: expected a chat's number or a contact's address, not '" + options.chat +
                        "'; see privitty-edge --help",
                    kExitUsage);
  }
  if (const std::string fault = talk_fault(command, options.talk); !fault.empty()) {
    return complain(fault, kExitUsage);
  }
  const std::string inner =
      command == "keys" || command == "license"
          ? app.get_subcommands().front()->get_subcommands().front()->get_name()
          : "";
  const bool page = command == "completion" || command == "man";
  const auto done = page                   ? print_page(command, app, options)
                    : command == "keys"    ? run_keys(inner, options)
                    : command == "license" ? run_license(inner, options)
                                           : run_and_read(command, options);
  if (command == "run" && !done) return complain(done.error().message, kExitNotRun);
  const int code = end_with(done ? finish_output() : done);
  return code == kExitOk ? options.run_exit : code;
}
