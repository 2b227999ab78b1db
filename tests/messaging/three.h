// Three: alice, bob and carol, where bob and carol each joined alice and never each other.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/world.h"

namespace test {

struct Three : World {
  explicit Three(unsigned seed = 1) : World(seed), carol(network, clock, "carol") {
    alice_bob = join(bob, alice);
    alice_carol = join(carol, alice);
    bob_at_alice = contact(alice, "bob");
    carol_at_alice = contact(alice, "carol");
  }

  static ContactId contact(Peer& peer, const std::string& name) {
    const auto found = peer.engine().contacts().ids(kAccount, false, name);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    return found->front();
  }

  // A group of all three; everybody knows of it.
  ChatId make_group(const std::string& name = "Shift 2") {
    const ChatId chat = create(alice, name);
    add(alice, chat, bob_at_alice);
    add(alice, chat, carol_at_alice);
    alice.send(chat, "welcome");
    REQUIRE(until([&] { return bob.has_text("welcome") && carol.has_text("welcome"); }));
    REQUIRE(until([&] { return members(bob, group_at(bob)).size() == 3; }));
    return chat;
  }

  static ChatId create(Peer& peer, const std::string& name) {
    const auto chat = answer<ChatId>(
        [&](auto done) { peer.engine().groups().create(kAccount, name, std::move(done)); });
    if (!chat) FAIL(chat.error().message);
    return *chat;
  }
  static void add(Peer& peer, ChatId chat, ContactId who) {
    const auto done = answer<void>(
        [&](auto d) { peer.engine().groups().add(kAccount, chat, who, std::move(d)); });
    if (!done) FAIL(done.error().message);
  }
  static base::Result<> remove(Peer& peer, ChatId chat, ContactId who) {
    return answer<void>(
        [&](auto d) { peer.engine().groups().remove(kAccount, chat, who, std::move(d)); });
  }
  static base::Result<> leave(Peer& peer, ChatId chat) {
    return answer<void>(
        [&](auto d) { peer.engine().groups().leave(kAccount, chat, std::move(d)); });
  }
  static base::Result<> rename(Peer& peer, ChatId chat, const std::string& name) {
    return answer<void>(
        [&](auto d) { peer.engine().groups().rename(kAccount, chat, name, std::move(d)); });
  }
  static std::vector<ChatId> groups_at(Peer& peer) {
    std::vector<ChatId> found;
    const auto all = peer.engine().chats().list(kAccount, {.no_specials = true});
    REQUIRE(all);
    for (const ChatId id : *all) {
      if (chat(peer, id).type != ChatType::single) found.push_back(id);
    }
    return found;
  }
  static ChatId group_at(Peer& peer) {
    const auto found = groups_at(peer);
    return found.size() == 1 ? found.front() : ChatId();
  }
  static Chat chat(Peer& peer, ChatId id) {
    const auto found = peer.engine().chats().get(kAccount, id);
    if (!found) FAIL(found.error().message);
    return *found;
  }
  // By name, ourselves as "Me".
  static std::vector<std::string> members(Peer& peer, ChatId id) {
    std::vector<std::string> names;
    if (!id.valid()) return names;
    for (const ContactId contact : chat(peer, id).contacts) {
      names.push_back(peer.engine().contacts().get(kAccount, contact)->display_name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  static std::vector<Message> lines(Peer& peer, ChatId id, SystemMessage system) {
    std::vector<Message> found;
    const auto items = peer.engine().messages().list(kAccount, id, true, false);
    REQUIRE(items);
    for (const ListItem& item : *items) {
      Message message = peer.message(item.message);
      if (message.system == system) found.push_back(std::move(message));
    }
    return found;
  }

  ChatId alice_bob_at_alice() {
    const auto chat = alice.engine().chats().find_by_contact(kAccount, bob_at_alice);
    REQUIRE((chat && *chat));
    return **chat;
  }

  Peer carol;
  ChatId alice_bob, alice_carol;
  ContactId bob_at_alice, carol_at_alice;
};

using Names = std::vector<std::string>;

// How often an event of this kind reported one message: those of a group's lines come beside it.
template <class E>
int times(const Peer& peer, const E& event) {
  const auto events = peer.events_of<E>();
  return static_cast<int>(std::count(events.begin(), events.end(), event));
}

}  // namespace test
