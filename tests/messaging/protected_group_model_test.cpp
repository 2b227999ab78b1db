// Random histories of a file in a group whose members come and go, against a simple model of who
// may open it (GroupAllowance). Until the news is there, a member may open what it could before; at
// no moment may one open what ended before all sides agreed last.
#include <array>

#include "tests/messaging/protected_group_world.h"
#include "tests/messaging/random_history.h"

using namespace test;

namespace {

// The model: what the owner decided for one contact, as a member and for itself, and until when.
// Whoever is taken out of the group, by anybody, loses the former until the owner grants it anew.
class GroupAllowance {
 public:
  void grant_as_member(UnixMillis end) { as_member_ = extend(end); }
  void grant_alone(UnixMillis end) { alone_ = extend(end); }
  void leave() { as_member_ = 0; }
  void withdraw() { as_member_ = alone_ = 0; }
  void agreed() { latest_ = end(); }

  bool holds(UnixMillis now) const { return now < end(); }
  // The latest end of all that was decided since all sides agreed: a decision that is still on its
  // way, or was overtaken, may hold until then.
  UnixMillis latest() const { return latest_; }

 private:
  UnixMillis end() const { return std::max(as_member_, alone_); }
  UnixMillis extend(UnixMillis end) {
    latest_ = std::max(latest_, end);
    return end;
  }

  UnixMillis as_member_ = 0;
  UnixMillis alone_ = 0;
  UnixMillis latest_ = 0;
};

struct Person {
  Peer* peer = nullptr;
  ContactId at_alice;
  ChatId alone;  // the owner's chat with it
  ChatId chat;   // its group
  ProtectedWorld::Came came{};
  bool member = true;
  GroupAllowance allowed = {};
};

class GroupHistory : RandomHistory {
 public:
  GroupHistory(unsigned seed, unsigned parties)
      : RandomHistory(seed),
        world_(parties > 2, seed),
        dave_(world_.network, world_.clock, "dave") {
    people_.push_back({&world_.bob, world_.bob_at_alice, world_.alice_chat, world_.bob_group});
    if (parties > 2) {
      people_.push_back(
          {&world_.carol, world_.carol_at_alice, world_.alice_carol, world_.carol_group});
    }
    if (parties > 3) add_dave();
    share();
  }

  void step() {
    Person& who = people_[pick(static_cast<std::uint32_t>(people_.size()))];
    const Action& action = kActions[pick(static_cast<std::uint32_t>(kActions.size()))];
    played_ += std::string(played_.empty() ? "" : ", ") + action.name + " " + who.peer->name();
    INFO(played_);
    (this->*action.play)(who);
    for (const Person& person : people_) {
      INFO(person.peer->name());
      if (opens(person)) CHECK(world_.clock.now() < person.allowed.latest());
    }
  }

  // All sides have the same list of members, every holder has the owner's last decision, and
  // whoever may open can, and nobody else.
  void agree() {
    const Weather before = world_.network.weather();
    world_.network.set({});
    for (Person& person : people_) {
      INFO(person.peer->name() << (person.member ? " in" : " out")
                               << (may_open(person) ? ", allowed" : ", not allowed"));
      REQUIRE(world_.until([&] {
        return is_member_everywhere(person) &&
               last_word(*person.peer, kSelf) == last_word(world_.alice, person.at_alice) &&
               opens(person) == may_open(person);
      }));
      // Who may not open has no share either, once its window was looked at.
      REQUIRE(ProtectedWorld::expire(*person.peer));
      CHECK(ProtectedWorld::sealed_shares(*person.peer).size() == (may_open(person) ? 1 : 0));
      person.allowed.agreed();
    }
    CHECK(ProtectedWorld::read(world_.alice, sent_) == "model");
    world_.network.set(before);
  }

 private:
  // What may happen to a person; a row that stands twice happens twice as often.
  struct Action {
    const char* name;
    void (GroupHistory::*play)(Person&);
  };
  static const std::array<Action, 14> kActions;

  void grant_alone(Person& who) {
    const auto end = grant(who, who.alone);
    REQUIRE(end);
    who.allowed.grant_alone(*end);
  }
  void grant_as_member(Person& who) {
    const auto end = grant(who, world_.group);
    CHECK(end.has_value() == who.member);
    if (end) who.allowed.grant_as_member(*end);
  }
  void revoke(Person& who) {
    REQUIRE(world_.revoke(shared_.file_id, who.at_alice));
    who.allowed.withdraw();
  }
  void take_out(Person& who) {
    agree();
    if (who.member) remove_by_somebody(who);
  }
  void add(Person& who) {
    agree();
    if (!who.member) GroupWorld::add(world_.alice, world_.group, who.at_alice);
    who.member = true;
    agree();
  }
  // When its window may be over; the owner may say no as soon as it learns of it, or yes later on.
  void ask(Person& who) {
    let_window_end(who);
    if (!ProtectedWorld::request(*who.peer, who.chat, who.came.file)) return;
    let_some_through(world_);
    if (pick(2) == 0) deny(who);
  }
  // Nobody is denied anything who did not ask, and so may open nothing by now.
  void deny(Person& who) {
    if (!world_.deny(shared_.file_id, who.at_alice)) return;
    CHECK_FALSE(may_open(who));
    who.allowed.withdraw();
  }
  void let_window_end(Person& who) { let_time_pass(world_, who.allowed.latest()); }
  void restart(Person& who) { (pick(3) == 0 ? world_.alice : *who.peer).restart(); }
  void change_weather(Person& /*who*/) { world_.network.set(weather()); }
  void deliver_some(Person& /*who*/) { let_some_through(world_); }

  void add_dave() {
    world_.join(dave_, world_.alice);
    Person dave;
    dave.peer = &dave_;
    dave.at_alice = GroupWorld::contact(world_.alice, "dave");
    dave.alone = world_.alice.events_of<PrivittyPeerHandshakeComplete>().back().chat_id;
    GroupWorld::add(world_.alice, world_.group, dave.at_alice);
    dave.chat = world_.group_at(dave_);
    people_.push_back(dave);
  }
  void share() {
    const auto made = world_.protect_for_group(world_.alice, world_.group, "model.txt", "model");
    REQUIRE(made);
    shared_ = *made;
    const auto sent = ProtectedWorld::try_send(world_.alice, world_.group, shared_.encrypted_path);
    REQUIRE(sent);
    sent_ = *sent;
    for (Person& person : people_) {
      person.came = world_.arrival(*person.peer, person.chat);
      REQUIRE(world_.becomes(*person.peer, person.came.file, "active"));
      person.allowed.grant_as_member(kForEver);
    }
  }
  // The end of what was granted; nothing when the owner cannot.
  std::optional<UnixMillis> grant(const Person& who, ChatId chat) {
    const std::uint32_t seconds = this->seconds();
    if (!world_.grant_in(chat, shared_.file_id, who.at_alice, {.seconds = seconds})) return {};
    return end_of(world_, seconds);
  }
  bool may_open(const Person& who) const { return who.allowed.holds(world_.clock.now()); }
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
  // Or nowhere, when it is none: at itself, at alice, and at all who are in the group to learn of
  // it.
  bool is_member_everywhere(const Person& who) {
    const std::string& name = who.peer->name();
    return GroupWorld::is_in(*who.peer, who.chat) == who.member &&
           lists(world_.alice, world_.group, name) == who.member &&
           std::all_of(people_.begin(), people_.end(), [&](const Person& other) {
             return &other == &who || !other.member ||
                    lists(*other.peer, other.chat, name) == who.member;
           });
  }
  // By alice, by another member, or by itself.
  void remove_by_somebody(Person& who) {
    const Person& by = people_[pick(static_cast<std::uint32_t>(people_.size()))];
    const bool by_alice = pick(3) == 0;
    if (by_alice) {
      GroupWorld::remove(world_.alice, world_.group, who.at_alice);
    } else if (by.peer != who.peer && by.member) {
      GroupWorld::remove(*by.peer, by.chat, GroupWorld::contact(*by.peer, who.peer->name()));
    } else {
      GroupWorld::remove(*who.peer, who.chat, kSelf);
    }
    who.member = false;
    who.allowed.leave();
    if (by_alice) return;
    // Alice decides by the list that she has.
    REQUIRE(world_.until([&] { return !lists(world_.alice, world_.group, who.peer->name()); }));
  }

  GroupWorld world_;
  Peer dave_;
  ProtectedPath shared_;
  MsgId sent_;
  std::vector<Person> people_;
  std::string played_;
};

const std::array<GroupHistory::Action, 14> GroupHistory::kActions{{
    {"grant alone", &GroupHistory::grant_alone},
    {"grant as a member", &GroupHistory::grant_as_member},
    {"grant as a member", &GroupHistory::grant_as_member},
    {"revoke", &GroupHistory::revoke},
    {"take out", &GroupHistory::take_out},
    {"add", &GroupHistory::add},
    {"ask", &GroupHistory::ask},
    {"ask", &GroupHistory::ask},
    {"deny", &GroupHistory::deny},
    {"let the window end of", &GroupHistory::let_window_end},
    {"let the window end of", &GroupHistory::let_window_end},
    {"restart the owner or", &GroupHistory::restart},
    {"change the weather beside", &GroupHistory::change_weather},
    {"deliver some beside", &GroupHistory::deliver_some},
}};

}  // namespace

TEST_CASE("random histories of a group never open a file to a former member") {
  play_histories([](unsigned seed, unsigned parties) {
    GroupHistory history(seed, parties);
    for (int i = 0; i < 44; ++i) history.step();
    history.agree();
  });
}
