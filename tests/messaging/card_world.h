// Cards in tests: made, imported, and a stranger who has one and writes.
#pragma once

#include <string>
#include <vector>

#include "tests/messaging/three.h"

namespace test {

inline std::string card_of(Peer& peer, std::vector<ContactId> contacts = {kSelf}) {
  const auto text = answer<std::string>([&](auto done) {
    peer.engine().contacts().make_vcard(kAccount, std::move(contacts), std::move(done));
  });
  REQUIRE(text);
  return *text;
}

inline std::vector<ContactId> import_cards(Peer& peer, const std::string& text) {
  const auto ids = answer<std::vector<ContactId>>(
      [&](auto done) { peer.engine().contacts().import_vcard(kAccount, text, std::move(done)); });
  REQUIRE(ids);
  return *ids;
}

inline ChatId chat_with(Peer& peer, ContactId contact) {
  const auto chat = answer<ChatId>([&](auto done) {
    peer.engine().chats().create_by_contact(kAccount, contact, std::move(done));
  });
  REQUIRE(chat);
  return *chat;
}

inline base::Result<MsgId> try_send(Peer& peer, ChatId chat, const std::string& text) {
  MessageDraft draft;
  draft.text = text;
  return answer<MsgId>([&](auto done) {
    peer.engine().messages().send(kAccount, chat, std::move(draft), std::move(done));
  });
}

inline base::Result<> accept(Peer& peer, ChatId chat) {
  return answer<void>(
      [&](auto done) { peer.engine().chats().accept(kAccount, chat, std::move(done)); });
}

inline base::Result<> remove(Peer& peer, ContactId contact) {
  return answer<void>(
      [&](auto done) { peer.engine().contacts().remove(kAccount, contact, std::move(done)); });
}

inline std::vector<ContactId> listed(Peer& peer) {
  const auto ids = peer.engine().contacts().ids(kAccount, false, std::nullopt);
  REQUIRE(ids);
  return *ids;
}

// Bob has alice's card, and has written to her.
struct Stranger : World {
  Stranger() {
    const auto ids = import_cards(bob, card_of(alice));
    REQUIRE(ids.size() == 1);
    alice_at_bob = ids.front();
    at_bob = chat_with(bob, alice_at_bob);
    bob.send(at_bob, "hello, it is bob");
    REQUIRE(until([&] { return alice.has_text("hello, it is bob"); }));
    at_alice = alice.chat_with_peer();
  }
  Chat request() { return Three::chat(alice, at_alice); }
  ContactId bob_at_alice() { return request().contacts.front(); }

  ContactId alice_at_bob;
  ChatId at_bob, at_alice;
};

}  // namespace test
