// Talk: Alice and Bob, joined, who say numbered things to each other: a0, a1… and b0, b1…
#pragma once

#include <string>
#include <vector>

#include "store/tables/scope.h"
#include "tests/support/world.h"

namespace test {

inline void lose_sessions(Peer& peer) {
  auto done = peer.store().write_now<void>([](store::Tx& tx) -> base::Result<> {
    EDGE_CHECK(tx.db().run("DELETE FROM session"));
    return {};
  });
  REQUIRE(done.ok());
}

inline std::vector<std::string> numbered(const std::string& who, int from, int to) {
  std::vector<std::string> all;
  for (int i = from; i < to; ++i) all.push_back(who + std::to_string(i));
  return all;
}

// What `who` said, as the chat shows it.
inline std::vector<std::string> said(Peer& peer, ChatId chat, char who) {
  std::vector<std::string> found;
  for (const std::string& text : peer.texts(chat)) {
    if (text.front() == who) found.push_back(text);
  }
  return found;
}

struct Talk {
  World world;
  ChatId alices = world.join(world.alice, world.bob);
  ChatId bobs = world.bob.chat_with_peer();
  int a = 0;
  int b = 0;
  static bool earlier(const std::string& x, const std::string& y) {
    return std::stoi(x.substr(1)) < std::stoi(y.substr(1));
  }

  void alice_sends(int count) {
    for (int i = 0; i < count; ++i) world.alice.send(alices, "a" + std::to_string(a++));
  }
  void bob_sends(int count) {
    for (int i = 0; i < count; ++i) world.bob.send(bobs, "b" + std::to_string(b++));
  }
  bool arrived() {
    return world.until([&] {
      return said(world.bob, bobs, 'a').size() >= static_cast<std::size_t>(a) &&
             said(world.alice, alices, 'b').size() >= static_cast<std::size_t>(b);
    });
  }
};

}  // namespace test
