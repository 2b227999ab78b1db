#include "gateway/cli/options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "gateway/cli/help_pages.h"
#include "gateway/cli/path_fault.h"
#include "gateway/process/version.h"

namespace gateway::cli {
namespace {

void describe_events(CLI::App& app, Options& o) {
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
}

void describe_rekey(CLI::App& app, RekeyRequest& request) {
  auto* rekey = app.add_subcommand("rekey", "change what opens the store (the daemon is stopped)");
  add_examples(*rekey, {"rekey --key-file old.key --new-key-file new.key",
                        "rekey --new-passphrase-file passphrase.txt"});
  rekey->add_option("--key-file", request.key_file, "the key file that opens it now")
      ->check(path_fault);
  rekey
      ->add_option("--passphrase-file", request.passphrase_file,
                   "the passphrase file that opens it now")
      ->check(path_fault);
  rekey
      ->add_option("--new-key-file", request.new_key_file,
                   "the key file to open it with; made when it is not there")
      ->check(path_fault);
  rekey
      ->add_option("--new-passphrase-file", request.new_passphrase_file,
                   "the passphrase file to open it with")
      ->check(path_fault);
}

void describe_relay(CLI::App& app, RelayRequest& request) {
  auto* relay = app.add_subcommand("relay", "whom this machine's relay admits");
  relay->require_subcommand(1);
  relay->fallthrough();
  auto* admit = relay->add_subcommand("admit", "make a token by which a device opens mailboxes");
  add_examples(*admit, {"relay admit pump-house"});
  admit->add_option("NAME", request.name, "what to call it")->required();
  add_examples(*relay->add_subcommand("list", "who is admitted, and what their mailboxes hold"),
               {"relay list"});
  auto* revoke = relay->add_subcommand("revoke", "end an admission, at once");
  add_examples(*revoke, {"relay revoke pump-house"});
  revoke->add_option("NAME", request.name, "as relay list shows it")->required();
}

void describe_device_commands(CLI::App& app, Options& o) {
  auto* commands = app.add_subcommand("commands", "the list of device commands");
  commands->require_subcommand(1);
  commands->fallthrough();
  auto* check = commands->add_subcommand("check", "read the list, and say what is wrong");
  add_examples(*check, {"commands check /etc/privitty/commands.toml"});
  check->add_option("FILE", o.command_check.file, "the list")->required()->check(path_fault);
  auto* run = app.add_subcommand("run", "run a device command; its exit code is this program's");
  add_examples(*run, {"run notes -- disk-usage /var"});
  run->add_option("PROJECT", o.run.project, "a project of the daemon's list")->required();
  run->add_flag("--input", o.run.input, "send standard input to it first");
  run->add_option("COMMAND", o.run.words, "after --: the command and its arguments")->required();
}

void describe_backup(CLI::App& app, Options& o) {
  auto* backup = app.add_subcommand("backup", "write a whole account into one new file");
  auto* restore = app.add_subcommand("restore", "take an account out of a backup");
  add_examples(*backup, {"backup /srv/backup/", "backup --no-passphrase account.pvebak"});
  add_examples(*restore, {"restore /srv/backup/account.pvebak"});
  backup
      ->add_option("FILE", o.backup.file,
                   "the new file, or a folder for it; a path of the daemon's machine")
      ->required()
      ->check(path_fault);
  restore->add_option("FILE", o.backup.file, "the file; a path of the daemon's machine")
      ->required()
      ->check(path_fault);
  for (auto* one : {backup, restore}) {
    one->add_option("--passphrase-file", o.backup.passphrase_file,
                    "a file whose first line is the passphrase; else PRIVITTY_BACKUP_PASSPHRASE,"
                    " else the terminal is asked")
        ->check(path_fault);
    one->add_flag("--no-passphrase", o.backup.no_passphrase, "a file that anybody can open")
        ->excludes("--passphrase-file");
  }
}

void describe_license(CLI::App& app, Options& o) {
  auto* license = app.add_subcommand("license", "this device's license, and issuing them");
  license->require_subcommand(1);
  license->fallthrough();
  license->add_option("--issuer", o.license.issuer,
                      "public key of who issues licenses (PRIVITTY_LICENSE_ISSUER)");
  auto* activate = license->add_subcommand("activate", "fetch the license and take a seat");
  add_examples(*activate, {"--accounts DIR license activate 'https://licenses.example.org/…'"});
  activate->add_option("URL", o.license.url, "the delivery URL")->required();
  add_examples(*license->add_subcommand("status", "active, grace_period, expired or no_license"),
               {"--accounts DIR license status"});
  add_examples(*license->add_subcommand("sync", "fetch it again and say that this device uses it"),
               {"--accounts DIR license sync"});
  add_examples(*license->add_subcommand("deactivate", "give the seat back"),
               {"--accounts DIR license deactivate"});
  auto* issue = license->add_subcommand("issue", "issue a license (for whoever runs a fleet)");
  add_examples(*issue,
               {"license issue --key issuer.key --customer 'Plant 3' --expires 2027-12-31"});
  issue->add_option("--key", o.issue.key, "the issuer's key file; made when it is not there")
      ->required()
      ->check(path_fault);
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
      ->check(path_fault)
      ->capture_default_str();
  auto* serve = license->add_subcommand("serve", "deliver licenses and count their seats");
  add_examples(*serve, {"license serve --key issuer.key --licenses licenses"});
  serve->add_option("--key", o.serve.key, "the issuer's key file")->required()->check(path_fault);
  serve->add_option("--licenses", o.serve.licenses, "the folder with what was issued")
      ->check(path_fault)
      ->capture_default_str();
  serve->add_option("--listen", o.serve.listen, "the address to serve on")->capture_default_str();
  serve->add_option("--allow-host", o.serve.hosts, "a name that it is reached by");
}

void describe_keys(CLI::App& app, Options& o) {
  auto* keys = app.add_subcommand("keys", "make, list and revoke API keys, also while it runs");
  keys->require_subcommand(1);
  keys->add_option("--api-keys", o.keys.file, "the daemon's key file (PRIVITTY_API_KEYS_FILE)")
      ->check(path_fault);
  auto* add = keys->add_subcommand("add", "make a key and print it, once");
  add_examples(*add, {"keys add dashboard --scope rpc:read,events --expires 90d"});
  add->add_option("NAME", o.new_key.name, "what it is for")->required();
  add->add_option("--scope", o.new_key.scopes,
                  "of rpc:read,rpc:write,events,publish:CHANNEL,admin,view,commands,commands:NAME")
      ->required();
  add->add_option("--account", o.new_key.accounts, "only this account; repeatable");
  add->add_option("--expires", o.new_key.expires, "90d, 12h, or a day such as 2027-01-31");
  add_examples(*keys->add_subcommand("list", "the keys, without what opens by them"),
               {"keys --api-keys /etc/privitty/keys list"});
  auto* revoke = keys->add_subcommand("revoke", "end a key and what it has open");
  add_examples(*revoke, {"keys revoke dashboard"});
  revoke->add_option("KEY", o.revoked, "its name or id")->required();
}

}  // namespace

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
      ->check(path_fault);
  app.add_option("--api-key-file", o.api_key_file,
                 "a file with the API key to show (or the key itself in PRIVITTY_API_KEY)")
      ->check(path_fault);
  app.add_flag("--json", o.json, "print JSON for a program");

  const auto plain = [&app](const char* name, const char* what,
                            const std::vector<std::string>& examples) {
    add_examples(*app.add_subcommand(name, what), examples);
  };
  plain("status", "who this gateway is and how it fares", {"status", "--json status"});
  plain("health", "whether the daemon serves; exit code 1 when it does not",
        {"health && echo 'it serves'"});
  auto* invite = app.add_subcommand("invite", "the link by which others join this gateway");
  add_examples(*invite, {"invite --qr"});
  invite->add_flag("--qr", o.qr, "also draw it as a QR code");
  auto* join = app.add_subcommand("join", "join somebody by an invite link");
  add_examples(*join, {"join 'OPENPGP4FPR:…'"});
  join->add_option("LINK", o.link, "the link, quoted");
  join->add_option("--link", o.link_flag, "the link, quoted");
  plain("accounts", "the accounts of this gateway", {"accounts"});
  plain("contacts", "the contacts", {"contacts"});
  plain("chats", "the chats, newest first", {"chats", "--account 2 chats"});
  auto* messages = app.add_subcommand("messages", "a chat's last messages");
  add_examples(*messages, {"messages 12 -n 5"});
  messages->add_option("CHAT", o.chat, "a chat's number or a contact's address")->required();
  messages->add_option("-n,--last", o.last, "how many")->check(count_fault)->capture_default_str();
  describe_talk(app, o.talk);
  describe_events(app, o);
  auto* call = app.add_subcommand("call", "call a JSON-RPC method and print its result");
  add_examples(*call, {"call get_config '[1,\"addr\"]'"});
  call->add_option("METHOD", o.method, "such as get_config")->required();
  call->add_option("PARAMS", o.params, "a JSON array or object, such as '[1,\"addr\"]'");
  describe_rekey(app, o.rekey);
  describe_relay(app, o.relay);
  plain("fingerprint", "what this device is called by viewers (--accounts DIR)",
        {"--accounts DIR fingerprint"});
  plain("repair", "save what can be read of a damaged store (the daemon is stopped)",
        {"--accounts DIR repair"});
  describe_device_commands(app, o);
  describe_backup(app, o);
  describe_license(app, o);
  auto* completion = app.add_subcommand("completion", "a script that completes these commands");
  completion->add_option("SHELL", o.shell, "bash, zsh or fish")->required();
  add_examples(*completion, {"source <(privitty-edge completion bash)"});
  auto* manual = app.add_subcommand("man", "the manual page, for man -l -");
  manual->add_option("PROGRAM", o.program, "privitty-edge or privitty-edged")
      ->capture_default_str();
  add_examples(*manual, {"privitty-edge man | man -l -"});
  plain("version", "this program's version and the daemon's", {"version"});
  app.footer(
      "exit codes: 0 done, 1 it did not work, 2 the command line is wrong; of run the command's "
      "own,\n"
      "or 125 when it was not run");
  describe_keys(app, o);
}

}  // namespace gateway::cli
