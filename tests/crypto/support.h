// Small helpers of the crypto tests.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/encoding.h"
#include "crypto/seal.h"

namespace crypto_test {

inline base::Bytes hex(std::string_view text) {
  auto bytes = crypto::hex_decode(text);
  if (!bytes) throw std::logic_error("a test vector is not hex");
  return *bytes;
}

template <class A, class B>
bool same(const A& a, const B& b) {
  return base::ByteView(a).size() == base::ByteView(b).size() &&
         std::equal(base::ByteView(a).begin(), base::ByteView(a).end(), base::ByteView(b).begin());
}

inline std::string text_of(base::ByteView bytes) { return std::string(base::as_text(bytes)); }

template <class T>
bool is_mute(const base::Result<T>& result) {
  return !result && result.error() == crypto::could_not_open();
}

// Counts the damaged forms of `whole` for which refuses(form) is false: every truncation, every
// flipped bit, and one byte more.
template <class Refuses>
int damage_accepted(base::ByteView whole, Refuses refuses) {
  int accepted = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    if (!refuses(whole.first(size))) ++accepted;
  }
  base::Bytes copy = base::to_bytes(whole);
  for (std::size_t bit = 0; bit < copy.size() * 8; ++bit) {
    copy[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    if (!refuses(base::ByteView(copy))) ++accepted;
    copy[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
  copy.push_back(0);
  if (!refuses(base::ByteView(copy))) ++accepted;
  return accepted;
}

}  // namespace crypto_test
