// Slot: the right to hold one of the descriptors that clients may use. A connection acquires one
// and passes it on when it becomes a stream, so that clients of every kind together leave enough
// descriptors for the store, files and outgoing requests. Move-only; any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace gateway {

class Slot {
 public:
  using Count = std::atomic<std::size_t>;

  Slot() = default;
  // `address`, which may be null, counts those of one client's address besides.
  explicit Slot(std::shared_ptr<Count> count, std::shared_ptr<Count> address = nullptr)
      : count_(std::move(count)), address_(std::move(address)) {
    count_->fetch_add(1, std::memory_order_relaxed);
    if (address_) address_->fetch_add(1, std::memory_order_relaxed);
  }
  Slot(Slot&& other) noexcept = default;
  Slot& operator=(Slot&& other) noexcept {
    if (this != &other) {
      reset();
      count_ = std::move(other.count_);
      address_ = std::move(other.address_);
    }
    return *this;
  }
  ~Slot() { reset(); }
  // One more for the same client: of a descriptor that its connection brings with it.
  Slot another() const { return count_ ? Slot(count_, address_) : Slot(); }
  void reset() {
    for (auto* held : {&count_, &address_}) {
      if (auto count = std::exchange(*held, nullptr))
        count->fetch_sub(1, std::memory_order_relaxed);
    }
  }

 private:
  std::shared_ptr<Count> count_;
  std::shared_ptr<Count> address_;
};

}  // namespace gateway
