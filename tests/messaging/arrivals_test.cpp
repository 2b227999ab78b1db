// What one contact sends costs another party a slice, whatever it claims: see
// messaging/peering/arrivals.h.
#include "messaging/peering/arrivals.h"

#include "crypto/random.h"
#include "messaging/delivery/maintenance.h"
#include "messaging/groups/group_rules.h"
#include "messaging/groups/pending_states.h"
#include "store/tables/envelopes.h"
#include "store/tables/outbox.h"
#include "store/tables/sessions.h"
#include "tests/messaging/bare_gateway.h"
#include "tests/messaging/talk.h"

using namespace test;

namespace {

constexpr std::uint32_t kLongest = crypto::kMaxRatchetSteps;

std::int64_t skipped_keys(BareGateway& gateway) {
  return gateway.count("SELECT count(*) FROM skipped_key");
}

}  // namespace

TEST_CASE("the longest honest gap heals at once, and the writer walks none of it") {
  Forged forged;
  forged.go_bare();
  const std::int64_t before = forged.bob->texts();
  const auto late = forged.alice->seal_text("late");
  const auto gap = forged.alice->seal_text("after the gap", kLongest - 1);
  CHECK(forged.bob->accept(forged.alice->deposit({gap})).verdict ==
        peering::ArrivalVerdict::stored);
  CHECK(forged.bob->texts() == before + 1);
  CHECK(forged.bob->incoming().counters().steps_in_writes == 0);
  CHECK(forged.bob->incoming().arrivals().steps_beside() == kLongest);
  CHECK(skipped_keys(*forged.bob) == std::int64_t{crypto::kMaxSkippedKeys});
  // The chain goes on from there.
  CHECK(forged.bob->accept(forged.alice->deposit({forged.alice->seal_text("next")})).verdict ==
        peering::ArrivalVerdict::stored);
  CHECK(forged.bob->texts() == before + 2);
}

TEST_CASE("a contact that skips ahead again and again waits for its budget, and loses nothing") {
  Forged forged;
  forged.go_bare();
  const std::int64_t before = forged.bob->texts();
  std::vector<base::Bytes> envelopes;
  for (int i = 0; i < 3; ++i) {
    envelopes.push_back(forged.alice->seal_text(std::to_string(i), kLongest - 1));
  }
  const peering::ArrivalReply reply = forged.bob->accept(forged.alice->deposit(envelopes));
  CHECK(reply.verdict == peering::ArrivalVerdict::too_many);
  CHECK(reply.retry_after > kMinute);
  CHECK(forged.bob->incoming().arrivals().steps_beside() < kLongest);
  CHECK(forged.bob->texts() == before + 1);
  // Without a new walk it costs nothing, and what was taken is not taken twice.
  CHECK(forged.bob->accept(forged.alice->deposit(envelopes)).verdict ==
        peering::ArrivalVerdict::too_many);
  CHECK(forged.bob->incoming().arrivals().steps_beside() < kLongest);
  for (int i = 1; i < 3; ++i) {
    forged.world.clock.advance(reply.retry_after + kMinute);
    const auto again = forged.bob->accept(forged.alice->deposit(envelopes));
    CHECK(again.verdict ==
          (i == 2 ? peering::ArrivalVerdict::stored : peering::ArrivalVerdict::too_many));
    CHECK(forged.bob->texts() == before + 1 + i);
  }
  CHECK(forged.bob->incoming().counters().steps_in_writes == 0);
}

TEST_CASE("gaps that are walked within a write are short and paid for as well") {
  Forged forged;
  forged.go_bare();
  std::vector<base::Bytes> envelopes;
  for (int i = 0; i < 200; ++i) envelopes.push_back(forged.alice->seal_text("x", 60));
  CHECK(forged.bob->accept(forged.alice->deposit(envelopes)).verdict ==
        peering::ArrivalVerdict::too_many);
  CHECK(forged.bob->incoming().counters().steps_in_writes < 140 * 60);
  CHECK(skipped_keys(*forged.bob) <= std::int64_t{crypto::kMaxSkippedKeys});
}

TEST_CASE("what a relay delivers of a contact over its budget is parked, and comes later") {
  Forged forged;
  forged.go_bare();
  const std::int64_t before = forged.bob->texts();
  std::vector<peering::RelayedEnvelope> envelopes;
  const peering::Arrival arrival = forged.alice->deposit({base::Bytes(1)});
  for (int i = 0; i < 2; ++i) {
    envelopes.push_back({arrival.proof.key_id, forged.alice->seal_text("gap", kLongest - 1)});
  }
  const auto stored = answer<bool>([&](base::Completion<bool> done) {
    forged.bob->incoming().accept_relayed(Peer::kAccount, std::move(envelopes), std::move(done));
  });
  CHECK(stored.value_or(false));  // nothing stands in the way of what others sent
  CHECK(forged.bob->texts() == before + 1);
  const auto parked = [&] { return forged.bob->count("SELECT count(*) FROM parked_envelope"); };
  CHECK(parked() == 1);
  forged.bob->run_maintenance();
  forged.bob->flush();
  CHECK(parked() == 1);
  forged.world.clock.advance(10 * kMinute);
  CHECK(forged.world.until([&] {
    forged.bob->run_maintenance();
    return forged.bob->texts() == before + 2 && parked() == 0;
  }));
}

TEST_CASE("others' writes pass between the slices of a deposit, which is answered after the last") {
  Forged forged;
  forged.go_bare();
  const std::int64_t before = forged.bob->texts();
  std::vector<base::Bytes> envelopes;
  for (int i = 0; i < 200; ++i) envelopes.push_back(forged.alice->seal_text(std::to_string(i)));
  const peering::Arrival arrival = forged.alice->deposit(envelopes);
  std::atomic<bool> answered{false};
  std::atomic<bool> answered_before{false};
  const auto seen = answer<std::int64_t>([&](base::Completion<std::int64_t> done) {
    forged.bob->incoming().accept(arrival, [&](const base::Result<peering::ArrivalReply>& reply) {
      CHECK((reply && reply->verdict == peering::ArrivalVerdict::stored));
      answered = true;
    });
    forged.bob->store().write<std::int64_t>(
        [&](store::Tx& tx) -> base::Result<std::int64_t> {
          answered_before = answered.load();
          EDGE_TRY(const auto count, tx.db().integer("SELECT count(*) FROM message"
                                                     " WHERE from_id > 9"));
          return count.value_or(0);
        },
        std::move(done));
  });
  REQUIRE(seen.ok());
  CHECK_FALSE(answered_before);
  CHECK(*seen < before + 200);
  CHECK(forged.world.until([&] { return answered.load(); }));
  CHECK(forged.bob->texts() == before + 200);
  CHECK(forged.bob->incoming().arrivals().slices() >= 200 / 16);
  // The whole of it again: all of it was taken.
  CHECK(forged.bob->accept(arrival).verdict == peering::ArrivalVerdict::stored);
  CHECK(forged.bob->texts() == before + 200);
  // In order.
  auto read = forged.bob->core().read(Peer::kAccount);
  const auto last = store::messages_after(read->scope(), MsgId(0));
  REQUIRE(last.ok());
  const auto row = store::load_message(read->scope(), last->back().id);
  CHECK(row->text == "199");
}

TEST_CASE("many receipts in one envelope are taken in several writes, and their message once") {
  Forged forged;
  forged.go_bare();
  Receipts receipts;
  for (std::size_t i = 0; i < kMaxReceipts; ++i) {
    receipts.notes.push_back({store::ReceiptKind::arrived, {crypto::random_array<16>(), true}, 1});
  }
  const std::uint64_t before = forged.bob->incoming().arrivals().slices();
  const auto envelope = forged.alice->seal({crypto::random_array<16>(), std::move(receipts)});
  CHECK(forged.bob->accept(forged.alice->deposit({envelope})).verdict ==
        peering::ArrivalVerdict::stored);
  CHECK(forged.bob->incoming().arrivals().slices() - before >= 10);
  CHECK(forged.bob->incoming().counters().accepted == 1);
}

TEST_CASE("a group of many members is taken in several writes, with one line and one answer") {
  Forged forged;
  forged.go_bare();
  BareGateway& bob = *forged.bob;
  constexpr std::size_t kStrangers = 300;
  GroupUpdate update;
  update.group = crypto::random_array<16>();
  const MemberKey alice = chats::key_of(*forged.alice->core().directory.all().front());
  const MemberKey us = chats::key_of(*bob.core().directory.all().front());
  update.state.name = {{1, alice}, "Everybody"};
  std::vector<MemberKey> keys{alice, us};
  while (keys.size() < kStrangers + 2) {
    keys.push_back(crypto::Identity::generate().public_key().bytes());
  }
  const auto put_all = [&](std::uint64_t number) {
    for (const MemberKey& key : keys) {
      MemberCard card;
      card.version = number;
      card.name = "Member";
      update.state.members[key] = {number, true, alice, card};
    }
  };
  const auto slices_of = [&] {
    const std::uint64_t before = bob.incoming().arrivals().slices();
    const auto envelope = forged.alice->seal({crypto::random_array<16>(), update});
    CHECK(bob.accept(forged.alice->deposit({envelope})).verdict == peering::ArrivalVerdict::stored);
    bob.flush();
    return bob.incoming().arrivals().slices() - before;
  };
  put_all(1);
  const std::int64_t messages = bob.count("SELECT count(*) FROM message");
  CHECK(slices_of() >= kStrangers / 32);
  CHECK(bob.count("SELECT count(*) FROM chat_member WHERE present = 1") >=
        std::int64_t{kStrangers});
  CHECK(bob.count("SELECT count(*) FROM message") ==
        messages + 2);  // its notice, and "Member Me added by alice."
  CHECK(bob.incoming().counters().accepted == 1);
  // The same again changes nothing, and a change of all entries is cut up as well.
  CHECK(slices_of() == 1);
  put_all(2);
  CHECK(slices_of() >= kStrangers / 32);
  CHECK(bob.count("SELECT count(*) FROM message") == messages + 2);
}

TEST_CASE("skipped keys end with their time, and superseded sessions with theirs") {
  Forged forged;
  forged.go_bare();
  const auto late = forged.alice->seal_text("late");
  const auto gap = forged.alice->seal_text("gap", 100);
  CHECK(forged.bob->accept(forged.alice->deposit({gap})).verdict ==
        peering::ArrivalVerdict::stored);
  REQUIRE(skipped_keys(*forged.bob) == 101);
  const auto maintain = [&](base::Millis after) {
    forged.world.clock.advance(after);
    forged.bob->run_maintenance();
    forged.bob->flush();
  };
  const auto sessions = [&] { return forged.bob->count("SELECT count(*) FROM session"); };
  maintain(6 * kDay);
  CHECK(skipped_keys(*forged.bob) == 101);
  SECTION("of a session in use") {
    maintain(23 * kDay);
    CHECK(skipped_keys(*forged.bob) == 101);
    maintain(2 * kDay);
    CHECK(skipped_keys(*forged.bob) == 0);
    CHECK(sessions() == 1);
    CHECK(forged.bob->count("SELECT count(*) FROM session WHERE state = 1") == 1);
  }
  SECTION("of a superseded one, sooner") {
    forged.bob->write([&](const kernel::WriteContext& w) -> base::Result<> {
      EDGE_TRY(auto session, store::sending_session(w.scope, BareGateway::peer_of(w.scope).id));
      session->id = session->id + 1000;
      session->tag = crypto::random_array<16>();
      session->generation += 1;
      session->created_at = w.steady();
      EDGE_CHECK(store::insert_session(w.scope, *session));
      return store::supersede_sessions(w.scope, *session->contact);
    });
    CHECK(sessions() == 2);
    maintain(2 * kDay);
    CHECK(skipped_keys(*forged.bob) == 0);
    CHECK(sessions() == 2);
    maintain(29 * kDay);
    CHECK(sessions() == 1);
    CHECK(forged.bob->count("SELECT count(*) FROM session WHERE state = 1") == 1);
  }
}

TEST_CASE("a contact's skipped keys are bounded, whatever sessions it has") {
  Forged forged;
  forged.go_bare();
  for (int session = 1; session <= 4; ++session) {
    forged.bob->write([&](const kernel::WriteContext& w) -> base::Result<> {
      EDGE_TRY(auto row, store::sending_session(w.scope, BareGateway::peer_of(w.scope).id));
      row->id = row->id + session * 1000;
      row->tag = crypto::random_array<16>();
      EDGE_CHECK(store::insert_session(w.scope, *row));
      store::SkippedKeyTable table(w.scope, row->id, w.steady());
      std::vector<crypto::SkippedKey> keys(crypto::kMaxSkippedKeys);
      for (std::uint32_t n = 0; n < keys.size(); ++n) keys[n].n = n;
      EDGE_CHECK(table.put(keys));
      return table.keep_newest(crypto::kMaxSkippedKeys);
    });
  }
  CHECK(skipped_keys(*forged.bob) == std::int64_t{store::kMaxSkippedKeysOfContact});
}

TEST_CASE("while io is stopped nothing is taken, and what waits comes at once when it starts") {
  Talk talk;
  Peer& bob = talk.world.bob;
  const auto io = [&](void (Accounts::*change)(AccountId, base::Completion<>)) {
    REQUIRE(answer<void>(
        [&](auto done) { (bob.engine().accounts().*change)(Peer::kAccount, std::move(done)); }));
  };
  io(&Accounts::stop_io);
  const std::size_t reported = bob.events_of<ConnectivityChanged>().size();
  CHECK(reported > 0);
  io(&Accounts::stop_io);  // a loop that ends after this is notified all the same
  CHECK(bob.events_of<ConnectivityChanged>().size() > reported);
  bob.forget_events();
  talk.alice_sends(3);
  // Alice's pauses grow to two minutes.
  const std::size_t deposits = talk.world.network.deposits();
  REQUIRE(talk.world.until([&] { return talk.world.network.deposits() > deposits + 2; }));
  talk.world.clock.advance(15 * kMinute);
  const std::size_t later = talk.world.network.deposits();
  REQUIRE(talk.world.until([&] { return talk.world.network.deposits() > later; }));
  CHECK(said(bob, talk.bobs, 'a').empty());
  CHECK(bob.events_of<IncomingMsg>().empty());
  CHECK(talk.world.alice.state(*talk.world.alice.find_text("a0")) == MsgState::out_pending);
  const base::Millis start = talk.world.clock.uptime();
  io(&Accounts::start_io);
  CHECK(talk.arrived());
  CHECK(talk.world.clock.uptime() - start < 50'000);
  CHECK(said(bob, talk.bobs, 'a') == numbered("a", 0, 3));
}

TEST_CASE("a member that asks for a group's state again and again is sent it a few times") {
  Forged forged;
  World& world = forged.world;
  const auto group = answer<ChatId>([&](auto done) {
    world.bob.engine().groups().create(Peer::kAccount, "Shift 2", std::move(done));
  });
  REQUIRE(group.ok());
  const auto alice = world.bob.engine().contacts().ids(Peer::kAccount, false, "alice");
  REQUIRE((alice && alice->size() == 1));
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().groups().add(Peer::kAccount, *group, alice->front(), std::move(done));
  }));
  world.bob.send(*group, "welcome");
  REQUIRE(world.until([&] { return world.alice.has_text("welcome"); }));
  forged.go_bare();
  BareGateway& bob = *forged.bob;
  GroupUpdate question;
  {
    auto read = bob.core().read(Peer::kAccount);
    question.group = (*store::find_group(read->scope(), *group))->uuid;
  }
  const auto states = [&] {
    return bob.count("SELECT count(*) FROM outbox WHERE kind = 3 AND length(envelope) > 0");
  };
  const auto pending = [&] { return bob.count("SELECT count(*) FROM pending_state"); };
  const std::int64_t before = states();
  // Each question is answered, or waits, before the next one comes.
  for (int i = 0; i < 30; ++i) {
    const base::Bytes envelope = forged.alice->seal({crypto::random_array<16>(), question});
    const std::int64_t seen = bob.count("SELECT count(*) FROM seen_envelope");
    CHECK(bob.accept(forged.alice->deposit({envelope})).verdict == peering::ArrivalVerdict::stored);
    REQUIRE(world.until([&] { return bob.count("SELECT count(*) FROM seen_envelope") > seen; }));
    bob.flush();
  }
  const std::int64_t answers = states() - before;
  CHECK(answers >= 6);
  CHECK(answers < 10);
  CHECK(pending() == 1);
  // The last question is answered once time has passed.
  world.clock.advance(60'000);
  bob.pending_states().resume(Peer::kAccount);
  CHECK(world.until([&] { return pending() == 0; }));
  CHECK(states() - before > answers);
}
