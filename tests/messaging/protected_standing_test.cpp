// A file that one contact was given more than once: alone, in the chat with it, and as a member of
// groups. Each stands or ends by itself; of those that stand the last decided one holds.
#include "tests/messaging/protected_group_world.h"

using namespace test;

namespace {

struct Standing : GroupWorld {
  Standing() { shared = share_in_group("plan.txt", "the plan"); }
  void grant_alone(GrantTerms terms = {}) {
    REQUIRE(grant_in(alice_carol, shared.made.file_id, carol_at_alice, terms));
  }
  void grant_as_member(GrantTerms terms = {}) {
    REQUIRE(grant_in(group, shared.made.file_id, carol_at_alice, terms));
  }
  bool carol_becomes(const std::string& word) { return becomes(carol, shared.at_carol.file, word); }
  std::string carol_reads() { return read(carol, shared.at_carol.message); }
  FileStatus at_carol() {
    return **carol.engine().protected_files().status(Peer::kAccount, shared.at_carol.file);
  }
  // As alice sees it.
  std::string status_of(ContactId who) {
    const auto info = *alice.engine().protected_files().info(Peer::kAccount, shared.sent);
    REQUIRE(info);
    for (const FileHolder& member : info->members) {
      if (member.contact == who) return member.status;
    }
    return "not listed";
  }
  SharedInGroup shared;
};

}  // namespace

TEST_CASE("access given to a member alone takes nothing from what it has in the group") {
  Standing world;
  world.grant_alone({.allow_download = true});
  REQUIRE(world.until([&] { return world.at_carol().allow_download; }));
  CHECK(world.status_of(world.carol_at_alice) == "active");
  CHECK(world.status_of(world.bob_at_alice) == "active");
  // The container goes to each chat once.
  const std::string prv = world.shared.made.encrypted_path;
  const auto again = ProtectedWorld::try_send(world.alice, world.group, prv);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == base::Errc::already_exists);
  REQUIRE(ProtectedWorld::try_send(world.alice, world.alice_carol, prv));
  const auto twice = ProtectedWorld::try_send(world.alice, world.alice_carol, prv);
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == base::Errc::already_exists);
  CHECK(world.carol_reads() == "the plan");
}

TEST_CASE("when membership ends, what was given to the contact alone holds with its own terms") {
  Standing world;
  world.grant_alone({.seconds = 3600});
  const UnixMillis end = world.clock.now() + 3'600'000;
  world.grant_as_member({.allow_download = true});
  REQUIRE(world.until([&] { return world.at_carol().allow_download; }));
  CHECK(world.at_carol().expires_at == 0);
  world.remove(world.alice, world.group, world.carol_at_alice);
  REQUIRE(world.until([&] { return !world.at_carol().allow_download; }));
  CHECK(world.at_carol().state == "active");
  CHECK(world.at_carol().expires_at > 0);
  CHECK(world.at_carol().expires_at <= end);
  CHECK(world.carol_reads() == "the plan");
  CHECK(world.status_of(world.carol_at_alice) == "active");
  CHECK(world.alice.events_of<PrivittyFileAccessRevoked>().empty());
  world.clock.advance(3'601'000);
  CHECK(world.carol_becomes("expired"));
  CHECK(world.status_of(world.carol_at_alice) == "expired");
  CHECK(world.until([&] { return ProtectedWorld::sealed_shares(world.carol).empty(); }));
}

TEST_CASE("when the window of the last decision ends, the one before it holds again") {
  Standing world;
  world.grant_alone({.allow_download = true, .seconds = 60});
  REQUIRE(world.until([&] { return world.at_carol().allow_download; }));
  world.clock.advance(61'000);
  REQUIRE(world.until(
      [&] { return !world.at_carol().allow_download && world.carol_reads() == "the plan"; }));
  CHECK(world.at_carol().expires_at == 0);
}

TEST_CASE("revoking takes all that a contact was given, whichever chat it was given in") {
  Standing world;
  world.grant_alone();
  SECTION("of one") {
    REQUIRE(world.revoke(world.shared.made.file_id, world.carol_at_alice));
    CHECK(world.carol_becomes("revoked"));
    CHECK(ProtectedWorld::read(world.bob, world.shared.at_bob.message) == "the plan");
    REQUIRE(
        world.until([&] { return !world.alice.events_of<PrivittyFileAccessRevoked>().empty(); }));
  }
  SECTION("of all") {
    REQUIRE(world.revoke(world.shared.made.file_id, std::nullopt));
    CHECK(world.carol_becomes("revoked"));
    CHECK(world.becomes(world.bob, world.shared.at_bob.file, "revoked"));
  }
  CHECK(ProtectedWorld::sealed_shares(world.carol).empty());
  CHECK(world.status_of(world.carol_at_alice) == "revoked");
  // Nothing of it is left that could hold again.
  world.remove(world.alice, world.group, world.carol_at_alice);
  REQUIRE(world.until([&] { return !world.is_in(world.carol, world.carol_group); }));
  CHECK(world.carol_reads().find("revoked") != std::string::npos);
}

TEST_CASE("a request is answered by a grant in either chat") {
  Standing world;
  world.grant_as_member({.seconds = 60});
  world.clock.advance(61'000);
  REQUIRE(world.carol_becomes("expired"));
  REQUIRE(ProtectedWorld::request(world.carol, world.carol_group, world.shared.at_carol.file));
  REQUIRE(
      world.until([&] { return !world.alice.events_of<PrivittyAccessRenewRequested>().empty(); }));
  CHECK(ProtectedWorld::state(world.alice, world.shared.made.file_id) == "waiting_owner_action");
  world.grant_alone();
  CHECK(world.carol_becomes("active"));
  CHECK(world.carol_reads() == "the plan");
  CHECK(ProtectedWorld::state(world.alice, world.shared.made.file_id) == "active");
}

TEST_CASE("the owner revokes by file after it deleted the chat in which it gave access") {
  Standing world;
  const auto remove_chat = [&](ChatId chat) {
    REQUIRE(answer<void>([&](auto done) {
      world.alice.engine().chats().remove(Peer::kAccount, chat, std::move(done));
    }));
  };
  const auto revoke_in = [&](ChatId chat, std::optional<ContactId> peer) {
    return answer<void>([&](auto done) {
      world.alice.engine().protected_files().revoke(
          Peer::kAccount, {chat, world.shared.made.file_id}, peer, std::move(done));
    });
  };
  remove_chat(world.group);
  REQUIRE(revoke_in(world.group, world.carol_at_alice));
  CHECK(world.carol_becomes("revoked"));
  CHECK(ProtectedWorld::read(world.bob, world.shared.at_bob.message) == "the plan");
  REQUIRE(revoke_in(world.group, std::nullopt));
  CHECK(world.becomes(world.bob, world.shared.at_bob.file, "revoked"));
  // Nothing is granted in a chat that is gone, and one that never was is a mistake.
  CHECK_FALSE(world.grant_in(world.group, world.shared.made.file_id, world.carol_at_alice, {}));
  const auto never = revoke_in(ChatId{999}, std::nullopt);
  REQUIRE_FALSE(never);
  CHECK(never.error().code == base::Errc::not_found);
  CHECK(never.error().message.find("chat 999") != std::string::npos);
}

TEST_CASE("a holder who deleted its copy can be given the file again") {
  Standing world;
  REQUIRE(answer<void>([&](auto done) {
    world.carol.engine().messages().remove(Peer::kAccount, {world.shared.at_carol.message},
                                           std::move(done));
  }));
  REQUIRE(world.until([&] { return world.status_of(world.carol_at_alice) == "deleted"; }));
  world.grant_as_member();
  REQUIRE(ProtectedWorld::try_send(world.alice, world.group, world.shared.made.encrypted_path));
  const auto came = world.arrival(world.carol, world.carol_group);
  CHECK(came.message != world.shared.at_carol.message);
  REQUIRE(world.becomes(world.carol, came.file, "active"));
  CHECK(ProtectedWorld::read(world.carol, came.message) == "the plan");
  // The first message still shows whose file it carries.
  const auto info = *world.alice.engine().protected_files().info(Peer::kAccount, world.shared.sent);
  REQUIRE(info);
  CHECK(info->members.size() == 2);
}

TEST_CASE("a channel's subscribers have its owner's files until they leave or it takes them back") {
  GroupWorld world;
  const auto made_channel = answer<ChatId>([&](auto done) {
    world.alice.engine().groups().create_channel(Peer::kAccount, "News", std::move(done));
  });
  REQUIRE(made_channel);
  const ChatId channel = *made_channel;
  world.add(world.alice, channel, world.bob_at_alice);
  world.add(world.alice, channel, world.carol_at_alice);
  const auto made = world.protect_for_group(world.alice, channel, "news.txt", "the news", false);
  REQUIRE(made);
  REQUIRE(ProtectedWorld::try_send(world.alice, channel, made->encrypted_path));
  const auto channel_at = [&](Peer& peer) {
    REQUIRE(world.until([&] { return !GroupWorld::groups(peer, ChatType::in_broadcast).empty(); }));
    return GroupWorld::groups(peer, ChatType::in_broadcast).front();
  };
  const ChatId bob_channel = channel_at(world.bob), carol_channel = channel_at(world.carol);
  const auto at_bob = world.arrival(world.bob, bob_channel);
  const auto at_carol = world.arrival(world.carol, carol_channel);
  REQUIRE(world.becomes(world.bob, at_bob.file, "active"));
  REQUIRE(world.becomes(world.carol, at_carol.file, "active"));
  CHECK(ProtectedWorld::read(world.bob, at_bob.message) == "the news");

  // A subscriber neither passes it on nor protects files of its own for the channel.
  world.join(world.carol, world.bob);
  const ChatId bob_carol = world.bob.events_of<PrivittyPeerHandshakeComplete>().back().chat_id;
  const auto on = answer<void>([&](auto done) {
    world.bob.engine().protected_files().forward(Peer::kAccount, bob_channel, bob_carol,
                                                 at_bob.path, std::move(done));
  });
  REQUIRE_FALSE(on);
  CHECK(on.error().message.find("does not allow forwarding") != std::string::npos);
  CHECK_FALSE(ProtectedWorld::try_send(world.bob, bob_carol, at_bob.path));
  const auto own = world.protect_for_group(world.bob, bob_channel, "own.txt");
  REQUIRE_FALSE(own);
  CHECK_FALSE(std::filesystem::exists(world.path("own.txt.prv")));

  // Who leaves has no access any more; the other has, until it is taken from all.
  world.remove(world.bob, bob_channel, kSelf);
  REQUIRE(world.becomes(world.bob, at_bob.file, "revoked"));
  CHECK(ProtectedWorld::sealed_shares(world.bob).empty());
  CHECK(ProtectedWorld::read(world.carol, at_carol.message) == "the news");
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().protected_files().revoke(Peer::kAccount, {channel, made->file_id},
                                                  std::nullopt, std::move(done));
  }));
  REQUIRE(world.becomes(world.carol, at_carol.file, "revoked"));
  CHECK(ProtectedWorld::sealed_shares(world.carol).empty());
}
