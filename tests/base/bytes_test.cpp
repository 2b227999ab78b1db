#include "base/bytes.h"

#include "tests/support/catch.h"

TEST_CASE("hex goes both ways and refuses what is not hex") {
  CHECK(base::to_hex(base::Bytes{0x00, 0xff, 0x1a}) == "00ff1a");
  CHECK(base::from_hex("00FF1a") == base::Bytes{0x00, 0xff, 0x1a});
  CHECK_FALSE(base::from_hex("0"));
  CHECK_FALSE(base::from_hex("zz"));
}

TEST_CASE("UTF-8 is checked by the Unicode table of well-formed sequences") {
  CHECK(base::is_utf8(""));
  CHECK(base::is_utf8("a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"));
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\xaf", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xf0\x9f\x98"}) {
    CHECK_FALSE(base::is_utf8(bad));
  }
}
