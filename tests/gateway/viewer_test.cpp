// The viewer's parts: sessions, the fingerprint, content types.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "gateway/viewer/content_type.h"
#include "gateway/viewer/fingerprint.h"
#include "gateway/viewer/sessions.h"
#include "tests/support/catch.h"

using namespace gateway;
using namespace std::string_view_literals;

namespace {
std::string type_of(std::string_view bytes, std::string_view name) {
  return content_type_of(base::as_bytes(bytes), name);
}
const std::string kPrint(64, 'a');
}  // namespace

TEST_CASE("a viewer's token holds for an hour and ends when another one is given out") {
  base::ManualClock clock;
  ViewerSessions sessions([] { return kPrint; }, clock);
  CHECK_FALSE(sessions.find(""));
  const auto first = *sessions.open("127.0.0.1", kPrint, rpc::Access::everything());
  REQUIRE(first.verdict == ViewerSessions::Verdict::granted);
  CHECK(first.token.size() == 64);
  const auto session = sessions.find(first.token);
  REQUIRE(session);
  CHECK_FALSE(sessions.find(std::string(64, '0')));
  CHECK_FALSE(sessions.find(first.token.substr(0, 63)));
  clock.jump_wall(-3'600'000);  // the wall clock has no say
  clock.advance(3'599'999);
  CHECK(sessions.find(first.token));
  CHECK(sessions.is_current(session->number));
  clock.advance(1);
  CHECK_FALSE(sessions.find(first.token));
  const auto second = *sessions.open("127.0.0.1", kPrint, rpc::Access::everything());
  REQUIRE(second.verdict == ViewerSessions::Verdict::granted);
  CHECK(second.token != first.token);
  CHECK_FALSE(sessions.is_current(session->number));
  CHECK_FALSE(sessions.find(first.token));
}

TEST_CASE("a viewer's session ends with the key it was opened by") {
  base::ManualClock clock;
  ViewerSessions sessions([] { return kPrint; }, clock);
  const auto access = std::make_shared<const rpc::Access>("k1", rpc::Grants{});
  const auto opened = *sessions.open("127.0.0.1", kPrint, access);
  const auto session = sessions.find(opened.token);
  REQUIRE(session);
  CHECK(session->access == access);
  access->end();
  CHECK_FALSE(sessions.find(opened.token));
  CHECK_FALSE(sessions.is_current(session->number));
}

TEST_CASE("five attempts a minute of each caller are answered, right or wrong") {
  using Verdict = ViewerSessions::Verdict;
  base::ManualClock clock;
  ViewerSessions sessions([] { return kPrint; }, clock);
  const auto attempt = [&](const std::string& who, const std::string& print) {
    return sessions.open(who, print, rpc::Access::everything())->verdict;
  };
  for (int i = 0; i < 5; ++i) CHECK(attempt("192.0.2.1", "no") == Verdict::mismatch);
  CHECK(attempt("192.0.2.1", kPrint) == Verdict::too_many);
  CHECK(attempt("127.0.0.1", kPrint) == Verdict::granted);  // locked out by nobody else
  clock.advance(60'000);
  CHECK(attempt("192.0.2.1", kPrint) == Verdict::granted);
}

TEST_CASE("a crowd of addresses guesses no faster than sixty times a minute") {
  base::ManualClock clock;
  ViewerSessions sessions([] { return kPrint; }, clock);
  std::size_t answered = 0;
  for (int i = 0; i < 500; ++i) {
    const auto attempt =
        *sessions.open("192.0.2." + std::to_string(i % 250), "no", rpc::Access::everything());
    if (attempt.verdict == ViewerSessions::Verdict::mismatch) ++answered;
  }
  CHECK(answered == Attempts::kAll);
  clock.advance(60'000);
  CHECK(sessions.open("192.0.2.1", "no", rpc::Access::everything())->verdict ==
        ViewerSessions::Verdict::mismatch);
}

TEST_CASE("the fingerprint is made once and follows its recipe") {
  CHECK(fingerprint_of("02:42:ac:11:00:02", "0123456789abcdef0123456789abcdef", "") ==
        "d2f72b1352e64f8e20af08473dde0566"
        "8b99aa6d08ac63e7374e46ed9db09f42");
  const auto folder = std::filesystem::temp_directory_path() / "edge-fingerprint-test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto made = device_fingerprint(folder);
  REQUIRE(made);
  CHECK(made->size() == 64);
  CHECK(*device_fingerprint(folder) == *made);
  CHECK((std::filesystem::status(folder / "device_fingerprint").permissions() &
         std::filesystem::perms(0077)) == std::filesystem::perms::none);
  DeviceFingerprint asked(folder);
  CHECK(*asked.get() == *made);
  if (::geteuid() == 0) {  // made for the daemon's user, whose folder it is
    std::filesystem::remove(folder / "device_fingerprint");
    REQUIRE(::chown(folder.c_str(), 65'534, 65'534) == 0);
    REQUIRE(device_fingerprint(folder));
    struct stat info {};
    REQUIRE(::stat((folder / "device_fingerprint").c_str(), &info) == 0);
    CHECK(info.st_uid == 65'534);
  }
  std::filesystem::resize_file(folder / "device_fingerprint", 10);
  CHECK_FALSE(device_fingerprint(folder));
  CHECK(*asked.get() == *made);
  std::filesystem::remove(folder / "device_fingerprint");
  DeviceFingerprint later(folder);
  CHECK_FALSE(std::filesystem::exists(folder / "device_fingerprint"));
  CHECK(later.get());
  CHECK(std::filesystem::exists(folder / "device_fingerprint"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("a content type comes from the first bytes, and a page is never one of ours") {
  CHECK(type_of("\x89PNG\r\n\x1a\nrest"sv, "x.txt") == "image/png");
  CHECK(type_of("%PDF-1.7", "x") == "application/pdf");
  CHECK(type_of("\0\0\0\x18"
                "ftypmp42"sv,
                "x") == "video/mp4");
  CHECK(type_of("RIFF\1\2\3\4WEBPVP8 "sv, "x.png") == "image/webp");
  CHECK(type_of("a,b\n1,2\n", "report.csv") == "text/csv; charset=utf-8");
  CHECK(type_of("{\"a\":1}", "x.json") == "application/json; charset=utf-8");
  CHECK(type_of("<html><script>", "x.html") == "text/plain; charset=utf-8");
  CHECK(type_of("", "x.bin") == "text/plain; charset=utf-8");
  CHECK(type_of("MZ\x90\0\3"sv, "x.txt") == "application/octet-stream");
  CHECK(type_of("\xff\xfe\0x"sv, "x.txt") == "application/octet-stream");
  std::string cut(kSniffBytes - 1, 'x');
  CHECK(type_of(cut + "\xc3", "x.txt") == "text/plain; charset=utf-8");  // half of a character
  CHECK(type_of("x\xc3"sv, "x.txt") == "application/octet-stream");
}
