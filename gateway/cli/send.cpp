#include "gateway/cli/send.h"

#include <algorithm>

#include "base/bytes.h"
#include "gateway/cli/input.h"
#include "gateway/cli/lines.h"
#include "gateway/cli/whom.h"
#include "gateway/text/given_text.h"
#include "messaging/model/types.h"

namespace gateway::cli {
namespace {

// The given text, or standard input.
base::Result<std::string> text_to_send(const std::string& given, bool may_lack) {
  if (given != "-") {
    if (base::is_utf8(given)) return given;
    return base::fail(base::Errc::invalid_argument,
                      "TEXT is not UTF-8 text: send it as a file, with --file");
  }
  EDGE_TRY(std::string text, read_input(messaging::kMaxText, "send it as a file, with --file"));
  text = without_bom(text);
  if (!base::is_utf8(text)) {
    return base::fail(base::Errc::invalid_argument,
                      "standard input is not UTF-8 text: send it as a file, with --file");
  }
  if (text.empty() && !may_lack) {
    return base::fail(base::Errc::invalid_argument,
                      "standard input holds no text, so nothing was sent");
  }
  return text;
}

base::Result<> send_to(const Context& context, std::uint32_t chat, const std::string& text,
                       const std::string& file, Json data) {
  if (!text.empty()) data["text"] = text;
  if (!file.empty()) {
    EDGE_TRY(data["file"], context.client.upload(file, context.account));
    data["filename"] = file.substr(file.find_last_of('/') + 1);
  }
  EDGE_TRY(const auto id, context.client.call("send_msg", {context.account, chat, data}));
  if (context.json) {
    print_json(Json{{"chat_id", chat}, {"msg_id", id}});
  } else {
    print("message " + id.dump() + " in chat " + std::to_string(chat) + " is on its way");
  }
  return {};
}

void print_done(const Context& context, const std::string& said) {
  if (context.json) {
    print_json(Json::object());
  } else {
    print(said);
  }
}

}  // namespace

base::Result<> send(const Context& context, const SendRequest& request) {
  EDGE_TRY(const std::string text, text_to_send(request.text, !request.file.empty()));
  EDGE_TRY(const auto chat, chat_of(context, request.to));
  return send_to(context, chat, text, request.file, Json::object());
}

base::Result<> reply(const Context& context, const MessageRequest& request) {
  EDGE_TRY(const std::string text, text_to_send(request.text, !request.file.empty()));
  EDGE_TRY(const auto replied,
           context.client.call("get_message", {context.account, request.message}));
  return send_to(context, replied.value("chatId", 0U), text, request.file,
                 Json{{"quotedMessageId", request.message}});
}

base::Result<> react(const Context& context, const MessageRequest& request) {
  EDGE_CHECK(
      context.client.call("send_reaction", {context.account, request.message, request.reactions}));
  const bool none = std::all_of(request.reactions.begin(), request.reactions.end(),
                                [](const std::string& one) { return one.empty(); });
  print_done(context, none ? "your reactions to message " + std::to_string(request.message) +
                                 " are taken back"
                           : "message " + std::to_string(request.message) + " has your reaction");
  return {};
}

base::Result<> edit(const Context& context, const MessageRequest& request) {
  EDGE_TRY(const std::string text, text_to_send(request.text, false));
  EDGE_CHECK(context.client.call("send_edit_request", {context.account, request.message, text}));
  print_done(context, "message " + std::to_string(request.message) + " has another text");
  return {};
}

base::Result<> delete_messages(const Context& context, const MessageRequest& request) {
  EDGE_CHECK(context.client.call(request.for_all ? "delete_messages_for_all" : "delete_messages",
                                 {context.account, request.messages}));
  const std::size_t count = request.messages.size();
  print_done(context,
             (count == 1 ? "message " + std::to_string(request.messages.front()) + " is"
                         : std::to_string(count) + " messages are") +
                 (request.for_all ? " deleted here and for all who got them" : " deleted here"));
  return {};
}

}  // namespace gateway::cli
