// RowText: the bytes of which a row's MAC is made, in memory that is kept from row to row. Within
// store/.
#pragma once

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace store {

class RowText {
 public:
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  void shorten(std::size_t size) { size_ = size; }
  base::ByteView view(std::size_t from = 0) const {
    return base::ByteView(bytes_).subspan(from, size_ - from);
  }

  // Makes it longer; the caller writes what is there.
  std::uint8_t* add(std::size_t size) {
    if (bytes_.size() - size_ < size) bytes_.resize(std::max(2 * bytes_.size(), size_ + size));
    std::uint8_t* const at = bytes_.data() + size_;
    size_ += size;
    return at;
  }
  void add(base::ByteView bytes) {
    std::uint8_t* const at = add(bytes.size());
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  }
  // The highest byte first.
  template <std::size_t kBytes>
  void add_number(std::uint64_t number) {
    std::uint8_t* const at = add(kBytes);
    for (std::size_t i = 0; i < kBytes; ++i) {
      at[i] = static_cast<std::uint8_t>(number >> (8 * (kBytes - 1 - i)));
    }
  }

 private:
  base::Bytes bytes_;
  std::size_t size_ = 0;
};

}  // namespace store
