#include "rpc/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/log.h"
#include "rpc/json_write.h"

namespace rpc {
namespace {

std::uint64_t next_log_id() {
  static std::atomic<std::uint64_t> next{1};
  return next++;
}

RpcError hidden(std::uint64_t log_id) {
  return {Code::internal,
          fmt::format("internal error; the daemon's log says more under log id {}", log_id)};
}

// Levenshtein's distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, diagonal + 1, replaced});
    }
  }
  return row.back();
}

// getChatContacts -> get_chat_contacts: the spelling of some clients.
std::string snake_case(std::string_view name) {
  std::string snake;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      snake += '_';
      snake += static_cast<char>(c - 'A' + 'a');
    } else {
      snake += c;
    }
  }
  return snake;
}

}  // namespace

Code code_of(base::Errc errc) {
  switch (errc) {
    case base::Errc::invalid_argument:
      return Code::invalid_params;
    case base::Errc::license_required:
      return Code::license_required;
    case base::Errc::not_found:
    case base::Errc::already_exists:
    case base::Errc::forbidden:
    case base::Errc::unavailable:
    case base::Errc::too_large:
    case base::Errc::exhausted:
    case base::Errc::sealed:
    case base::Errc::corrupt:
    case base::Errc::io:
    case base::Errc::gone:
    case base::Errc::internal:
      return Code::internal;
  }
  return Code::internal;
}

std::string_view meaning_of(base::Errc errc) {
  switch (errc) {
    case base::Errc::invalid_argument:
      return "a parameter is wrong; the message names it";
    case base::Errc::not_found:
      return "there is no such account, chat, message, contact or file";
    case base::Errc::already_exists:
      return "it would overwrite or double something";
    case base::Errc::forbidden:
      return "understood, and not allowed; the message says why";
    case base::Errc::unavailable:
      return "not possible now; try again later";
    case base::Errc::too_large:
      return "over a limit that the message states";
    case base::Errc::exhausted:
      return "the disk or a quota is full";
    case base::Errc::sealed:
      return "a sealed record did not open";
    case base::Errc::corrupt:
      return "stored data is damaged";
    case base::Errc::io:
      return "the operating system refused";
    case base::Errc::gone:
      return "it was there, or allowed, and is not any more";
    case base::Errc::license_required:
      return "it needs a license (-32001)";
    case base::Errc::internal:
      return "a bug; the log says more under the id in the message";
  }
  return "";
}

RpcError to_rpc_error(base::Error error) {
  if (error.code == base::Errc::internal) {
    const std::uint64_t id = next_log_id();
    base::log::error("log id {}: {}", id, error.message);
    return hidden(id);
  }
  return {code_of(error.code), std::move(error.message)};
}

RpcError bug(std::string_view method, std::string_view what) {
  const std::uint64_t id = next_log_id();
  base::log::error("log id {}: {} threw: {}", id, method, what);
  return hidden(id);
}

RpcError unknown_method(std::string_view name, const std::vector<std::string_view>& known) {
  const std::string wanted = snake_case(name.substr(0, 64));
  std::string_view nearest;
  std::size_t best = 4;  // more edits than this are no typing error
  for (const std::string_view candidate : known) {
    const std::size_t apart = distance(wanted, candidate);
    if (apart < best) {
      best = apart;
      nearest = candidate;
    }
  }
  std::string message = fmt::format("Method not found: {}.", name.substr(0, 64));
  if (!nearest.empty()) message += fmt::format(" Did you mean {}?", nearest);
  message += " rpc.discover lists all methods.";
  return {Code::method_not_found, std::move(message)};
}

std::string error_answer(std::string_view id, const RpcError& error) {
  std::string out;
  out.reserve(96 + id.size() + error.message.size());
  out += R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"error":{"code":)";
  append_json(out, static_cast<std::int64_t>(error.code));
  out += R"(,"message":)";
  append_json_string(out, error.message);
  out += "}}";
  return out;
}

std::string result_answer(std::string_view id, std::string_view result) {
  std::string out;
  out.reserve(40 + id.size() + result.size());
  out += R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"result":)";
  out += result;
  out += '}';
  return out;
}

}  // namespace rpc
