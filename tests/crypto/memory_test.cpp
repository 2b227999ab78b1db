#include <new>

#include "crypto/encoding.h"
#include "crypto/secret.h"
#include "crypto/wiping.h"
#include "tests/crypto/support.h"
#include "tests/support/catch.h"

using base::Bytes;
using crypto::Secret;
using crypto::WipingArray;
using crypto::WipingBytes;
using crypto_test::hex;
using crypto_test::same;

namespace {

int freed = 0;
int freed_dirty = 0;

// Looks at what the wiping allocator gives back.
template <class T>
struct Inspecting {
  using value_type = T;
  Inspecting() = default;
  template <class U>
  Inspecting(const Inspecting<U>&) {}  // NOLINT
  T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
  void deallocate(T* data, std::size_t count) {
    ++freed;
    for (std::size_t i = 0; i < count; ++i) {
      if (data[i] != 0) {
        ++freed_dirty;
        break;
      }
    }
    std::allocator<T>{}.deallocate(data, count);
  }
  friend bool operator==(const Inspecting&, const Inspecting&) { return true; }
};

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

}  // namespace

TEST_CASE("wiping bytes are zero when their memory is given back, also when they grow") {
  freed = freed_dirty = 0;
  {
    std::vector<std::uint8_t, crypto::WipingAllocator<std::uint8_t, Inspecting<std::uint8_t>>>
        bytes;
    for (int i = 0; i < 1000; ++i) bytes.push_back(0xaa);
    bytes.shrink_to_fit();
  }
  CHECK(freed > 5);
  CHECK(freed_dirty == 0);

  // The same look finds what an ordinary vector leaves behind.
  { std::vector<std::uint8_t, Inspecting<std::uint8_t>> plain(100, 0xaa); }
  CHECK(freed_dirty == 1);
}

TEST_CASE("a wiping array is zero after its end") {
  alignas(WipingArray<32>) std::uint8_t memory[sizeof(WipingArray<32>)];
  auto* array = new (memory) WipingArray<32>(crypto::random_array<32>());
  CHECK_FALSE(same(memory, Bytes(32)));
  array->~WipingArray();
  CHECK(same(memory, Bytes(32)));
}

TEST_CASE("secrets move, compare and clone, and have no printed form") {
  static_assert(!std::is_copy_constructible_v<Secret<32>>);
  static_assert(!std::is_copy_assignable_v<Secret<32>>);
  static_assert(std::is_nothrow_move_constructible_v<Secret<32>>);
  static_assert(!Printable<Secret<32>>);
  static_assert(!Printable<WipingArray<32>>);

  Secret<32> zeros;
  CHECK(same(zeros.view(), Bytes(32)));
  Secret<32> a = Secret<32>::random();
  const Secret<32> copy = a.clone();
  CHECK(a == copy);
  CHECK_FALSE(a == zeros);
  const Secret<32> moved = std::move(a);
  CHECK(moved == copy);
  a = Secret<32>::random();
  CHECK_FALSE(a == copy);
  zeros = std::move(a);
  CHECK_FALSE(zeros == copy);
}

TEST_CASE("constant-time comparison compares") {
  const Bytes a{1, 2, 3};
  CHECK(crypto::equal_ct(a, Bytes{1, 2, 3}));
  CHECK_FALSE(crypto::equal_ct(a, Bytes{1, 2, 4}));
  CHECK_FALSE(crypto::equal_ct(a, Bytes{1, 2}));
  CHECK(crypto::equal_ct({}, {}));
  CHECK(WipingArray<2>() == WipingArray<2>());
}

TEST_CASE("hex and base64url go both ways") {
  for (std::size_t size = 0; size < 70; ++size) {
    Bytes bytes(size);
    crypto::random_bytes(bytes);
    CHECK(crypto::hex_decode(crypto::hex_encode(bytes)) == bytes);
    CHECK(crypto::hex_decode(crypto::hex_encode_upper(bytes)) == bytes);
    CHECK(crypto::base64url_decode(crypto::base64url_encode(bytes)) == bytes);
    Bytes out(size);
    CHECK(crypto::hex_decode_to(crypto::hex_encode(bytes), out));
    CHECK(out == bytes);
    CHECK(crypto::base64url_decode_to(crypto::base64url_encode(bytes), out));
    CHECK(out == bytes);
  }
  CHECK(crypto::hex_encode_upper(hex("00ff19af")) == "00FF19AF");
  CHECK(crypto::hex_encode(hex("00FF19AF")) == "00ff19af");
  CHECK(crypto::base64url_encode(hex("fbff")) == "-_8");
}

TEST_CASE("what is not hex or base64url is refused and leaves zeros") {
  for (const std::string_view text : {"0", "0g", "00 ", " 00", "0x00", "00\n", "é"}) {
    INFO(text);
    CHECK_FALSE(crypto::hex_decode(text));
  }
  for (const std::string_view text : {"A", "AA==", "AA=", "A A", "+/8A", "AB", "AAB", "AA\n"}) {
    INFO(text);
    CHECK_FALSE(crypto::base64url_decode(text));
  }
  Bytes out(2, 9);
  CHECK_FALSE(crypto::hex_decode_to("aabbcc", out));
  CHECK(out == Bytes(2));
  out = {9, 9};
  CHECK_FALSE(crypto::hex_decode_to("aabx", out));
  CHECK(out == Bytes(2));
  out = {9, 9};
  CHECK_FALSE(crypto::base64url_decode_to("AA", out));
  CHECK(out == Bytes(2));
}
