// A group with more members than one write sends to: who is told of it when, and in which order.
#include "crypto/identity.h"
#include "crypto/random.h"
#include "messaging/chats/contact_keys.h"
#include "messaging/chats/group_row.h"
#include "messaging/groups/group_rules.h"
#include "messaging/groups/group_sending.h"
#include "messaging/model/content.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/outbox.h"
#include "tests/messaging/bare_gateway.h"
#include "tests/messaging/three.h"

using namespace test;

namespace {

constexpr std::size_t kOthers = 40;

GroupState state_with_others(const MemberKey& self) {
  GroupState state;
  state.name = {{1, self}, "All shifts"};
  state.members[self] = {1, true, self, {}};
  for (std::size_t i = 0; i < kOthers; ++i) {
    const MemberKey key = crypto::Identity::generate().public_key().bytes();
    MemberCard card;
    card.addr = "nobody@nowhere";
    card.name = "Nobody";
    card.urls = {"http://nobody.test"};
    card.mailbox = "0123456789abcdef";
    card.token = crypto::random_array<32>();
    state.members[key] = {2, true, self, card};
  }
  return state;
}

}  // namespace

TEST_CASE("a large new group's state goes to its members in many writes, before what it is of") {
  World world;
  ChatId chat;
  {
    BareGateway bob(world, world.bob);
    chat = bob.write([&](const kernel::WriteContext& w) -> base::Result<ChatId> {
      const MemberKey self = chats::key_of(w.account);
      EDGE_TRY(const auto group,
               groups::make_group(w, crypto::random_array<16>(), state_with_others(self),
                                  store::ChatBlocked::no));
      return group.row.chat;
    });
  }
  world.bob.start();
  world.join(world.alice, world.bob);
  const ContactId alice = Three::contact(world.bob, "alice");
  Three::add(world.bob, chat, alice);
  {
    BareGateway bob(world, world.bob);
    bob.write([&](const kernel::WriteContext& w) -> base::Result<> {
      EDGE_TRY(chats::Group group, chats::load_group(w.scope, chat));
      EDGE_CHECK(groups::promote(w, group));
      GroupText text;
      text.group = group.row.uuid;
      text.message.seq = 1'000'000;
      text.message.text = "welcome";
      text.digest = group.state.digest();
      const store::Uuid said = crypto::random_array<16>();
      EDGE_CHECK(groups::queue_for_members(w, chat, Content{said, text}));

      const base::Bytes first = base::to_bytes(groups::promotion_uuid(group.row.uuid));
      EDGE_TRY(const auto made, w.scope.db.integer("SELECT count(*) FROM outbox WHERE uuid = ? AND"
                                                   " payload_sealed IS NOT NULL",
                                                   first));
      CHECK(made == 16);
      EDGE_TRY(const auto places,
               w.scope.db.integer("SELECT count(*) FROM outbox WHERE uuid = ?", first));
      CHECK(places == std::int64_t{kOthers + 1});
      EDGE_TRY(const auto waits,
               w.scope.db.integer("SELECT state = ?3 AND id > (SELECT id FROM outbox WHERE"
                                  " contact_id = ?1 AND uuid = ?4) FROM outbox"
                                  " WHERE contact_id = ?1 AND uuid = ?2",
                                  alice, base::to_bytes(said), store::OutboxState::waiting, first));
      CHECK(waits == 1);
      return {};
    });
    CHECK(world.until([&] {
      return bob.count("SELECT count(*) FROM pending_state") == 0 &&
             bob.count("SELECT count(*) FROM outbox WHERE kind = 3 AND payload_sealed IS NULL") ==
                 0;
    }));
  }
  world.bob.start();
  REQUIRE(world.until([&] { return world.alice.has_text("welcome"); }));
  const ChatId at_alice = Three::group_at(world.alice);
  CHECK(world.until([&] { return Three::members(world.alice, at_alice).size() == kOthers + 2; }));
  // It is a new group: who is in it came with it.
  CHECK(Three::lines(world.alice, at_alice, SystemMessage::member_added).empty());
}

TEST_CASE("a place that nothing fills holds up what waits behind it no longer than an hour") {
  Forged forged;
  forged.go_bare();
  BareGateway& bob = *forged.bob;
  const store::Uuid uuid = crypto::random_array<16>();
  const auto queue = [&](const kernel::WriteContext& w) {
    return outbox::queue_content(w, BareGateway::peer_of(w.scope).id,
                                 Content{crypto::random_array<16>(), Hello{}});
  };
  const auto waiting = [&] { return bob.count("SELECT count(*) FROM outbox WHERE state = 0"); };
  const auto release = [&](const kernel::WriteContext& w) {
    return outbox::release_waiting(w, BareGateway::peer_of(w.scope).id);
  };
  bob.write([&](const kernel::WriteContext& w) {
    return outbox::reserve_place(w, BareGateway::peer_of(w.scope).id, uuid);
  });
  bob.write(queue);
  bob.write(release);
  CHECK(waiting() == 2);
  SECTION("it is filled") {
    bob.write([&](const kernel::WriteContext& w) {
      return outbox::fill_place(w, BareGateway::peer_of(w.scope).id, Content{uuid, Hello{}});
    });
    CHECK(waiting() == 0);
    CHECK(bob.count("SELECT count(*) FROM outbox WHERE kind = 3 AND length(envelope) > 0") >= 2);
  }
  SECTION("it is given up") {
    bob.write([&](const kernel::WriteContext& w) {
      return outbox::give_up_place(w, BareGateway::peer_of(w.scope).id, uuid);
    });
    CHECK(waiting() == 0);
  }
  SECTION("nobody comes") {
    forged.world.clock.advance(3'600'001);
    bob.write(release);
    CHECK(waiting() == 0);
  }
}
