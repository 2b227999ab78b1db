// What is kept of runs: their output and their records, sealed, over restarts and damage.
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "crypto/init.h"
#include "gateway/commands/output_log.h"
#include "gateway/commands/run_ledger.h"
#include "gateway/commands/run_source.h"
#include "gateway/hub/filter.h"
#include "tests/support/catch.h"

namespace gateway::commands {
namespace {

namespace fs = std::filesystem;
using base::EventId;

struct Folder {
  Folder() {
    REQUIRE(crypto::init());
    std::string pattern = (fs::temp_directory_path() / "runs-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Folder() { fs::remove_all(path); }
  std::vector<fs::path> files() const {
    std::vector<fs::path> out;
    for (const auto& file : fs::directory_iterator(path)) out.push_back(file.path());
    std::sort(out.begin(), out.end());
    return out;
  }
  std::string path;
  store::Vault vault{crypto::RecordKey::generate()};
};

std::unique_ptr<OutputLog> open_log(const Folder& folder,
                                    std::set<std::string> known = {"a", "b"}) {
  return std::move(OutputLog::open(folder.path, folder.vault, known).value());
}

// Lines with the ids first, first + 1, …
std::vector<OutputEntry> lines(std::uint64_t first, std::size_t count, std::size_t size = 10) {
  std::vector<OutputEntry> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back({.id = EventId(first + i),
                   .stream = i % 3 == 0 ? OutputStream::errors : OutputStream::output,
                   .piece = {.text = std::to_string(first + i) + std::string(size, 'x'),
                             .more = i % 5 == 1,
                             .replaced = i % 5 == 2,
                             .progress = i % 5 == 3}});
  }
  return out;
}

// Everything after `after`, page by page.
struct Read {
  std::vector<OutputEntry> entries;
  EventId floor;
  int pages = 0;
};
Read read_all(const OutputLog& log, const std::string& run, std::uint64_t after = 0,
              std::size_t limit = 7, std::size_t bytes = 1'000'000) {
  Read out;
  EventId at(after);
  for (;;) {
    const OutputPage page = log.read(run, at, limit, bytes).value();
    ++out.pages;
    REQUIRE(page.entries.size() <= limit);
    for (const OutputEntry& entry : page.entries) {
      REQUIRE(entry.id > at);
      at = entry.id;
      out.entries.push_back(entry);
    }
    out.floor = std::max(out.floor, page.floor);
    if (page.at_end) return out;
    REQUIRE(page.reached >= at);
    at = page.reached;
  }
}

std::vector<OutputEntry> tail(const std::vector<OutputEntry>& all, std::uint64_t after) {
  std::vector<OutputEntry> out;
  for (const OutputEntry& entry : all) {
    if (entry.id > EventId(after)) out.push_back(entry);
  }
  return out;
}

TEST_CASE("output is read from every id, while it grows and after a restart") {
  Folder folder;
  std::vector<OutputEntry> all;
  const auto check = [&](const OutputLog& log) {
    for (std::uint64_t after = 95; after < 345; ++after) {
      INFO("after " << after);
      const Read read = read_all(log, "a", after);
      REQUIRE(read.entries == tail(all, after));
      REQUIRE_FALSE(read.floor.valid());
    }
  };
  {
    const auto log = open_log(folder);
    log->set_bounds({.file_bytes = 600});  // a few records in a file
    // Between them another run's lines, and records of many lines.
    for (std::uint64_t id = 100; id < 340;) {
      const std::size_t count = 1 + id % 9;
      const auto some = lines(id, count);
      log->append("a", some);
      all.insert(all.end(), some.begin(), some.end());
      id += count;
      log->append("b", lines(id, 2));
      id += 2;
    }
    check(*log);
    log->finish("a");
    check(*log);
    CHECK(log->newest("a").value() == all.back().id);
  }
  CHECK(folder.files().size() > 10);
  const auto log = open_log(folder);
  check(*log);
  CHECK(log->newest("a").value() == all.back().id);
  CHECK_FALSE(log->newest("c").value().valid());
  CHECK(read_all(*log, "c").entries.empty());
}

TEST_CASE("a page has about as many bytes as were asked for") {
  Folder folder;
  const auto log = open_log(folder);
  log->append("a", lines(1, 100, 1000));
  const OutputPage page = log->read("a", EventId(0), 1'000, 5'000).value();
  CHECK(page.entries.size() >= 4);
  CHECK(page.entries.size() <= 6);
  CHECK_FALSE(page.at_end);
  CHECK(page.reached == page.entries.back().id);
  CHECK(read_all(*log, "a", 0, 1'000, 1).entries.size() == 100);
}

TEST_CASE("over its bound the log drops the oldest files, and says what is missing") {
  Folder folder;
  {
    const auto log = open_log(folder);
    log->set_bounds({.bytes = 20'000, .file_bytes = 2'000});
    log->append("b", lines(1, 5));
    for (std::uint64_t id = 10; id < 2'000; id += 10) log->append("a", lines(id, 10, 50));
    CHECK(log->bytes() <= 20'000 + 2'000);
    const Read gone = read_all(*log, "b");
    CHECK(gone.entries.empty());
    CHECK(gone.floor == EventId(5));
    const Read rest = read_all(*log, "a");
    REQUIRE_FALSE(rest.entries.empty());
    CHECK(rest.entries.back().id == EventId(1'999));
    CHECK(rest.floor == EventId(rest.entries.front().id.value - 1));
    CHECK_FALSE(read_all(*log, "a", 1'990).floor > EventId(1'990));
  }
  std::uint64_t size = 0;
  for (const auto& file : folder.files()) size += fs::file_size(file);
  CHECK(size <= 22'000);
  // Also after a restart.
  const auto log = open_log(folder);
  CHECK(log->bytes() == size);
  const Read rest = read_all(*log, "a");
  CHECK(rest.floor == EventId(rest.entries.front().id.value - 1));
}

TEST_CASE("output that is too old goes, and files of runs that nobody knows") {
  Folder folder;
  const auto now = base::SystemClock().now();
  {
    const auto log = open_log(folder);
    log->append("a", lines(1, 5));
    log->tidy(now + 3'600'000);
    CHECK(read_all(*log, "a").entries.size() == 5);
    log->set_bounds({.age = 60'000});
    log->tidy(now + 61'000 + 60'000);
    CHECK(read_all(*log, "a").entries.empty());
    CHECK(log->bytes() == 0);
    // The run goes on.
    log->append("a", lines(20, 5));
    CHECK(read_all(*log, "a").entries == lines(20, 5));
    CHECK(read_all(*log, "a").floor == EventId(5));
    log->append("b", lines(30, 5));
    log->remove("b");
    CHECK(read_all(*log, "b").entries.empty());
  }
  CHECK(folder.files().size() == 1);
  const auto log = open_log(folder, {"b"});
  CHECK(folder.files().empty());
}

TEST_CASE("a record that was cut or damaged costs itself alone") {
  Folder folder;
  {
    const auto log = open_log(folder);
    for (std::uint64_t id = 10; id < 60; id += 10) log->append("a", lines(id, 10));
  }
  const fs::path file = folder.files().front();
  const auto size = fs::file_size(file);
  SECTION("cut at every length, what stands before it is read") {
    for (std::uint64_t cut = size - 1; cut > size - 200; cut -= 7) {
      fs::resize_file(file, cut);
      const Read read = read_all(*open_log(folder), "a");
      REQUIRE(read.entries.size() == 40);
      CHECK(read.entries.back().id == EventId(49));
    }
  }
  SECTION("damaged in the middle, the rest is read, and the gap is known") {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(size / 2);
    bytes.seekg(middle);
    const int sealed = bytes.get();
    bytes.seekp(middle);
    bytes.put(static_cast<char>(sealed ^ 1));
    bytes.close();
    const Read read = read_all(*open_log(folder), "a");
    CHECK(read.entries.size() == 40);
    CHECK(read.floor == EventId(39));
  }
  SECTION("moved to another run, it does not open") {
    fs::rename(file, fs::path(folder.path) / "b.0.10.out");
    CHECK(read_all(*open_log(folder), "b").entries.empty());
  }
}

TEST_CASE("what finds no room on the disk is missing, and the run goes on") {
  Folder folder;
  const auto log = open_log(folder);
  log->append("a", lines(1, 5));
  // No file may grow.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{.rlim_cur = 10, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  log->append("a", lines(6, 5));
  log->append("a", lines(11, 5));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::signal(SIGXFSZ, ignored);
  log->append("a", lines(16, 5));
  const Read read = read_all(*log, "a");
  CHECK(read.entries.back().id == EventId(20));
  CHECK(read.floor == EventId(15));
  CHECK(tail(read.entries, 15) == lines(16, 5));
}

RunRecord record(std::string id, std::uint64_t before = 5) {
  return {.id = std::move(id),
          .project = "plant",
          .row = "count {n}",
          .is_line = true,
          .text = "count 7",
          .caller = "key7",
          .started = 1'800'000'000'000,
          .before = EventId(before),
          .input = true};
}

RunOutcome outcome(std::uint64_t id) {
  RunOutcome out;
  out.id = EventId(id);
  out.last_line = EventId(id - 1);
  out.at = 1'800'000'000'500;
  out.end = {.why = RunEnd::Why::time_limit,
             .exit_code = std::nullopt,
             .signal = 15,
             .message = "it was ended at its time limit of 1 s",
             .duration = 1'000,
             .output_bytes = 77};
  return out;
}

void check_same(const RunRecord& a, const RunRecord& b) {
  CHECK(encode_start(a) == encode_start(b));
  REQUIRE(a.outcome.has_value() == b.outcome.has_value());
  if (a.outcome) CHECK(encode_outcome(a.id, *a.outcome) == encode_outcome(b.id, *b.outcome));
}

TEST_CASE("every run is in the ledger after a restart, also one that has not ended") {
  Folder folder;
  RunRecord ended = record("a"), runs = record("b", 9);
  ended.outcome = outcome(8);
  {
    auto opened = RunLedger::open(folder.path, folder.vault).value();
    CHECK(opened.runs.empty());
    REQUIRE(opened.ledger->start(ended));
    REQUIRE(opened.ledger->start(runs));
    REQUIRE(opened.ledger->end("a", *ended.outcome));
    REQUIRE(opened.ledger->sync());
  }
  for (int round = 0; round < 2; ++round) {
    auto opened = RunLedger::open(folder.path, folder.vault).value();
    REQUIRE(opened.runs.size() == 2);
    check_same(opened.runs[0], ended);
    check_same(opened.runs[1], runs);
    if (round == 0) REQUIRE(opened.ledger->rewrite([&] { return std::vector{ended, runs}; }));
    // An entry that a rewriting has brought in already.
    REQUIRE(opened.ledger->start(runs));
  }
  // A cut entry is forgotten, and the next one takes its place.
  const fs::path file = fs::path(folder.path) / "runs.log";
  fs::resize_file(file, fs::file_size(file) - 3);
  {
    auto opened = RunLedger::open(folder.path, folder.vault).value();
    REQUIRE(opened.runs.size() == 2);
    REQUIRE(opened.ledger->end("b", outcome(20)));
  }
  auto opened = RunLedger::open(folder.path, folder.vault).value();
  REQUIRE(opened.runs[1].outcome);
  CHECK(opened.runs[1].status() == "time_limit");
  // Nothing of it can be read on the disk.
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  CHECK(bytes.find("count 7") == std::string::npos);
  CHECK(bytes.find("plant") == std::string::npos);
}

// What the hub would send of it.
std::vector<std::string> texts(const FramePage& page) {
  std::vector<std::string> out;
  for (const EventFrame& frame : page.events) {
    out.push_back(std::to_string(frame.id.value) + " " + frame.type);
  }
  return out;
}

TEST_CASE("streams of a run and of topics are read in the order of ids, with the ends of runs") {
  Folder folder;
  RunTable table;
  const auto log = open_log(folder);
  RunSource source(table, *log);
  const auto add = [&](std::string id, std::string row, std::uint64_t before) {
    RunRecord run = record(std::move(id), before);
    run.row = std::move(row);
    run.is_line = false;
    return table.add(std::move(run), 1);
  };
  const KnownRun a = add("a", "one", 10);
  const KnownRun b = add("b", "two", 12);
  log->append("a", lines(11, 2));
  log->append("b", lines(13, 2));
  log->append("a", lines(15, 1));
  RunOutcome end = outcome(16);
  end.last_line = EventId(15);
  table.end("a", end);
  source.written(EventId(16));
  log->append("b", lines(17, 1));  // not published yet
  const EventFilter of_a{.chats = {a.number}}, of_b{.chats = {b.number}};
  const EventFilter of_both{.accounts = {a.topic, b.topic}};
  const auto read = [&](std::uint64_t after, std::size_t limit, const EventFilter& filter) {
    return source.read_after(EventId(after), limit, 1'000'000, filter).value();
  };
  using Texts = std::vector<std::string>;
  CHECK(texts(read(10, 100, of_a)) == Texts{"11 output", "12 output", "15 output", "16 complete"});
  CHECK(read(10, 100, of_a).events.back().last);
  CHECK(texts(read(15, 100, of_a)) == Texts{"16 complete"});
  CHECK(texts(read(12, 100, of_b)) == Texts{"13 output", "14 output"});
  CHECK(read(12, 100, of_b).reached == EventId(16));
  CHECK(texts(read(11, 100, of_both)) ==
        Texts{"12 output", "13 output", "14 output", "15 output", "16 complete"});
  CHECK_FALSE(read(11, 100, of_both).floor > EventId(11));
  // In pages of every size the same.
  for (std::size_t limit = 1; limit < 6; ++limit) {
    Texts all;
    for (std::uint64_t after = 10; after < 16;) {
      const FramePage page = read(after, limit, of_both);
      CHECK(page.events.size() <= limit);
      for (const std::string& text : texts(page)) all.push_back(text);
      REQUIRE(page.reached.value > after);
      after = page.reached.value;
    }
    CHECK(all.size() == 6);
    CHECK(std::is_sorted(all.begin(), all.end()));
  }
  // A run whose output is gone still reports how it ended.
  log->remove("a");
  const FramePage rest = read(11, 100, of_a);
  CHECK(texts(rest) == Texts{"16 complete"});
  CHECK(rest.floor == EventId(15));
  CHECK_FALSE(read(15, 100, of_a).floor > EventId(15));
}

TEST_CASE("a run is seen by keys for its command or its project, and by no other") {
  RunTable table;
  RunRecord of_command = record("a");
  of_command.is_line = false;
  of_command.row = "count";
  const auto access = [](const char* scopes) {
    return std::make_shared<const rpc::Access>("k", rpc::parse_scopes(scopes).value());
  };
  table.add(of_command, std::nullopt);
  table.add(record("b"), std::nullopt);  // an allowed line
  const auto seen = [&](const char* scopes) {
    return table.list(*access(scopes), std::nullopt, 10).size();
  };
  CHECK(seen("commands") == 2);
  CHECK(seen("admin") == 2);
  CHECK(seen("commands:plant") == 2);
  CHECK(seen("commands:count") == 1);
  CHECK(seen("commands:other") == 0);
  CHECK(seen("rpc:read") == 0);
  CHECK(table.topics(*access("commands:count"), "plant").size() == 1);
  CHECK(table.topics(*access("commands:plant"), "plant").size() == 2);
  CHECK(table.topics(*access("commands"), "other").empty());
  const auto revoked = access("commands");
  revoked->end();
  CHECK(table.list(*revoked, std::nullopt, 10).empty());
}

TEST_CASE("the oldest ended runs are forgotten, and no running one") {
  RunTable table;
  table.add(record("first"), 1);
  for (int i = 0; i < 5; ++i) {
    const std::string id = "r" + std::to_string(i);
    table.add(record(id), 2);
    table.end(id, outcome(10));
  }
  CHECK(table.running() == 1);
  CHECK(table.trim(3) == std::vector<std::string>{"r0", "r1", "r2"});
  CHECK(table.find("first"));
  CHECK_FALSE(table.find("r0"));
  CHECK(table.all().size() == 3);
}

TEST_CASE("the data of a run's events is one line of JSON, whatever it wrote") {
  CHECK(
      output_data("cmd-1", OutputStream::errors,
                  {.text = "a\"\n\x01", .more = true, .replaced = true, .progress = true}) ==
      R"({"line":"a\"\n\u0001","stream":"stderr","stream_id":"cmd-1","more":true,"progress":true,"replaced":true})");
  RunRecord run = record("cmd-1");
  run.outcome = outcome(9);
  CHECK(
      outcome_data(run) ==
      R"({"exit_code":143,"duration_ms":1000,"signal":"SIGTERM","message":"it was ended at its time limit of 1 s","reason":"time_limit","stream_id":"cmd-1"})");
  run.outcome->kind = RunOutcome::Kind::interrupted;
  CHECK(run.outcome->is_error());
  CHECK(
      outcome_data(run) ==
      R"({"message":"it was ended at its time limit of 1 s","reason":"interrupted","stream_id":"cmd-1"})");
}

}  // namespace
}  // namespace gateway::commands
