// Two ends of one ratchet session, as a finished handshake leaves them.
#pragma once

#include <optional>
#include <string>

#include "crypto/ratchet.h"

namespace crypto_test {

struct Party {
  crypto::Ratchet ratchet;
  crypto::MemorySkippedKeys skipped = {};

  base::Bytes send(std::string_view text) { return *ratchet.encrypt(base::as_bytes(text), {}); }
  // The text, or nothing when it did not open (which must then be the mute error).
  std::optional<std::string> receive(base::ByteView message) {
    const auto plain = ratchet.decrypt(message, {}, skipped);
    if (plain) return std::string(base::as_text(*plain));
    if (plain.error().code != base::Errc::sealed) throw std::logic_error(plain.error().message);
    return std::nullopt;
  }
  void restart() { ratchet = *crypto::Ratchet::load(ratchet.save()); }
};

struct Session {
  Party joiner;
  Party inviter;

  Session() : Session(crypto::RatchetKeyPair::generate(), keys()) {}
  // A message each way: the ratchet turns on both sides.
  void exchange() {
    if (inviter.receive(joiner.send("ping")) != "ping") throw std::logic_error("ping");
    if (joiner.receive(inviter.send("pong")) != "pong") throw std::logic_error("pong");
  }

 private:
  Session(const crypto::RatchetKeyPair& pair, const crypto::SplitKeys& split)
      : joiner{*crypto::Ratchet::initiate(base::Bytes(32, 1), split, pair.public_key)},
        inviter{crypto::Ratchet::respond(base::Bytes(32, 1), split, pair)} {}
  static crypto::SplitKeys keys() {
    return {crypto::Secret<32>::random(), crypto::Secret<32>::random()};
  }
};

}  // namespace crypto_test
