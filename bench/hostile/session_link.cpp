// A dishonest gateway, for bench/unfair: the daemon with this file in the place of
// messaging/peering/session_link.cpp. The file that $EDGE_LIE_FILE names says how it lies in each
// message:
//
//   skip N     the message claims to be N steps further on in its chain than it is
//   park N     the envelope names a session that nobody knows and holds N bytes
//   request    the envelope is a request for a new session
//   group N    the message is the state of a group of us, the recipient and N strangers, in which
//              every entry is newer than in the one before
//
// An empty or missing file: it is honest.
#include "messaging/peering/session_link.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/wire.h"
#include "crypto/envelope.h"
#include "crypto/noise.h"
#include "crypto/random.h"
#include "crypto/ratchet.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/model/card.h"
#include "messaging/model/content.h"
#include "messaging/model/group_state.h"
#include "messaging/peering/envelope_kind.h"
#include "store/tables/accounts.h"

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

constexpr auto kMessage = static_cast<std::uint8_t>(peering::EnvelopeKind::message);
constexpr auto kSessionRequest = static_cast<std::uint8_t>(peering::EnvelopeKind::session_request);
const std::vector<std::string> kNowhere{"http://127.0.0.1:9"};

// Higher each time, after a restart too.
std::uint64_t newer_number() {
  static std::atomic<std::uint64_t> last = 0;
  const auto now =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
  std::uint64_t before = last.load();
  while (!last.compare_exchange_weak(before, std::max(before + 1, now))) {
  }
  return last.load();
}

base::Result<crypto::Identity> own_identity(const store::Scope& scope) {
  EDGE_TRY(const auto accounts, store::list_accounts(scope.db, scope.vault));
  for (const store::AccountRow& row : accounts.rows) {
    if (row.id == scope.account) return crypto::Identity::from_seed(row.seed.view());
  }
  return base::fail(base::Errc::not_found, "the account has no identity");
}

base::Result<base::Bytes> recipient_key(const store::Scope& scope,
                                        const store::SessionRow& session) {
  if (!session.contact) return base::fail(base::Errc::not_found, "the session has no contact");
  EDGE_TRY(const MemberKey key, chats::key_of(scope, *session.contact));
  return base::to_bytes(base::ByteView(key));
}

base::Result<base::Bytes> session_request(const store::Scope& scope,
                                          const store::SessionRow& session) {
  EDGE_TRY(const crypto::Identity self, own_identity(scope));
  EDGE_TRY(const base::Bytes recipient, recipient_key(scope, session));
  SessionRequest request;
  request.card.identity = self.public_key();
  request.card.addr = "nobody@nowhere";
  request.card.name = "Nobody";
  request.card.urls = kNowhere;
  request.card.mailbox = "0123456789abcdef";
  request.card.token = DepositToken::generate();
  request.card.tag = crypto::random_array<16>();
  request.generation = newer_number();
  base::WireWriter prologue;
  prologue.fixed(base::as_bytes("privitty-edge session v1")).fixed(recipient);
  crypto::HandshakeOptions options;
  options.static_key = &self.x25519_secret();
  options.remote_static = crypto::X25519Public{session.peer_box};
  const base::Bytes bound = prologue.take();
  options.prologue = bound;
  EDGE_TRY(auto handshake, crypto::Handshake::start(crypto::NoisePattern::IK,
                                                    crypto::NoiseRole::initiator, options));
  EDGE_TRY(const base::Bytes message, handshake.write(encode(request)));
  base::WireWriter body;
  body.bytes({}).fixed(message);
  return crypto::seal_envelope({session.peer_box}, kSessionRequest, {}, body.view());
}

base::Result<base::Bytes> group_content(const store::Scope& scope, const store::SessionRow& session,
                                        std::size_t strangers) {
  static const GroupId group = crypto::random_array<16>();
  static const std::vector<MemberKey> keys = [strangers] {
    std::vector<MemberKey> made(strangers);
    for (MemberKey& key : made) key = crypto::Identity::generate().public_key().bytes();
    return made;
  }();
  EDGE_TRY(const crypto::Identity identity, own_identity(scope));
  EDGE_TRY(const base::Bytes recipient, recipient_key(scope, session));
  const MemberKey self = identity.public_key().bytes();
  MemberKey victim{};
  std::copy_n(recipient.begin(), std::min(recipient.size(), victim.size()), victim.begin());
  const std::uint64_t number = newer_number();
  GroupUpdate update;
  update.group = group;
  update.state.name = {{number, self}, "Everybody " + std::to_string(number)};
  const auto put = [&](const MemberKey& key) {
    MemberCard card;
    card.version = number;
    card.addr = "nobody@nowhere";
    card.name = "Nobody " + std::to_string(number);
    card.urls = kNowhere;
    card.mailbox = "0123456789abcdef";
    card.token = crypto::random_array<32>();
    update.state.members[key] = {number, true, self, std::move(card)};
  };
  put(self);
  put(victim);
  for (const MemberKey& key : keys) put(key);
  const auto plain = encode(Content{crypto::random_array<16>(), std::move(update)});
  return base::Bytes(plain.begin(), plain.end());
}

}  // namespace

base::Result<base::Bytes> seal_on(const store::Scope& scope, store::SessionRow& session,
                                  base::ByteView content) {
  const Lie lie = lie_of_now();
  if (lie.kind == "park") {
    const base::Bytes filling(lie.size, 7);
    return crypto::seal_envelope({session.peer_box}, kMessage, crypto::random_array<16>(), filling);
  }
  if (lie.kind == "request") return session_request(scope, session);
  base::Bytes state;
  if (lie.kind == "group") {
    EDGE_TRY(state, group_content(scope, session, lie.size));
    content = state;
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
