// Parked envelopes, whose session is not known yet: bounded, and fetched by their session.
#include "crypto/envelope.h"
#include "crypto/random.h"
#include "messaging/peering/arrivals.h"
#include "store/tables/envelopes.h"
#include "store/tables/sessions.h"
#include "tests/messaging/bare_gateway.h"
#include "tests/messaging/talk.h"

using namespace test;

namespace {

void park(BareGateway& gateway, std::int64_t source, std::size_t size, std::uint8_t tag) {
  gateway.write([&](const kernel::WriteContext& w) {
    store::ParkedEnvelope parked;
    parked.id = crypto::random_array<32>();
    parked.tag = store::EnvelopeTag{tag};
    parked.source = source;
    parked.envelope = base::Bytes(size, 1);
    return store::park_envelope(w.scope, parked, w.steady());
  });
}

}  // namespace

TEST_CASE(
    "parked envelopes are bounded for each source and in bytes, and the fullest source loses") {
  Forged forged;
  forged.go_bare();
  BareGateway& bob = *forged.bob;
  constexpr std::size_t kMebibyte = 1024 * 1024;
  const auto of = [&](int source) {
    return bob.count("SELECT count(*) FROM parked_envelope WHERE source = " +
                     std::to_string(source));
  };
  park(bob, 77, 100, 1);
  for (int i = 0; i < 12; ++i) park(bob, 1, kMebibyte, 2);
  CHECK(of(1) == 8);
  CHECK(of(77) == 1);
  for (int source = 2; source < 12; ++source) {
    for (int i = 0; i < 7; ++i) park(bob, source, kMebibyte, 2);
  }
  CHECK(bob.count("SELECT sum(length(envelope)) FROM parked_envelope") <=
        std::int64_t{64} * 1024 * 1024);
  CHECK(of(77) == 1);
  for (int i = 0; i < 400; ++i) park(bob, 88, 10, 3);
  CHECK(of(88) == 300);
}

TEST_CASE(
    "a contact that goes on sending for an unknown session has to wait, a relay's is dropped") {
  Forged forged;
  forged.go_bare();
  BareGateway& bob = *forged.bob;
  constexpr std::size_t kSize = 1000 * 1000;
  const auto parked = [&] { return bob.count("SELECT count(*) FROM parked_envelope"); };
  peering::ArrivalReply reply;
  std::int64_t sent = 0;
  while ((reply = bob.accept(forged.alice->deposit({forged.alice->seal_unknown(kSize)}))).verdict ==
         peering::ArrivalVerdict::stored) {
    REQUIRE(++sent < 20);
  }
  CHECK(sent == 8);
  CHECK(parked() == sent);
  CHECK(reply.verdict == peering::ArrivalVerdict::too_many);
  CHECK(reply.retry_after > 1'000);
  CHECK(reply.retry_after < kMinute);

  // Other messages of the same contact come through, and from a relay nothing stands in their way.
  const std::int64_t before = bob.texts();
  CHECK(bob.accept(forged.alice->deposit({forged.alice->seal_text("known")})).verdict ==
        peering::ArrivalVerdict::stored);
  const auto token = forged.alice->deposit({base::Bytes(1)}).proof.key_id;
  std::vector<peering::RelayedEnvelope> envelopes{{token, forged.alice->seal_unknown(kSize)},
                                                  {token, forged.alice->seal_text("behind it")}};
  CHECK(answer<bool>([&](base::Completion<bool> done) {
          bob.incoming().accept_relayed(Peer::kAccount, std::move(envelopes), std::move(done));
        }).value_or(false));
  CHECK(bob.texts() == before + 2);
  CHECK(parked() == sent);

  forged.world.clock.advance(reply.retry_after);
  CHECK(bob.accept(forged.alice->deposit({forged.alice->seal_unknown(kSize)})).verdict ==
        peering::ArrivalVerdict::stored);
}

TEST_CASE("of what is parked a session fetches what its tag names, a little at a time") {
  Forged forged;
  forged.go_bare();
  BareGateway& bob = *forged.bob;
  for (int i = 0; i < 20; ++i) park(bob, 1, 1000, 9);
  CHECK(bob.count("SELECT count(*) FROM parked_envelope") == 20);
  auto read = bob.core().read(Peer::kAccount);
  CHECK(store::parked_with_tag(read->scope(), store::EnvelopeTag{8}, 0, 100)->empty());
  const auto some = store::parked_with_tag(read->scope(), store::EnvelopeTag{9}, 0, 4);
  REQUIRE(some->size() == 4);
  const auto rest =
      store::parked_with_tag(read->scope(), store::EnvelopeTag{9}, some->back().seq, 100);
  CHECK(rest->size() == 16);
  CHECK(store::parked_tags_with_session(read->scope(), 10)->empty());
}

TEST_CASE("an envelope that an earlier version parked gets its tag when it is looked at first") {
  Forged forged;
  forged.go_bare();
  BareGateway& bob = *forged.bob;
  const std::int64_t before = bob.texts();
  const auto envelope = forged.alice->seal_text("parked long ago");
  bob.write([&](const kernel::WriteContext& w) {
    store::ParkedEnvelope parked;
    parked.id = crypto::envelope_id(envelope);
    parked.envelope = envelope;
    return store::park_envelope(w.scope, parked, w.steady());
  });
  SECTION("and is taken when its session is known") {
    auto read = bob.core().read(Peer::kAccount);
    const auto session =
        store::sending_session(read->scope(), BareGateway::peer_of(read->scope()).id);
    bob.incoming().retry_parked(Peer::kAccount, (*session)->tag);
    CHECK(forged.world.until([&] { return bob.texts() == before + 1; }));
    CHECK(
        forged.world.until([&] { return bob.count("SELECT count(*) FROM parked_envelope") == 0; }));
  }
  SECTION("and waits for its session otherwise") {
    bob.write([&](const kernel::WriteContext& w) -> base::Result<> {
      EDGE_CHECK(w.tx.db().run("DELETE FROM session"));
      return {};
    });
    bob.incoming().retry_parked(Peer::kAccount, Tag{1});
    CHECK(forged.world.until([&] {
      return bob.count("SELECT count(*) FROM parked_envelope WHERE tag IS NOT NULL") == 1;
    }));
  }
}
