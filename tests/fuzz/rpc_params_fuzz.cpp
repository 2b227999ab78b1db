// room: rpc
// Any parameters for any method that is classified safe, over a real store: each is answered, and
// no answer is a bug's. The first byte picks the method, the rest is the params member.
//
// Refuses to start while a row of the table is unclassified.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"

namespace {

std::vector<std::string_view> safe_methods() {
  std::vector<std::string_view> names;
  for (const rpc::Method& method : rpc::method_table().methods()) {
    if (method.row.fuzz == rpc::Fuzz::unclassified) {
      std::fprintf(stderr, "%s is neither safe nor unsafe to fuzz: say which in its row\n",
                   std::string(method.name).c_str());
      std::exit(1);
    }
    // Account 1 must stay for the others.
    if (method.row.fuzz == rpc::Fuzz::safe && method.name != "remove_account") {
      names.push_back(method.name);
    }
  }
  return names;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::log::set_level(base::log::Level::off);
  static const std::vector<std::string_view> methods = safe_methods();
  static OneGateway gateway;
  if (size < 2) return 0;
  const std::string_view method = methods[data[0] % methods.size()];
  std::string body = R"({"jsonrpc":"2.0","id":1,"method":")";
  body += method;
  body += R"(","params":)";
  body.append(reinterpret_cast<const char*>(data + 1), size - 1);
  body += '}';
  const std::string answer = ask(gateway.service(), body);
  const auto json = nlohmann::json::parse(answer, nullptr, false);
  if (json.is_discarded()) std::abort();
  // The params may close the object and open others: a batch never comes of it.
  if (!json.is_object()) std::abort();
  if (json.contains("error")) {
    const std::string message = json["error"]["message"];
    if (message.find("log id") != std::string::npos) {
      std::fprintf(stderr, "%s: %s\n", std::string(method).c_str(), message.c_str());
      std::abort();
    }
  }
  return 0;
}
