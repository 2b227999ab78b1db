#include "messaging/model/media_type.h"

#include "messaging/api/account_setup.h"
#include "tests/support/catch.h"

using namespace messaging;

TEST_CASE("a media type comes from the ending, in any case") {
  CHECK(media_type_of("a.csv") == "text/csv");
  CHECK(media_type_of("A.PNG") == "image/png");
  CHECK(media_type_of("archive.tar.gz") == "application/gzip");
  CHECK(media_type_of("3gp.3gp") == "video/3gpp");
  CHECK(media_type_of("x.zst") == "application/zstd");
  CHECK(media_type_of("none") == "application/octet-stream");
  CHECK(media_type_of("dot.") == "application/octet-stream");
  CHECK(media_type_of("") == "application/octet-stream");
}

TEST_CASE("what a browser would run is passed on as a file") {
  CHECK(viewtype_of("image/svg+xml") == Viewtype::file);
  CHECK(viewtype_of("image/png") == Viewtype::image);
  CHECK(viewtype_of("text/html") == Viewtype::file);
}

TEST_CASE("a file name is its last part without control characters, never a folder") {
  CHECK(plain_file_name("/a/b/c.txt") == "c.txt");
  CHECK(plain_file_name("C:\\x\\y.txt") == "y.txt");
  CHECK(plain_file_name("..") == "file");
  CHECK(plain_file_name("/a/") == "file");
  CHECK(plain_file_name("a\r\nb.txt") == "ab.txt");
  CHECK(plain_file_name("\xff.txt") == "file");
  const std::string longest = plain_file_name(std::string(300, 'x') + ".csv");
  CHECK(longest.size() == 255);
  CHECK(longest.ends_with(".csv"));
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "ü";
  CHECK(base::is_utf8(plain_file_name(umlauts)));
}

TEST_CASE("a profile becomes a safe left side of an address") {
  CHECK(safe_profile("gateway01") == "gateway01");
  CHECK(safe_profile("Hall 3 / Pump") == "hall-3-pump");
  CHECK(safe_profile("ü@ö") == "edge");
  CHECK(safe_profile("") == "edge");
  CHECK(safe_profile("..x..") == "x");
  CHECK(safe_profile(std::string(100, 'a')).size() == 64);
}
