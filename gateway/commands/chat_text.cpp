#include "gateway/commands/chat_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "gateway/commands/words.h"
#include "rpc/json_scan.h"
#include "rpc/json_value.h"
#include "rpc/json_write.h"
#include "rpc/request.h"

namespace gateway::commands {
namespace {

using base::Errc;
using base::fail;
using messaging::kernel::DeviceText;
using nlohmann::json;

constexpr std::string_view kMark = "\"__pvt\"";
constexpr std::size_t kMaxAnswerBytes = 256 * 1024;
constexpr rpc::JsonBounds kBounds{.depth = 8, .values = 1'000, .elements = 0};
constexpr std::size_t kMaxName = 64;  // of commands and arguments, as the list has them
constexpr std::size_t kMaxValues = 64;
constexpr std::size_t kShownValue = 64;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// A pasted or piped line ends with its line break.
std::string_view without_end(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// Nothing for text that is no JSON object within bounds, and for one with a repeated member, which
// another reader could understand differently.
std::optional<json> object_in(std::string_view text) {
  if (rpc::scan_json(text, kBounds).error) return std::nullopt;
  auto parsed = rpc::parse_json(text);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return *std::move(parsed);
}

// "" for all but a text.
std::string text_member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

// "/name" alone or with words behind it, on one line. "/etc/hosts" and "/ or" are none.
bool is_plain_request(std::string_view text) {
  if (text.size() > kMaxLineBytes || text.size() < 2 || text.front() != '/') return false;
  const std::string_view rest = text.substr(1);
  const auto end = rest.find_first_of(" \t");
  const std::string_view name = rest.substr(0, end);
  if (name.empty() || name.size() > kMaxName) return false;
  for (const char c : name) {
    if (!is_name_character(c)) return false;
  }
  return rest.find_first_of("\r\n") == std::string_view::npos;
}

bool is_answer(std::string_view text) {
  if (text.size() > kMaxAnswerBytes || text.find("cmd_response") == std::string_view::npos) {
    return false;
  }
  const auto begin = text.find('{');
  const auto end = text.rfind('}');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return false;
  const auto object = object_in(text.substr(begin, end - begin + 1));
  return object && text_member(*object, "__pvt") == "cmd_response";
}

bool is_json_request(std::string_view text) {
  if (text.size() > kMaxRequestBytes || text.find("cmd_request") == std::string_view::npos) {
    return false;
  }
  const auto object = object_in(text);
  return object && text_member(*object, "__pvt") == "cmd_request";
}

// A value as a command gets it: texts as they are, integers as digits.
base::Result<std::string> value_of(const std::string& name, const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  if (const auto whole = rpc::JsonValue(value).as_signed()) return std::to_string(*whole);  // 5.0
  return fail(Errc::invalid_argument,
              fmt::format("args.{}: expected a text or an integer", name.substr(0, kShownValue)));
}

base::Result<> read_object(const json& object, ChatRequest& request) {
  std::string id = text_member(object, "req_id");
  if (id.empty() || id.size() > kMaxRequestId) {
    return fail(Errc::invalid_argument,
                fmt::format("req_id: expected a text of 1 to {} bytes", kMaxRequestId));
  }
  request.id = std::move(id);
  std::string command = text_member(object, "cmd");
  if (command.empty() || command.size() > kMaxName) {
    return fail(Errc::invalid_argument,
                fmt::format("cmd: expected the name of a command, 1 to {} bytes", kMaxName));
  }
  request.command = std::move(command);
  if (text_member(object, "schema_version") != "1") {
    return fail(Errc::invalid_argument, "schema_version: expected \"1\"");
  }
  std::map<std::string, std::string> values;
  const auto args = object.find("args");
  if (args != object.end() && !args->is_null()) {
    if (!args->is_object() || args->size() > kMaxValues) {
      return fail(Errc::invalid_argument,
                  fmt::format("args: expected an object with at most {} members", kMaxValues));
    }
    for (const auto& [name, value] : args->items()) {
      if (value.is_null()) continue;  // as if it were not there
      EDGE_TRY(values[name], value_of(name, value));
    }
  }
  request.values = std::move(values);
  return {};
}

base::Result<> read_plain(std::string_view text, ChatRequest& request) {
  request.command = text.substr(1, text.find_first_of(" \t") - 1);
  EDGE_TRY(auto words, split_words(text.substr(1)));
  words.erase(words.begin());
  request.values = std::move(words);
  return {};
}

// For a person.
std::string plain_answer(const ChatRequest& request, const ChatAnswer& answer) {
  std::string out;
  if (answer.status != "ok") {
    out = request.command + ": " + (answer.message.empty() ? answer.status : answer.message);
  }
  if (answer.output_mode == "file") {
    out += out.empty() ? request.command + ": the output is in the file"
                       : ". The output is in the file";
  } else if (!answer.output.empty()) {
    out += (out.empty() ? "" : "\n\n") + answer.output;
  } else if (out.empty()) {
    out = request.command + ": done, without output";
  }
  return out;
}

}  // namespace

DeviceText kind_of_chat_text(std::string_view text, bool plain) {
  if (text.find(kMark) != std::string_view::npos) {
    const std::string_view inner = trimmed(text);
    if (inner.starts_with('{') && is_json_request(inner)) return DeviceText::request;
    // Also one within a text that begins with a slash: who waits for it gets it.
    if (is_answer(text)) return DeviceText::answer;
  }
  return plain && is_plain_request(without_end(text)) ? DeviceText::request : DeviceText::ordinary;
}

ReadChatRequest read_chat_request(std::string_view text) {
  ReadChatRequest out;
  const auto note = [&](base::Result<> read) {
    if (!read) out.wrong = std::move(read).error();
  };
  if (const std::string_view line = without_end(text); is_plain_request(line)) {
    note(read_plain(line, out.request));
    return out;
  }
  const std::string_view inner = trimmed(text);
  const auto object = inner.size() <= kMaxRequestBytes ? object_in(inner) : std::nullopt;
  note(object ? read_object(*object, out.request)
              : fail(Errc::invalid_argument, "this is no request for a command"));
  return out;
}

std::string answer_text(const ChatRequest& request, const ChatAnswer& answer) {
  if (!request.id) return plain_answer(request, answer);
  // In the documented order, "req_id" first: readers search the text for it.
  std::string out = R"({"__pvt":"cmd_response","req_id":)";
  const auto member = [&](std::string_view name, std::string_view value) {
    out += fmt::format(",\"{}\":", name);
    rpc::append_json_string(out, value);
  };
  rpc::append_json_string(out, *request.id);
  member("cmd", request.command);
  member("status", answer.status);
  member("output", answer.output);
  member("output_mode", answer.output_mode);
  member("message", answer.message);
  out += '}';
  return out;
}

}  // namespace gateway::commands
