#include "gateway/cli/talk_options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>

#include "gateway/cli/help_pages.h"
#include "gateway/cli/path_fault.h"

namespace gateway::cli {
namespace {

constexpr std::string_view kText = "the text; - reads it from standard input";

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

void describe_groups(CLI::App& app, GroupRequest& group) {
  auto* groups = app.add_subcommand("groups", "groups and channels");
  groups->require_subcommand(1);
  groups->fallthrough();
  const auto add = [&](const char* name, const char* doc) {
    auto* command = groups->add_subcommand(name, doc);
    command->parse_complete_callback([&group, name] { group.what = name; });
    return command;
  };
  const auto chat = [&](CLI::App* command) {
    command->add_option("CHAT", group.chat, "the group's number, as groups list shows it")
        ->required();
  };
  const auto contacts = [&](CLI::App* command) {
    return command->add_option("CONTACT", group.contacts, "contacts' numbers or addresses");
  };
  const auto name = [&](CLI::App* command, const char* doc) {
    command->add_option("NAME", group.name, doc)->required();
  };
  add_examples(*add("list", "the groups and channels"), {"groups list"});

  auto* make = add("make", "make a group");
  name(make, "what it is called");
  contacts(make);
  make->add_flag("--channel", group.channel, "a channel: you send, the others read");
  add_examples(*make,
               {"groups make 'Pump crew' 12 bob@192.0.2.7", "groups make --channel Alarms 12"});

  auto* join = add("add", "take contacts into a group");
  chat(join);
  contacts(join)->required();
  add_examples(*join, {"groups add 14 12"});

  auto* remove = add("remove", "take members out of a group");
  chat(remove);
  contacts(remove)->required();
  add_examples(*remove, {"groups remove 14 12"});

  auto* leave = add("leave", "leave a group");
  chat(leave);
  add_examples(*leave, {"groups leave 14"});

  auto* rename = add("rename", "give a group another name");
  chat(rename);
  name(rename, "its new name");
  add_examples(*rename, {"groups rename 14 'Night shift'"});

  auto* members = add("members", "who is in a group");
  chat(members);
  add_examples(*members, {"groups members 14"});
}

}  // namespace

void describe_talk(CLI::App& app, TalkOptions& o) {
  auto* send = app.add_subcommand("send", "send a message");
  send->add_option("TO", o.send.to, "a chat's number or a contact's address")->required();
  send->add_option("TEXT", o.send.text, std::string(kText));
  send->add_option("--file", o.send.file, "a file to attach")->check(path_fault);
  add_examples(*send, {"send 12 'Pump 3 runs hot'", "send bob@192.0.2.7 --file report.csv",
                       "journalctl -n 20 | privitty-edge send 12 -"});

  const auto message = [&](CLI::App* command) {
    command->add_option("MESSAGE", o.message.message, "the message's number, as messages shows it")
        ->required();
  };
  auto* reply = app.add_subcommand("reply", "answer a message, quoting it");
  message(reply);
  reply->add_option("TEXT", o.message.text, std::string(kText));
  reply->add_option("--file", o.message.file, "a file to attach")->check(path_fault);
  add_examples(*reply, {"reply 88 'On my way'"});

  auto* react = app.add_subcommand("react", "react to a message with emojis, instead of before");
  message(react);
  react->add_option("EMOJI", o.message.reactions, "emojis; none takes yours back");
  add_examples(*react, {"react 88 👍", "react 88"});

  auto* edit = app.add_subcommand("edit", "give a message of yours another text, for all");
  message(edit);
  edit->add_option("TEXT", o.message.text, std::string(kText))->required();
  add_examples(*edit, {"edit 88 'Pump 4 runs hot'"});

  auto* remove = app.add_subcommand("delete", "delete messages");
  remove->add_option("MESSAGE", o.message.messages, "their numbers")->required();
  remove->add_flag("--for-all", o.message.for_all, "of yours: for all who got them as well");
  add_examples(*remove, {"delete 88 89", "delete --for-all 88"});

  const auto pinned = [&](const char* name, const char* doc) {
    auto* command = app.add_subcommand(name, doc);
    command->add_option("MESSAGE", o.pin.message, "the message's number, as messages shows it")
        ->required();
    return command;
  };
  add_examples(*pinned("pin", "pin a message in its chat, for everybody who is in it"), {"pin 88"});
  add_examples(*pinned("unpin", "end the pin of a message"), {"unpin 88"});
  auto* pins = app.add_subcommand("pins", "the pinned messages of a chat");
  pins->add_option("CHAT", o.pin.chat, "a chat's number or a contact's address")->required();
  add_examples(*pins, {"pins 12"});

  auto* search = app.add_subcommand("search", "messages that hold a text, newest first");
  search->add_option("TEXT", o.search.text, "part of their text, any case")->required();
  search->add_option("--chat", o.search.chat, "only of this: a chat's number, a contact's address");
  search->add_option("-n,--last", o.search.most, "how many at most")
      ->check(count_fault)
      ->capture_default_str();
  add_examples(*search, {"search 'pump 3'", "search --chat 12 hot"});

  describe_groups(app, o.group);
}

std::string talk_fault(const std::string& command, const TalkOptions& o) {
  if (command == "send" && is_blank(o.send.text) && o.send.file.empty()) {
    return "send needs a text or --file: privitty-edge send 12 'Hello'";
  }
  if (command == "reply" && is_blank(o.message.text) && o.message.file.empty()) {
    return "reply needs a text or --file: privitty-edge reply 88 'Hello'";
  }
  if (command == "search" && o.search.text.empty()) {
    return "search needs a text: privitty-edge search 'pump 3'";
  }
  return "";
}

bool is_talk(const std::string& command) {
  constexpr std::array kCommands{"send", "reply", "react", "edit",   "delete",
                                 "pin",  "unpin", "pins",  "search", "groups"};
  return std::find(kCommands.begin(), kCommands.end(), command) != kCommands.end();
}

base::Result<> run_talk(const std::string& command, const Context& context, const TalkOptions& o) {
  if (command == "send") return send(context, o.send);
  if (command == "reply") return reply(context, o.message);
  if (command == "react") return react(context, o.message);
  if (command == "edit") return edit(context, o.message);
  if (command == "delete") return delete_messages(context, o.message);
  if (command == "pin" || command == "unpin") return pin(context, o.pin, command == "pin");
  if (command == "pins") return pins(context, o.pin);
  if (command == "search") return search(context, o.search);
  return groups(context, o.group);
}

}  // namespace gateway::cli
