// Secret<N>: N bytes of key in memory of their own (sodium_malloc): locked against swapping where
// RLIMIT_MEMLOCK allows, fenced by unreadable pages, left out of core dumps, wiped when freed.
//
// Move-only; a moved-from Secret may only be assigned to or destroyed. It has no printed form, and
// comparing takes constant time. Each one costs four pages and a few system calls: meant for the
// handful of long-lived keys, not for message keys (WipingArray) or text (WipingBytes).
// Reading from several threads at once is safe. Running out of memory throws std::bad_alloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <utility>

#include "crypto/random.h"
#include "crypto/wiping.h"

namespace crypto {

namespace detail {
std::uint8_t* allocate_secret(std::size_t size);  // zeroed
void free_secret(std::uint8_t* data) noexcept;
}  // namespace detail

template <std::size_t N>
class Secret {
 public:
  Secret() : data_(detail::allocate_secret(N)) {}  // zeros
  explicit Secret(std::span<const std::uint8_t, N> bytes) : Secret() {
    for (std::size_t i = 0; i < N; ++i) data_[i] = bytes[i];
  }
  Secret(Secret&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      detail::free_secret(data_);
      data_ = std::exchange(other.data_, nullptr);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { detail::free_secret(data_); }

  static Secret random() {
    Secret out;
    random_bytes(out.mutable_view());
    return out;
  }
  // A second copy, asked for by name.
  Secret clone() const { return Secret(view()); }

  std::span<const std::uint8_t, N> view() const {
    return std::span<const std::uint8_t, N>(data_, N);
  }
  std::span<std::uint8_t, N> mutable_view() { return std::span<std::uint8_t, N>(data_, N); }

  friend bool operator==(const Secret& a, const Secret& b) { return equal_ct(a.view(), b.view()); }
  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;

 private:
  std::uint8_t* data_;
};

}  // namespace crypto
