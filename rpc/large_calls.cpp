#include "rpc/large_calls.h"

namespace rpc {

std::optional<LargeCalls::Turn> LargeCalls::enter(const std::string& party, Resume resume) {
  {
    base::Lock lock(mutex_);
    if (busy_) {
      waiting_.push_rest(party, std::move(resume));  // bodies are bounded where they arrive
      return std::nullopt;
    }
    busy_ = true;
  }
  return Turn(shared_from_this());
}

void LargeCalls::next() {
  if (given_back_) given_back_();
  std::optional<base::FairQueue<std::string, Resume>::Popped> popped;
  {
    base::Lock lock(mutex_);
    popped = waiting_.pop();
    if (popped) {
      waiting_.done(popped->key);  // what is under way is counted by busy_
    } else {
      busy_ = false;
    }
  }
  if (!popped) return;
  executor_(popped->key, [turn = Turn(shared_from_this()),
                          resume = std::move(popped->item)]() mutable { resume(std::move(turn)); });
}

}  // namespace rpc
