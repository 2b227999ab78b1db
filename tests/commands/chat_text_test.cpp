// Texts that ask for commands and texts that answer them: what is one, what it says, and what is
// refused.
#include "gateway/commands/chat_text.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace gateway::commands {
namespace {

using messaging::kernel::DeviceText;

const std::string kRequest =
    R"({"__pvt":"cmd_request","schema_version":"1","req_id":"r-1","cmd":"uptime","args":{}})";

std::string wrong_with(const std::string& text) {
  const auto read = read_chat_request(text);
  return read.wrong ? read.wrong->message : "nothing";
}

}  // namespace

TEST_CASE("a text is a request when it is exactly its JSON, or a name behind a slash") {
  for (const bool plain : {false, true}) {
    CHECK(kind_of_chat_text(kRequest, plain) == DeviceText::request);
    CHECK(kind_of_chat_text("\n " + kRequest + " \n", plain) == DeviceText::request);
    for (const std::string& text : std::vector<std::string>{
             "",
             "hello",
             "please: " + kRequest,
             kRequest + " please",
             "[" + kRequest + "]",
             R"({"__pvt":"cmd_requests"})",
             R"({"a":{"__pvt":"cmd_request"}})",
             R"({"__pvt":["cmd_request"]})",
             R"({"__pvt":"cmd_request","cmd":"log","cmd":"erase"})",
             R"("__pvt cmd_request")",
             R"({"__pvt":"cmd_request")",
             "/",
             "/ uptime",
             "//uptime",
             "/etc/hosts",
             "/up\ntime",
             "/uptime\nnow",
             "/caf\xc3\xa9",
             "see /uptime",
             "/" + std::string(65, 'n'),
             R"({"__pvt":"cmd_request","x":)" + std::string(100, '[') + std::string(100, ']') + "}",
             R"({"__pvt":"cmd_request","x":")" + std::string(kMaxRequestBytes, 'x') + "\"}"}) {
      INFO(text.substr(0, 100));
      CHECK(kind_of_chat_text(text, plain) == DeviceText::ordinary);
    }
  }
  for (const char* text : {"/uptime", "/uptime now and 'then'", "/disk-usage /var", "/a.b_c-1 x",
                           "/uptime\n", "/uptime now \r\n"}) {
    CHECK(kind_of_chat_text(text, true) == DeviceText::request);
    CHECK(kind_of_chat_text(text, false) == DeviceText::ordinary);
  }
}

TEST_CASE("a text is an answer when the JSON from its first to its last brace is one") {
  const std::string answer = R"({"__pvt":"cmd_response","req_id":"r-1","status":"ok"})";
  CHECK(kind_of_chat_text(answer, true) == DeviceText::answer);
  CHECK(kind_of_chat_text("The device says: " + answer + " (end)", false) == DeviceText::answer);
  CHECK(kind_of_chat_text("/dev/sda says: " + answer, true) == DeviceText::answer);
  for (const std::string& text : std::vector<std::string>{
           "cmd_response", "} __pvt cmd_response {", R"({"__pvt":"cmd_response")",
           R"({"__pvt":"x","cmd":"cmd_response"})", answer + answer,
           R"({"__pvt":"cmd_response","o":")" + std::string(300 * 1024, 'x') + "\"}"}) {
    INFO(text.substr(0, 100));
    CHECK(kind_of_chat_text(text, true) == DeviceText::ordinary);
  }
}

TEST_CASE("what a request says is read, and what is wrong with it is said by name") {
  auto read =
      read_chat_request(R"({"__pvt":"cmd_request","schema_version":"1","req_id":"r-1","cmd":"log",)"
                        R"("args":{"lines":20,"level":5.0,"of":"kernel","since":null}})");
  REQUIRE_FALSE(read.wrong);
  CHECK(read.request.command == "log");
  CHECK(read.request.id == "r-1");
  CHECK(std::get<0>(read.request.values) ==
        std::map<std::string, std::string>{{"level", "5"}, {"lines", "20"}, {"of", "kernel"}});

  read = read_chat_request("/log 20 'the kernel'");
  REQUIRE_FALSE(read.wrong);
  CHECK(read.request.command == "log");
  CHECK_FALSE(read.request.id);
  CHECK(std::get<1>(read.request.values) == std::vector<std::string>{"20", "the kernel"});

  CHECK(std::get<1>(read_chat_request("/log 20 \n").request.values) ==
        std::vector<std::string>{"20"});

  read = read_chat_request("/log 'open");
  REQUIRE(read.wrong);
  CHECK(read.request.command == "log");

  const auto request = [](const std::string& members) {
    return R"({"__pvt":"cmd_request",)" + members + "}";
  };
  CHECK_THAT(wrong_with(request(R"("schema_version":"1","cmd":"c")")),
             Catch::StartsWith("req_id:"));
  CHECK_THAT(wrong_with(request(R"("schema_version":"1","cmd":"c","req_id":7)")),
             Catch::StartsWith("req_id:"));
  CHECK_THAT(wrong_with(request(R"("schema_version":"1","cmd":"c","req_id":")" +
                                std::string(kMaxRequestId + 1, 'r') + '"')),
             Catch::StartsWith("req_id:"));
  CHECK_THAT(wrong_with(request(R"("schema_version":"2","cmd":"c","req_id":"r")")),
             Catch::StartsWith("schema_version:"));
  CHECK_THAT(wrong_with(request(R"("schema_version":"1","req_id":"r")")),
             Catch::StartsWith("cmd:"));
  CHECK_THAT(wrong_with(request(R"("schema_version":"1","req_id":"r","cmd":"c","args":[1])")),
             Catch::StartsWith("args:"));
  CHECK_THAT(wrong_with(request(R"("schema_version":"1","req_id":"r","cmd":"c","args":{"a":1.5})")),
             Catch::StartsWith("args.a:"));
  CHECK_THAT(wrong_with(request(R"("schema_version":"1","req_id":"r","cmd":"c","args":{"a":{}})")),
             Catch::StartsWith("args.a:"));
  // As far as it was read, so that the asker gets an error.
  CHECK(read_chat_request(request(R"("schema_version":"2","cmd":"c","req_id":"r")")).request.id ==
        "r");
}

TEST_CASE("an answer is JSON with the request's id, or text for a person") {
  ChatRequest request;
  request.command = "log";
  request.id = "a \"quoted\" id";
  ChatAnswer answer;
  answer.output = "line 1\nline \"2\"\x1b[0m";
  const std::string text = answer_text(request, answer);
  CHECK(kind_of_chat_text(text, true) == DeviceText::answer);
  CHECK(nlohmann::json::parse(text) == nlohmann::json{{"__pvt", "cmd_response"},
                                                      {"req_id", "a \"quoted\" id"},
                                                      {"cmd", "log"},
                                                      {"status", "ok"},
                                                      {"output", answer.output},
                                                      {"output_mode", "text"},
                                                      {"message", ""}});
  request.id = "r-1";
  CHECK(answer_text(request, answer).find(R"("req_id":"r-1")") != std::string::npos);

  request.id.reset();
  CHECK(answer_text(request, answer) == answer.output);
  CHECK(answer_text(request, {}) == "log: done, without output");
  ChatAnswer wrong;
  wrong.status = "failed";
  wrong.message = "exit code 3";
  CHECK(answer_text(request, wrong) == "log: exit code 3");
  wrong.output = "no such file";
  CHECK(answer_text(request, wrong) == "log: exit code 3\n\nno such file");
  ChatAnswer file;
  file.output_mode = "file";
  CHECK(answer_text(request, file) == "log: the output is in the file");
}

}  // namespace gateway::commands
