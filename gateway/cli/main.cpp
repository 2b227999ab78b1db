// privitty-edge: the command-line client, a thin wrapper over the daemon's HTTP API.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>

#include "gateway/cli/backup.h"
#include "gateway/cli/command_check.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/help_pages.h"
#include "gateway/cli/keys.h"
#include "gateway/cli/license.h"
#include "gateway/cli/offline.h"
#include "gateway/cli/output.h"
#include "gateway/cli/qr.h"
#include "gateway/cli/relay.h"
#include "gateway/cli/run_command.h"
#include "gateway/cli/talk_options.h"
#include "gateway/config/settings.h"
#include "gateway/process/process_memory.h"
#include "gateway/process/standard_streams.h"
#include "gateway/process/version.h"
#include "gateway/text/given_text.h"
#include "gateway/text/nearest.h"

namespace {

using namespace gateway;       // NOLINT: a main
using namespace gateway::cli;  // NOLINT

struct Options {
  std::string url = "http://127.0.0.1:7200";
  std::string accounts;
  std::uint32_t account = 1;
  bool account_named = false;
  bool json = false;
  bool qr = false;
  std::string link;
  std::string link_flag;
  std::string chat;
  std::size_t last = 50;
  TalkOptions talk;
  ListenRequest listen;
  PublishRequest publish;
  std::string method;
  std::string params = "[]";
  RekeyRequest rekey;
  BackupRequest backup;
  KeysPlace keys;
  NewKeyRequest new_key;
  std::string revoked;
  std::string shell;
  std::string program = "privitty-edge";
  std::string api_key_file;
  RelayRequest relay;
  LicenseRequest license;
  IssueRequest issue;
  ServeRequest serve;
  CommandCheck command_check;
  RunRequest run;
  int run_exit = kExitOk;  // of the command that run ran
};

int complain(const std::string& message, int code) {
  std::fprintf(stderr, "privitty-edge: %s\n", message.c_str());
  return code;
}

// CLI11's form of a check: "" when all is well.
std::string a_path(const std::string& text) {
  const auto path = given_path(text, "");
  return path ? "" : path.error().message.substr(2);  // CLI11 writes the option's name and ": "
}

int end_with(const base::Result<>& done) {
  return done ? kExitOk : complain(done.error().message, kExitFailure);
}

void describe_license(CLI::App& app, Options& o) {
  auto* license = app.add_subcommand("license", "this device's license, and issuing them");
  license->require_subcommand(1);
  license->fallthrough();
  license->add_option("--issuer", o.license.issuer,
                      "public key of who issues licenses (PRIVITTY_LICENSE_ISSUER)");
  auto* activate = license->add_subcommand("activate", "fetch the license and take a seat");
  activate->add_option("URL", o.license.url, "the delivery URL")->required();
  license->add_subcommand("status", "active, grace_period, expired or no_license");
  license->add_subcommand("sync", "fetch it again and say that this device uses it");
  license->add_subcommand("deactivate", "give the seat back");
  auto* issue = license->add_subcommand("issue", "issue a license (for whoever runs a fleet)");
  issue->add_option("--key", o.issue.key, "the issuer's key file; made when it is not there")
      ->required()
      ->check(a_path);
  issue->add_option("--customer", o.issue.customer, "for whom")->required();
  issue->add_option("--devices", o.issue.devices, "how many may use it")->capture_default_str();
  issue->add_option("--expires", o.issue.expires, "its last day as 2027-12-31, or never")
      ->required();
  issue->add_option("--grace-days", o.issue.grace_days, "how long it works after that")
      ->capture_default_str();
  issue->add_option("--type", o.issue.type, "what it is called")->capture_default_str();
  issue->add_option("--device", o.issue.device,
                    "a device's fingerprint: print its privitty.lic instead of a token");
  issue->add_option("--licenses", o.issue.licenses, "the folder that license serve reads")
      ->check(a_path)
      ->capture_default_str();
  auto* serve = license->add_subcommand("serve", "deliver licenses and count their seats");
  serve->add_option("--key", o.serve.key, "the issuer's key file")->required()->check(a_path);
  serve->add_option("--licenses", o.serve.licenses, "the folder with what was issued")
      ->check(a_path)
      ->capture_default_str();
  serve->add_option("--listen", o.serve.listen, "the address to serve on")->capture_default_str();
  serve->add_option("--allow-host", o.serve.hosts, "a name that it is reached by");
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

void describe_backup(CLI::App& app, Options& o) {
  auto* backup = app.add_subcommand("backup", "write a whole account into one new file");
  auto* restore = app.add_subcommand("restore", "take an account out of a backup");
  for (auto* one : {backup, restore}) {
    one->add_option("FILE", o.backup.file,
                    "the file, or for backup a folder; a path of the"
                    " daemon's machine")
        ->required();
    one->add_option("--passphrase-file", o.backup.passphrase_file,
                    "a file whose first line is the passphrase; else PRIVITTY_BACKUP_PASSPHRASE,"
                    " else the terminal is asked")
        ->check(a_path);
    one->add_flag("--no-passphrase", o.backup.no_passphrase, "a file that anybody can open");
  }
}

void describe(CLI::App& app, Options& o) {
  app.set_version_flag("--version,-V", version_line("privitty-edge"));
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--url", o.url, "where the daemon listens")
      ->envname("PRIVITTY_URL")
      ->capture_default_str();
  app.add_option("--account", o.account, "the account's id")
      ->each([&o](const std::string&) { o.account_named = true; })
      ->capture_default_str();
  app.add_option(
         "--accounts", o.accounts,
         "the accounts directory, as the daemon's (rekey, repair, relay, fingerprint, license)")
      ->check(a_path);
  app.add_option("--api-key-file", o.api_key_file,
                 "a file with the API key to show (or the key itself in PRIVITTY_API_KEY)")
      ->check(a_path);
  app.add_flag("--json", o.json, "print JSON for a program");

  app.add_subcommand("status", "who this gateway is and how it fares");
  app.add_subcommand("health", "whether the daemon serves; exit code 1 when it does not");
  auto* invite = app.add_subcommand("invite", "the link by which others join this gateway");
  add_examples(*invite, {"invite --qr"});
  invite->add_flag("--qr", o.qr, "also draw it as a QR code");
  auto* join = app.add_subcommand("join", "join somebody by an invite link");
  add_examples(*join, {"join 'OPENPGP4FPR:…'"});
  join->add_option("LINK", o.link, "the link, quoted");
  join->add_option("--link", o.link_flag, "the link, quoted");
  app.add_subcommand("contacts", "the contacts");
  app.add_subcommand("chats", "the chats, newest first");
  auto* messages = app.add_subcommand("messages", "a chat's last messages");
  add_examples(*messages, {"messages 12 -n 5"});
  messages->add_option("CHAT", o.chat, "a chat's number or a contact's address")->required();
  messages->add_option("-n,--last", o.last, "how many")->capture_default_str();
  describe_talk(app, o.talk);
  auto* listen = app.add_subcommand("listen", "print events as they happen, reconnecting");
  add_examples(*listen, {"listen --types IncomingMsg", "--json listen --channel alarms"});
  listen->add_option("--types", o.listen.types, "only these, as in IncomingMsg,MsgRead");
  listen->add_option("--after", o.listen.resume, "first what happened after this event id");
  listen->add_option("--channel", o.listen.channels,
                     "events published on this channel; 'messages' adds the messaging events");
  listen->add_option("--chat", o.listen.chats,
                     "only of this chat; --account: only of this account");
  listen->add_option("--prop", o.listen.properties, "NAME=VALUE: a property to be addressed by");
  listen->add_flag("--snapshot", o.listen.snapshot, "first how every chat stands");
  auto* publish = app.add_subcommand("publish", "publish standard input as an event on a channel");
  add_examples(*publish, {"echo 'pump 3 runs hot' | privitty-edge publish --channel alarms"});
  publish->add_option("--channel", o.publish.channel, "the channel")->capture_default_str();
  publish->add_option("--type", o.publish.type, "the event's type");
  publish->add_option("--id", o.publish.id, "an id of your own");
  publish->add_option("--retry", o.publish.retry, "milliseconds before listeners reconnect");
  publish->add_option("--where", o.publish.where, "NAME=VALUE: only to listeners who say so");
  publish->add_flag("--fill", o.publish.fill, "fill {{NAME}} with each listener's property");
  auto* call = app.add_subcommand("call", "call a JSON-RPC method and print its result");
  add_examples(*call, {"call get_config '[1,\"addr\"]'"});
  call->add_option("METHOD", o.method, "such as get_config")->required();
  call->add_option("PARAMS", o.params, "a JSON array or object, such as '[1,\"addr\"]'");
  auto* rekey = app.add_subcommand("rekey", "change what opens the store (the daemon is stopped)");
  rekey->add_option("--key-file", o.rekey.key_file, "the key file that opens it now")
      ->check(a_path);
  rekey
      ->add_option("--passphrase-file", o.rekey.passphrase_file,
                   "the passphrase file that opens it now")
      ->check(a_path);
  rekey
      ->add_option("--new-key-file", o.rekey.new_key_file,
                   "the key file to open it with; made when it is not there")
      ->check(a_path);
  rekey
      ->add_option("--new-passphrase-file", o.rekey.new_passphrase_file,
                   "the passphrase file to open it with")
      ->check(a_path);
  auto* relay = app.add_subcommand("relay", "whom this machine's relay admits");
  relay->require_subcommand(1);
  relay->fallthrough();
  auto* admit = relay->add_subcommand("admit", "make a token by which a device opens mailboxes");
  admit->add_option("NAME", o.relay.name, "what to call it")->required();
  relay->add_subcommand("list", "who is admitted, and what their mailboxes hold");
  auto* revoke = relay->add_subcommand("revoke", "end an admission, at once");
  revoke->add_option("NAME", o.relay.name, "as relay list shows it")->required();
  app.add_subcommand("fingerprint", "what this device is called by viewers (--accounts DIR)");
  app.add_subcommand("repair", "save what can be read of a damaged store (the daemon is stopped)");
  auto* commands = app.add_subcommand("commands", "the list of device commands");
  commands->require_subcommand(1);
  commands->fallthrough();
  auto* check = commands->add_subcommand("check", "read the list, and say what is wrong");
  add_examples(*check, {"commands check /etc/privitty/commands.toml"});
  check->add_option("FILE", o.command_check.file, "the list")->required()->check(a_path);
  auto* run = app.add_subcommand("run", "run a device command; its exit code is this program's");
  add_examples(*run, {"run notes -- disk-usage /var"});
  run->add_option("PROJECT", o.run.project, "a project of the daemon's list")->required();
  run->add_flag("--input", o.run.input, "send standard input to it first");
  run->add_option("COMMAND", o.run.words, "after --: the command and its arguments")->required();
  describe_backup(app, o);
  describe_license(app, o);
  auto* completion = app.add_subcommand("completion", "a script that completes these commands");
  completion->add_option("SHELL", o.shell, "bash, zsh or fish")->required();
  add_examples(*completion, {"source <(privitty-edge completion bash)"});
  auto* manual = app.add_subcommand("man", "the manual page, for man -l -");
  manual->add_option("PROGRAM", o.program, "privitty-edge or privitty-edged")
      ->capture_default_str();
  add_examples(*manual, {"privitty-edge man | man -l -"});
  app.add_subcommand("version", "this program's version and the daemon's");
  app.footer(
      "exit codes: 0 done, 1 it did not work, 2 the command line is wrong; of run the command's "
      "own,\n"
      "or 125 when it was not run");
}

void describe_keys(CLI::App& app, Options& o) {
  auto* keys = app.add_subcommand("keys", "make, list and revoke API keys, also while it runs");
  keys->require_subcommand(1);
  keys->add_option("--api-keys", o.keys.file, "the daemon's key file (PRIVITTY_API_KEYS_FILE)")
      ->check(a_path);
  auto* add = keys->add_subcommand("add", "make a key and print it, once");
  add_examples(*add, {"keys add dashboard --scope rpc:read,events --expires 90d"});
  add->add_option("NAME", o.new_key.name, "what it is for")->required();
  add->add_option("--scope", o.new_key.scopes,
                  "of rpc:read,rpc:write,events,publish:CHANNEL,admin,view,commands,commands:NAME")
      ->required();
  add->add_option("--account", o.new_key.accounts, "only this account; repeatable");
  add->add_option("--expires", o.new_key.expires, "90d, 12h, or a day such as 2027-01-31");
  keys->add_subcommand("list", "the keys, without what opens by them");
  auto* revoke = keys->add_subcommand("revoke", "end a key and what it has open");
  revoke->add_option("KEY", o.revoked, "its name or id")->required();
}

base::Result<> run_keys(const std::string& command, Options& o) {
  const auto surroundings = Surroundings::of_this_process();
  o.keys.json = o.json;
  if (command == "add") return add_key(o.keys, o.new_key, surroundings);
  if (command == "list") return list_keys(o.keys, surroundings);
  return revoke_key(o.keys, o.revoked, surroundings);
}

// Keys come out of editors, `kubectl` and `echo`, with line ends that belong to no key.
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
  std::string line;
  std::getline(file, line);
  const std::string_view key = first_line(line);
  if (key.empty() || line.size() > kMost) {
    return base::fail(base::Errc::invalid_argument,
                      "--api-key-file " + o.api_key_file + ": no key can be read from it");
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
  return show_version(context);
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
    return run(command, o);
  } catch (const Json::exception&) {
    return base::fail(base::Errc::internal,
                      "what answers at " + o.url +
                          " is not what this version of privitty-edge expects: another program, or "
                          "another version of the daemon? Is --url right?");
  }
}

// The parser's complaint about a value that is no number, or about words that it has no place for.
std::string in_words(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::string message = error.what();
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    const std::size_t name = message.find(": "), value = message.find(" = ");
    if (name == std::string::npos || value == std::string::npos || value < name) return message;
    return message.substr(name + 2, value - name - 2) + ": expected a number, not '" +
           message.substr(value + 3) + "'";
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return message;
  std::vector<std::string> extra = app.remaining(true);
  message = extra.size() > 1 ? "unexpected arguments" : "unexpected argument";
  for (int i = 1; i < argc; ++i) {  // in the order in which they were given
    const auto found = std::find(extra.begin(), extra.end(), argv[i]);
    if (found == extra.end()) continue;
    extra.erase(found);
    message += " '" + std::string(argv[i]) + "'";
  }
  return message;
}

// What CLI11 says, and the nearest command or flag for a word it did not know.
std::string usage_fault(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  std::vector<std::string_view> known;
  std::vector<std::string> flags;
  for (const CLI::App* command : app.get_subcommands({})) {
    known.push_back(command->get_name());
    for (const CLI::Option* option : command->get_options()) flags.push_back(option->get_name());
  }
  for (const CLI::Option* option : app.get_options()) flags.push_back(option->get_name());
  known.insert(known.end(), flags.begin(), flags.end());
  std::string message = in_words(app, error, argc, argv);
  if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr) return message;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    const auto hint = nearest(word, known);
    if (hint.empty()) continue;
    if (app.get_subcommands().empty())
      message = "unknown command or flag '" + std::string(word) + "'";
    return message + "; did you mean " + std::string(hint) + "?";
  }
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands().empty())
    message = "there is no command '" + std::string(argv[1]) + "'";
  return message + "; see privitty-edge --help";
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
  describe_keys(app, options);
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
