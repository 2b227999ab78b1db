// Random histories of a file in a group whose members come and go, against a simple model of who
// may open it.
//
// The model is what the owner decided for each contact, alone and as a member, and that whoever is
// taken out, by anybody, loses the latter until the owner grants it anew. Until the news is there,
// a member may open what it could before; at no moment may one open who could not since all sides
// agreed last.
#include "tests/messaging/protected_group_world.h"
#include "tests/messaging/random_history.h"

using namespace test;

namespace {

struct Person {
  Peer* peer = nullptr;
  ContactId at_alice;
  ProtectedWorld::Came came;
  ChatId chat;
  ChatId alone;  // the owner's chat with it
  bool member = true;
  bool allowed_as_member = true;
  bool allowed_alone = false;
  bool could = true;  // at some moment since all sides agreed
  bool allowed() const { return allowed_as_member || allowed_alone; }
};

class GroupHistory : RandomHistory {
 public:
  explicit GroupHistory(unsigned seed) : RandomHistory(seed), world_(true, seed) {
    shared_ = world_.share_in_group("model.txt", "model");
    people_[0] = {&world_.bob, world_.bob_at_alice, shared_.at_bob, world_.bob_group,
                  world_.alice_chat};
    people_[1] = {&world_.carol, world_.carol_at_alice, shared_.at_carol, world_.carol_group,
                  world_.alice_carol};
  }

  void step() {
    const std::size_t index = pick(2);
    Person& who = people_[index];
    switch (pick(9)) {
      case 0:
        REQUIRE(world_.grant_in(who.alone, shared_.made.file_id, who.at_alice, {}));
        who.allowed_alone = who.could = true;
        break;
      case 1:
      case 2: {
        const auto granted = world_.grant_in(world_.group, shared_.made.file_id, who.at_alice, {});
        CHECK(granted.has_value() == who.member);
        if (granted) who.allowed_as_member = who.could = true;
        break;
      }
      case 3:
        REQUIRE(world_.revoke(shared_.made.file_id, who.at_alice));
        who.allowed_as_member = who.allowed_alone = false;
        break;
      case 4:
        agree();
        if (who.member) take_out(who, people_[1 - index]);
        break;
      case 5:
        agree();
        if (!who.member) GroupWorld::add(world_.alice, world_.group, who.at_alice);
        who.member = true;
        agree();
        break;
      case 6:
        (pick(3) == 0 ? world_.alice : *who.peer).restart();
        break;
      case 7:
        world_.network.set(weather());
        break;
      case 8:
        let_some_through();
        break;
    }
    for (const Person& person : people_) {
      if (!person.could) CHECK_FALSE(opens(person));
    }
  }

  // All sides have the same list of members, every holder has heard the owner's last word, and
  // whoever may open can, and nobody else.
  void agree() {
    const Weather before = world_.network.weather();
    world_.network.set({});
    for (Person& person : people_) {
      INFO(person.peer->name() << (person.member ? " in" : " out")
                               << (person.allowed() ? ", allowed" : ", not allowed"));
      REQUIRE(world_.until([&] {
        return is_member_everywhere(person) == person.member &&
               GroupWorld::is_in(*person.peer, person.chat) == person.member &&
               last_word(*person.peer, kSelf) == last_word(world_.alice, person.at_alice) &&
               opens(person) == person.allowed();
      }));
      const auto shares = ProtectedWorld::sealed_shares(*person.peer).size();
      CHECK(shares == (person.allowed() ? 1 : 0));
      person.could = person.allowed();
    }
    CHECK(ProtectedWorld::read(world_.alice, shared_.sent) == "model");
    world_.network.set(before);
  }

 private:
  // The clock moves on until something is deposited, or 200 ms of it are over.
  void let_some_through() {
    const std::size_t deposits = world_.network.deposits();
    const auto end = world_.clock.now() + 200;
    REQUIRE(world_.until(
        [&] { return world_.network.deposits() > deposits || world_.clock.now() >= end; }));
  }
  // The number of the last decision for this holder that a gateway knows. An earlier one that is
  // still under way opens nothing once the holder has a later one.
  static std::int64_t last_word(Peer& peer, ContactId holder) {
    auto reader = peer.store().read();
    const auto rev = reader->connection().integer(
        "SELECT max(rev) FROM file_access WHERE contact_id = ?", holder);
    return rev->value_or(0);
  }
  static bool opens(const Person& who) {
    return ProtectedWorld::read(*who.peer, who.came.message) == "model";
  }
  static bool lists(Peer& peer, ChatId chat, const std::string& name) {
    const auto found = peer.engine().chats().get(Peer::kAccount, chat);
    if (!found) return false;
    for (const ContactId id : found->contacts) {
      const auto contact = peer.engine().contacts().get(Peer::kAccount, id);
      if (id != kSelf && contact && contact->display_name == name) return true;
    }
    return false;
  }
  // At alice, and at the other one while that is in the group to hear of it.
  bool is_member_everywhere(const Person& who) {
    const Person& other = who.peer == people_[0].peer ? people_[1] : people_[0];
    const bool at_alice = lists(world_.alice, world_.group, who.peer->name());
    const bool same = !other.member || lists(*other.peer, other.chat, who.peer->name()) == at_alice;
    return same ? at_alice : !who.member;
  }
  // By alice, by the other member, or by itself.
  void take_out(Person& who, Person& other) {
    const std::uint32_t by = pick(3);
    if (by == 0) {
      GroupWorld::remove(world_.alice, world_.group, who.at_alice);
    } else if (by == 1 && other.member) {
      GroupWorld::remove(*other.peer, other.chat,
                         GroupWorld::contact(*other.peer, who.peer->name()));
    } else {
      GroupWorld::remove(*who.peer, who.chat, kSelf);
    }
    who.member = false;
    who.allowed_as_member = false;
    if (by == 0) return;
    // Alice decides by the list that she has.
    REQUIRE(world_.until([&] { return !lists(world_.alice, world_.group, who.peer->name()); }));
  }

  GroupWorld world_;
  GroupWorld::SharedInGroup shared_;
  std::array<Person, 2> people_;
};

}  // namespace

TEST_CASE("random histories of a group never open a file to a former member") {
  play_histories([](unsigned seed) {
    GroupHistory history(seed);
    for (int i = 0; i < 36; ++i) history.step();
    history.agree();
  });
}
