// What requests for sessions may cost: their size, how many an hour are taken by each token, and
// how many of them are opened.
#include "crypto/agreement_count.h"
#include "crypto/envelope.h"
#include "crypto/invite.h"
#include "crypto/random.h"
#include "messaging/peering/joining.h"
#include "messaging/peering/renewal.h"
#include "messaging/peering/renewal_budget.h"
#include "store/tables/deposit_tokens.h"
#include "store/tables/outbox.h"
#include "tests/messaging/bare_gateway.h"
#include "tests/messaging/three.h"

using namespace test;
using store::TokenPurpose;

namespace {

constexpr std::size_t kMostInDeposit = kMaxDepositEnvelopes;

// Envelopes that open nowhere: they count all the same.
std::vector<base::Bytes> junk(std::size_t count, std::size_t size = 8) {
  std::vector<base::Bytes> envelopes;
  for (std::size_t i = 0; i < count; ++i) envelopes.emplace_back(size, std::uint8_t{1});
  return envelopes;
}

// A gateway with a token of each kind that allows session requests alone.
struct Asked {
  World world;
  std::unique_ptr<BareGateway> bob;

  Asked() {
    world.join(world.alice, world.bob);
    bob = std::make_unique<BareGateway>(world, world.bob);
  }
  // A new token of this purpose. `owner`: the chat of the group that introduces.
  DepositToken token(TokenPurpose purpose, std::int64_t owner = 900) {
    const DepositToken token = DepositToken::generate();
    bob->write([&](const kernel::WriteContext& write) -> base::Result<> {
      store::DepositTokenRow row;
      row.key_id = deposit_key_id(token);
      row.token = token.bytes;
      row.purpose = purpose;
      row.owner_id = owner;
      row.created_at = write.steady();
      if (purpose == TokenPurpose::retired || purpose == TokenPurpose::contact) {
        row.contact = BareGateway::peer_of(write.scope).id;
      }
      return store::insert_deposit_token(write.scope, row);
    });
    return token;
  }
  peering::Arrival arrival(const DepositToken& token, const std::vector<base::Bytes>& envelopes) {
    auto read = bob->core().read(BareGateway::kAccount);
    REQUIRE(read.ok());
    peering::Arrival arrival{read->account->mailbox(), {}, join_body(envelopes)};
    arrival.proof = prove_deposit(token, arrival.mailbox, world.clock.now(), arrival.body);
    return arrival;
  }
  peering::ArrivalReply deposit(const DepositToken& token,
                                const std::vector<base::Bytes>& envelopes) {
    return bob->accept(arrival(token, envelopes));
  }
  // Requests that open as envelopes, and whose handshake is none.
  std::vector<base::Bytes> requests(std::size_t count) {
    auto read = bob->core().read(BareGateway::kAccount);
    REQUIRE(read.ok());
    const auto box = read->account->identity.public_key().to_x25519();
    REQUIRE(box);
    std::vector<base::Bytes> envelopes;
    for (std::size_t i = 0; i < count; ++i) {
      base::Bytes body{0, 0, 0, 1, 'g'};  // a group's id
      const auto noise = crypto::random_array<96>();
      body.insert(body.end(), noise.begin(), noise.end());
      auto envelope = crypto::seal_envelope(
          *box, static_cast<std::uint8_t>(peering::EnvelopeKind::session_request), {}, body);
      REQUIRE(envelope);
      envelopes.push_back(*std::move(envelope));
    }
    return envelopes;
  }
  std::uint64_t unread() { return bob->incoming().counters().unread.load(); }
};

}  // namespace

TEST_CASE("session requests are taken by the hour: so many by each token, each of them counted") {
  Asked asked;
  const TokenPurpose purpose = GENERATE(TokenPurpose::introduction, TokenPurpose::retired);
  const DepositToken token = asked.token(purpose);
  REQUIRE(peering::kMaxIntroductionsPerHour == 600);
  CHECK(asked.deposit(token, junk(kMostInDeposit)).verdict == peering::ArrivalVerdict::stored);
  CHECK(asked.deposit(token, junk(kMostInDeposit)).verdict == peering::ArrivalVerdict::stored);
  const peering::ArrivalReply refused = asked.deposit(token, junk(89));
  CHECK(refused.verdict == peering::ArrivalVerdict::too_many);
  CHECK(refused.retry_after == 6'000);  // one is too many, and one comes back in six seconds
  CHECK(asked.deposit(token, junk(88)).verdict == peering::ArrivalVerdict::stored);
  CHECK(asked.deposit(token, junk(1)).verdict == peering::ArrivalVerdict::too_many);
  // Another token's are its own.
  CHECK(asked.deposit(asked.token(purpose, 901), junk(10)).verdict ==
        peering::ArrivalVerdict::stored);
  asked.world.clock.advance(kHour);
  CHECK(asked.deposit(token, junk(kMostInDeposit)).verdict == peering::ArrivalVerdict::stored);
}

TEST_CASE("by a card's token as many requests an hour are taken as by an invite's") {
  Asked asked;
  const DepositToken token = asked.token(TokenPurpose::card, store::kCardOwner);
  REQUIRE(peering::kMaxJoinRequestsPerHour == 60);
  CHECK(asked.deposit(token, junk(61)).verdict == peering::ArrivalVerdict::too_large);
  CHECK(asked.deposit(token, junk(60)).verdict == peering::ArrivalVerdict::stored);
  const peering::ArrivalReply refused = asked.deposit(token, junk(1));
  CHECK(refused.verdict == peering::ArrivalVerdict::too_many);
  CHECK(refused.retry_after == 60'000);
  // Nothing but requests is admitted by it.
  asked.world.clock.advance(kHour);
  CHECK(asked.deposit(token, junk(1, peering::kMaxInviteDeposit)).verdict ==
        peering::ArrivalVerdict::too_large);
}

TEST_CASE("a deposit of session requests is as small as one of join requests") {
  Asked asked;
  const TokenPurpose purpose = GENERATE(TokenPurpose::introduction, TokenPurpose::retired);
  const DepositToken token = asked.token(purpose);
  CHECK(asked.deposit(token, junk(1, peering::kMaxInviteDeposit - 3)).verdict ==
        peering::ArrivalVerdict::too_large);
  CHECK(asked.deposit(token, junk(1, peering::kMaxInviteDeposit - 4)).verdict ==
        peering::ArrivalVerdict::stored);
  // A contact's own token takes more.
  CHECK(asked.deposit(asked.token(TokenPurpose::contact), junk(1, peering::kMaxInviteDeposit))
            .verdict == peering::ArrivalVerdict::stored);
}

TEST_CASE("of the session requests that come by one token so many are opened, the others dropped") {
  Asked asked;
  SECTION("a group's introduction: 120 at once, then one in five seconds") {
    const DepositToken token = asked.token(TokenPurpose::introduction);
    for (int i = 0; i < 2; ++i) {
      REQUIRE(asked.deposit(token, asked.requests(75)).verdict == peering::ArrivalVerdict::stored);
    }
    CHECK(asked.unread() == 30);
    asked.world.clock.advance(5'000);
    REQUIRE(asked.deposit(token, asked.requests(2)).verdict == peering::ArrivalVerdict::stored);
    CHECK(asked.unread() == 31);
  }
  SECTION("a contact, by whichever of its tokens: 12 at once, then one in thirty seconds") {
    REQUIRE(asked.deposit(asked.token(TokenPurpose::contact), asked.requests(10)).verdict ==
            peering::ArrivalVerdict::stored);
    CHECK(asked.unread() == 0);
    REQUIRE(asked.deposit(asked.token(TokenPurpose::retired), asked.requests(10)).verdict ==
            peering::ArrivalVerdict::stored);
    CHECK(asked.unread() == 8);
    asked.world.clock.advance(30'000);
    REQUIRE(asked.deposit(asked.token(TokenPurpose::contact), asked.requests(2)).verdict ==
            peering::ArrivalVerdict::stored);
    CHECK(asked.unread() == 9);
  }
  CHECK(asked.bob->count("SELECT count(*) FROM pending_join") <= 1);
}

TEST_CASE("of the requests that a relay delivers by one token 600 are taken, and none is kept") {
  Asked asked;
  const DepositToken token = asked.token(TokenPurpose::introduction);
  const auto relay_requests = [&](std::size_t count) {
    std::vector<peering::RelayedEnvelope> envelopes;
    for (base::Bytes& one : junk(count)) envelopes.push_back({deposit_key_id(token), one});
    const auto before = asked.bob->incoming().counters().unopened.load();
    const auto stored = answer<bool>([&](base::Completion<bool> done) {
      asked.bob->incoming().accept_relayed(BareGateway::kAccount, std::move(envelopes),
                                           std::move(done));
    });
    CHECK(stored.value_or(false));  // acknowledged: the relay forgets them
    return asked.bob->incoming().counters().unopened.load() - before;
  };
  // All are dropped, the surplus before it is opened.
  CHECK(relay_requests(peering::kMaxRelayedRequestsAtOnce + 100) ==
        peering::kMaxRelayedRequestsAtOnce + 100);
  CHECK(asked.bob->incoming().counters().surplus.load() == 100);
  asked.world.clock.advance(kHour);
  relay_requests(100);
  CHECK(asked.bob->incoming().counters().surplus.load() == 140);
}

TEST_CASE(
    "renewals with one contact and with all strangers of one group have budgets of their own") {
  base::ManualClock clock;
  peering::RenewalBudget budget(clock);
  const AccountId account{1};
  const auto spend = [&](ContactId contact, peering::RenewalBudget::Side side,
                         std::int64_t group = 0) {
    int taken = 0;
    while (taken < 1'000 && budget.take(account, contact, side, group)) ++taken;
    return taken;
  };
  using Side = peering::RenewalBudget::Side;
  CHECK(spend(ContactId(10), Side::answer) == 6);
  CHECK(spend(ContactId(10), Side::begin) == 6);
  CHECK(spend(ContactId(11), Side::answer) == 6);
  CHECK(spend(ContactId(), Side::answer, 900) == 200);
  CHECK(spend(ContactId(), Side::answer, 901) == 200);
  clock.advance(peering::kRenewalRefill);
  CHECK(spend(ContactId(10), Side::answer) == 1);
  CHECK(spend(ContactId(), Side::answer, 900) == 30);  // one in ten seconds
  budget.forget(account);
  CHECK(spend(ContactId(10), Side::answer) == 6);
}

namespace {

// Key agreements that the gateway's writer has made so far.
std::uint64_t agreements(BareGateway& gateway) {
  return gateway.write([](const kernel::WriteContext&) -> base::Result<std::uint64_t> {
    return crypto::agreement_count();
  });
}

// What the gateway's outbox holds of this kind, as it would deposit it.
base::Bytes envelope_of(BareGateway& gateway, store::OutboxKind kind) {
  return gateway.write([&](const kernel::WriteContext& w) -> base::Result<base::Bytes> {
    EDGE_TRY(auto envelope,
             w.scope.db.one<base::Bytes>(
                 "SELECT envelope FROM outbox WHERE kind = ? ORDER BY id DESC",
                 [](const store::Row& row) { return base::to_bytes(row.blob(0)); }, kind));
    if (!envelope) return base::fail(base::Errc::not_found, "no such row");
    return *std::move(envelope);
  });
}

}  // namespace

TEST_CASE("the key agreements of a session's handshake are made outside of the writer") {
  Forged forged;
  forged.go_bare();
  BareGateway& alice = *forged.alice;
  BareGateway& bob = *forged.bob;
  alice.write([](const kernel::WriteContext& w) {
    return peering::begin_session(w, BareGateway::peer_of(w.scope).id);
  });
  std::uint64_t before = agreements(bob);
  const base::Bytes request = envelope_of(alice, store::OutboxKind::session_request);
  REQUIRE(bob.accept(alice.deposit({request})).verdict == peering::ArrivalVerdict::stored);
  CHECK(agreements(bob) == before);
  const base::Bytes reply = envelope_of(bob, store::OutboxKind::session_answer);
  before = agreements(alice);
  REQUIRE(alice.accept(bob.deposit({reply})).verdict == peering::ArrivalVerdict::stored);
  CHECK(agreements(alice) == before + 2);  // the envelope of the Hello
  // It is a session.
  CHECK(alice.count("SELECT count(*) FROM session WHERE state = 1") >= 1);
  const base::Bytes hello = envelope_of(alice, store::OutboxKind::hello);
  const auto accepted = bob.incoming().counters().accepted.load();
  REQUIRE(bob.accept(alice.deposit({hello})).verdict == peering::ArrivalVerdict::stored);
  CHECK(bob.incoming().counters().accepted.load() == accepted + 1);
}

TEST_CASE("the key agreements of a request to join are made outside of the writer") {
  World world;
  const std::string link = world.bob.invite();
  BareGateway alice(world, world.alice);
  BareGateway bob(world, world.bob);
  alice.write([&](const kernel::WriteContext& w) -> base::Result<> {
    EDGE_TRY(const auto invite, crypto::parse_invite(link));
    EDGE_CHECK(peering::start_join(w, invite));
    return {};
  });
  const std::uint64_t before = agreements(bob);
  const base::Bytes request = envelope_of(alice, store::OutboxKind::join_request);
  REQUIRE(bob.accept(alice.deposit({request})).verdict == peering::ArrivalVerdict::stored);
  CHECK(agreements(bob) == before);
  CHECK(bob.count("SELECT count(*) FROM pending_join") == 1);
}

TEST_CASE("a request that shares a deposit with what does not open is answered once and whole") {
  Forged forged;
  forged.go_bare();
  BareGateway& alice = *forged.alice;
  BareGateway& bob = *forged.bob;
  alice.write([](const kernel::WriteContext& w) {
    return peering::begin_session(w, BareGateway::peer_of(w.scope).id);
  });
  const base::Bytes request = envelope_of(alice, store::OutboxKind::session_request);
  const base::Bytes text = alice.seal_text("first");
  // The session that the text comes in was changed by another program.
  bob.write([](const kernel::WriteContext& w) -> base::Result<> {
    EDGE_CHECK(w.scope.db.run("UPDATE session SET mac = zeroblob(16)"));
    return {};
  });
  REQUIRE(bob.accept(alice.deposit({request, text})).verdict == peering::ArrivalVerdict::stored);
  const base::Bytes reply = envelope_of(bob, store::OutboxKind::session_answer);
  // Bob, whose session does not open any more, asks for another one as well.
  CHECK(bob.count("SELECT count(*) FROM pending_join WHERE role = 4") == 1);
  // Where the answer goes was told by the request's card.
  const std::int64_t route = bob.count("SELECT route_id FROM pending_join WHERE role = 4");
  const auto urls = bob.write([&](const kernel::WriteContext& w) -> base::Result<std::size_t> {
    EDGE_TRY(const auto row, store::find_route(w.scope, route));
    return row ? row->way.urls.size() : 0;
  });
  CHECK(urls == 1);
  REQUIRE(alice.accept(bob.deposit({reply})).verdict == peering::ArrivalVerdict::stored);
  CHECK(alice.incoming().counters().accepted.load() == 1);
}
