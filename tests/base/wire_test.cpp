#include "base/wire.h"

#include "tests/support/catch.h"

TEST_CASE("what a WireWriter writes a WireReader reads back") {
  base::WireWriter w;
  w.u8(7).u16(0x1234).u32(0xdeadbeef).u64(1ull << 60).i64(-5).boolean(true).text("grüße");
  base::WireReader r(w.view());
  CHECK(r.u8() == 7);
  CHECK(r.u16() == 0x1234);
  CHECK(r.u32() == 0xdeadbeef);
  CHECK(r.u64() == 1ull << 60);
  CHECK(r.i64() == -5);
  CHECK(r.boolean());
  CHECK(r.text(100) == "grüße");
  CHECK(r.done());
}

TEST_CASE("a WireReader refuses every truncation and goes on refusing") {
  base::WireWriter w;
  w.u32(1).text("hello").u8(1);
  for (std::size_t size = 0; size < w.view().size(); ++size) {
    base::WireReader r(base::ByteView(w.view()).first(size));
    r.u32();
    r.text(100);
    r.u8();
    CHECK_FALSE(r.ok());
    CHECK(r.u64() == 0);
  }
}

TEST_CASE("a WireReader refuses lengths over the limit, bad booleans, bad UTF-8 and left-overs") {
  base::WireWriter w;
  w.text("hello");
  CHECK_FALSE([&] {
    base::WireReader r(w.view());
    r.text(4);
    return r.ok();
  }());
  const base::Bytes two{2};
  CHECK_FALSE([&] {
    base::WireReader r(two);
    r.boolean();
    return r.ok();
  }());
  const base::Bytes bad{0, 0, 0, 1, 0xff};
  CHECK_FALSE([&] {
    base::WireReader r(bad);
    r.text(10);
    return r.ok();
  }());
  base::WireReader r(w.view());
  CHECK(r.ok());
  CHECK_FALSE(r.done());
}
