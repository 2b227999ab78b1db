// Responder: the right to answer one request, now or later, from any thread. Move-only and small:
// a parked request costs this, its connection and nothing else.
//
// A second answer is ignored. A Responder dropped unanswered answers 500, so that no client waits
// for ever. When the server begins to stop, parked requests are answered 503 and later answers are
// dropped.
#pragma once

#include <memory>

#include "base/cancellation.h"
#include "gateway/http/message.h"

namespace gateway {

class Exchange;  // what the connection keeps of a request under way

class Responder {
 public:
  Responder() = default;
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept {
    drop();
    exchange_ = std::move(other.exchange_);
    return *this;
  }
  ~Responder() { drop(); }

  void answer(Response response);
  // The connection broke: an answer is dropped. A half-closed client still reads.
  bool client_gone() const;
  // The same, to be asked by work that goes on without this object; and whether the client has
  // half-closed, so that work which waits for news ends. Not of one that answered or was moved
  // from.
  base::Cancellation closed() const;
  base::Cancellation input_ended() const;

 private:
  void drop();
  std::shared_ptr<Exchange> exchange_;
};

// Receives an upload's bytes as they arrive. Runs on workers, one call at a time, and may block on
// the disk; reading from the socket waits for it. Dropped without finish(): the upload broke off.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual base::Result<> write(base::ByteView bytes) = 0;
  virtual void finish(Responder responder) = 0;
};

}  // namespace gateway
