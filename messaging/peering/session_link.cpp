#include "messaging/peering/session_link.h"

#include "crypto/envelope.h"
#include "crypto/ratchet.h"
#include "messaging/peering/envelope_kind.h"

namespace messaging::peering {

base::Result<base::Bytes> seal_on(const store::Scope& scope, store::SessionRow& session,
                                  base::ByteView content) {
  EDGE_TRY(auto ratchet, crypto::Ratchet::load(session.ratchet));
  EDGE_TRY(const base::Bytes message, ratchet.encrypt(content, session.handshake_hash));
  session.ratchet = ratchet.save();
  EDGE_CHECK(store::update_session(scope, session));
  return crypto::seal_envelope({session.peer_box}, static_cast<std::uint8_t>(EnvelopeKind::message),
                               session.peer_tag, message);
}

}  // namespace messaging::peering
