#include "rpc/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rpc {
namespace {

using base::Errc;
using base::fail;

constexpr std::array kScopes = {KeyScope::read,    KeyScope::write, KeyScope::events,
                                KeyScope::publish, KeyScope::admin, KeyScope::view,
                                KeyScope::commands};
constexpr std::size_t kMaxChannels = 64;
constexpr std::size_t kMaxChannelName = 200;
constexpr std::string_view kPublish = "publish:";
constexpr std::size_t kMaxCommands = 64;
constexpr std::size_t kMaxCommandName = 64;
constexpr std::string_view kCommands = "commands:";

bool is_channel(std::string_view name) {
  return !name.empty() && name.size() <= kMaxChannelName &&
         std::none_of(name.begin(), name.end(), [](char c) {
           const auto u = static_cast<unsigned char>(c);
           return u <= 0x20 || u == 0x7f || c == ',';
         });
}

// The spelling of the command list, so that a scope cannot name a command that nothing can be
// called.
bool is_command_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxCommandName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

void add_once(std::vector<std::string>& list, std::string_view word) {
  if (std::find(list.begin(), list.end(), word) == list.end()) list.emplace_back(word);
}

base::Result<> take_command(Grants& grants, std::string_view name) {
  if (!is_command_name(name) || grants.commands.size() >= kMaxCommands) {
    return fail(Errc::invalid_argument,
                fmt::format("commands: expected the name of a command or project, of 1 to {} "
                            "letters, digits, '.', '_' and '-'; {} names at most",
                            kMaxCommandName, kMaxCommands));
  }
  add_once(grants.commands, name);
  return {};
}

base::Result<> take(Grants& grants, std::string_view word) {
  if (word.starts_with(kCommands)) return take_command(grants, word.substr(kCommands.size()));
  if (word == name_of(KeyScope::commands)) {
    add_once(grants.commands, "*");
    return {};
  }
  if (word.starts_with(kPublish)) {
    const std::string_view channel = word.substr(kPublish.size());
    if (!is_channel(channel) || grants.channels.size() >= kMaxChannels) {
      return fail(
          Errc::invalid_argument,
          fmt::format("publish: expected a channel of 1 to {} bytes without spaces, or * for "
                      "every one; {} channels at most",
                      kMaxChannelName, kMaxChannels));
    }
    add_once(grants.channels, channel);
    return {};
  }
  for (const KeyScope scope : kScopes) {
    if (scope == KeyScope::publish || scope == KeyScope::commands || word != name_of(scope))
      continue;
    grants.add(scope);
    return {};
  }
  return fail(Errc::invalid_argument,
              fmt::format("'{}' is no scope; there are rpc:read, rpc:write, events, "
                          "publish:CHANNEL, admin, view, commands and commands:NAME",
                          word.substr(0, 64)));
}

}  // namespace

std::string_view name_of(KeyScope scope) {
  switch (scope) {
    case KeyScope::read:
      return "rpc:read";
    case KeyScope::write:
      return "rpc:write";
    case KeyScope::events:
      return "events";
    case KeyScope::publish:
      return "publish";
    case KeyScope::admin:
      return "admin";
    case KeyScope::view:
      return "view";
    case KeyScope::commands:
      return "commands";
  }
  return "";
}

std::string_view written(KeyScope scope) {
  if (scope == KeyScope::publish) return "publish:CHANNEL (publish:* for all channels)";
  if (scope == KeyScope::commands) return "commands (commands:NAME for one command or project)";
  return name_of(scope);
}

base::Result<Grants> parse_scopes(std::string_view list) {
  Grants grants;
  for (;;) {
    const std::size_t comma = list.find(',');
    EDGE_CHECK(take(grants, list.substr(0, comma)));
    if (comma == std::string_view::npos) return grants;
    list.remove_prefix(comma + 1);
  }
}

std::string scopes_text(const Grants& grants) {
  std::string out;
  const auto add = [&](std::string_view word, std::string_view rest = {}) {
    if (!out.empty()) out += ',';
    out.append(word).append(rest);
  };
  for (const KeyScope scope : kScopes) {
    const bool by_name = scope == KeyScope::publish || scope == KeyScope::commands;
    if (!by_name && grants.has(scope)) add(name_of(scope));
  }
  for (const std::string& channel : grants.channels) add(kPublish, channel);
  for (const std::string& command : grants.commands) {
    if (command == "*") {
      add(name_of(KeyScope::commands));
    } else {
      add(kCommands, command);
    }
  }
  return out;
}

const std::shared_ptr<const Access>& Access::everything() {
  static const auto all = [] {
    Grants grants;
    for (const KeyScope scope : kScopes) grants.add(scope);
    grants.channels = {"*"};
    grants.commands = {"*"};
    return std::make_shared<const Access>("", std::move(grants));
  }();
  return all;
}

const std::shared_ptr<const Access>& Access::nothing() {
  static const auto none = std::make_shared<const Access>();
  return none;
}

bool Access::may(KeyScope scope) const {
  if (grants_.has(KeyScope::admin)) return true;
  if (scope == KeyScope::publish) return !grants_.channels.empty();
  if (scope == KeyScope::commands) return !grants_.commands.empty();
  return grants_.has(scope);
}

bool Access::may_publish(std::string_view channel) const {
  return grants_.has(KeyScope::admin) ||
         std::any_of(
             grants_.channels.begin(), grants_.channels.end(),
             [&](const std::string& allowed) { return allowed == "*" || allowed == channel; });
}

bool Access::may_run_command(std::string_view name) const {
  return grants_.has(KeyScope::admin) ||
         std::any_of(grants_.commands.begin(), grants_.commands.end(),
                     [&](const std::string& allowed) { return allowed == "*" || allowed == name; });
}

bool Access::may_see(base::AccountId account) const {
  return all_accounts() || !account.valid() ||
         std::find(grants_.accounts.begin(), grants_.accounts.end(), account) !=
             grants_.accounts.end();
}

}  // namespace rpc
