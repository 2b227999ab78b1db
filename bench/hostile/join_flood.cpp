// join_flood LINK COUNT URL...: one deposit of join requests by COUNT made-up people who are all
// reached at the URLs, as many as a deposit holds. For bench/unfair.
//
// Prints five lines (the path, then the proof: key id, time, MAC; how many requests it holds), an
// empty one, and the deposit's body.
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "base/bytes.h"
#include "crypto/encoding.h"
#include "crypto/envelope.h"
#include "crypto/identity.h"
#include "crypto/init.h"
#include "crypto/invite.h"
#include "crypto/noise.h"
#include "crypto/random.h"
#include "messaging/model/card.h"
#include "messaging/model/content.h"
#include "messaging/model/deposit.h"
#include "messaging/peering/envelope_kind.h"

namespace {

constexpr std::size_t kRoom = 64 * 1024;  // of a deposit with an invite's token

messaging::JoinRequest request_of(const crypto::Identity& joiner, const crypto::Invite& invite,
                                  int urls, char** url) {
  messaging::JoinRequest request;
  request.invite_number = invite.number;
  request.card.identity = joiner.public_key();
  request.card.addr = "nobody@nowhere";
  request.card.name = "Nobody";
  request.card.urls.assign(url, url + urls);
  request.card.mailbox = base::to_hex(crypto::random_array<8>());
  request.card.token = messaging::DepositToken::generate();
  request.card.tag = crypto::random_array<16>();
  return request;
}

base::Result<base::Bytes> envelope_of(const crypto::Invite& invite, int urls, char** url) {
  const crypto::Identity joiner = crypto::Identity::generate();
  EDGE_TRY(const auto box, invite.identity.to_x25519());
  base::Bytes prologue = base::to_bytes("privitty-edge join v1");
  const auto key = invite.identity.bytes();
  prologue.insert(prologue.end(), key.begin(), key.end());
  crypto::HandshakeOptions options;
  options.static_key = &joiner.x25519_secret();
  options.remote_static = box;
  options.psk = invite.secret.view();
  options.prologue = prologue;
  EDGE_TRY(auto handshake, crypto::Handshake::start(crypto::NoisePattern::IKpsk2,
                                                    crypto::NoiseRole::initiator, options));
  EDGE_TRY(const auto first,
           handshake.write(messaging::encode(request_of(joiner, invite, urls, url))));
  return crypto::seal_envelope(
      box, static_cast<std::uint8_t>(messaging::peering::EnvelopeKind::join_request), {}, first);
}

base::Result<> run(int count, char** words) {
  EDGE_CHECK(crypto::init());
  EDGE_TRY(const auto invite, crypto::parse_invite(words[1]));
  messaging::DepositToken token;
  if (!crypto::base64url_decode_to(invite.token, token.bytes)) {
    return base::fail(base::Errc::invalid_argument, "the link has no deposit token");
  }
  std::vector<base::Bytes> envelopes;
  std::size_t size = 0;
  for (int i = std::atoi(words[2]); i > 0; --i) {
    EDGE_TRY(auto envelope, envelope_of(invite, count - 3, words + 3));
    size += envelope.size() + 4;
    if (size > kRoom) break;
    envelopes.push_back(std::move(envelope));
  }
  const base::Bytes body = messaging::join_body(envelopes);
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const auto proof = messaging::prove_deposit(token, invite.mailbox, now, body);
  std::cout << "/relay/v1/mailboxes/" << invite.mailbox << "/envelopes\n"
            << base::to_hex(proof.key_id) << "\n"
            << proof.time << "\n"
            << base::to_hex(proof.mac) << "\n"
            << envelopes.size() << "\n\n";
  std::cout.write(reinterpret_cast<const char*>(body.data()),
                  static_cast<std::streamsize>(body.size()));
  return {};
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) {
    std::cerr << "usage: join_flood LINK COUNT URL...\n";
    return 2;
  }
  const auto done = run(count, words);
  if (!done) std::cerr << "error: " << done.error().message << "\n";
  return done ? 0 : 1;
}
