// OwnerGate: checks that a request is a mailbox owner's. It issues nonces and verifies signatures
// over them.
//
// A nonce is 16 random bytes and a keyed hash over them, the mailbox and the expiry, so that
// issuing one stores nothing. Requests of an owner carry a counter that must rise, so that none can
// be replayed; the key of the hash lasts as long as the process, so that no nonce survives a
// restart. Counters are stored for existing mailboxes alone: their number is bounded, the number of
// keys that an attacker can make is not. The signed text names the relay's URL: a relay cannot use
// its owner's signature at another relay.
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
  // Whether the owner signed it over an unexpired nonce of this gate. Stores nothing.
  bool is_signed(const Asked& asked, const crypto::PublicKey& owner) const;
  // True when it comes for the first time, which is remembered from now on. The mailbox exists, or
  // comes to be with this request.
  bool is_new(const std::string& mailbox, const OwnerProof& proof);
  bool passes(const Asked& asked, const crypto::PublicKey& owner) {
    return is_signed(asked, owner) && is_new(asked.mailbox, asked.proof);
  }
  // The mailbox was removed.
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
