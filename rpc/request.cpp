#include "rpc/request.h"

#include <fmt/format.h>

#include "rpc/json_write.h"

namespace rpc {
namespace {

using nlohmann::json;

// Builds a tree as the library's own builder does, and besides: refuses depth before it costs
// anything, refuses a member that comes twice (two readers of the same request could understand it
// differently), and keeps a call's id as the digits it was sent with. Such an id is held as a
// binary value, which no JSON text produces.
class Builder final : public nlohmann::json_sax<json> {
 public:
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
    member_ = &(*open_.back())[name];
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return refuse(Code::parse_error, fmt::format("the body is not JSON: byte {}", position));
  }

 private:
  // The id of a single call, or of one in a batch.
  bool at_id() const {
    return is_id_ && (open_.size() == 1 || (open_.size() == 2 && root.is_array()));
  }

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
    if (open_.size() == kMaxDepth) {
      return refuse(Code::invalid_request,
                    fmt::format("the body is nested deeper than {} levels", kMaxDepth));
    }
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
    request.notification = false;  // what is no request is answered, with id null when it has none
    return request;
  }
  request.method = std::move(method->get_ref<std::string&>());
  if (params != call.end()) request.params = std::move(*params);
  return request;
}

}  // namespace

base::Result<nlohmann::json> parse_json(std::string_view body) {
  Builder builder;
  if (json::sax_parse(body.begin(), body.end(), &builder)) return std::move(builder.root);
  return base::fail(base::Errc::invalid_argument,
                    builder.error ? builder.error->message : "the body is not JSON");
}

Requests parse_requests(std::string_view body) {
  Requests requests;
  Builder builder;
  if (!json::sax_parse(body.begin(), body.end(), &builder)) {
    requests.error = builder.error.value_or(RpcError{Code::parse_error, "the body is not JSON"});
    return requests;
  }
  if (!builder.root.is_array()) {
    requests.calls.push_back(to_request(builder.root));
    return requests;
  }
  if (builder.root.empty()) {
    requests.error = invalid("Invalid Request: an empty batch");
    return requests;
  }
  if (builder.root.size() > kMaxBatch) {
    requests.error = invalid(fmt::format("Invalid Request: a batch of {} calls; {} at most",
                                         builder.root.size(), kMaxBatch));
    return requests;
  }
  requests.batch = true;
  requests.calls.reserve(builder.root.size());
  for (json& call : builder.root) requests.calls.push_back(to_request(call));
  return requests;
}

}  // namespace rpc
