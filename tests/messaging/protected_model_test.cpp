// Random histories of a protected file against a simple model of who may open it: what its owner
// decided last for each holder, and until when (Allowance).
//
// A gateway may know less than the model for a while, as messages are lost, doubled and reordered,
// but at every moment whoever can open must have been allowed by a decision that could still be in
// force there; and once the network is well again, all sides agree with the model.
//
// bob got the file from alice; everybody else got it from bob, forwarded.
#include <array>

#include "tests/messaging/random_history.h"

using namespace test;

namespace {

// The model: what the owner decided for one holder.
class Allowance {
 public:
  void grant(UnixMillis end) {
    end_ = end;
    latest_ = std::max(latest_, end);
  }
  void withdraw() { end_ = 0; }
  void agreed() { latest_ = end_; }

  bool holds(UnixMillis now) const { return now < end_; }
  // The latest end of all that was decided since all sides agreed: a decision that is still on its
  // way, or was overtaken, may hold until then.
  UnixMillis latest() const { return latest_; }

 private:
  UnixMillis end_ = 0;
  UnixMillis latest_ = 0;
};

struct Holder {
  Peer* peer = nullptr;
  ProtectedWorld::Came came;
  ChatId chat;    // where it came
  ChatId at_bob;  // bob's chat with a forwardee
  ContactId at_alice;
  Allowance allowed = {};
};

class History : RandomHistory {
 public:
  History(unsigned seed, unsigned parties) : RandomHistory(seed), world_(false, seed) {
    shared_ = world_.share("model.txt", "model", true, true);
    holders_.push_back({&world_.bob, shared_.came, world_.bob_chat, {}, world_.alice_peer});
    holders_.back().allowed.grant(kForEver);
    for (const char* name : {"carol", "dave"}) {
      if (holders_.size() + 1 < parties) add_forwardee(name);
    }
  }

  void step() {
    Holder& who = holders_[pick(static_cast<std::uint32_t>(holders_.size()))];
    const Action& action = kActions[pick(static_cast<std::uint32_t>(kActions.size()))];
    played_ += std::string(played_.empty() ? "" : ", ") + action.name + " " + who.peer->name();
    INFO(played_);
    (this->*action.play)(who);
    for (const Holder& holder : holders_) {
      INFO(holder.peer->name());
      if (opens(holder)) CHECK(world_.clock.now() < holder.allowed.latest());
    }
  }

  // Every holder has the owner's last decision, and whoever may open can, and nobody else.
  void settle() {
    world_.network.set({});
    for (Holder& holder : holders_) {
      INFO(holder.peer->name() << (may_open(holder) ? ", allowed" : ", not allowed"));
      REQUIRE(world_.until([&] {
        return last_word(*holder.peer, kSelf) == last_word(world_.alice, holder.at_alice) &&
               opens(holder) == may_open(holder);
      }));
      // Who may not open has no share either, once its window was looked at.
      REQUIRE(ProtectedWorld::expire(*holder.peer));
      CHECK(ProtectedWorld::sealed_shares(*holder.peer).size() == (may_open(holder) ? 1 : 0));
      holder.allowed.agreed();
    }
    CHECK(ProtectedWorld::read(world_.alice, shared_.sent) == "model");
  }

 private:
  // What may happen to a holder; a row that stands twice happens twice as often.
  struct Action {
    const char* name;
    void (History::*play)(Holder&);
  };
  static const std::array<Action, 12> kActions;

  void grant(Holder& who) {
    const GrantTerms terms{true, true, seconds()};
    REQUIRE(world_.grant(shared_.made.file_id, who.at_alice, terms));
    who.allowed.grant(end_of(world_, terms.seconds));
  }
  void revoke(Holder& who) {
    REQUIRE(world_.revoke(shared_.made.file_id, who.at_alice));
    who.allowed.withdraw();
  }
  // Nobody is denied anything who did not ask, and so may open nothing by now.
  void deny(Holder& who) {
    if (!world_.deny(shared_.made.file_id, who.at_alice)) return;
    CHECK_FALSE(may_open(who));
    who.allowed.withdraw();
  }
  // When its window may be over; the owner may say no as soon as it learns of it, or yes later on.
  void ask(Holder& who) {
    let_window_end(who);
    if (!ProtectedWorld::request(*who.peer, who.chat, who.came.file)) return;
    let_some_through(world_);
    if (pick(2) == 0) deny(who);
  }
  // Where bob may; it allows nothing by itself.
  void forward_again(Holder& who) {
    if (who.at_bob.valid()) (void)forward_to(who.at_bob);
  }
  void let_window_end(Holder& who) { let_time_pass(world_, who.allowed.latest()); }
  void restart(Holder& who) { (pick(3) == 0 ? world_.alice : *who.peer).restart(); }
  void change_weather(Holder& /*who*/) { world_.network.set(weather()); }
  void deliver_some(Holder& /*who*/) { let_some_through(world_); }

  void add_forwardee(const char* name) {
    forwardees_.push_back(std::make_unique<Peer>(world_.network, world_.clock, name));
    Holder who;
    who.peer = forwardees_.back().get();
    who.chat = world_.join(*who.peer, world_.bob);
    who.at_bob = world_.bob.events_of<PrivittyPeerHandshakeComplete>().back().chat_id;
    REQUIRE(forward_to(who.at_bob));
    REQUIRE(ProtectedWorld::try_send(world_.bob, who.at_bob, shared_.came.path));
    who.came = world_.arrival(*who.peer, who.chat);
    REQUIRE(ProtectedWorld::request(*who.peer, who.chat, who.came.file));
    const auto asked = [&] { return world_.alice.events_of<PrivittyAccessRenewRequested>(); };
    REQUIRE(world_.until([&] { return asked().size() == forwardees_.size(); }));
    who.at_alice = asked().back().requester_contact_id;
    holders_.push_back(who);
  }
  base::Result<> forward_to(ChatId chat) {
    return answer<void>([&](auto done) {
      world_.bob.engine().protected_files().forward(Peer::kAccount, world_.bob_chat, chat,
                                                    shared_.came.path, std::move(done));
    });
  }
  bool may_open(const Holder& holder) const { return holder.allowed.holds(world_.clock.now()); }
  static bool opens(const Holder& holder) {
    return ProtectedWorld::read(*holder.peer, holder.came.message) == "model";
  }

  ProtectedWorld world_;
  ProtectedWorld::Shared shared_;
  std::vector<std::unique_ptr<Peer>> forwardees_;
  std::vector<Holder> holders_;
  std::string played_;
};

const std::array<History::Action, 12> History::kActions{{
    {"grant", &History::grant},
    {"grant", &History::grant},
    {"revoke", &History::revoke},
    {"deny", &History::deny},
    {"ask", &History::ask},
    {"ask", &History::ask},
    {"forward again to", &History::forward_again},
    {"let the window end of", &History::let_window_end},
    {"let the window end of", &History::let_window_end},
    {"restart the owner or", &History::restart},
    {"change the weather beside", &History::change_weather},
    {"deliver some beside", &History::deliver_some},
}};

}  // namespace

TEST_CASE("random histories never open a file to whom its owner does not allow it") {
  play_histories([](unsigned seed, unsigned parties) {
    History history(seed, parties);
    for (int i = 0; i < 60; ++i) {
      history.step();
      if (i % 15 == 14) history.settle();
    }
  });
}
