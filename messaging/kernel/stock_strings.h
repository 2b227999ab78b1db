// StockStrings: texts that a client gives in the place of the gateway's own English ones, by the
// numbers that Delta Chat gives them. In memory: a client sets them after each start. Safe from any
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/mutex.h"

namespace messaging::kernel {

// Those that are used; others are kept, and change nothing.
enum class Stock : std::uint32_t {
  self = 2,
  draft = 3,
  voice = 7,
  image = 9,
  video = 10,
  gif = 23,
  sticker = 67,
  device_messages = 68,
  saved_messages = 69,
};

constexpr bool is_used(std::uint32_t number) {
  switch (static_cast<Stock>(number)) {
    case Stock::self:
    case Stock::draft:
    case Stock::voice:
    case Stock::image:
    case Stock::video:
    case Stock::gif:
    case Stock::sticker:
    case Stock::device_messages:
    case Stock::saved_messages:
      return true;
  }
  return false;
}

class StockStrings {
 public:
  void set(const std::map<std::uint32_t, std::string>& strings) {
    base::Lock lock(mutex_);
    for (const auto& [number, text] : strings) strings_[number] = text;
  }
  std::string get(Stock which, std::string_view otherwise) const {
    base::Lock lock(mutex_);
    const auto found = strings_.find(static_cast<std::uint32_t>(which));
    return found == strings_.end() ? std::string(otherwise) : found->second;
  }

 private:
  mutable base::Mutex mutex_;
  std::map<std::uint32_t, std::string> strings_ GUARDED_BY(mutex_);
};

}  // namespace messaging::kernel
