// room: gateway
// A text of a contact: whatever it is, what is read of it is bounded, and an answer to it is one.
#include <cstdlib>
#include <string_view>

#include "gateway/commands/chat_decision.h"
#include "gateway/commands/chat_text.h"

namespace {

using namespace gateway::commands;  // NOLINT: a fuzz target
using messaging::kernel::DeviceText;

const CommandList& list() {
  static const CommandList list = [] {
    auto read = parse_command_list(R"(
[[command]]
name = "log"
program = "/bin/echo"
arguments = ["{lines}", "{of}"]
allow = { contacts = ["1111111111111111111111111111111111111111111111111111111111111111"] }
[[command.argument]]
name = "lines"
type = "int"
min = 1
max = 100
[[command.argument]]
name = "of"
type = "string"
max_length = 20
default = "all"
)",
                                   "c.toml");
    if (!read) std::abort();
    return *std::move(read);
  }();
  return list;
}

void check(const ReadChatRequest& read) {
  const ChatRequest& request = read.request;
  if (request.command.size() > 64 || request.id.value_or("").size() > kMaxRequestId) std::abort();
  ChatAnswer answer;
  answer.output = request.command;
  answer.message = read.wrong ? read.wrong->message : "";
  const std::string text = answer_text(request, answer);
  if (request.id && kind_of_chat_text(text, true) != DeviceText::answer) std::abort();
  if (read.wrong) return;
  const ContactCaller nobody{std::string(64, '2'), {}};
  const auto refused = decide_chat_request(&list(), nobody, request);
  if (std::holds_alternative<CommandMatch>(refused) || std::holds_alternative<BuiltIn>(refused)) {
    std::abort();
  }
  const ContactCaller somebody{std::string(64, '1'), {}};
  const auto decision = decide_chat_request(&list(), somebody, request);
  const auto* match = std::get_if<CommandMatch>(&decision);
  if (match == nullptr) return;
  for (std::size_t i = 0; i < match->values.size(); ++i) {
    if (!match->command->arguments[i].check(match->values[i])) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const DeviceText json = kind_of_chat_text(text, false);
  const DeviceText plain = kind_of_chat_text(text, true);
  if (json != DeviceText::ordinary && plain != json) std::abort();
  if (plain == DeviceText::request) {
    check(read_chat_request(text));
  } else {
    (void)read_chat_request(text);
  }
  return 0;
}
