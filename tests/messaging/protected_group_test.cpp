// Protected files in groups: alice owns, bob and carol are members who each joined alice.
#include "tests/messaging/protected_group_world.h"

using namespace test;

TEST_CASE("a file for a group opens for every member by a grant of its own, in the group's chat") {
  GroupWorld world;
  const auto shared = world.share_in_group("plan.txt", "the plan", false, false, 60);
  CHECK(ProtectedWorld::read(world.bob, shared.at_bob.message) == "the plan");
  CHECK(ProtectedWorld::read(world.carol, shared.at_carol.message) == "the plan");
  CHECK(ProtectedWorld::read(world.alice, shared.sent) == "the plan");
  CHECK(world.last<PrivittyFileEncrypted>(world.alice).chat_id == world.group);
  CHECK(world.last<PrivittyFileAccessChanged>(world.carol).chat_id == world.carol_group);

  const auto info = *world.alice.engine().protected_files().info(Peer::kAccount, shared.sent);
  REQUIRE(info);
  CHECK(info->owner_name == "alice");
  REQUIRE(info->members.size() == 2);
  CHECK(info->members[0].contact == world.bob_at_alice);
  CHECK(info->members[1].contact == world.carol_at_alice);
  for (const FileHolder& member : info->members) {
    CHECK(member.status == "active");
    CHECK(member.expires_at > world.clock.now());
  }
  const auto theirs =
      *world.carol.engine().protected_files().info(Peer::kAccount, shared.at_carol.message);
  REQUIRE(theirs);
  CHECK(theirs->members.empty());
  CHECK(theirs->shared->status == "active");

  // One share each: what bob has is not what carol's store holds.
  CHECK(ProtectedWorld::sealed_shares(world.bob) != ProtectedWorld::sealed_shares(world.carol));
}

TEST_CASE("members who never met share protected files, and get no chat of their own by it") {
  GroupWorld world;
  const std::size_t chats = GroupWorld::single_chats(world.carol);
  const auto made = world.protect_for_group(world.bob, world.bob_group, "b.txt", "from bob");
  REQUIRE(made);
  REQUIRE(ProtectedWorld::try_send(world.bob, world.bob_group, made->encrypted_path));
  const auto came = world.arrival(world.carol, world.carol_group);
  REQUIRE(world.becomes(world.carol, came.file, "active"));
  CHECK(ProtectedWorld::read(world.carol, came.message) == "from bob");
  CHECK(GroupWorld::single_chats(world.carol) == chats);
}

TEST_CASE("a member who joins later has no access until its owner grants it") {
  GroupWorld world(false);  // carol is no member yet
  const auto made = world.protect_for_group(world.alice, world.group, "early.txt", "early");
  REQUIRE(made);
  const auto sent = ProtectedWorld::try_send(world.alice, world.group, made->encrypted_path);
  REQUIRE(sent);
  world.bob_group = world.group_at(world.bob);
  CHECK(world.becomes(world.bob, world.arrival(world.bob, world.bob_group).file, "active"));
  world.add(world.alice, world.group, world.carol_at_alice);
  world.carol_group = world.group_at(world.carol);
  CHECK(ProtectedWorld::sealed_shares(world.carol).empty());

  // Everybody who may have it was sent it.
  auto again = ProtectedWorld::try_send(world.alice, world.group, made->encrypted_path);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == base::Errc::already_exists);

  REQUIRE(world.grant_in(world.group, made->file_id, world.carol_at_alice, {.seconds = 60}));
  REQUIRE(world.until([&] { return ProtectedWorld::sealed_shares(world.carol).size() == 1; }));
  REQUIRE(ProtectedWorld::try_send(world.alice, world.group, made->encrypted_path));
  const auto came = world.arrival(world.carol, world.carol_group);
  CHECK(ProtectedWorld::read(world.carol, came.message) == "early");
  world.clock.advance(61'000);
  CHECK(world.becomes(world.carol, came.file, "expired"));
}

TEST_CASE(
    "a member who is taken out loses its access, whoever did it, and has none when it is back") {
  GroupWorld world;
  const auto shared = world.share_in_group("plan.txt", "the plan");
  const auto shares = ProtectedWorld::sealed_shares(world.carol);
  REQUIRE(shares.size() == 1);
  SECTION("by the owner") { world.remove(world.alice, world.group, world.carol_at_alice); }
  SECTION("by another member") {
    world.remove(world.bob, world.bob_group, GroupWorld::contact(world.bob, "carol"));
  }
  SECTION("by itself") { world.remove(world.carol, world.carol_group, kSelf); }
  REQUIRE(world.becomes(world.carol, shared.at_carol.file, "revoked"));
  CHECK(ProtectedWorld::sealed_shares(world.carol).empty());
  CHECK(world.until([&] { return !ProtectedWorld::on_disk(world.carol.dir(), shares[0]); }));
  CHECK(ProtectedWorld::read(world.carol, shared.at_carol.message).find("revoked") !=
        std::string::npos);
  REQUIRE(world.until([&] {
    return !world.alice.events_of<PrivittyFileAccessRevoked>().empty() &&
           !world.carol.events_of<PrivittyFileAccessRevoked>().empty();
  }));
  const auto revoked = world.alice.events_of<PrivittyFileAccessRevoked>();
  REQUIRE(revoked.size() == 1);
  CHECK(revoked[0].contact_id == world.carol_at_alice);
  CHECK(revoked[0].chat_id == world.group);
  CHECK(world.carol.events_of<PrivittyFileAccessRevoked>().back().chat_id == world.carol_group);
  CHECK(ProtectedWorld::read(world.bob, shared.at_bob.message) == "the plan");

  // Out of the group nothing can be granted in it.
  const auto outside = world.grant_in(world.group, shared.made.file_id, world.carol_at_alice, {});
  REQUIRE_FALSE(outside);
  CHECK(outside.error().message.find("not a member") != std::string::npos);

  // Back in it the access is still over, until it is granted again.
  world.add(world.alice, world.group, world.carol_at_alice);
  REQUIRE(world.until([&] { return world.is_in(world.carol, world.carol_group); }));
  CHECK(ProtectedWorld::state(world.carol, shared.at_carol.file) == "revoked");
  REQUIRE(world.grant_in(world.group, shared.made.file_id, world.carol_at_alice, {}));
  CHECK(world.becomes(world.carol, shared.at_carol.file, "active"));
  CHECK(ProtectedWorld::read(world.carol, shared.at_carol.message) == "the plan");
}

TEST_CASE("who leaves a group whose chat its owner deleted loses its access as well") {
  GroupWorld world;
  const auto shared = world.share_in_group("plan.txt", "the plan");
  REQUIRE(test::answer<void>([&](auto done) {
    world.alice.engine().chats().remove(Peer::kAccount, world.group, std::move(done));
  }));
  CHECK(ProtectedWorld::read(world.carol, shared.at_carol.message) == "the plan");
  world.remove(world.carol, world.carol_group, kSelf);
  CHECK(world.becomes(world.carol, shared.at_carol.file, "revoked"));
  CHECK(ProtectedWorld::read(world.bob, shared.at_bob.message) == "the plan");
}

TEST_CASE("what was granted to a contact alone outlives its membership") {
  GroupWorld world;
  const auto shared = world.share_in_group("plan.txt", "the plan");
  REQUIRE(world.grant_in(world.alice_carol, shared.made.file_id, world.carol_at_alice, {}));
  world.remove(world.alice, world.group, world.carol_at_alice);
  REQUIRE(world.until([&] { return !world.is_in(world.carol, world.carol_group); }));
  CHECK(ProtectedWorld::read(world.carol, shared.at_carol.message) == "the plan");
  REQUIRE(world.revoke(shared.made.file_id, std::nullopt));
  CHECK(world.becomes(world.carol, shared.at_carol.file, "revoked"));
  CHECK(world.becomes(world.bob, shared.at_bob.file, "revoked"));
}

TEST_CASE("a grant that comes before the news of its group waits for it") {
  GroupWorld world(false);
  world.join(world.carol, world.bob);
  world.carol.stop();
  world.add(world.alice, world.group, world.carol_at_alice);
  world.alice.send(world.group, "carol is in");
  REQUIRE(world.until([&] { return world.bob.has_text("carol is in"); }));
  world.bob_group = world.group_at(world.bob);
  world.alice.stop();
  world.carol.start();
  const auto made = world.protect_for_group(world.bob, world.bob_group, "b.txt", "from bob");
  REQUIRE(made);
  REQUIRE(ProtectedWorld::try_send(world.bob, world.bob_group, made->encrypted_path));
  REQUIRE(world.until([&] {
    auto reader = world.carol.store().read();
    return *reader->connection().integer("SELECT count(*) FROM group_held") == 2;
  }));
  CHECK(ProtectedWorld::sealed_shares(world.carol).empty());
  CHECK(world.carol.events_of<PrivittyFileAccessChanged>().empty());
  world.alice.start();
  world.carol_group = world.group_at(world.carol);
  const auto came = world.arrival(world.carol, world.carol_group);
  REQUIRE(world.becomes(world.carol, came.file, "active"));
  CHECK(ProtectedWorld::read(world.carol, came.message) == "from bob");
  CHECK(world.last<PrivittyFileAccessChanged>(world.carol).chat_id == world.carol_group);
}

TEST_CASE("a member asks again in the group, and the owner says yes to one and no to another") {
  GroupWorld world;
  const auto shared = world.share_in_group("plan.txt", "the plan", false, false, 1);
  world.clock.advance(61'000);
  REQUIRE(world.becomes(world.bob, shared.at_bob.file, "expired"));
  REQUIRE(world.becomes(world.carol, shared.at_carol.file, "expired"));
  REQUIRE(ProtectedWorld::request(world.bob, world.bob_group, shared.at_bob.file));
  REQUIRE(ProtectedWorld::request(world.carol, world.carol_group, shared.at_carol.file));
  REQUIRE(world.until(
      [&] { return world.alice.events_of<PrivittyAccessRenewRequested>().size() == 2; }));
  CHECK(world.alice.events_of<PrivittyAccessRenewRequested>()[0].chat_id == world.group);
  CHECK(ProtectedWorld::state(world.alice, shared.made.file_id) == "waiting_owner_action");
  REQUIRE(world.grant_in(world.group, shared.made.file_id, world.bob_at_alice, {.seconds = 60}));
  REQUIRE(world.deny(shared.made.file_id, world.carol_at_alice));
  CHECK(world.becomes(world.bob, shared.at_bob.file, "active"));
  CHECK(world.becomes(world.carol, shared.at_carol.file, "denied"));
}

TEST_CASE("in lost, doubled and reordered messages the members still end as the owner decided") {
  GroupWorld world;
  world.network.set({.lose_request = 0.3, .lose_reply = 0.3, .duplicate = 0.3, .reorder = true});
  const auto shared = world.share_in_group("plan.txt", "the plan");
  REQUIRE(world.revoke(shared.made.file_id, world.bob_at_alice));
  REQUIRE(world.grant_in(world.group, shared.made.file_id, world.bob_at_alice, {}));
  world.remove(world.bob, world.bob_group, GroupWorld::contact(world.bob, "carol"));
  REQUIRE(world.becomes(world.carol, shared.at_carol.file, "revoked"));
  REQUIRE(world.becomes(world.bob, shared.at_bob.file, "active"));
}

TEST_CASE("protecting for a chat that is no group, or that nobody else is in, says so") {
  GroupWorld world;
  world.files.file("x.txt", "x");
  const auto refused = [&](ChatId chat, Peer& peer, const std::string& words) {
    const auto made = world.protect_for_group(peer, chat, "x.txt");
    REQUIRE_FALSE(made);
    INFO(made.error().message);
    CHECK(made.error().message.find(words) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(world.path("x.txt.prv")));
  };
  refused(world.alice_chat, world.alice, "not a group");
  refused(ChatId{999}, world.alice, "999");
  const ChatId alone = GroupWorld::create(world.alice, "alone");
  refused(alone, world.alice, "nobody but this account");
  world.remove(world.carol, world.carol_group, kSelf);
  refused(world.carol_group, world.carol, "not a member");

  // A container goes to the group it was made for, once.
  const auto made = world.protect_for_group(world.alice, world.group, "x.txt");
  REQUIRE(made);
  const auto elsewhere =
      ProtectedWorld::try_send(world.alice, world.alice_carol, made->encrypted_path);
  REQUIRE_FALSE(elsewhere);
  CHECK(elsewhere.error().message.find("privitty_send_file") != std::string::npos);
  REQUIRE(ProtectedWorld::try_send(world.alice, world.group, made->encrypted_path));
  const auto twice = ProtectedWorld::try_send(world.alice, world.group, made->encrypted_path);
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == base::Errc::already_exists);
  const auto came = world.arrival(world.bob, world.bob_group);
  const auto theirs = ProtectedWorld::try_send(world.bob, world.bob_group, came.path);
  REQUIRE_FALSE(theirs);
  CHECK(theirs.error().message.find("not to a group") != std::string::npos);
}

TEST_CASE("a member may forward a group's file to somebody outside, with its owner's consent") {
  GroupWorld world;
  const auto shared = world.share_in_group("plan.txt", "the plan", false, true);
  Peer dave(world.network, world.clock, "dave");
  const ChatId dave_chat = world.join(dave, world.bob);
  const ChatId bob_dave = world.bob.events_of<PrivittyPeerHandshakeComplete>().back().chat_id;
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().protected_files().forward(Peer::kAccount, world.bob_group, bob_dave,
                                                 shared.at_bob.path, std::move(done));
  }));
  REQUIRE(ProtectedWorld::try_send(world.bob, bob_dave, shared.at_bob.path));
  const auto came = world.arrival(dave, dave_chat);
  REQUIRE(ProtectedWorld::request(dave, dave_chat, came.file));
  REQUIRE(
      world.until([&] { return !world.alice.events_of<PrivittyAccessRenewRequested>().empty(); }));
  const auto asked = world.alice.events_of<PrivittyAccessRenewRequested>().back();
  CHECK(asked.chat_id == world.group);
  REQUIRE(world.grant_in(world.group, shared.made.file_id, asked.requester_contact_id, {}));
  REQUIRE(world.becomes(dave, came.file, "active"));
  CHECK(ProtectedWorld::read(dave, came.message) == "the plan");
}
