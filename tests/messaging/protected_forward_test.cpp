// A protected file forwarded over one hop: owner alice, middle bob, forwardee carol.
#include "tests/messaging/protected_world.h"

using namespace test;
using Catch::Contains;

namespace {

ProtectedWorld::Came send_on(ProtectedWorld& world, const ProtectedWorld::Shared& shared) {
  REQUIRE(world.forward(shared.came.path));
  REQUIRE(ProtectedWorld::try_send(world.bob, world.bob_carol_chat, shared.came.path));
  return world.arrival(world.carol(), world.carol_chat);
}

ContactId forwardee_of(ProtectedWorld& world) {
  REQUIRE(
      world.until([&] { return !world.alice.events_of<PrivittyAccessRenewRequested>().empty(); }));
  return world.alice.events_of<PrivittyAccessRenewRequested>().back().requester_contact_id;
}

}  // namespace

TEST_CASE("a forwarded file opens only once its owner consented, and goes no further") {
  ProtectedWorld world(true);
  const auto shared = world.share("plan.txt", "secret plan", true, true);
  const auto came = send_on(world, shared);
  CHECK(ProtectedWorld::state(world.carol(), came.file) == "none");
  CHECK_THAT(ProtectedWorld::read(world.carol(), came.message), Contains("granted yet"));

  REQUIRE(ProtectedWorld::request(world.carol(), world.carol_chat, came.file));
  CHECK(ProtectedWorld::state(world.carol(), came.file) == "requested");
  const ContactId carol = forwardee_of(world);
  CHECK(ProtectedWorld::state(world.alice, shared.made.file_id) == "waiting_owner_action");
  REQUIRE(world.grant(shared.made.file_id, carol,
                      {.allow_download = true, .allow_forward = true, .seconds = 600}));
  CHECK(world.becomes(world.carol(), came.file, "active"));
  CHECK(ProtectedWorld::read(world.carol(), came.message) == "secret plan");

  const auto status = world.carol().engine().protected_files().status(Peer::kAccount, came.file);
  CHECK((*status)->is_forwarded);
  CHECK((*status)->allow_download);
  CHECK_FALSE((*status)->allow_forward);  // a forwardee may never forward
  const auto again = answer<void>([&](auto done) {
    world.carol().engine().protected_files().forward(Peer::kAccount, world.carol_chat,
                                                     world.carol_chat, came.path, std::move(done));
  });
  CHECK_THAT(again.error().message, Contains("once only"));

  const auto info = world.alice.engine().protected_files().info(Peer::kAccount, shared.sent);
  REQUIRE((*info)->forwarded.size() == 1);
  CHECK((*info)->forwarded[0].addr == "carol@carol.test");
  CHECK((*info)->forwarded[0].status == "active");
  CHECK((*info)->shared->name == "bob");

  REQUIRE(world.revoke(shared.made.file_id, carol));
  CHECK(world.becomes(world.carol(), came.file, "revoked"));
  CHECK(ProtectedWorld::sealed_shares(world.carol()).empty());
  CHECK(ProtectedWorld::read(world.bob, shared.came.message) == "secret plan");
}

TEST_CASE("the owner's no reaches the forwardee") {
  ProtectedWorld world(true);
  const auto shared = world.share("plan.txt", "secret plan", false, true);
  const auto came = send_on(world, shared);
  REQUIRE(ProtectedWorld::request(world.carol(), world.carol_chat, came.file));
  REQUIRE(world.deny(shared.made.file_id, forwardee_of(world)));
  CHECK(world.becomes(world.carol(), came.file, "denied"));
}

TEST_CASE("without the right to forward nothing is offered") {
  ProtectedWorld world(true);
  const auto shared = world.share("plan.txt", "secret plan", true, false);
  CHECK_THAT(world.forward(shared.came.path).error().message,
             Contains("does not allow forwarding"));
  CHECK_THAT(
      ProtectedWorld::try_send(world.bob, world.bob_carol_chat, shared.came.path).error().message,
      Contains("privitty_init_forward_peer_add"));
  REQUIRE(world.grant(shared.made.file_id, world.alice_peer, {.allow_forward = true}));
  CHECK(world.until([&] { return world.forward(shared.came.path).has_value(); }));
  REQUIRE(world.revoke(shared.made.file_id, world.alice_peer));
  REQUIRE(world.becomes(world.bob, shared.came.file, "revoked"));
  CHECK_FALSE(world.forward(shared.came.path));
}
