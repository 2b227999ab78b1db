// Memory that is overwritten before it is given back: for plaintext, session state and the copies
// of keys that a computation needs on the stack. It costs nothing but the overwriting, so there may
// be thousands; long-lived keys live in Secret (crypto/secret.h), which also keeps them out of
// swap.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace crypto {

// Overwrites with zeros, in a way no optimiser removes.
void wipe(std::span<std::uint8_t> bytes) noexcept;
void wipe(void* data, std::size_t size) noexcept;

// True when both have the same bytes. Takes the same time wherever they differ; the sizes are not
// secret.
bool equal_ct(base::ByteView a, base::ByteView b) noexcept;

// An allocator that wipes what it frees, so that a vector growing leaves no copy behind.
template <class T, class Inner = std::allocator<T>>
struct WipingAllocator {
  using value_type = T;
  template <class U>
  struct rebind {
    using other =
        WipingAllocator<U, typename std::allocator_traits<Inner>::template rebind_alloc<U>>;
  };

  WipingAllocator() = default;
  template <class U, class OtherInner>
  WipingAllocator(const WipingAllocator<U, OtherInner>&) noexcept {}  // NOLINT: allocators convert

  T* allocate(std::size_t count) { return Inner{}.allocate(count); }
  void deallocate(T* data, std::size_t count) noexcept {
    wipe(data, count * sizeof(T));
    Inner{}.deallocate(data, count);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
};

using WipingBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

// Exactly N bytes that wipe themselves; starts as zeros. Copies are explicit values like any other:
// each wipes itself. Compares in constant time.
template <std::size_t N>
class WipingArray {
 public:
  WipingArray() = default;
  explicit WipingArray(std::span<const std::uint8_t, N> bytes) {
    for (std::size_t i = 0; i < N; ++i) bytes_[i] = bytes[i];
  }
  WipingArray(const WipingArray&) = default;
  WipingArray& operator=(const WipingArray&) = default;
  ~WipingArray() { wipe(bytes_); }

  std::uint8_t* data() { return bytes_.data(); }
  const std::uint8_t* data() const { return bytes_.data(); }
  static constexpr std::size_t size() { return N; }
  auto begin() { return bytes_.begin(); }
  auto end() { return bytes_.end(); }
  auto begin() const { return bytes_.begin(); }
  auto end() const { return bytes_.end(); }
  std::uint8_t& operator[](std::size_t i) { return bytes_[i]; }
  std::uint8_t operator[](std::size_t i) const { return bytes_[i]; }
  std::span<const std::uint8_t, N> view() const { return bytes_; }

  friend bool operator==(const WipingArray& a, const WipingArray& b) {
    return equal_ct(a.bytes_, b.bytes_);
  }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

// The first, second or third key of three that were derived together.
inline WipingArray<32> third_of(const WipingArray<96>& keys, std::size_t index) {
  return WipingArray<32>(keys.view().subspan(index * 32).first<32>());
}

}  // namespace crypto
