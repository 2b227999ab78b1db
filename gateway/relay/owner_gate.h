// OwnerGate: whether a request is a mailbox owner's. It hands out nonces and checks what is signed
// over them.
//
// A nonce is 16 random bytes and a keyed hash over them, the mailbox and the expiry: whoever asks
// for thousands costs nothing. Each request of an owner counts up, so that none can be played
// again; the key lives as long as the process, so that no nonce survives a restart either. What has
// to be remembered for that is remembered of mailboxes that exist alone: their number is bounded,
// that of the keys somebody can make is not. What is
// signed names the relay's URL: a relay cannot pass its owner's signature on to another one.
//
// Safe from any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "gateway/relay/wire.h"

namespace gateway {

class OwnerGate {
 public:
  // `url`: what this relay calls itself. The clock outlives this.
  OwnerGate(std::string url, const base::Clock& clock);

  Challenge challenge(const std::string& mailbox);

  struct Asked {
    std::string mailbox;
    OwnerProof proof;
    std::string_view method;
    std::string_view what;  // the path's last part
    base::ByteView body;
  };
  // Whether the owner signed it, over a nonce of ours whose time is not over. Remembers nothing.
  bool is_signed(const Asked& asked, const crypto::PublicKey& owner) const;
  // True when it comes for the first time, which is remembered from now on. The mailbox exists, or
  // comes to be with this request.
  bool is_new(const std::string& mailbox, const OwnerProof& proof);
  bool passes(const Asked& asked, const crypto::PublicKey& owner) {
    return is_signed(asked, owner) && is_new(asked.mailbox, asked.proof);
  }
  // The mailbox is gone.
  void forget(const std::string& mailbox);
  std::size_t remembered();

 private:
  struct Last {
    std::array<std::uint8_t, 32> nonce{};
    base::UnixMillis expiry = 0;
    std::uint64_t count = 0;
  };
  std::array<std::uint8_t, 32> nonce_of(base::ByteView random, const std::string& mailbox,
                                        base::UnixMillis expiry) const;

  const std::string url_;
  const base::Clock& clock_;
  const std::array<std::uint8_t, 32> key_;
  std::atomic<base::UnixMillis> newest_{0};  // expiry
  base::Mutex mutex_;
  std::map<std::string, Last> last_ GUARDED_BY(mutex_);  // by mailbox
};

}  // namespace gateway
