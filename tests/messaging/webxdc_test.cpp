// Webxdc apps: which files are some, what is in their archives, and updates between their copies.
#include "messaging/api/webxdc.h"

#include <set>

#include "messaging/files/xdc_manifest.h"
#include "messaging/files/zip_file.h"
#include "store/tables/accounts.h"
#include "store/tables/webxdc.h"
#include "tests/messaging/three.h"
#include "tests/support/zip.h"

using namespace test;

namespace {

std::string app_bytes(const std::string& manifest = "name = \"Votes\"\n") {
  return zip(
      {{"index.html", "<html>votes</html>"}, {"manifest.toml", manifest}, {"icon.png", "P"}});
}
MsgId send_app(Peer& peer, ChatId chat, const TempDir& files,
               const std::string& bytes = app_bytes()) {
  MessageDraft draft;
  draft.file = files.file("votes.xdc", bytes);
  draft.text = "vote!";
  return peer.send(chat, draft);
}
base::Result<> update(Peer& peer, MsgId app, WebxdcUpdate what) {
  return answer<void>([&](auto done) {
    peer.engine().webxdc().send(kAccount, app, std::move(what), std::move(done));
  });
}
std::vector<WebxdcUpdateShown> updates(Peer& peer, MsgId app, std::uint32_t after = 0) {
  const auto found = peer.engine().webxdc().updates(kAccount, app, after);
  if (!found) FAIL(found.error().message);
  return *found;
}
std::vector<std::string> payloads(Peer& peer, MsgId app) {
  std::vector<std::string> found;
  for (const auto& one : updates(peer, app)) found.push_back(one.update.payload);
  return found;
}
WebxdcInfo info(Peer& peer, MsgId app) {
  const auto found = peer.engine().webxdc().info(kAccount, app);
  if (!found) FAIL(found.error().message);
  return *found;
}
std::vector<Message> lines(Peer& peer, ChatId chat) {
  return Three::lines(peer, chat, SystemMessage::webxdc_info);
}

struct AppsWorld : World {
  AppsWorld() : at_bob(join(bob, alice)), at_alice(alice.chat_with_peer()) {
    sent = send_app(alice, at_alice, files);
    REQUIRE(until([&] { return bob.has_text("vote!"); }));
    received = *bob.find_text("vote!");
  }
  TempDir files;
  ChatId at_bob, at_alice;
  MsgId sent, received;
};

}  // namespace

TEST_CASE("an app is a message of its own type, whose archive can be read at both sides") {
  AppsWorld world;
  for (auto [peer, app] :
       {std::pair(&world.alice, world.sent), std::pair(&world.bob, world.received)}) {
    CHECK(peer->message(app).type == Viewtype::webxdc);
    const WebxdcInfo shown = info(*peer, app);
    CHECK(shown.name == "Votes");
    CHECK(shown.icon == "icon.png");
    CHECK(shown.is_app_sender == (peer == &world.alice));
    CHECK_FALSE(shown.is_broadcast);
    const auto index = peer->engine().webxdc().file(kAccount, app, "/index.html");
    REQUIRE(index);
    CHECK(std::string(index->begin(), index->end()) == "<html>votes</html>");
    CHECK_FALSE(peer->engine().webxdc().file(kAccount, app, "../master.key"));
  }
  CHECK(info(world.alice, world.sent).self_addr != info(world.bob, world.received).self_addr);
  CHECK(info(world.alice, world.sent).self_addr == info(world.alice, world.sent).self_addr);
}

TEST_CASE("a manifest that is none leaves the file's name, and a newer API another page") {
  AppsWorld world;
  const MsgId broken = send_app(world.alice, world.at_alice, world.files, app_bytes("name = [[["));
  CHECK(info(world.alice, broken).name == "votes.xdc");
  const MsgId newer =
      send_app(world.alice, world.at_alice, world.files,
               app_bytes("name = 5\nmin_api = 99\nsource_code_url = \"https://x\""));
  CHECK(info(world.alice, newer).name == "votes.xdc");
  CHECK(info(world.alice, newer).source_code_url == "https://x");
  const auto page = world.alice.engine().webxdc().file(kAccount, newer, "index.html");
  CHECK(std::string(page->begin(), page->end()).find("newer") != std::string::npos);
}

TEST_CASE("of a manifest the texts at its top are read, and nothing breaks it") {
  using files::read_xdc_manifest;
  const auto good = read_xdc_manifest(
      "# an app\n name = \"Gr\\u00fc\\u00dfe \\\"1\\\"\" # "
      "greets\r\nsource_code_url='https://x/\\n'\n"
      "min_api = 2\n[other]\nname = \"not this\"\n");
  CHECK(good.name == "Grüße \"1\"");
  CHECK(good.source_code_url == "https://x/\\n");
  CHECK(good.min_api == 2);
  for (const char* bad :
       {"", "[[[[", "name", "name =", "name = \"", "name = \"open", "name = 'open", "name = \"\\",
        "name = \"\\u12\"", "name = \"\\Uffffffff\"", "name = \"\\ud800\"", "name = \"\xff\"",
        "min_api = x", "[t]\nname = \"n\""}) {
    INFO(bad);
    CHECK(read_xdc_manifest(bad).name.empty());
    CHECK(read_xdc_manifest(bad).min_api == 0);
  }
  CHECK(
      read_xdc_manifest("name = \"n\"\n" + std::string(files::kMaxXdcManifest, '#')).name.empty());
}

TEST_CASE("a file that is called an app and is none is a file, and refused as an app") {
  AppsWorld world;
  for (const std::string& bytes : {std::string("no zip"), std::string(), zip({{"start.html", "x"}}),
                                   app_bytes().substr(0, 200)}) {
    const MsgId sent = send_app(world.alice, world.at_alice, world.files, bytes);
    CHECK(world.alice.message(sent).type == Viewtype::file);
    CHECK_FALSE(world.alice.engine().webxdc().info(kAccount, sent));
    MessageDraft draft;
    draft.file = world.files.file("votes.xdc", bytes);
    draft.type = Viewtype::webxdc;
    CHECK_FALSE(answer<MsgId>([&](auto done) {
      world.alice.engine().messages().send(kAccount, world.at_alice, draft, std::move(done));
    }));
  }
}

TEST_CASE("what a file of an archive unpacks to is bounded, whatever the archive says") {
  AppsWorld world;
  const std::string bomb = zip({{"index.html", "x"}, {"zeros", std::string(17 << 20, '\0')}});
  CHECK(bomb.size() < 1 << 20);
  const MsgId sent = send_app(world.alice, world.at_alice, world.files, bomb);
  const auto refused = world.alice.engine().webxdc().file(kAccount, sent, "zeros");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::Errc::too_large);
  std::vector<ZipEntry> many;
  for (std::size_t i = 0; i <= files::kMostZipFiles; ++i) many.push_back({std::to_string(i), ""});
  many.push_back({"index.html", "x"});
  const MsgId crowded = send_app(world.alice, world.at_alice, world.files, zip(many));
  CHECK(world.alice.message(crowded).type == Viewtype::file);
}

TEST_CASE("updates are numbered, reported and shown at both, with document, summary and a line") {
  AppsWorld world;
  REQUIRE(update(world.bob, world.received,
                 {R"({"vote":1})", "bob voted", std::nullopt, "Menu", "1 vote"}));
  CHECK(world.until([&] { return times(world.bob, WebxdcStatusUpdate{world.received, 1}) == 1; }));
  REQUIRE(world.until([&] { return times(world.alice, WebxdcStatusUpdate{world.sent, 1}) == 1; }));
  REQUIRE(update(world.alice, world.sent, {R"({"vote":2})", "alice voted", "#2"}));
  REQUIRE(world.until([&] { return updates(world.bob, world.received).size() == 2; }));
  for (auto [peer, app, chat] : {std::tuple(&world.alice, world.sent, world.at_alice),
                                 std::tuple(&world.bob, world.received, world.at_bob)}) {
    CHECK(payloads(*peer, app) == std::vector<std::string>{R"({"vote":1})", R"({"vote":2})"});
    CHECK(updates(*peer, app, 1).size() == 1);
    CHECK(updates(*peer, app, 2).empty());
    CHECK(info(*peer, app).document == "Menu");
    CHECK(info(*peer, app).summary == "1 vote");
    const auto said = lines(*peer, chat);
    REQUIRE(said.size() == 2);
    CHECK(said[0].text == "bob voted");
    CHECK(said[0].parent == app);
    CHECK((said[0].from == kSelf) == (peer == &world.bob));
    CHECK(said[1].text == "alice voted");
    CHECK(*peer->engine().webxdc().link(kAccount, said[1].id) == "#2");
    CHECK_FALSE(peer->engine().webxdc().link(kAccount, said[0].id)->has_value());
  }
  // The next line without a link of the same contact takes the place of its last one.
  REQUIRE(update(world.alice, world.sent, {"3", "alice changed her mind"}));
  REQUIRE(update(world.alice, world.sent, {"4", "alice changed it again"}));
  REQUIRE(world.until([&] { return updates(world.bob, world.received).size() == 4; }));
  CHECK(lines(world.bob, world.at_bob).size() == 3);
  CHECK(lines(world.bob, world.at_bob).back().text == "alice changed it again");
}

TEST_CASE("who is named is notified, and everybody by a star unless the chat is muted") {
  AppsWorld world;
  const std::string address = info(world.bob, world.received).self_addr;
  REQUIRE(
      update(world.alice, world.sent, {"1", std::nullopt, "#x", {}, {}, {{address, "your turn"}}}));
  REQUIRE(update(world.alice, world.sent, {"2", {}, {}, {}, {}, {{"somebody", "else"}}}));
  REQUIRE(update(world.alice, world.sent, {"3", {}, {}, {}, {}, {{"*", "all"}}}));
  REQUIRE(world.until([&] { return updates(world.bob, world.received).size() == 3; }));
  REQUIRE(world.until([&] { return world.bob.events_of<IncomingWebxdcNotify>().size() == 2; }));
  const auto notices = world.bob.events_of<IncomingWebxdcNotify>();
  CHECK(notices[0].text == "your turn");
  CHECK(notices[0].href == "#x");
  CHECK(notices[0].msg_id == world.received);
  CHECK(notices[0].chat_id == world.at_bob);
  CHECK(notices[1].text == "all");
  CHECK(world.alice.events_of<IncomingWebxdcNotify>().empty());
}

TEST_CASE("updates come once, in whichever order they and their app arrive") {
  World world;
  TempDir files;
  world.join(world.bob, world.alice);
  world.network.set({.lose_request = 0.3, .lose_reply = 0.3, .duplicate = 0.5, .reorder = true});
  const MsgId sent = send_app(world.alice, world.alice.chat_with_peer(), files);
  std::vector<std::string> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(std::to_string(i));
    REQUIRE(update(world.alice, sent, {all.back()}));
  }
  REQUIRE(world.until([&] {
    const auto received = world.bob.find_text("vote!");
    if (!received) return false;
    return payloads(world.bob, *received).size() >= all.size();
  }));
  auto got = payloads(world.bob, *world.bob.find_text("vote!"));
  const auto by_number = [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); };
  std::sort(got.begin(), got.end(), by_number);
  CHECK(got == all);
  std::set<std::uint32_t> serials;
  for (const auto& one : updates(world.bob, *world.bob.find_text("vote!"))) {
    CHECK(serials.insert(one.serial).second);
  }
}

TEST_CASE("members of a group update each other's copies, and former ones do not") {
  Three world;
  TempDir files;
  const ChatId chat = world.make_group();
  const MsgId sent = send_app(world.alice, chat, files);
  REQUIRE(
      world.until([&] { return world.bob.has_text("vote!") && world.carol.has_text("vote!"); }));
  const MsgId at_bob = *world.bob.find_text("vote!");
  const MsgId at_carol = *world.carol.find_text("vote!");
  REQUIRE(update(world.bob, at_bob, {"1"}));
  REQUIRE(world.until([&] {
    return updates(world.alice, sent).size() == 1 && updates(world.carol, at_carol).size() == 1;
  }));
  REQUIRE(Three::remove(world.alice, chat, world.bob_at_alice));
  REQUIRE(world.until(
      [&] { return !Three::chat(world.bob, Three::group_at(world.bob)).self_in_group; }));
  CHECK_FALSE(update(world.bob, at_bob, {"2"}));
  REQUIRE(update(world.carol, at_carol, {"3"}));
  REQUIRE(world.until([&] { return updates(world.alice, sent).size() == 2; }));
  CHECK(payloads(world.alice, sent).back() == "3");
}

TEST_CASE("a deleted app is gone with its updates, says so, and stays gone") {
  AppsWorld world;
  REQUIRE(update(world.bob, world.received, {"1"}));
  REQUIRE(world.until([&] { return updates(world.alice, world.sent).size() == 1; }));
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().messages().remove_for_all(kAccount, {world.sent}, std::move(done));
  }));
  CHECK(world.until([&] { return times(world.alice, WebxdcInstanceDeleted{world.sent}) == 1; }));
  REQUIRE(
      world.until([&] { return times(world.bob, WebxdcInstanceDeleted{world.received}) == 1; }));
  CHECK_FALSE(world.bob.engine().webxdc().updates(kAccount, world.received, 0));
  CHECK_FALSE(update(world.bob, world.received, {"2"}));
}

TEST_CASE("updates that are too large, or of what is no app, are refused") {
  AppsWorld world;
  const MsgId text = world.alice.send(world.at_alice, "no app");
  CHECK_FALSE(update(world.alice, text, {"1"}));
  CHECK_FALSE(update(world.alice, MsgId(4711), {"1"}));
  CHECK_FALSE(update(world.alice, world.sent, {std::string(kMaxUpdatePayload + 1, '1')}));
  CHECK_FALSE(update(world.alice, world.sent, {"1", std::string(kMaxUpdateText + 1, 'x')}));
  CHECK(updates(world.alice, world.sent).empty());
}

TEST_CASE("few updates of a contact wait for apps that are not here, the newest") {
  World world;
  world.join(world.bob, world.alice);
  const ContactId bob = Three::contact(world.alice, "bob");
  store::AppKey app{bob, {}};
  app.uuid.fill(7);
  const auto waiting = [&](auto fn) {
    const auto done = world.alice.store().write_now<void>([&](store::Tx& tx) -> base::Result<> {
      EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
      const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
      return fn(store::Scope{tx.db(), tx.vault(), key, kAccount});
    });
    if (!done) FAIL(done.error().message);
  };
  waiting([&](const store::Scope& scope) -> base::Result<> {
    for (std::size_t i = 1; i <= store::kMaxWaitingUpdates + 10; ++i) {
      store::WebxdcUpdateRow row;
      row.app = app;
      row.contact = bob;
      row.sent_at = static_cast<base::UnixMillis>(i);
      row.waits = true;
      row.payload = std::to_string(i);
      EDGE_CHECK(store::insert_webxdc_update(scope, row));
    }
    return {};
  });
  waiting([&](const store::Scope& scope) -> base::Result<> {
    EDGE_TRY(const auto rows, store::waiting_webxdc_updates(scope, app));
    CHECK(rows.size() == store::kMaxWaitingUpdates);
    CHECK(rows.front().payload == "11");
    return {};
  });
}

TEST_CASE("updates of a draft go out with it, in their order") {
  AppsWorld world;
  const auto draft = answer<void>([&](auto done) {
    MessageDraft app;
    app.file = world.files.file("votes.xdc", app_bytes());
    app.text = "drafted";
    world.alice.engine().messages().set_draft(kAccount, world.at_alice, app, std::move(done));
  });
  REQUIRE(draft);
  const auto drafted = world.alice.engine().messages().draft(kAccount, world.at_alice);
  REQUIRE((drafted && *drafted));
  const MsgId app = (*drafted)->id;
  REQUIRE(update(world.alice, app, {.payload = "1", .info = "voted", .summary = "one vote"}));
  REQUIRE(update(world.alice, app, {.payload = "2"}));
  CHECK(payloads(world.alice, app) == std::vector<std::string>{"1", "2"});
  CHECK(lines(world.alice, world.at_alice).empty());  // nobody has the app yet

  MessageDraft sent;
  sent.file = (*drafted)->file->path;
  sent.text = "drafted";
  sent.of_draft = app;
  const MsgId message = world.alice.send(world.at_alice, sent);
  CHECK(payloads(world.alice, message) == std::vector<std::string>{"1", "2"});
  CHECK(info(world.alice, message).summary == "one vote");
  REQUIRE(world.until([&] {
    const auto there = world.bob.find_text("drafted");
    return there && payloads(world.bob, *there).size() == 2;
  }));
  CHECK(payloads(world.bob, *world.bob.find_text("drafted")) == std::vector<std::string>{"1", "2"});
}

TEST_CASE("an app that is sent again brings its updates; who has them keeps one of each") {
  AppsWorld world;
  REQUIRE(update(world.alice, world.sent, {.payload = "1"}));
  REQUIRE(update(world.alice, world.sent, {.payload = "1"}));  // the same again is another one
  REQUIRE(world.until([&] { return payloads(world.bob, world.received).size() == 2; }));
  const auto resent = answer<void>([&](auto done) {
    world.alice.engine().messages().resend(kAccount, {world.sent}, std::move(done));
  });
  REQUIRE(resent);
  world.alice.send(world.at_alice, "after it");
  REQUIRE(world.until([&] { return world.bob.has_text("after it"); }));
  CHECK(payloads(world.bob, world.received).size() == 2);
}

TEST_CASE("who comes to a group later gets an app with its updates when it is sent again") {
  AppsWorld world;
  const ChatId group = Three::create(world.alice, "Crew");
  MessageDraft draft;
  draft.file = world.files.file("later.xdc", app_bytes());
  draft.text = "join the vote";
  const MsgId app = world.alice.send(group, draft);
  REQUIRE(update(world.alice, app, {.payload = "before bob came"}));
  Three::add(world.alice, group, Three::chat(world.alice, world.at_alice).contacts.front());
  world.alice.send(group, "welcome");
  REQUIRE(world.until([&] { return world.bob.has_text("welcome"); }));
  CHECK_FALSE(world.bob.has_text("join the vote"));
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().messages().resend(kAccount, {app}, std::move(done));
  }));
  CHECK(world.until([&] {
    const auto there = world.bob.find_text("join the vote");
    return there && payloads(world.bob, *there) == std::vector<std::string>{"before bob came"};
  }));
}
