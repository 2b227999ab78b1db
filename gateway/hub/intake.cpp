#include "gateway/hub/intake.h"

#include <algorithm>
#include <utility>

namespace gateway {
namespace {

std::size_t weight(const EventFrame& frame) { return sizeof frame + frame.data.size(); }

}  // namespace

bool Intake::put(std::vector<EventFrame> frames) {
  if (frames.empty()) return false;
  base::Lock lock(mutex_);
  for (const EventFrame& frame : frames) inbox_bytes_ += weight(frame);
  if (inbox_.empty()) {
    inbox_ = std::move(frames);
  } else {
    for (EventFrame& frame : frames) inbox_.push_back(std::move(frame));
  }
  if (woken_ || (!read_ && inbox_bytes_ < unread_bytes_)) return false;
  woken_ = true;
  return true;
}

void Intake::set_read(bool read) {
  base::Lock lock(mutex_);
  read_ = read;
}

void Intake::wait_for_room(std::size_t bytes) {
  base::Lock lock(mutex_);
  while (!closed_ && inbox_bytes_ >= bytes) taken_.wait(mutex_);
}

std::size_t Intake::unread() const {
  base::Lock lock(mutex_);
  return inbox_.size();
}

void Intake::close() {
  base::Lock lock(mutex_);
  closed_ = true;
  taken_.notify_all();
}

void Intake::take() {
  std::vector<EventFrame> frames;
  {
    base::Lock lock(mutex_);
    frames.swap(inbox_);
    inbox_bytes_ = 0;
    woken_ = false;
    taken_.notify_all();
  }
  for (EventFrame& frame : frames) {
    bytes_ += weight(frame);
    waiting_.push_back(std::move(frame));
  }
}

void Intake::pop() {
  bytes_ -= weight(waiting_.front());
  waiting_.pop_front();
}

void Intake::forget(base::AccountId account, std::string_view kept) {
  std::erase_if(waiting_, [&](const EventFrame& frame) {
    if (frame.channel || frame.account != account || frame.type == kept) return false;
    bytes_ -= weight(frame);
    return true;
  });
}

bool Patience::wait(base::Millis now) {
  count(now);
  waiting_ = true;
  return left_ > 0;
}

void Patience::stop(base::Millis now) {
  count(now);
  waiting_ = false;
}

void Patience::count(base::Millis now) {
  const base::Millis passed = std::max<base::Millis>(0, now - std::exchange(counted_, now));
  if (waiting_) {
    left_ = std::max<base::Millis>(0, left_ - passed);
  } else {
    regained_ += passed;
    left_ = std::min(most_, left_ + regained_ / kRegain);
    regained_ %= kRegain;
  }
}

}  // namespace gateway
