#include "base/disk_error.h"

#include <cerrno>

#include "tests/support/catch.h"

TEST_CASE("a refused write says what to do: make room, raise the limit, or what the system says") {
  for (const int full : {ENOSPC, EDQUOT}) {
    const auto error = base::fail_write("write /x", full);
    CHECK(error.code == base::Errc::exhausted);
    CHECK(error.message == "the disk is full: cannot write /x");
  }
  const auto limit = base::fail_write("write /x", EFBIG);
  CHECK(limit.code == base::Errc::exhausted);
  CHECK(limit.message.starts_with("a file may not grow further: cannot write /x; raise the limit"));
  CHECK(limit.message.find("LimitFSIZE=") != std::string::npos);
  const auto other = base::fail_write("write /x", EIO);
  CHECK(other.code == base::Errc::io);
  CHECK(other.message == "cannot write /x: Input/output error");
}
