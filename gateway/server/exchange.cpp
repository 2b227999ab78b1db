#include "gateway/server/exchange.h"

#include "gateway/http/responder.h"
#include "gateway/server/connection.h"

namespace gateway {

void Gate::run(base::UniqueFunction<void()> work) {
  {
    base::Lock lock(mutex_);
    if (loop_ == nullptr) return;
    if (!loop_->in_loop()) {
      loop_->post(std::move(work));
      return;
    }
  }
  work();
}

void Gate::close() {
  base::Lock lock(mutex_);
  loop_ = nullptr;
}

bool Gate::is_open() {
  base::Lock lock(mutex_);
  return loop_ != nullptr;
}

void Exchange::answer(Response response) {
  if (answered_.exchange(true, std::memory_order_acq_rel)) return;
  with_connection([response = std::move(response)](Connection& connection) mutable {
    connection.on_answer(std::move(response));
  });
}

void Exchange::with_connection(base::UniqueFunction<void(Connection&)> work) {
  gate_->run([self = shared_from_this(), work = std::move(work)]() mutable {
    if (self->connection_ != nullptr) work(*self->connection_);
  });
}

void Responder::answer(Response response) {
  if (auto exchange = std::move(exchange_)) exchange->answer(std::move(response));
}

bool Responder::client_gone() const { return exchange_ == nullptr || exchange_->gone(); }

base::Cancellation Responder::closed() const { return exchange_->closed(); }

base::Cancellation Responder::input_ended() const { return exchange_->input_ended(); }

void Responder::drop() {
  if (exchange_ && !exchange_->answered()) {
    answer(Response::error(500, "The request was dropped without an answer; see the log."));
  }
  exchange_.reset();
}

}  // namespace gateway
