// Random histories of a protected file against a simple model of who may open it.
//
// The model is the owner's side alone: what alice decided last for whom, and until when. A gateway
// may know less than it for a while, as messages are lost, doubled and reordered, but at every
// moment whoever can open must have been allowed by a decision that could still be in force there;
// and once the network is well again, all sides agree with the model.
#include "tests/messaging/random_history.h"

using namespace test;

namespace {

struct Holder {
  bool allowed = false;
  UnixMillis until = 0;  // 0 for ever
  bool final = false;    // revoked or denied
};

class History : RandomHistory {
 public:
  explicit History(unsigned seed) : RandomHistory(seed), world_(true, seed) {
    shared_ = world_.share("model.txt", "model", true, true);
    REQUIRE(world_.forward(shared_.came.path));
    REQUIRE(ProtectedWorld::try_send(world_.bob, world_.bob_carol_chat, shared_.came.path));
    carol_ = world_.arrival(world_.carol(), world_.carol_chat);
    REQUIRE(ProtectedWorld::request(world_.carol(), world_.carol_chat, carol_.file));
    REQUIRE(world_.until(
        [&] { return !world_.alice.events_of<PrivittyAccessRenewRequested>().empty(); }));
    carol_at_alice_ =
        world_.alice.events_of<PrivittyAccessRenewRequested>().back().requester_contact_id;
    bob_model_.allowed = true;
  }

  void step() {
    const bool bob = pick(2) == 0;
    Holder& model = bob ? bob_model_ : carol_model_;
    const ContactId contact = bob ? world_.alice_peer : carol_at_alice_;
    switch (pick(9)) {
      case 0:
      case 1: {
        const std::uint32_t seconds = pick(2) == 0 ? 0 : 30 + pick(300);
        REQUIRE(world_.grant(shared_.made.file_id, contact,
                             {.allow_download = true, .allow_forward = true, .seconds = seconds}));
        model = {true, seconds == 0 ? 0 : world_.clock.now() + seconds * UnixMillis{1000}, false};
        break;
      }
      case 2:
        REQUIRE(world_.revoke(shared_.made.file_id, contact));
        model = {false, 0, true};
        break;
      case 3:
        if (world_.deny(shared_.made.file_id, contact)) model = {false, 0, true};
        break;
      case 4:
        (void)(bob ? ProtectedWorld::request(world_.bob, world_.bob_chat, shared_.came.file)
                   : ProtectedWorld::request(world_.carol(), world_.carol_chat, carol_.file));
        break;
      case 5:
        world_.clock.advance(1000 * (5 + pick(120)));
        break;
      case 6:
        (bob ? world_.bob : world_.carol()).restart();
        break;
      case 7:
        world_.network.set(weather());
        break;
      case 8:
        for (int i = 0; i < 10; ++i) {
          world_.clock.advance(20);
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        break;
    }
    last_allowed(bob_model_, bob_latest_);
    last_allowed(carol_model_, carol_latest_);
    never_a_wrong_yes();
  }

  void settle() {
    world_.network.set({});
    const auto agrees = [&](Peer& peer, MsgId message, const Holder& model) {
      return opens(peer, message) == is_allowed(model);
    };
    INFO("bob opens: " << opens(world_.bob, shared_.came.message)
                       << " carol opens: " << opens(world_.carol(), carol_.message));
    CHECK(world_.until([&] {
      return agrees(world_.bob, shared_.came.message, bob_model_) &&
             agrees(world_.carol(), carol_.message, carol_model_);
    }));
    CHECK(opens(world_.alice, shared_.sent));
    // Who may not open has no share either, once its window was looked at.
    REQUIRE(ProtectedWorld::expire(world_.bob));
    REQUIRE(ProtectedWorld::expire(world_.carol()));
    CHECK(ProtectedWorld::sealed_shares(world_.bob).size() == (is_allowed(bob_model_) ? 1 : 0));
  }

 private:
  bool is_allowed(const Holder& model) const {
    return model.allowed && (model.until == 0 || model.until > world_.clock.now());
  }
  static bool opens(Peer& peer, MsgId message) {
    return ProtectedWorld::read(peer, message) == "model";
  }
  // The latest end of any window that was ever granted: before the news of a later decision arrives
  // the holder may still act on an earlier one, but never beyond what that one said.
  static void last_allowed(const Holder& model, UnixMillis& latest) {
    if (!model.allowed) return;
    latest =
        model.until == 0 ? std::numeric_limits<UnixMillis>::max() : std::max(latest, model.until);
  }
  void never_a_wrong_yes() {
    if (opens(world_.bob, shared_.came.message)) CHECK(world_.clock.now() <= bob_latest_);
    if (opens(world_.carol(), carol_.message)) CHECK(world_.clock.now() <= carol_latest_);
  }

  ProtectedWorld world_;
  ProtectedWorld::Shared shared_;
  ProtectedWorld::Came carol_;
  ContactId carol_at_alice_;
  Holder bob_model_, carol_model_;
  UnixMillis bob_latest_ = std::numeric_limits<UnixMillis>::max();
  UnixMillis carol_latest_ = 0;
};

}  // namespace

TEST_CASE("random histories never open a file to whom its owner does not allow it") {
  play_histories([](unsigned seed) {
    History history(seed);
    for (int i = 0; i < 36; ++i) {
      history.step();
      if (i % 12 == 11) history.settle();
    }
  });
}
