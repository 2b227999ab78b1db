#include "rpc/request.h"

#include <fmt/format.h>

#include <algorithm>

#include "rpc/json_text.h"
#include "rpc/json_write.h"

namespace rpc {
namespace {

using nlohmann::json;

// Builds a tree as the library's own builder does, from text that scan_json() accepted. In addition
// it refuses a repeated member (two readers of one request could understand it differently), and
// keeps a call's id as the digits that were sent. Such an id is held as a binary value, which no
// JSON text produces.
class Builder final : public nlohmann::json_sax<json> {
 public:
  static constexpr int kNumberTooLarge = 406;  // the library's number for it

  json root;
  std::optional<RpcError> error;

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t& digits) override {
    if (at_id()) {
      return put(json::binary(std::vector<std::uint8_t>(digits.begin(), digits.end())));
    }
    return put(value);
  }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (open_.back()->contains(name)) {
      return refuse(Code::invalid_request,
                    fmt::format("the member \"{}\" comes twice in one object", name.substr(0, 64)));
    }
    is_id_ = name == "id";
    if (open_.size() == 1) in_params_ = name == "params";
    member_ = &(*open_.back())[name];
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& fault) override {
    // A number beyond a double is valid JSON: it is a wrong value.
    if (fault.id == kNumberTooLarge) {
      return refuse(in_params_ ? Code::invalid_params : Code::invalid_request,
                    fmt::format("the number {} (byte {} of the call) is too large: expected one "
                                "below 1.8e308",
                                token.substr(0, 64), position));
    }
    return refuse(Code::parse_error,
                  fmt::format("not JSON: byte {} is half a character", position));
  }

 private:
  bool at_id() const { return is_id_ && open_.size() == 1; }

  json* put(json value, int) {
    if (open_.empty()) {
      root = std::move(value);
      return &root;
    }
    if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(value));
      return &open_.back()->back();
    }
    *member_ = std::move(value);
    return member_;
  }
  bool put(json value) {
    put(std::move(value), 0);
    return true;
  }

  bool open(json value) {
    open_.push_back(put(std::move(value), 0));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  bool refuse(Code code, std::string message) {
    error = RpcError{code, std::move(message)};
    return false;
  }

  std::vector<json*> open_;  // arrays and objects that are still being filled
  json* member_ = nullptr;
  bool is_id_ = false;
  bool in_params_ = false;
};

RpcError invalid(std::string message) { return {Code::invalid_request, std::move(message)}; }

// The id as JSON text; nothing for a type that an id must not have.
std::optional<std::string> id_text(const json& id) {
  if (id.is_string()) return to_json(id.get_ref<const std::string&>());
  if (id.is_null() || id.is_number_integer()) return id.dump();
  if (id.is_binary()) {
    const auto& digits = id.get_binary();
    return std::string(digits.begin(), digits.end());
  }
  return std::nullopt;
}

Request to_request(json& call) {
  Request request;
  if (!call.is_object()) {
    request.invalid = invalid("Invalid Request: a call is an object");
    return request;
  }
  const auto id = call.find("id");
  if (id == call.end()) {
    request.notification = true;
  } else if (auto text = id_text(*id)) {
    request.id = std::move(*text);
  } else {
    request.invalid = invalid("Invalid Request: id: expected a string, a number or null");
    return request;
  }
  const auto version = call.find("jsonrpc");
  const auto method = call.find("method");
  const auto params = call.find("params");
  if (version == call.end() || *version != "2.0") {
    request.invalid = invalid("Invalid Request: jsonrpc: expected \"2.0\"");
  } else if (method == call.end() || !method->is_string()) {
    request.invalid = invalid("Invalid Request: method: expected a string");
  } else if (params != call.end() && !params->is_structured() && !params->is_null()) {
    request.invalid = invalid("Invalid Request: params: expected an array or an object");
  }
  if (request.invalid) {
    request.notification = false;  // an invalid request is answered, with id null if it has none
    return request;
  }
  request.method = std::move(method->get_ref<std::string&>());
  if (params != call.end()) request.params = std::move(*params);
  return request;
}

// False, with the builder's error, for refused text.
bool build(Builder& builder, std::string_view body) {
  if (json::sax_parse(body.begin(), body.end(), &builder)) return true;
  if (!builder.error) builder.error = RpcError{Code::parse_error, "the body is not JSON"};
  return false;
}

// A number, or a text without escapes: text that can be repeated as it was written.
bool is_plain_id(std::string_view text) {
  const char first = text.front();
  return first == '-' || (first >= '0' && first <= '9') ||
         (first == '"' && text.find('\\') == std::string_view::npos);
}

std::string half_a_character(std::size_t at) {
  return fmt::format(
      "a text holds half of a surrogate pair (byte {} of the call), as when it was cut in the "
      "middle "
      "of a character; send whole characters",
      at + 1);
}

// A call that holds half of a surrogate pair is refused, with its id if that is valid.
Request refused_for_halves(const MendedJson& mended, json& root) {
  const auto holds_one = [&](std::optional<std::string_view> part) {
    if (!part) return false;
    const auto begin = static_cast<std::size_t>(part->data() - mended.text.data());
    return std::any_of(mended.surrogates.begin(), mended.surrogates.end(),
                       [&](std::size_t at) { return at >= begin && at < begin + part->size(); });
  };
  Request call = to_request(root);
  const bool in_params = holds_one(json_member(mended.text, "params"));
  call.invalid = RpcError{in_params ? Code::invalid_params : Code::invalid_request,
                          half_a_character(mended.surrogates.front())};
  if (holds_one(json_member(mended.text, "id"))) call.id = "null";
  return call;
}

}  // namespace

Requests read_requests(std::string body) {
  Requests requests;
  const JsonScan scan =
      scan_json(body, {.depth = kMaxDepth, .values = kMaxValues, .elements = kMaxBatch});
  if (scan.error) {
    requests.error = *scan.error;
  } else if (scan.array && scan.count == 0) {
    requests.error = invalid("Invalid Request: an empty batch");
  } else if (scan.count > kMaxBatch) {
    requests.error = invalid(
        fmt::format("Invalid Request: a batch of {} calls; {} at most", scan.count, kMaxBatch));
  }
  if (requests.error) return requests;
  requests.batch = scan.array;
  if (!scan.array) requests.calls_.emplace_back(0, static_cast<std::uint32_t>(body.size()));
  requests.calls_.reserve(scan.elements.size());
  for (const std::string_view element : scan.elements) {
    requests.calls_.emplace_back(static_cast<std::uint32_t>(element.data() - body.data()),
                                 static_cast<std::uint32_t>(element.size()));
  }
  requests.body_ = std::move(body);
  return requests;
}

Request parse_call(std::string_view text) {
  Builder builder;
  if (build(builder, text)) {
    Request request = to_request(builder.root);
    // The parser has one zero.
    if (request.id == "0" && json_member(text, "id") == "-0") request.id = "-0";
    return request;
  }
  if (builder.error->code == Code::parse_error) {
    builder.root = nullptr;  // what was built so far
    const auto mended = mend_surrogates(text);
    if (Builder again; mended && build(again, mended->text)) {
      return refused_for_halves(*mended, again.root);
    }
  }
  Request request;
  request.invalid = std::move(builder.error);
  if (const auto id = json_member(text, "id"); id && is_plain_id(*id)) request.id = *id;
  return request;
}

base::Result<nlohmann::json> parse_json(std::string_view body, std::size_t values) {
  if (const auto scan = scan_json(body, {.depth = kMaxDepth, .values = values, .elements = 0});
      scan.error) {
    return base::fail(base::Errc::invalid_argument, scan.error->message);
  }
  Builder builder;
  if (build(builder, body)) return std::move(builder.root);
  const auto mended = mend_surrogates(body);
  if (Builder again; mended && build(again, mended->text)) {
    builder.error->message = half_a_character(mended->surrogates.front());
  }
  return base::fail(base::Errc::invalid_argument, builder.error->message);
}

}  // namespace rpc
