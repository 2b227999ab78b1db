// A dishonest gateway, for bench/unfair: the daemon with this file in the place of
// messaging/session_link.cpp. The file that $EDGE_LIE_FILE names says how it lies in each message:
//
//   skip N     the message claims to be N steps further on in its chain than it is
//   park N     the envelope names a session that nobody knows and holds N bytes
//
// An empty or missing file: it is honest.
#include "messaging/session_link.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "crypto/envelope.h"
#include "crypto/random.h"
#include "crypto/ratchet.h"
#include "messaging/content.h"

namespace messaging {
namespace {

struct Lie {
  std::string kind;
  std::size_t size = 0;
};

Lie lie_of_now() {
  Lie lie;
  if (const char* file = std::getenv("EDGE_LIE_FILE")) std::ifstream(file) >> lie.kind >> lie.size;
  return lie;
}

constexpr auto kMessage = static_cast<std::uint8_t>(EnvelopeKind::message);

}  // namespace

base::Result<base::Bytes> seal_on(const store::Scope& scope, store::SessionRow& session,
                                  base::ByteView content) {
  const Lie lie = lie_of_now();
  if (lie.kind == "park") {
    const base::Bytes filling(lie.size, 7);
    return crypto::seal_envelope({session.peer_box}, kMessage, crypto::random_array<16>(), filling);
  }
  EDGE_TRY(auto ratchet, crypto::Ratchet::load(session.ratchet));
  if (lie.kind == "skip") {
    const base::Bytes nothing(1, 0);
    for (std::size_t step = 0; step < lie.size; ++step) {
      EDGE_CHECK(ratchet.encrypt(nothing, session.handshake_hash));
    }
  }
  EDGE_TRY(const base::Bytes message, ratchet.encrypt(content, session.handshake_hash));
  session.ratchet = ratchet.save();
  EDGE_CHECK(store::update_session(scope, session));
  return crypto::seal_envelope({session.peer_box}, kMessage, session.peer_tag, message);
}

}  // namespace messaging
