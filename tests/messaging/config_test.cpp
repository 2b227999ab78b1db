#include "messaging/model/plain_name.h"
#include "tests/support/world.h"

using namespace test;

namespace {
base::Result<> set(World& world, std::map<std::string, std::optional<std::string>> values) {
  return answer<void>([&](auto done) {
    world.alice.engine().config().set(Peer::kAccount, std::move(values), std::move(done));
  });
}
std::optional<std::string> get(World& world, const std::string& key) {
  const auto value = world.alice.engine().config().get(Peer::kAccount, key);
  REQUIRE(value);
  return *value;
}
}  // namespace

TEST_CASE("a set value is kept across a restart, and nothing resets it to the default") {
  World world;
  CHECK(get(world, "mdns_enabled") == "1");
  REQUIRE(set(world, {{"mdns_enabled", "0"}, {"selfstatus", "Grüße"}, {"ui.theme", "dark"}}));
  world.alice.restart();
  CHECK(get(world, "mdns_enabled") == "0");
  CHECK(get(world, "selfstatus") == "Grüße");
  CHECK(get(world, "ui.theme") == "dark");
  REQUIRE(set(world, {{"mdns_enabled", std::nullopt}, {"ui.theme", std::nullopt}}));
  CHECK(get(world, "mdns_enabled") == "1");
  CHECK(get(world, "ui.theme") == std::nullopt);
}

TEST_CASE("an unknown config key is refused by name, and nothing of the set is kept") {
  World world;
  const auto refused = set(world, {{"displayname", "new"}, {"nokey", "x"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("\"nokey\"") != std::string::npos);
  CHECK(get(world, "displayname") == "alice");
  CHECK_FALSE(world.alice.engine().config().get(Peer::kAccount, "nokey"));
}

TEST_CASE("what is made with the account is read and never set") {
  World world;
  CHECK(get(world, "addr") == "alice@alice.test");
  CHECK(get(world, "configured_addr") == "alice@alice.test");
  CHECK(get(world, "configured") == "1");
  CHECK(get(world, "sys.config_keys")->find(" mdns_enabled ") != std::string::npos);
  CHECK(get(world, "configured_timestamp"));
  for (const char* key : {"configured_addr", "configured", "sys.version"}) {
    INFO(key);
    CHECK(set(world, {{key, "x"}}).error().code == base::Errc::forbidden);
  }
}

TEST_CASE("values that are too large or not UTF-8 are refused") {
  World world;
  CHECK(set(world, {{"selfstatus", std::string(kMaxText + 1, 'x')}}).error().code ==
        base::Errc::too_large);
  CHECK(set(world, {{"selfstatus", "\xff"}}).error().code == base::Errc::invalid_argument);
}

TEST_CASE("a display name that no invite could carry is refused, and a bad profile is made plain") {
  World world;
  for (const std::string& bad : {std::string("a\nb"), std::string("a\x1b[2Jb"),
                                 std::string(1, '\0'), std::string(257, 'x')}) {
    CHECK(set(world, {{"displayname", bad}}).error().code == base::Errc::invalid_argument);
  }
  REQUIRE(set(world, {{"displayname", std::string(256, 'x')}}));
  CHECK(world.bob.engine().securejoin().check(Peer::kAccount, world.alice.invite()));
  CHECK(plain_name("a\nb\x7f") == "ab");
  CHECK(plain_name(std::string(255, 'x') + "ü") == std::string(255, 'x'));
}

TEST_CASE("a relay's token is kept without the line end it was pasted with") {
  World world;
  REQUIRE(set(world, {{"relay_token", "a-token\r\n"}}));
  CHECK(get(world, "relay_token") == "a-token");
}

TEST_CASE("the last message id is a number") {
  World world;
  for (const char* bad : {"abc", "-1", "", "1x", "99999999999"}) {
    CHECK(set(world, {{"last_msg_id", bad}}).error().code == base::Errc::invalid_argument);
  }
  CHECK(set(world, {{"last_msg_id", "12"}}));
}

TEST_CASE("a new display name is sent and shown") {
  World world;
  REQUIRE(set(world, {{"displayname", "Alice A."}}));
  CHECK(world.alice.engine().accounts().get(Peer::kAccount)->display_name == "Alice A.");
  CHECK(world.alice.engine().contacts().get(Peer::kAccount, kSelf)->auth_name == "Alice A.");
  CHECK(world.alice.events_of<AccountsChanged>().size() == 1);
}
