// A protected file between its owner and one contact: opening, windows, revoking, asking again.
#include <sys/stat.h>

#include "tests/messaging/protected_world.h"

using namespace test;
using Catch::Contains;

TEST_CASE("a protected file opens for its recipient and its owner, and says who they are") {
  ProtectedWorld world;
  const auto shared = world.share("report.csv", "a,b\n1,2\n");
  CHECK(shared.made.encrypted_path == world.path("report.csv.prv"));
  CHECK(world.bob.message(shared.came.message).file->name == "report.csv.prv");
  CHECK(ProtectedWorld::read(world.bob, shared.came.message) == "a,b\n1,2\n");
  CHECK(ProtectedWorld::read(world.alice, shared.sent) == "a,b\n1,2\n");

  const auto encrypted = world.alice.events_of<PrivittyFileEncrypted>();
  REQUIRE(encrypted.size() == 1);
  CHECK(encrypted[0].chat_id == world.alice_chat);
  CHECK(encrypted[0].msg_id != shared.sent);
  CHECK(world.until([&] { return !world.bob.events_of<PrivittyFileAccessChanged>().empty(); }));

  const auto ours = world.alice.engine().protected_files().info(Peer::kAccount, shared.sent);
  REQUIRE(ours);
  REQUIRE(*ours);
  CHECK((*ours)->owner_name == "alice");
  CHECK((*ours)->shared->name == "bob");
  CHECK((*ours)->shared->status == "active");
  const auto theirs =
      world.bob.engine().protected_files().info(Peer::kAccount, shared.came.message);
  REQUIRE(theirs);
  REQUIRE(*theirs);
  CHECK((*theirs)->owner_addr == "alice@alice.test");
  CHECK((*theirs)->shared->addr == "bob@bob.test");
  CHECK((*theirs)->forwarded.empty());
}

TEST_CASE("an existing .prv is not overwritten, and nothing is left of the attempt") {
  ProtectedWorld world;
  world.files.file("report.csv.prv", "mine");
  const auto made = world.protect("report.csv", "x");
  REQUIRE_FALSE(made);
  CHECK(made.error().code == base::Errc::already_exists);
  CHECK(read_file(world.path("report.csv.prv")) == "mine");
  CHECK(std::distance(std::filesystem::directory_iterator(world.files.path()), {}) == 2);
  CHECK(ProtectedWorld::sealed_shares(world.alice).empty());
}

TEST_CASE("a file in the gateway's own store is not protected there") {
  ProtectedWorld world;
  const auto shared = world.share("a.txt", "content");
  const auto made = answer<ProtectedPath>([&](auto done) {
    world.bob.engine().protected_files().protect(
        Peer::kAccount, {world.bob_chat, world.bob_peer, shared.came.path}, std::move(done));
  });
  REQUIRE_FALSE(made);
  CHECK(made.error().message.find("save_msg_file") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(shared.came.path + ".prv"));
}

TEST_CASE(
    "only a file that may be downloaded is decrypted to disk, once and for its reader alone") {
  ProtectedWorld world;
  const auto view = world.share("view.txt", "for the eye");
  std::filesystem::create_directory(world.path("got"));
  const std::string got = world.path("got/view.txt.prv");
  std::filesystem::copy_file(view.made.encrypted_path, got);
  auto no = ProtectedWorld::decrypt(world.bob, world.bob_chat, view.came.message, got);
  REQUIRE_FALSE(no);
  CHECK_THAT(no.error().message, Contains("does not allow downloading"));
  CHECK_FALSE(std::filesystem::exists(world.path("got/view.txt")));

  REQUIRE(world.grant(view.made.file_id, world.alice_peer, {.allow_download = true}));
  REQUIRE(world.until([&] {
    const auto status = world.bob.engine().protected_files().status(Peer::kAccount, view.came.file);
    return status && (*status)->allow_download;
  }));
  const auto path = ProtectedWorld::decrypt(world.bob, world.bob_chat, view.came.message, got);
  REQUIRE(path);
  CHECK(*path == world.path("got/view.txt"));
  CHECK(read_file(*path) == "for the eye");
  struct stat info {};
  REQUIRE(stat(path->c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  CHECK(world.bob.events_of<PrivittyFileDecrypted>() ==
        std::vector{PrivittyFileDecrypted{world.bob_chat, view.came.message}});
  no = ProtectedWorld::decrypt(world.bob, world.bob_chat, view.came.message, got);
  REQUIRE_FALSE(no);
  CHECK(no.error().code == base::Errc::already_exists);
  // The blob's own path would mean plaintext inside the store.
  no = ProtectedWorld::decrypt(world.bob, world.bob_chat, view.came.message, view.came.path);
  CHECK_THAT(no.error().message, Contains("save_msg_file"));
}

TEST_CASE("revoking closes what is being read, and the share is nowhere on the recipient's disk") {
  ProtectedWorld world;
  const auto shared = world.share("plan.txt", std::string(200'000, 'p'));
  const auto shares = ProtectedWorld::sealed_shares(world.bob);
  REQUIRE(shares.size() == 1);
  CHECK(ProtectedWorld::on_disk(world.bob.dir(), shares[0]));
  auto open = world.bob.engine().protected_files().open(Peer::kAccount, shared.came.message);
  REQUIRE(open);
  std::vector<std::uint8_t> chunk(65536);
  REQUIRE(open->reader->read_at(0, chunk));

  REQUIRE(world.revoke(shared.made.file_id, world.alice_peer));
  CHECK(world.becomes(world.bob, shared.came.file, "revoked"));
  CHECK(world.until([&] {
    const auto read = open->reader->read_at(65536, chunk);
    return !read && read.error().code == base::Errc::gone;
  }));
  CHECK_THAT(ProtectedWorld::read(world.bob, shared.came.message),
             Contains("revoked by its owner"));
  CHECK(ProtectedWorld::read(world.alice, shared.sent) == std::string(200'000, 'p'));
  CHECK(world.until([&] { return !ProtectedWorld::on_disk(world.bob.dir(), shares[0]); }));
  CHECK(ProtectedWorld::state(world.alice, shared.made.file_id) == "revoked");
  const auto reported = world.bob.events_of<PrivittyFileAccessRevoked>();
  REQUIRE(reported.size() == 1);
  CHECK(reported[0] == PrivittyFileAccessRevoked{world.bob_chat, world.bob_peer, shared.came.file});
  // Revoked is final for the recipient, and not for the owner.
  CHECK_THAT(ProtectedWorld::request(world.bob, world.bob_chat, shared.came.file).error().message,
             Contains("revoked by its owner"));
  REQUIRE(world.grant(shared.made.file_id, world.alice_peer, {}));
  CHECK(world.becomes(world.bob, shared.came.file, "active"));
  CHECK(ProtectedWorld::read(world.bob, shared.came.message) == std::string(200'000, 'p'));
}

TEST_CASE(
    "a window is counted in minutes when sent and in seconds when granted, and ends by itself") {
  ProtectedWorld world;
  const auto shared = world.share("short.txt", "brief", false, false, 10);
  world.clock.advance(5 * 60'000);
  CHECK(ProtectedWorld::read(world.bob, shared.came.message) == "brief");
  world.clock.advance(5 * 60'000);
  CHECK_THAT(ProtectedWorld::read(world.bob, shared.came.message), Contains("expired"));
  CHECK(world.until([&] { return ProtectedWorld::sealed_shares(world.bob).empty(); }));
  CHECK(world.becomes(world.alice, shared.made.file_id, "expired"));

  REQUIRE(ProtectedWorld::request(world.bob, world.bob_chat, shared.came.file));
  CHECK(ProtectedWorld::state(world.bob, shared.came.file) == "requested");
  CHECK(world.becomes(world.alice, shared.made.file_id, "waiting_owner_action"));
  // The state is there with the commit, the event a moment after it.
  REQUIRE(
      world.until([&] { return !world.alice.events_of<PrivittyAccessRenewRequested>().empty(); }));
  const auto asked = world.alice.events_of<PrivittyAccessRenewRequested>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0] ==
        PrivittyAccessRenewRequested{world.alice_chat, shared.made.file_id, world.alice_peer});
  REQUIRE(world.grant(shared.made.file_id, world.alice_peer, {.seconds = 600}));
  CHECK(world.becomes(world.bob, shared.came.file, "active"));
  CHECK(ProtectedWorld::read(world.bob, shared.came.message) == "brief");
  world.clock.advance(600'000);
  CHECK_THAT(ProtectedWorld::read(world.bob, shared.came.message), Contains("expired"));
}

TEST_CASE("asking can be answered with no, and only what was asked can be denied") {
  ProtectedWorld world;
  const auto shared = world.share("once.txt", "once", false, false, 10);
  CHECK_THAT(world.deny(shared.made.file_id, world.alice_peer).error().message,
             Contains("did not ask"));
  world.clock.advance(600'000);
  REQUIRE(ProtectedWorld::expire(world.bob));
  REQUIRE(ProtectedWorld::request(world.bob, world.bob_chat, shared.came.file));
  REQUIRE(world.becomes(world.alice, shared.made.file_id, "waiting_owner_action"));
  REQUIRE(world.deny(shared.made.file_id, world.alice_peer));
  CHECK(world.becomes(world.bob, shared.came.file, "denied"));
  CHECK_THAT(ProtectedWorld::read(world.bob, shared.came.message), Contains("denied"));
}

TEST_CASE("a window ends while the recipient's daemon is off") {
  ProtectedWorld world;
  const auto shared = world.share("off.txt", "off", false, false, 5);
  world.bob.stop();
  world.clock.advance(6 * 60'000);
  world.bob.start();
  CHECK_THAT(ProtectedWorld::read(world.bob, shared.came.message), Contains("expired"));
  CHECK(world.until([&] { return ProtectedWorld::sealed_shares(world.bob).empty(); }));
}

TEST_CASE("a clock that was moved keeps windows closed and destroys nothing") {
  ProtectedWorld world;
  const auto shared = world.share("clock.txt", "tick", false, false, 60);
  for (const base::Millis step : {-2 * 3'600'000, 2 * 3'600'000}) {
    world.bob.clock().jump(step);
    CHECK_THAT(ProtectedWorld::read(world.bob, shared.came.message), Contains("not believed"));
    REQUIRE(ProtectedWorld::expire(world.bob));
    CHECK(ProtectedWorld::sealed_shares(world.bob).size() == 1);
    world.alice.clock().jump(step);
    CHECK(world.protect("late" + std::to_string(step), "x", false, false, 5).error().code ==
          base::Errc::unavailable);
    world.alice.clock().jump(-step);
    world.bob.clock().jump(-step);
    CHECK(ProtectedWorld::read(world.bob, shared.came.message) == "tick");
  }
  // Moved while the daemon was off.
  world.bob.stop();
  world.clock.advance(30 * 60'000);
  world.bob.clock().jump(-150 * 60'000);
  world.bob.start();
  CHECK_THAT(ProtectedWorld::read(world.bob, shared.came.message), Contains("not believed"));
  CHECK(ProtectedWorld::sealed_shares(world.bob).size() == 1);
}

TEST_CASE("setting the clock back by less than an hour gives no time") {
  ProtectedWorld world;
  const auto shared = world.share("back.txt", "tick", false, false, 60);
  world.clock.advance(50 * 60'000);
  world.clock.jump_wall(-30 * 60'000);
  CHECK(ProtectedWorld::read(world.bob, shared.came.message) == "tick");
  world.clock.advance(11 * 60'000);
  CHECK_THAT(ProtectedWorld::read(world.bob, shared.came.message), Contains("expired"));
}

TEST_CASE("deleting the message destroys the recipient's share, and the owner's record says so") {
  ProtectedWorld world;
  const auto shared = world.share("gone.txt", "gone");
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().messages().remove(Peer::kAccount, {shared.came.message}, std::move(done));
  }));
  CHECK(ProtectedWorld::sealed_shares(world.bob).empty());
  CHECK(world.becomes(world.alice, shared.made.file_id, "deleted"));
}

TEST_CASE("a container goes only where its grant went, and is what it was") {
  ProtectedWorld world;
  const auto shared = world.share("one.txt", "one");
  const std::string prv = shared.made.encrypted_path;
  const auto refusal = [&](Peer& peer, ChatId chat, const std::string& file) {
    const auto sent = ProtectedWorld::try_send(peer, chat, file);
    return sent ? "sent" : sent.error().message;
  };
  CHECK_THAT(refusal(world.alice, world.alice_chat, prv), Contains("already"));

  Peer carol(world.network, world.clock, "carol");
  world.join(carol, world.alice);
  const ChatId other = world.alice.events_of<PrivittyPeerHandshakeComplete>().back().chat_id;
  REQUIRE(other != world.alice_chat);
  CHECK_THAT(refusal(world.alice, other, prv), Contains("privitty_send_file_access"));
  CHECK_THAT(refusal(carol, carol.chat_with_peer(), prv), Contains("protected by somebody else"));
  CHECK_THAT(refusal(world.bob, world.bob_chat, prv), Contains("privitty_init_forward_peer_add"));

  auto made = world.protect("two.txt", std::string(100'000, '2'));
  REQUIRE(made);
  std::string bytes = read_file(made->encrypted_path);
  CHECK_THAT(refusal(world.alice, world.alice_chat,
                     world.files.file("cut.prv", bytes.substr(0, bytes.size() - 7))),
             Contains("cut short"));
  CHECK_THAT(
      refusal(world.alice, world.alice_chat, world.files.file("head.prv", bytes.substr(0, 300))),
      Contains("cut short"));
  CHECK_THAT(refusal(world.alice, world.alice_chat, world.files.file("fake.prv", "not one")),
             Contains("not a protected file"));
  // Renamed: it travels under its own name.
  const auto sent =
      ProtectedWorld::try_send(world.alice, world.alice_chat, world.files.file("other.bin", bytes));
  REQUIRE(sent);
  CHECK(world.alice.message(*sent).file->name == "two.txt.prv");
  // The one file's message does not open the other's container.
  std::filesystem::create_directory(world.path("x"));
  const auto wrong = ProtectedWorld::decrypt(world.alice, world.alice_chat, shared.sent,
                                             world.files.file("x/y.prv", bytes));
  CHECK_THAT(wrong.error().message, Contains("is not the file of message"));
}

TEST_CASE("a file is shown as protected by its bytes, not by its name") {
  ProtectedWorld world;
  const auto shared = world.share("plan.txt", "content");
  CHECK(world.alice.message(shared.sent).file->is_protected);
  CHECK(world.bob.message(shared.came.message).file->is_protected);
  const auto drafted = [&](const std::string& path) {
    MessageDraft draft;
    draft.file = path;
    REQUIRE(answer<void>([&](auto done) {
      world.alice.engine().messages().set_draft(Peer::kAccount, world.alice_chat, draft,
                                                std::move(done));
    }));
    const auto shown = world.alice.engine().messages().draft(Peer::kAccount, world.alice_chat);
    REQUIRE(shown);
    REQUIRE(*shown);
    return (*shown)->file->is_protected;
  };
  CHECK_FALSE(drafted(world.files.file("fake.prv", "not one")));
  CHECK_FALSE(drafted(world.files.file("empty.prv", "")));
  CHECK(drafted(world.files.file("other.bin", read_file(shared.made.encrypted_path))));
}

TEST_CASE("a file is granted to a second contact of its owner without sealing it again") {
  ProtectedWorld world;
  const auto shared = world.share("both.txt", "both");
  Peer carol(world.network, world.clock, "carol");
  world.join(carol, world.alice);
  const ChatId chat = world.alice.events_of<PrivittyPeerHandshakeComplete>().back().chat_id;
  const ContactId contact = ProtectedWorld::peer_of(world.alice, chat);
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().protected_files().grant(Peer::kAccount, {chat, shared.made.file_id},
                                                 contact, {}, std::move(done));
  }));
  REQUIRE(ProtectedWorld::try_send(world.alice, chat, shared.made.encrypted_path));
  const auto came = world.arrival(carol, carol.chat_with_peer());
  CHECK(world.becomes(carol, came.file, "active"));
  CHECK(ProtectedWorld::read(carol, came.message) == "both");
  REQUIRE(world.revoke(shared.made.file_id, std::nullopt));  // everybody
  CHECK(world.becomes(carol, came.file, "revoked"));
  CHECK(world.becomes(world.bob, shared.came.file, "revoked"));
}

TEST_CASE("a grant that was lost for good is sent again when its holder asks") {
  ProtectedWorld world;
  // The grant waits in the outbox behind a cut line, and goes nowhere.
  world.network.set({.cut = true});
  const auto made = world.protect("plan.txt", "the plan");
  REQUIRE(made);
  REQUIRE(world.alice.store().write_now<void>([](store::Tx& tx) -> base::Result<> {
    EDGE_CHECK(tx.db().run("DELETE FROM outbox"));
    return {};
  }));
  world.network.set({});
  REQUIRE(ProtectedWorld::try_send(world.alice, world.alice_chat, made->encrypted_path));
  const auto came = world.arrival(world.bob, world.bob_chat);
  CHECK(ProtectedWorld::state(world.bob, came.file) == "not_found");
  CHECK(ProtectedWorld::read(world.bob, came.message).find("ask its owner") != std::string::npos);
  REQUIRE(ProtectedWorld::request(world.bob, world.bob_chat, came.file));
  REQUIRE(world.becomes(world.bob, came.file, "active"));
  CHECK(ProtectedWorld::read(world.bob, came.message) == "the plan");
}
