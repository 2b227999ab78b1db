#include "rpc/recall.h"

#include <chrono>
#include <exception>

#include "rpc/method.h"
#include "rpc/observer.h"
#include "rpc/request.h"

namespace rpc {
namespace {

constexpr std::size_t kMaxBody = 1024;  // the longest body that is parsed on that thread

// The method that the body seems to call, found without parsing, so that a body for a worker is not
// parsed twice. A wrong guess is harmless: the parsed body decides.
std::string_view seeming_method(std::string_view body) {
  constexpr std::string_view kKey = "\"method\"";
  const std::size_t key = body.find(kKey);
  if (key == std::string_view::npos) return {};
  const std::size_t quote = body.find_first_not_of(" \t\r\n:", key + kKey.size());
  if (quote == std::string_view::npos || body[quote] != '"') return {};
  const std::size_t end = body.find('"', quote + 1);
  if (end == std::string_view::npos) return {};
  return body.substr(quote + 1, end - quote - 1);
}

}  // namespace

std::optional<std::string> recall_answer(std::string_view body, Context& context) {
  if (body.size() > kMaxBody) return std::nullopt;
  const Method* const method = context.table->find(seeming_method(body));
  if (method == nullptr || method->recall == nullptr) return std::nullopt;
  const auto begun = std::chrono::steady_clock::now();
  const JsonScan scan = scan_json(body);
  if (scan.error || scan.array) return std::nullopt;
  const Request call = parse_call(body);
  if (call.invalid || call.notification || call.method != method->name) return std::nullopt;
  if (refusal_of(*method, *context.caller.access, call.params)) return std::nullopt;
  std::optional<std::string> result;
  try {
    result = method->recall(context, JsonValue(call.params));
  } catch (const std::exception&) {
    return std::nullopt;  // the worker finds the error again, and reports it
  }
  if (!result) return std::nullopt;
  if (context.observer != nullptr) {
    const auto took = std::chrono::steady_clock::now() - begun;
    context.observer->called(
        method, Outcome::ok,
        static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
  }
  return result_answer(call.id, *result);
}

}  // namespace rpc
