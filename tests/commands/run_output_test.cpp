// What a run wrote, as one text.
#include "gateway/commands/run_output.h"

#include "tests/support/catch.h"

namespace gateway::commands {
namespace {

// Entries with ids from 11 on, in pages of this many; lines up to `floor` are no longer kept.
RunOutput::Pages pages_of(std::vector<OutputPiece> pieces, std::size_t each,
                          std::uint64_t floor = 10) {
  return [=](base::EventId after) -> base::Result<OutputPage> {
    OutputPage page;
    page.reached = after;
    page.floor = base::EventId(floor);
    const std::uint64_t from = std::max(after.value, floor);
    for (std::uint64_t id = from + 1; id <= 10 + pieces.size() && page.entries.size() < each;
         ++id) {
      page.entries.push_back(
          {base::EventId(id), OutputStream::output, pieces[static_cast<std::size_t>(id - 11)]});
      page.reached = base::EventId(id);
    }
    page.at_end = page.reached.value == 10 + pieces.size();
    return page;
  };
}

std::string read_all(const RunOutput::Pages& pages, std::size_t buffer) {
  auto reader = RunOutputReader::open(pages, base::EventId(10));
  REQUIRE(reader);
  std::string out;
  std::vector<std::uint8_t> bytes(buffer);
  while (true) {
    const auto got = (*reader)->read_at(out.size(), bytes);
    REQUIRE(got);
    if (*got == 0) break;
    out.append(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*got));
  }
  CHECK((*reader)->size() == out.size());
  if (!out.empty()) CHECK_FALSE((*reader)->read_at(0, bytes));  // in order only
  return out;
}

}  // namespace

TEST_CASE("lines and pieces of lines become one text, whatever the pages") {
  const std::vector<OutputPiece> pieces = {
      {.text = "one"}, {.text = "long ", .more = true}, {.text = "line"}, {.text = ""}};
  for (const std::size_t each : {1U, 2U, 3U, 100U}) {
    for (const std::size_t buffer : {1U, 3U, 1000U}) {
      CHECK(read_all(pages_of(pieces, each), buffer) == "one\nlong line\n\n");
    }
  }
  CHECK(read_all(pages_of({}, 10), 10).empty());
}

TEST_CASE("progress gives way to what follows it, and the last one stays") {
  const auto progress = [](const char* text) {
    OutputPiece piece;
    piece.text = text;
    piece.progress = true;
    return piece;
  };
  for (const std::size_t each : {1U, 100U}) {
    CHECK(read_all(pages_of({progress("1 %"), progress("2 %"), {.text = "done"}}, each), 10) ==
          "done\n");
    CHECK(read_all(pages_of({{.text = "begin"}, progress("1 %"), progress("2 %")}, each), 10) ==
          "begin\n2 %\n");
  }
}

TEST_CASE("lines that are no longer kept leave a mark") {
  const std::string text = read_all(pages_of({{.text = "one"}, {.text = "two"}}, 10, 11), 10);
  CHECK(text == "[lines that are no longer kept are missing here]\ntwo\n");
}

TEST_CASE("the head of an output is cut at a whole character, and says whether it is all") {
  const auto head = [](std::vector<OutputPiece> pieces, std::size_t most) {
    const auto read =
        read_output_head(RunOutput(pages_of(std::move(pieces), 2), base::EventId(10)), most);
    REQUIRE(read);
    return *read;
  };
  CHECK(head({{.text = "one"}, {.text = "two"}}, 100).text == "one\ntwo");
  CHECK(head({{.text = "one"}, {.text = "two"}}, 8).whole);
  CHECK_FALSE(head({{.text = "one"}, {.text = "two"}}, 7).whole);
  CHECK(head({{.text = "a\xc3\xa9"}}, 2).text == "a");
  CHECK(head({}, 10).text.empty());
  CHECK(head({}, 10).whole);
}

}  // namespace gateway::commands
