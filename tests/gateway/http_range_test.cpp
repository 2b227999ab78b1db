#include "gateway/http/disposition.h"
#include "gateway/http/range.h"
#include "tests/support/catch.h"

namespace gateway {
namespace {

constexpr std::string_view kTag = "\"abc\"";

RangeChoice choose(std::string_view range, std::uint64_t total = 100) {
  return choose_range(range, std::nullopt, kTag, total);
}
std::string part(std::string_view range, std::uint64_t total = 100) {
  const RangeChoice choice = choose(range, total);
  return choice.verdict == RangeVerdict::part ? choice.range.content_range(total) : "";
}

TEST_CASE("one range of bytes is served") {
  CHECK(part("bytes=0-0") == "bytes 0-0/100");
  CHECK(part("bytes=10-19") == "bytes 10-19/100");
  CHECK(part("bytes=90-") == "bytes 90-99/100");
  CHECK(part("bytes=90-1000") == "bytes 90-99/100");
  CHECK(part("bytes=-5") == "bytes 95-99/100");
  CHECK(part("bytes=-500") == "bytes 0-99/100");
  CHECK(part("BYTES = 1 - 2") == "bytes 1-2/100");
  CHECK(part("bytes=0-99999999999999999999999") == "bytes 0-99/100");
}

TEST_CASE("a range past the end is unsatisfiable") {
  CHECK(choose("bytes=100-").verdict == RangeVerdict::unsatisfiable);
  CHECK(choose("bytes=99999999999999999999999-").verdict == RangeVerdict::unsatisfiable);
  CHECK(choose("bytes=-0").verdict == RangeVerdict::unsatisfiable);
}

TEST_CASE("of an empty file there is only the whole") {
  for (const char* range : {"bytes=0-", "bytes=0-99", "bytes=5-", "bytes=-5", "bytes=-0"}) {
    INFO(range);
    CHECK(choose(range, 0).verdict == RangeVerdict::whole);
  }
}

TEST_CASE("what is no single well-formed range of bytes gets the whole") {
  for (const char* text : {"bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=1-2,5-6",
                           "lines=1-2", "bytes", "bytes=1", "bytes=--1", "bytes=1-2-3", ""}) {
    INFO(text);
    CHECK(choose(text).verdict == RangeVerdict::whole);
  }
}

TEST_CASE("If-Range serves the part only of what the client has") {
  CHECK(choose_range("bytes=1-2", "\"abc\"", kTag, 100).verdict == RangeVerdict::part);
  CHECK(choose_range("bytes=1-2", "\"other\"", kTag, 100).verdict == RangeVerdict::whole);
  CHECK(choose_range("bytes=1-2", "W/\"abc\"", kTag, 100).verdict == RangeVerdict::whole);
  CHECK(choose_range("bytes=1-2", "Sat, 21 Nov 2026 09:25:20 GMT", kTag, 100).verdict ==
        RangeVerdict::whole);
}

TEST_CASE("If-None-Match knows lists, weak tags and the star") {
  using enum EtagComparison;
  CHECK(etag_matches("\"x\", W/\"abc\"", kTag, weak));
  CHECK(etag_matches("*", kTag, weak));
  CHECK_FALSE(etag_matches("\"abcd\"", kTag, weak));
  CHECK_FALSE(etag_matches("", kTag, weak));
}

TEST_CASE("If-Match takes no weak tag for the file's") {
  using enum EtagComparison;
  CHECK(etag_matches("\"x\", \"abc\"", kTag, strong));
  CHECK(etag_matches("*", kTag, strong));
  CHECK_FALSE(etag_matches("W/\"abc\"", kTag, strong));
}

TEST_CASE("no file name breaks out of its header or names a folder") {
  CHECK(attachment_disposition("report.pdf") == "attachment; filename=\"report.pdf\"");
  CHECK(attachment_disposition("a\r\nSet-Cookie: x\".txt") ==
        "attachment; filename=\"a__Set-Cookie: x_.txt\"");
  CHECK(attachment_disposition("../../etc/passwd") == "attachment; filename=\"_._.._etc_passwd\"");
  CHECK(attachment_disposition("..") == "attachment; filename=\"_.\"");
  CHECK(attachment_disposition("") == "attachment; filename=\"file\"");
  CHECK(attachment_disposition("\xff\xfe") == "attachment; filename=\"file\"");
  CHECK(attachment_disposition("gr\xC3\xBC\xC3\x9F.txt") ==
        "attachment; filename=\"gr__.txt\"; filename*=UTF-8''gr%C3%BC%C3%9F.txt");
  CHECK(attachment_disposition("100%.txt") ==
        "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt");
  const std::string huge = attachment_disposition(std::string(5000, 'x'));
  CHECK(huge.size() < 300);
}

}  // namespace
}  // namespace gateway
