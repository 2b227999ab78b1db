#include <random>
#include <string>

#include "gateway/server/body_decoder.h"
#include "tests/support/catch.h"

namespace gateway {
namespace {

using State = BodyDecoder::State;

RequestHead head_with(const std::string& fields) {
  HeadScan scan = scan_head("POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
  REQUIRE(scan.state == HeadScan::State::complete);
  return std::move(scan.head);
}
BodyDecoder chunked(std::uint64_t limit = 1000) {
  return BodyDecoder::of(head_with("Transfer-Encoding: chunked\r\n"), limit);
}
int refusal(const std::string& bytes, std::uint64_t limit = 1000) {
  BodyDecoder decoder = chunked(limit);
  std::string out;
  return decoder.feed(bytes, out, SIZE_MAX).state == State::refused ? decoder.error().status : 0;
}

TEST_CASE("chunks, extensions and trailers become a plain body, however they are cut") {
  const std::string bytes =
      "4;a=\"b\"\r\nWiki\r\n5\r\npedia\r\nA\r\n in chunks\r\n000\r\nX: y\r\nZ:\r\n\r\nNEXT";
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    BodyDecoder decoder = chunked();
    std::string out;
    std::string waiting;
    std::size_t at = 0;
    State state = State::more;
    while (state == State::more) {
      const std::size_t take = std::min<std::size_t>(1 + random() % 9, bytes.size() - at);
      waiting += bytes.substr(at, take);
      at += take;
      const auto step = decoder.feed(waiting, out, 1 + random() % 5);
      waiting.erase(0, step.used);
      state = step.state;
    }
    REQUIRE(state == State::done);
    CHECK(out == "Wikipedia in chunks");
    CHECK(waiting + bytes.substr(at) == "NEXT");
  }
}

TEST_CASE("a known length takes exactly that much") {
  BodyDecoder decoder = BodyDecoder::of(head_with("Content-Length: 5\r\n"), 100);
  std::string out;
  CHECK(decoder.feed("abc", out, SIZE_MAX).state == State::more);
  const auto step = decoder.feed("deXYZ", out, SIZE_MAX);
  CHECK(step.state == State::done);
  CHECK(step.used == 2);
  CHECK(out == "abcde");
}

TEST_CASE("a large body gets its memory once, however it comes") {
  constexpr std::size_t kSize = 4 * 1024 * 1024;
  const std::string piece(64 * 1024, 'x');
  const auto growths = [&](BodyDecoder decoder, const std::string& before) {
    std::string out;
    std::size_t grown = 0;
    for (std::size_t sent = 0; sent < kSize; sent += piece.size()) {
      const std::size_t had = out.capacity();
      REQUIRE(decoder.feed(before + piece + (before.empty() ? "" : "\r\n"), out, SIZE_MAX).state !=
              State::refused);
      if (out.size() > 512 * 1024 && out.capacity() != had) ++grown;
    }
    CHECK(out.size() == kSize);
    return grown;
  };
  CHECK(growths(
            BodyDecoder::of(head_with("Content-Length: " + std::to_string(kSize) + "\r\n"), kSize),
            "") == 0);
  CHECK(growths(chunked(kSize), "10000\r\n") == 0);
}

TEST_CASE("blanks around a chunk's extensions are allowed, and none elsewhere") {
  CHECK(refusal("2 ; a = b\r\nab\r\n0\t;c\r\n\r\n") == 0);
  CHECK(refusal("2; a=b ;\tc = \"d e\" \r\nab\r\n") == 0);
  CHECK(refusal("2 a\r\nab\r\n") == 400);
  CHECK(refusal("2 2;a\r\nab\r\n") == 400);
  CHECK(refusal("2\t\r\nab\r\n") == 400);
}

TEST_CASE("malformed chunks are refused") {
  CHECK(refusal("-2\r\n") == 400);
  CHECK(refusal("+2\r\nab\r\n") == 400);
  CHECK(refusal("0x2\r\nab\r\n") == 400);
  CHECK(refusal(" 2\r\nab\r\n") == 400);
  CHECK(refusal("\r\n") == 400);
  CHECK(refusal("2\nab\r\n") == 400);
  CHECK(refusal("2\r\nabc\r\n") == 400);
  CHECK(refusal("2\r\nab\n") == 400);
  CHECK(refusal("2\r\nabX\r\n") == 400);
  CHECK(refusal("2 \r\nab\r\n") == 400);
  CHECK(refusal("g\r\n") == 400);
  CHECK(refusal("2\r;x\r\n") == 400);
  CHECK(refusal("FFFFFFFFFFFFFFFFF\r\n") == 400);
  CHECK(refusal("00000000000000002\r\n") == 400);
  CHECK(refusal("2;" + std::string(500, 'x')) == 400);
  CHECK(refusal(std::string(300, '0')) == 400);
  CHECK(refusal("0\r\nX: y\n\r\n") == 400);
  CHECK(refusal("0\r\n" + [] {
          std::string trailers;
          for (int i = 0; i < 3000; ++i) trailers += "a: b\r\n";
          return trailers;
        }()) == 400);
}

TEST_CASE("a chunk that goes over the limit is refused when its size is read") {
  CHECK(refusal("FFFFFFFFFFFFFFFF\r\n") == 413);
  CHECK(refusal("3E9\r\n") == 413);
  CHECK(refusal("3E8\r\n") == 0);
  CHECK(refusal("1F4\r\n" + std::string(500, 'x') + "\r\n1F5\r\n") == 413);
}

}  // namespace
}  // namespace gateway
