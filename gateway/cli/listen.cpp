#include <poll.h>

#include <algorithm>
#include <cstdio>

#include "gateway/cli/commands.h"
#include "gateway/cli/listing_hint.h"
#include "gateway/cli/output.h"
#include "gateway/cli/print.h"
#include "gateway/http/sse_lines.h"
#include "rpc/json_text.h"

namespace gateway::cli {

namespace {

// One line for a program: the data itself when it is JSON, else as a JSON string.
std::string json_line(const SseEvent& event) {
  const auto parsed = Json::parse(event.data, nullptr, false);
  // The one event whose data does not name its type.
  if (event.type == "lag" && parsed.is_object() && parsed.contains("dropped")) {
    return R"({"type":"lag","dropped":)" + parsed["dropped"].dump() + "}";
  }
  if (parsed.is_discarded()) {
    return Json(event.data).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return rpc::on_one_line(event.data);
}

// After a failed write, or when the reader of the output has closed it.
base::Error unwritable() {
  const auto finished = finish_output();
  return finished ? base::fail(base::Errc::io,
                               "standard output cannot be written: nobody reads it any more")
                  : finished.error();
}

}  // namespace

std::string listen_line(const SseEvent& event, bool json) {
  if (json) return json_line(event);
  if (event.type == "lag") return "lag: events were missed " + plain(event.data);
  return event_line(event.data);
}

base::Result<std::string> events_target(const ListenRequest& request) {
  std::string target = "/events";
  const auto add = [&](std::string_view name, std::string_view value) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += percent_encode(name);
    target += '=';
    target += percent_encode(value);
  };
  if (!request.types.empty()) add("types", request.types);
  if (request.account) add("account_id", std::to_string(*request.account));
  for (const std::uint32_t chat : request.chats) add("chat_id", std::to_string(chat));
  for (const std::string& channel : request.channels) add("channel", channel);
  for (const std::string& property : request.properties) {
    const std::size_t equals = property.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return base::fail(base::Errc::invalid_argument,
                        "--prop '" + property + "' is not NAME=VALUE");
    }
    add("prop." + property.substr(0, equals), property.substr(equals + 1));
  }
  if (request.snapshot) add("snapshot", "1");
  return target;
}

namespace {

// A wrong number would wait for ever. A key may hear events and call nothing: it is not judged.
base::Result<> check_known(const Context& context, const ListenRequest& request) {
  const auto judge = [&](const char* method, Json params) -> base::Result<> {
    auto found = context.client.call(method, std::move(params));
    if (found || listing_hint(found.error().message, context.account).empty()) return {};
    return std::move(found).error();
  };
  if (request.account) EDGE_CHECK(judge("get_account_info", Json::array({*request.account})));
  for (const std::uint32_t chat : request.chats) {
    EDGE_CHECK(judge("get_basic_chat_info", Json::array({context.account, chat})));
  }
  return {};
}

}  // namespace

base::Result<> listen(const Context& context, const ListenRequest& request) {
  EDGE_TRY(const std::string target, events_target(request));
  EDGE_CHECK(check_known(context, request));
  bool printable = true;
  const auto wanted = [&] {
    if (output_has_no_reader()) printable = false;
    return printable;
  };
  SseLines lines([&](const SseEvent& event) {
    std::string line = listen_line(event, context.json);
    line += '\n';
    // Flushed at once, because the reader is often a pipe.
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) printable = false;
    if (std::fflush(stdout) != 0) printable = false;
  });
  bool connected = false;
  int pause_ms = 500;
  while (true) {
    const std::string resume = lines.last_id().empty() ? request.resume : lines.last_id();
    const auto ended = context.client.stream(
        target, resume,
        [&](std::string_view bytes) {
          connected = true;
          pause_ms = 500;
          lines.feed(bytes);
          return printable;
        },
        wanted);
    if (!wanted()) return unwritable();
    // A key that was revoked meanwhile does not come back.
    if (!ended && (!connected || ended.error().code == base::Errc::forbidden)) return ended.error();
    std::fprintf(stderr, "privitty-edge: the stream ended; connecting again\n");
    lines.reset();
    ::poll(nullptr, 0, pause_ms);
    pause_ms = std::min(pause_ms * 2, 10'000);
  }
}

}  // namespace gateway::cli
