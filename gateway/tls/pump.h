// TlsPump: one TLS connection: the client's socket on one side, on the other a socket that speaks
// plain HTTP with the server. One thread (the terminator's).
#pragma once

#include <array>
#include <string>

#include "gateway/loop/event_loop.h"
#include "gateway/tls/openssl_api.h"
#include "gateway/tls/terminator.h"

namespace gateway {

class TlsPump;

// What the terminator does for its pumps.
class TlsPumpHost {
 public:
  virtual const OpensslApi& api() const = 0;
  virtual void shaken(AcceptedSocket plain) = 0;       // the handshake is done
  virtual void failed() = 0;                           // or it failed
  virtual void closed(TlsPump& pump) = 0;              // frees it after this pass
  virtual std::array<char, 16 * 1024>& scratch() = 0;  // one TLS record

 protected:
  ~TlsPumpHost() = default;
};

class TlsPump {
 public:
  TlsPump(TlsPumpHost& host, EventLoop& loop, AcceptedSocket socket,
          std::shared_ptr<SSL_CTX> context, Ssl ssl);

  bool begin(base::Millis handshake_timeout);  // false: it could not be watched
  void run();                                  // does everything that is possible without waiting
  // Closes when the client's machine vanished: it acknowledged nothing for so long.
  void sweep(base::Millis silence_allowed);
  bool idle() const { return to_net_.empty(); }
  void close();

  std::size_t place = 0;  // in the terminator's list

 private:
  struct End final : IoHandler {
    explicit End(TlsPump& owner) : pump(owner) {}
    void on_io(std::uint32_t events) override;
    TlsPump& pump;
    Fd fd;
    bool readable = true, writable = true, hung_up = false;
  };

  void shake_hands();
  bool open_plain_side();
  void refuse_plain_http();
  bool net_to_plain();  // true: something moved
  bool plain_to_net();
  bool send_plain(std::string_view bytes);
  bool send_net(std::string_view bytes);
  bool wait_or_close(int result);
  void on_timer();

  TlsPumpHost& host_;
  EventLoop& loop_;
  const std::shared_ptr<SSL_CTX> context_;  // outlives ssl_
  End net_, plain_;
  Ssl ssl_;
  AcceptedSocket about_;  // without its descriptor
  Timer timer_;           // of the handshake; later: for another turn
  bool shaking_ = true;
  bool net_ended_ = false, plain_ended_ = false;
  std::string to_plain_, to_net_;  // what did not fit
};

}  // namespace gateway
