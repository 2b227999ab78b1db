// The output of commands comes through, however much and whatever it is.

#include "gateway/commands/utf8.h"
#include "tests/commands/runner_world.h"

namespace gateway::commands {

using namespace runner_tests;  // NOLINT: the cases below are its

TEST_CASE("gigabytes of output pass at constant memory") {
  World world;
  RunSpec spec = spec_for({"/bin/sh", "-c", "yes \"$1\" | head -c \"$2\"", "sh",
                           std::string(1'023, 'y'), std::to_string(kGigabytes)});
  spec.limits.output = kGigabytes;
  spec.limits.time = 600'000;
  const std::uint64_t before = memory_in_use();
  const auto record = world.start(spec);
  std::uint64_t most = 0;
  std::uint64_t seen = 0;
  bool ended = false;
  // As long as it takes, so long as there is more of it within a minute.
  while (!ended) {
    REQUIRE(::test::eventually([&] {
      most = std::max(most, memory_in_use());
      base::Lock lock(record->mutex);
      ended = record->end.has_value();
      return ended || record->bytes > std::exchange(seen, record->bytes);
    }));
  }
  const RunEnd end = record->wait();
  CHECK(end.exit_code == 0);
  CHECK(end.output_bytes == kGigabytes);
  base::Lock lock(record->mutex);
  CHECK(record->bytes == kGigabytes);
  CHECK(most < before + kConstant);
}

TEST_CASE("output without any line end comes in pieces at constant memory") {
  World world;
  constexpr std::uint64_t kSize = 100'000'000;
  RunSpec spec = script("head -c 100000000 /dev/zero | tr '\\0' x");
  spec.limits.output = kSize;
  const std::uint64_t before = memory_in_use();
  const auto record = std::make_shared<Record>();
  record->most = 3;
  REQUIRE(world.try_start(spec, record));
  CHECK(record->wait().output_bytes == kSize);
  CHECK(memory_in_use() < before + kConstant);
  base::Lock lock(record->mutex);
  CHECK(record->bytes == kSize + 1);  // the last piece ends the line
  CHECK(record->count == (kSize + LineCutter::kMaxPiece - 1) / LineCutter::kMaxPiece);
  CHECK(record->pieces.front().second.more);
}

TEST_CASE("binary output is valid text that says what was replaced") {
  World world;
  const auto record = world.start(script("head -c 1000000 /dev/urandom"));
  CHECK(record->wait().exit_code == 0);
  base::Lock lock(record->mutex);
  std::size_t replaced = 0;
  for (const auto& [stream, piece] : record->pieces) {
    CHECK_FALSE(clean_utf8(piece.text).replaced);
    replaced += piece.replaced ? 1 : 0;
  }
  CHECK(replaced > 900);
}

TEST_CASE("a command over its output limit is ended, and what it may write is passed on exactly") {
  World world;
  RunSpec spec = script("trap '' TERM; yes; echo never");
  spec.limits.output = 1'000'001;
  spec.grace = 200;
  const auto record = world.start(spec);
  const RunEnd end = record->wait();
  CHECK(end.why == RunEnd::Why::output_limit);
  CHECK(end.output_bytes == 1'000'001);
  base::Lock lock(record->mutex);
  CHECK(record->count == 500'001);
}

}  // namespace gateway::commands
