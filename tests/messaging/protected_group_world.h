// Three gateways in one group, for the tests of protected files there. alice made the group and
// owns the files; bob and carol each joined alice, and never each other.
#pragma once

#include <algorithm>

#include "tests/messaging/protected_world.h"

namespace test {

class GroupWorld : public ProtectedWorld {
 public:
  explicit GroupWorld(bool with_carol = true, unsigned seed = 1)
      : ProtectedWorld(false, seed), carol(network, clock, "carol") {
    join(carol, alice);
    alice_carol = alice.events_of<PrivittyPeerHandshakeComplete>().back().chat_id;
    bob_at_alice = contact(alice, "bob");
    carol_at_alice = contact(alice, "carol");
    group = create(alice, "Shift 2");
    add(alice, group, bob_at_alice);
    if (with_carol) add(alice, group, carol_at_alice);
    alice.send(group, "welcome");
    bob_group = group_at(bob);
    if (with_carol) carol_group = group_at(carol);
    if (with_carol) {
      REQUIRE(until([&] { return members(bob, bob_group) == 3; }));
    }
  }

  static ContactId contact(Peer& peer, const std::string& name) {
    const auto found = peer.engine().contacts().ids(Peer::kAccount, false, name);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    return found->front();
  }
  static ChatId create(Peer& peer, const std::string& name) {
    const auto chat = answer<ChatId>(
        [&](auto done) { peer.engine().groups().create(Peer::kAccount, name, std::move(done)); });
    if (!chat) FAIL(chat.error().message);
    return *chat;
  }
  static base::Result<> try_add(Peer& peer, ChatId chat, ContactId who) {
    return answer<void>(
        [&](auto done) { peer.engine().groups().add(Peer::kAccount, chat, who, std::move(done)); });
  }
  static void add(Peer& peer, ChatId chat, ContactId who) {
    const auto done = try_add(peer, chat, who);
    if (!done) FAIL(done.error().message);
  }
  static base::Result<> try_remove(Peer& peer, ChatId chat, ContactId who) {
    return answer<void>([&](auto done) {
      peer.engine().groups().remove(Peer::kAccount, chat, who, std::move(done));
    });
  }
  static void remove(Peer& peer, ChatId chat, ContactId who) {
    const auto done = try_remove(peer, chat, who);
    if (!done) FAIL(done.error().message);
  }
  static std::vector<ChatId> groups(Peer& peer, ChatType type = ChatType::group) {
    std::vector<ChatId> found;
    const auto entries = peer.engine().chats().list(Peer::kAccount, {.no_specials = true});
    REQUIRE(entries);
    for (const ChatId id : *entries) {
      const auto chat = peer.engine().chats().get(Peer::kAccount, id);
      if (chat && chat->type == type) found.push_back(id);
    }
    return found;
  }
  static std::size_t single_chats(Peer& peer) { return groups(peer, ChatType::single).size(); }
  ChatId group_at(Peer& peer) {
    REQUIRE(until([&] { return !groups(peer).empty(); }));
    return groups(peer).front();
  }
  static std::size_t members(Peer& peer, ChatId chat) {
    const auto found = peer.engine().chats().get(Peer::kAccount, chat);
    return found ? found->contacts.size() : 0;
  }
  static bool is_in(Peer& peer, ChatId chat) {
    const auto found = peer.engine().chats().get(Peer::kAccount, chat);
    return found && std::count(found->contacts.begin(), found->contacts.end(), kSelf) > 0;
  }

  base::Result<ProtectedPath> protect_for_group(Peer& peer, ChatId chat, const std::string& name,
                                                const std::string& content = "content",
                                                bool download = false, bool may_forward = false,
                                                std::uint32_t minutes = 0) {
    files.file(name, content);
    return answer<ProtectedPath>([&](auto done) {
      peer.engine().protected_files().protect(
          Peer::kAccount, {chat, std::nullopt, path(name), download, may_forward, minutes},
          std::move(done));
    });
  }
  base::Result<> grant_in(ChatId chat, FileId file, ContactId peer, GrantTerms terms) {
    return answer<void>([&](auto done) {
      alice.engine().protected_files().grant(Peer::kAccount, {chat, file}, peer, terms,
                                             std::move(done));
    });
  }

  // Events come a moment after what reads see.
  template <class E>
  E last(Peer& peer) {
    REQUIRE(until([&] { return !peer.events_of<E>().empty(); }));
    return peer.events_of<E>().back();
  }

  // Protected by alice, sent to the group, and here with their grants at both.
  struct SharedInGroup {
    ProtectedPath made;
    MsgId sent;
    Came at_bob, at_carol;
  };
  SharedInGroup share_in_group(const std::string& name, const std::string& content,
                               bool download = false, bool may_forward = false,
                               std::uint32_t minutes = 0) {
    SharedInGroup shared;
    auto made = protect_for_group(alice, group, name, content, download, may_forward, minutes);
    if (!made) FAIL(made.error().message);
    shared.made = *made;
    auto sent = try_send(alice, group, made->encrypted_path);
    if (!sent) FAIL(sent.error().message);
    shared.sent = *sent;
    shared.at_bob = arrival(bob, bob_group);
    shared.at_carol = arrival(carol, carol_group);
    if (!becomes(bob, shared.at_bob.file, "active")) FAIL("bob's grant did not come");
    if (!becomes(carol, shared.at_carol.file, "active")) FAIL("carol's grant did not come");
    return shared;
  }

  Peer carol;
  ChatId alice_carol, group, bob_group, carol_group;
  ContactId bob_at_alice, carol_at_alice;
};

}  // namespace test
