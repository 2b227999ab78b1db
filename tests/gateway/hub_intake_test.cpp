// Intake: when published events wake the hub's thread.
#include "gateway/hub/intake.h"
#include "tests/support/catch.h"

using namespace gateway;

namespace {

std::vector<EventFrame> frame(std::uint64_t id, std::size_t bytes = 10) {
  return {EventFrame{base::EventId(id), base::AccountId(1), base::ChatId(0), "IncomingMsg",
                     std::string(bytes, 'x')}};
}

}  // namespace

TEST_CASE("events that nobody reads do not wake the hub, until there are many bytes of them") {
  Intake intake(1'000'000, 1000, 10'000);
  CHECK_FALSE(intake.put(frame(1)));
  CHECK_FALSE(intake.put(frame(2)));
  CHECK(intake.unread() == 2);
  CHECK(intake.put(frame(3, 10'000)));
  CHECK_FALSE(intake.put(frame(4)));  // it is awake
  intake.take();
  CHECK(intake.size() == 4);
  CHECK(intake.unread() == 0);
  CHECK_FALSE(intake.put(frame(5)));
}

TEST_CASE("once somebody reads, the first event of each round wakes the hub") {
  Intake intake(1'000'000, 1000, 10'000);
  CHECK_FALSE(intake.put(frame(1)));
  intake.set_read(true);
  intake.take();
  CHECK(intake.size() == 1);
  CHECK(intake.put(frame(2)));
  CHECK_FALSE(intake.put(frame(3)));
  intake.take();
  CHECK(intake.put(frame(4)));
  intake.take();
  intake.set_read(false);
  CHECK_FALSE(intake.put(frame(5)));
}
