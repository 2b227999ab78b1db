// What contacts may ask a device for reaches them and stays the same there, and a text that asks is
// answered once, whatever is redelivered or dies in between.
#include "messaging/kernel/device.h"

#include "messaging/model/content.h"
#include "tests/messaging/three.h"

using namespace test;

namespace {

DeviceManifest manifest_of(std::vector<std::string> names) {
  DeviceManifest manifest;
  manifest.commands_enabled = true;
  manifest.platform = "Linux x86_64";
  manifest.edge_version = "1.2.3";
  for (std::string& name : names) {
    DeviceCommand command;
    command.name = std::move(name);
    command.description = "says " + command.name;
    command.output_mode = DeviceOutputMode::automatic;
    command.arguments.push_back(
        {"unit", DeviceArgumentType::choice, std::string("celsius"), {"celsius", "kelvin"}});
    manifest.commands.push_back(std::move(command));
  }
  return manifest;
}

// "?…" asks, "!…" answers. Manifests are set by fingerprint and by group.
class TestDevice final : public kernel::Device {
 public:
  kernel::DeviceText kind_of(std::string_view text) const override {
    if (text.starts_with('?')) return kernel::DeviceText::request;
    return text.starts_with('!') ? kernel::DeviceText::answer : kernel::DeviceText::ordinary;
  }
  std::optional<DeviceManifest> manifest_for(const kernel::DeviceContact& contact) const override {
    base::Lock lock(mutex_);
    ++asked_;
    std::vector<std::string> names;
    std::vector<std::string> keys = contact.groups;
    keys.insert(keys.begin(), contact.fingerprint);
    for (const std::string& key : keys) {
      const auto found = allowed_.find(key);
      if (found == allowed_.end()) continue;
      names.insert(names.end(), found->second.begin(), found->second.end());
    }
    if (names.empty()) return std::nullopt;
    return manifest_of(std::move(names));
  }
  void request_waits(AccountId) override {
    base::Lock lock(mutex_);
    ++waits_;
  }

  void allow(const std::string& whom, std::vector<std::string> names) {
    base::Lock lock(mutex_);
    allowed_[whom] = std::move(names);
  }
  int waits() const {
    base::Lock lock(mutex_);
    return waits_;
  }

 private:
  mutable base::Mutex mutex_;
  std::map<std::string, std::vector<std::string>> allowed_ GUARDED_BY(mutex_);
  mutable int asked_ GUARDED_BY(mutex_) = 0;
  int waits_ GUARDED_BY(mutex_) = 0;
};

std::string fingerprint_of(Peer& peer) {
  const auto self = peer.engine().contacts().get(Peer::kAccount, kSelf);
  REQUIRE(self);
  std::string out = self->fingerprint;
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  REQUIRE(out.size() == 64);
  return out;
}

std::optional<DeviceManifest> manifest_at(Peer& peer, ChatId chat) {
  const auto manifest = peer.engine().device_manifests().of_chat(Peer::kAccount, chat);
  REQUIRE(manifest);
  return *manifest;
}

std::vector<OpenRequest> open_at(Peer& peer) {
  const auto open = peer.engine().device_requests().open(Peer::kAccount);
  REQUIRE(open);
  return *open;
}

base::Result<RequestBegin> begin(Peer& peer, MsgId message, std::optional<std::string> name) {
  return answer<RequestBegin>([&](auto done) {
    peer.engine().device_requests().begin(Peer::kAccount, message, std::move(name),
                                          std::move(done));
  });
}

base::Result<> end(Peer& peer, MsgId message, std::optional<std::string> text) {
  std::optional<MessageDraft> draft;
  if (text) draft.emplace().text = *text;
  return answer<void>([&](auto done) {
    peer.engine().device_requests().end(Peer::kAccount, message, std::move(draft), std::move(done));
  });
}

// Bob is the device; alice and carol, who joined him, ask.
struct DeviceWorld : World {
  DeviceWorld() : carol(network, clock, "carol") {
    bob.set_device(device);
    bob.restart();
    alice.set_device(requester);
    alice.restart();
    chat = join(alice, bob);
    bobs_chat = bob.chat_with_peer();
  }
  // Their devices end before they do.
  ~DeviceWorld() {
    alice.stop();
    bob.stop();
  }

  // A request that arrived at bob.
  MsgId ask(const std::string& text) {
    alice.send(chat, text);
    REQUIRE(until([&] { return bob.has_text(text); }));
    return *bob.find_text(text);
  }

  TestDevice device, requester;
  Peer carol;
  ChatId chat, bobs_chat;
};

}  // namespace

TEST_CASE("a contact gets its manifest when it joins, and another contact is not") {
  DeviceWorld world;
  CHECK(manifest_at(world.alice, world.chat) == std::nullopt);
  world.device.allow(fingerprint_of(world.carol), {"uptime"});
  const ChatId carols = world.join(world.carol, world.bob);
  REQUIRE(world.until([&] { return manifest_at(world.carol, carols).has_value(); }));
  CHECK(*manifest_at(world.carol, carols) == manifest_of({"uptime"}));
  const auto events = [&] { return world.carol.events_of<PrivittyDeviceCapabilitiesReceived>(); };
  REQUIRE(world.until([&] { return !events().empty(); }));
  CHECK(events().size() == 1);
  CHECK(events().front().chat_id == carols);
  CHECK(manifest_at(world.alice, world.chat) == std::nullopt);
  CHECK(world.alice.events_of<PrivittyDeviceCapabilitiesReceived>().empty());
  // Hidden: there is no message.
  CHECK(world.carol.texts(carols).empty());
}

TEST_CASE("a change of the list reaches contacts, also those that were away, and so does its end") {
  DeviceWorld world;
  world.device.allow(fingerprint_of(world.alice), {"uptime"});
  world.bob.engine().device_manifests().send_to_all();
  REQUIRE(
      world.until([&] { return manifest_at(world.alice, world.chat) == manifest_of({"uptime"}); }));
  world.network.set({.cut = true});
  for (const char* name : {"one", "two", "three"}) {
    world.device.allow(fingerprint_of(world.alice), {name});
    world.bob.engine().device_manifests().send_to_all();
  }
  world.bob.restart();
  world.alice.restart();
  CHECK(manifest_at(world.alice, world.chat) == manifest_of({"uptime"}));  // it is kept
  world.network.set({.lose_reply = 0.3, .duplicate = 0.3, .reorder = true});
  REQUIRE(
      world.until([&] { return manifest_at(world.alice, world.chat) == manifest_of({"three"}); }));
  world.device.allow(fingerprint_of(world.alice), {});
  world.bob.engine().device_manifests().send_to_all();
  REQUIRE(world.until([&] { return manifest_at(world.alice, world.chat) == DeviceManifest{}; }));
}

TEST_CASE("a list that did not change is not sent again") {
  DeviceWorld world;
  world.device.allow(fingerprint_of(world.alice), {"uptime"});
  world.bob.engine().device_manifests().send_to_all();
  REQUIRE(world.until([&] { return manifest_at(world.alice, world.chat).has_value(); }));
  world.alice.forget_events();
  world.bob.engine().device_manifests().send_to_all();
  world.bob.restart();
  world.bob.send(world.bobs_chat, "behind it");
  REQUIRE(world.until([&] { return world.alice.has_text("behind it"); }));
  CHECK(world.alice.events_of<PrivittyDeviceCapabilitiesReceived>().empty());
}

TEST_CASE("members of a group get the manifest of the group, and lose it with the membership") {
  DeviceWorld world;
  const ChatId group = Three::create(world.bob, "Operators");
  Three::add(world.bob, group, Three::contact(world.bob, "alice"));
  world.bob.send(group, "welcome");
  REQUIRE(world.until([&] { return world.alice.has_text("welcome"); }));
  // The id of the group as bob's device sees it.
  std::string id;
  {
    const MsgId asked = world.ask("?which group");
    const auto request = world.bob.engine().device_requests().load(Peer::kAccount, asked);
    REQUIRE(request);
    REQUIRE(request->contact.groups.size() == 1);
    id = request->contact.groups.front();
    CHECK(request->contact.fingerprint == fingerprint_of(world.alice));
  }
  world.device.allow(id, {"reboot"});
  world.bob.engine().device_manifests().send_to_all();
  REQUIRE(
      world.until([&] { return manifest_at(world.alice, world.chat) == manifest_of({"reboot"}); }));
  REQUIRE(Three::remove(world.bob, group, Three::contact(world.bob, "alice")));
  CHECK(world.until([&] { return manifest_at(world.alice, world.chat) == DeviceManifest{}; }));
}

TEST_CASE("a request waits until it is answered, and its answer ends it") {
  DeviceWorld world;
  const MsgId asked = world.ask("?uptime");
  CHECK(world.until([&] { return world.device.waits() == 1; }));
  REQUIRE(open_at(world.bob).size() == 1);
  world.bob.restart();
  REQUIRE(open_at(world.bob).size() == 1);
  CHECK(open_at(world.bob).front().message == asked);
  CHECK_FALSE(open_at(world.bob).front().begun);
  const auto request = world.bob.engine().device_requests().load(Peer::kAccount, asked);
  REQUIRE(request);
  CHECK(request->text == "?uptime");
  CHECK(request->open.chat == world.bobs_chat);

  REQUIRE(begin(world.bob, asked, "name-1") == RequestBegin::begun);
  world.bob.restart();
  REQUIRE(open_at(world.bob).size() == 1);
  CHECK(open_at(world.bob).front().begun);
  REQUIRE(begin(world.bob, asked, "name-1") == RequestBegin::repeated);

  REQUIRE(end(world.bob, asked, "!up for a day"));
  CHECK(open_at(world.bob).empty());
  REQUIRE(world.until([&] { return world.alice.has_text("!up for a day"); }));
  const auto events = [&] { return world.alice.events_of<PrivittyDeviceCmdResponse>(); };
  REQUIRE(world.until([&] { return !events().empty(); }));
  CHECK(events().size() == 1);
  CHECK(events().front().chat_id == world.chat);
  CHECK(events().front().msg_id == *world.alice.find_text("!up for a day"));
  // Twice is once.
  REQUIRE(end(world.bob, asked, "!again"));
  world.bob.send(world.bobs_chat, "behind it");
  REQUIRE(world.until([&] { return world.alice.has_text("behind it"); }));
  CHECK_FALSE(world.alice.has_text("!again"));
}

TEST_CASE(
    "what is delivered again asks once, and another message with the same name is no second run") {
  DeviceWorld world;
  world.network.set({.lose_reply = 0.5, .duplicate = 0.5, .reorder = true});
  const MsgId first = world.ask("?one");
  REQUIRE(begin(world.bob, first, "same") == RequestBegin::begun);
  world.clock.advance(25 * 3600 * base::Millis{1000});  // what was not acknowledged goes again
  REQUIRE(end(world.bob, first, "!done"));
  REQUIRE(world.until([&] { return world.alice.has_text("!done"); }));
  CHECK(open_at(world.bob).empty());

  const MsgId second = world.ask("?two");
  CHECK(begin(world.bob, second, "same") == RequestBegin::repeated);
  CHECK_FALSE(open_at(world.bob).front().begun);
  CHECK(begin(world.bob, second, "another") == RequestBegin::begun);
  // A name is the contact's own: others have their own names.
  const ChatId carols = world.join(world.carol, world.bob);
  world.carol.send(carols, "?three");
  REQUIRE(world.until([&] { return world.bob.has_text("?three"); }));
  CHECK(begin(world.bob, *world.bob.find_text("?three"), "same") == RequestBegin::begun);
}

TEST_CASE("an answered request without a name leaves nothing behind") {
  DeviceWorld world;
  const MsgId asked = world.ask("?uptime");
  REQUIRE(end(world.bob, asked, std::nullopt));
  auto reader = world.bob.store().read();
  REQUIRE(reader);
  CHECK(reader->connection().integer("SELECT count(*) FROM device_request")->value_or(-1) == 0);
}

TEST_CASE("ordinary texts, files, groups, our own texts and blocked contacts ask for nothing") {
  DeviceWorld world;
  world.ask("uptime?");
  MessageDraft draft;
  draft.text = "?with a file";
  const TempDir files;
  draft.file = files.file("plan.txt", "a plan");
  world.alice.send(world.chat, draft);
  world.bob.send(world.bobs_chat, "?ours");
  const ChatId group = Three::create(world.bob, "Operators");
  Three::add(world.bob, group, Three::contact(world.bob, "alice"));
  world.bob.send(group, "welcome");
  REQUIRE(world.until([&] { return world.alice.has_text("welcome"); }));
  world.alice.send(Three::group_at(world.alice), "?in the group");
  REQUIRE(world.until([&] {
    return world.bob.has_text("?with a file") && world.bob.has_text("?in the group") &&
           world.alice.has_text("?ours");
  }));
  CHECK(open_at(world.bob).empty());
  CHECK(world.until([&] { return world.requester.waits() == 1; }));  // "?ours" at alice

  const MsgId asked = world.ask("?uptime");
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().contacts().set_blocked(Peer::kAccount, Three::contact(world.bob, "alice"),
                                              true, std::move(done));
  }));
  const auto request = world.bob.engine().device_requests().load(Peer::kAccount, asked);
  REQUIRE_FALSE(request);
  CHECK(request.error().code == base::Errc::not_found);
  // Nothing can be sent there any more: it has ended all the same.
  REQUIRE(end(world.bob, asked, "!up"));
  CHECK(open_at(world.bob).empty());
}

TEST_CASE("a manifest is cut to its bounds, and one over them is malformed") {
  DeviceManifest manifest = manifest_of({"a", "b"});
  CHECK(fit_manifest(manifest));
  CHECK(manifest == manifest_of({"a", "b"}));

  DeviceManifest large;
  large.commands_enabled = true;
  for (std::size_t i = 0; i < kMaxManifestCommands + 10; ++i) {
    DeviceCommand command;
    command.name = "command-" + std::to_string(i);
    command.description = std::string(i == 0 ? kMaxManifestText + 1 : 300, 'd');
    large.commands.push_back(std::move(command));
  }
  large.commands[1].name = std::string(kMaxManifestName + 1, 'n');
  CHECK_FALSE(fit_manifest(large));
  REQUIRE(large.commands.size() > 2);
  CHECK(large.commands[0].name == "command-0");
  CHECK(large.commands[1].name == "command-2");
  const Content content{store::random_uuid(), large};
  const auto encoded = encode(content);
  CHECK(encoded.size() <= kMaxManifestBytes + 18);
  const auto decoded = decode_content(encoded);
  REQUIRE(decoded);
  CHECK(std::get<DeviceManifest>(decoded->body) == large);

  // Cut at every length it is malformed, never something else.
  const auto small = encode(Content{store::random_uuid(), manifest});
  for (std::size_t size = 18; size < small.size(); ++size) {
    CHECK_FALSE(decode_content(base::ByteView(small).first(size)));
  }
  DeviceManifest many = manifest;
  many.commands[0].arguments[0].choices.resize(kMaxManifestChoices + 1, "c");
  CHECK_FALSE(decode_content(encode(Content{store::random_uuid(), many})));
  DeviceManifest bulky = manifest;
  for (int i = 0; i < 40; ++i) {
    bulky.commands.push_back({"n", std::string(kMaxManifestText, 'd'), DeviceOutputMode::text, {}});
  }
  CHECK_FALSE(decode_content(encode(Content{store::random_uuid(), bulky})));
}
