// Options: what the command line of privitty-edge says, and the parser's description of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "gateway/cli/backup.h"
#include "gateway/cli/command_check.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/keys.h"
#include "gateway/cli/license.h"
#include "gateway/cli/offline.h"
#include "gateway/cli/relay.h"
#include "gateway/cli/run_command.h"
#include "gateway/cli/talk_options.h"

namespace CLI {
class App;
}

namespace gateway::cli {

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
  int run_exit = 0;  // of the command that run ran
};

// Adds all commands and options. `options` outlives the parsing.
void describe(CLI::App& app, Options& options);

}  // namespace gateway::cli
