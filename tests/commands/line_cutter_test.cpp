// Output becomes lines, whatever bytes come and however they are cut.
#include "gateway/commands/line_cutter.h"

#include <random>

#include "gateway/commands/utf8.h"
#include "tests/support/catch.h"

namespace gateway::commands {
namespace {

using Pieces = std::vector<OutputPiece>;

struct Cut {
  LineCutter lines;
  Pieces pieces;
  LineCutter::Sink sink = [this](OutputPiece piece) { pieces.push_back(std::move(piece)); };

  void take(std::string_view bytes, base::Millis now = 0) { lines.take(bytes, now, sink); }
  Pieces end() {
    lines.finish(sink);
    return std::exchange(pieces, {});
  }
};

std::string repeated(std::size_t size, std::string_view end) {
  std::string out(size, 'a');
  out.append(end);
  return out;
}

Pieces cut(std::string_view bytes) {
  Cut out;
  out.take(bytes);
  return out.end();
}

}  // namespace

TEST_CASE("line feeds end lines, with or without a carriage return, and the last may lack one") {
  CHECK(cut("").empty());
  CHECK(cut("a\nb") == Pieces{{.text = "a"}, {.text = "b"}});
  CHECK(cut("a\n\nb\n") == Pieces{{.text = "a"}, {.text = ""}, {.text = "b"}});
  CHECK(cut("a\r\nb\r\r\n") == Pieces{{.text = "a"}, {.text = "b"}});
}

TEST_CASE("lines are the same however their bytes are cut") {
  std::mt19937 random(3);
  const std::string text = "größe\r\n€uro\nx\xff\xe2\x82y\n\n" + std::string(300, 'z') + "\n𝄞";
  const Pieces whole = cut(text);
  CHECK(whole.size() == 6);
  for (int round = 0; round < 300; ++round) {
    Cut parts;
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto size = std::min<std::size_t>(1 + random() % 5, rest.size());
      parts.take(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    CHECK(parts.end() == whole);
  }
}

TEST_CASE("a long line comes in marked pieces that cut no character") {
  constexpr std::size_t kMost = LineCutter::kMaxPiece;
  CHECK(cut(repeated(kMost, "\n")).size() == 1);
  const Pieces two = cut(repeated(kMost + 1, "\nb\n"));
  REQUIRE(two.size() == 3);
  CHECK(two[0].more);
  CHECK(two[0].text.size() == kMost);
  CHECK(two[1] == OutputPiece{.text = "a"});
  CHECK(two[2] == OutputPiece{.text = "b"});
  for (const std::string_view character : {"ü", "€", "𝄞"}) {
    for (std::size_t shift = 0; shift < 4; ++shift) {
      std::string line(shift, 'a');
      while (line.size() < 3 * kMost) line += character;
      Cut parts;
      for (std::size_t at = 0; at < line.size(); at += 1'000) parts.take(line.substr(at, 1'000));
      std::string joined;
      for (const OutputPiece& piece : parts.end()) {
        CHECK_FALSE(piece.replaced);
        CHECK(piece.text.size() <= kMost);
        joined += piece.text;
      }
      CHECK(joined == line);
    }
  }
}

TEST_CASE("bytes that are not UTF-8 are replaced, and only their piece says so") {
  const Pieces pieces = cut("a\nb\xff\nc\n");
  REQUIRE(pieces.size() == 3);
  CHECK_FALSE(pieces[0].replaced);
  CHECK(pieces[1] == OutputPiece{.text = "b\xef\xbf\xbd", .replaced = true});
  CHECK_FALSE(pieces[2].replaced);
  std::string zeros(10, '\0');
  CHECK(cut(zeros) == Pieces{{.text = zeros}});
  // Bytes that are no character do not hold up a long line.
  std::size_t marks = 0;
  for (const OutputPiece& piece : cut(std::string(200'000, '\x80'))) {
    CHECK(piece.replaced);
    marks += piece.text.size() / 3;
  }
  CHECK(marks == 200'000);
}

TEST_CASE("progress arrives as it changes, at a bounded rate, and a line takes its place") {
  Cut bar;
  bar.take("10%\r", 1'000);
  CHECK(bar.pieces.empty());  // a line feed might follow
  REQUIRE(bar.lines.due() == 1'050);
  bar.lines.tick(1'049, bar.sink);
  CHECK(bar.pieces.empty());
  bar.lines.tick(1'050, bar.sink);
  CHECK(bar.pieces == Pieces{{.text = "10%", .progress = true}});
  CHECK_FALSE(bar.lines.due());
  bar.pieces.clear();
  for (int percent = 11; percent < 90; ++percent) {
    bar.take(std::to_string(percent) + "%\r", 1'051);
  }
  CHECK(bar.pieces.empty());
  REQUIRE(bar.lines.due() == 1'150);
  bar.lines.tick(1'150, bar.sink);
  CHECK(bar.pieces == Pieces{{.text = "89%", .progress = true}});
  bar.pieces.clear();
  bar.take("95%\r", 1'160);
  bar.take("done\n", 1'170);
  CHECK(bar.pieces == Pieces{{.text = "done"}});
  bar.pieces.clear();
  CHECK_FALSE(bar.lines.due());
  CHECK(bar.end().empty());
}

TEST_CASE("a line end in two parts is no progress, and progress at the end is the last line") {
  Cut parts;
  parts.take("a\r", 0);
  parts.take("\nb\n", 10);
  CHECK(parts.end() == Pieces{{.text = "a"}, {.text = "b"}});
  parts.take("99%\r", 20);
  CHECK(parts.end() == Pieces{{.text = "99%"}});
}

TEST_CASE("progress without an end takes bounded memory and passes few pieces") {
  Cut bar;
  std::size_t passed = 0;
  bar.sink = [&](OutputPiece) { ++passed; };
  for (int round = 0; round < 100'000; ++round) bar.take("working\r", round / 100);
  CHECK(passed <= 11);
}

}  // namespace gateway::commands
