// What memory answers on the thread that owns the sockets.
#include "rpc/recall.h"

#include "tests/rpc/ask.h"
#include "tests/rpc/one_gateway.h"
#include "tests/support/catch.h"

namespace {

std::string call(std::string_view method, std::string_view params, std::string_view id = "7") {
  return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":")" + std::string(method) +
         R"(","params":)" + std::string(params) + "}";
}

}  // namespace

TEST_CASE("what memory answers has the words of the long way, and everything else goes that way") {
  OneGateway gateway;
  rpc::Service& service = gateway.service();
  const auto recall = [&](std::string_view body) { return service.recall(body, a_caller()); };
  for (const std::string& body :
       {call("get_config", R"([1,"addr"])"),
        call("get_config", R"([1,"sys.version"])", R"("a\"b")"),
        call("get_config", R"({"key":"configured_addr","account_id":1})", "null"),
        std::string("{\"params\":[1,\"addr\"],\"method\" :\t\"get_config\",\"id\":1,"
                    "\"jsonrpc\":\"2.0\"}")}) {
    INFO(body);
    const auto answer = recall(body);
    REQUIRE(answer);
    CHECK(*answer == ask(service, body));
    CHECK(answer->find("\"result\":\"") != std::string::npos);
  }
  for (const std::string& body :
       {call("get_config", R"([1,"displayname"])"),  // stored
        call("get_config", R"([99,"addr"])"), call("get_config", R"([1,"no such key"])"),
        call("get_config", "[1]"), call("get_config", R"([1,"addr","more"])"),
        call("get_config", "5"), call("set_config", R"([1,"displayname","addr"])"),
        call("send_msg", R"([1,10,{"text":"x","method":"get_config"}])"),
        "[" + call("get_config", R"([1,"addr"])") + "]",
        std::string(R"({"jsonrpc":"2.0","method":"get_config","params":[1,"addr"]})"),
        std::string(R"({"id":1,"method":"get_config","params":[1,"addr"]})"),
        std::string(R"({"method":"get_config")"), std::string(R"({"method":)"), std::string(),
        call("get_config", R"([1,"addr"])") + std::string(1024, ' ')}) {
    INFO(body);
    CHECK_FALSE(recall(body));
  }
}

TEST_CASE("memory answers only what the caller's key allows") {
  OneGateway gateway;
  const auto with = [&](rpc::Grants grants) {
    const auto access = std::make_shared<const rpc::Access>("k", std::move(grants));
    return gateway.service()
        .recall(call("get_config", R"([1,"addr"])"), a_caller(access))
        .has_value();
  };
  rpc::Grants reader;
  reader.add(rpc::KeyScope::read);
  CHECK(with(reader));
  reader.accounts = {base::AccountId(2)};
  CHECK_FALSE(with(reader));
  rpc::Grants listener;
  listener.add(rpc::KeyScope::events);
  CHECK_FALSE(with(listener));
}

TEST_CASE("only reads that answer now are answered from memory") {
  std::size_t recalled = 0;
  for (const rpc::Method& method : rpc::method_table().methods()) {
    if (method.recall == nullptr) continue;
    INFO(method.name);
    CHECK(method.timing == rpc::Timing::now);
    CHECK(method.row.scope == rpc::KeyScope::read);
    ++recalled;
  }
  CHECK(recalled > 0);
}
