// The membership rule of messaging/model/group_state.h under random histories: members who change
// the group at the same time, are cut off, leave and come back, over a network that loses, doubles
// and reorders. In the end all who are in the group hold the same state.
//
// The seed of a failing history is printed; EDGE_GROUP_SEED repeats it, EDGE_GROUP_HISTORIES says
// how many are tried.
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <random>
#include <sstream>

#include "crypto/identity.h"
#include "messaging/model/group_state.h"
#include "tests/support/catch.h"

namespace {

using namespace messaging;

const std::vector<MemberKey>& people() {
  static const std::vector<MemberKey> keys = [] {
    std::vector<MemberKey> made;
    for (std::uint8_t i = 0; i < 6; ++i) {
      std::array<std::uint8_t, 32> seed{};
      seed.fill(static_cast<std::uint8_t>(i + 1));
      made.push_back(crypto::Identity::from_seed(seed).public_key().bytes());
    }
    return made;
  }();
  return keys;
}

struct Packet {
  std::size_t from = 0;
  std::size_t to = 0;
  base::Bytes state;
};

// One member's device: the rule, and nothing else.
struct Device {
  MemberKey self{};
  std::optional<GroupState> state;
  std::vector<Packet> held;
};

class History {
 public:
  History(unsigned seed, std::size_t count) : random_(seed), devices_(count) {
    for (std::size_t i = 0; i < count; ++i) devices_[i].self = people()[i];
    cut_.assign(count, false);
    GroupState start;
    start.name = {{1, people()[0]}, "start"};
    start.members[people()[0]] = {1, true, people()[0], card_of(0, 1)};
    devices_[0].state = start;
    for (std::size_t i = 1; i < count; ++i) add(0, i);
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      switch (pick(10)) {
        case 0:
        case 1:
          change_name(pick(devices_.size()));
          break;
        case 2:
          add(pick(devices_.size()), pick(devices_.size()));
          break;
        case 3:
          remove(pick(devices_.size()), pick(devices_.size()));
          break;
        case 4: {
          const std::size_t who = pick(devices_.size());
          remove(who, who);
          break;
        }
        case 5:
          cut_[pick(devices_.size())] = pick(2) == 0;
          break;
        default:
          deliver_one();
      }
    }
    // The links come back, and everybody who is left adds nobody any more.
    cut_.assign(devices_.size(), false);
    std::size_t guard = 0;
    while (!network_.empty() && guard++ < 1'000'000) deliver_one();
    REQUIRE(network_.empty());
  }

  // Those who hold each other for members hold the same.
  void check_agreement() const {
    for (const Device& a : devices_) {
      for (const Device& b : devices_) {
        if (!a.state || !b.state) continue;
        if (!a.state->has(a.self) || !b.state->has(b.self)) continue;
        if (!a.state->has(b.self) || !b.state->has(a.self)) continue;
        REQUIRE(*a.state == *b.state);
        REQUIRE(a.state->digest() == b.state->digest());
      }
    }
  }

  // Who takes part for certain (never cut off by a removal under way) is known to all others.
  std::size_t largest_agreement() const {
    std::size_t largest = 0;
    for (const Device& a : devices_) {
      if (!a.state || !a.state->has(a.self)) continue;
      std::size_t same = 0;
      for (const Device& b : devices_) same += b.state && *b.state == *a.state ? 1u : 0u;
      largest = std::max(largest, same);
    }
    return largest;
  }
  const std::vector<Device>& devices() const { return devices_; }

 private:
  std::size_t pick(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }

  MemberCard card_of(std::size_t who, std::uint64_t version) const {
    MemberCard card;
    card.version = version;
    card.addr = "p" + std::to_string(who) + "@test";
    if (version > 0) card.token = people()[who];
    return card;
  }

  void change_name(std::size_t who) {
    Device& device = devices_[who];
    if (!device.state || !device.state->has(device.self)) return;
    device.state->name = {{device.state->next_number(), device.self},
                          "name " + std::to_string(pick(1000))};
    send_to_all(who);
  }

  void add(std::size_t who, std::size_t whom) {
    Device& device = devices_[who];
    if (!device.state || !device.state->has(device.self)) return;
    if (device.state->has(people()[whom])) return;
    device.state->members[people()[whom]] = {device.state->next_number(), true, device.self,
                                             card_of(whom, 0)};
    send_to_all(who);
  }

  void remove(std::size_t who, std::size_t whom) {
    Device& device = devices_[who];
    if (!device.state || !device.state->has(device.self) || !device.state->has(people()[whom])) {
      return;
    }
    device.state->members[people()[whom]] = {device.state->next_number(), false, device.self, {}};
    send_to_all(who);
    if (who != whom) send(who, whom);
  }

  void send_to_all(std::size_t who) {
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      if (i != who && devices_[who].state->has(people()[i])) send(who, i);
    }
  }

  void send(std::size_t from, std::size_t to) {
    network_.push_back({from, to, encode(*devices_[from].state)});
  }

  // Any packet may be next; a lost one is sent again later, as the outbox does.
  void deliver_one() {
    if (network_.empty()) return;
    const std::size_t index = pick(network_.size());
    const Packet packet = network_[index];
    if (cut_[packet.from] || cut_[packet.to] || pick(4) == 0) return;  // lost for now
    if (pick(4) != 0) {                                                // else it comes once more
      network_.erase(network_.begin() + static_cast<std::ptrdiff_t>(index));
    }
    receive(packet);
  }

  void receive(const Packet& packet) {
    Device& device = devices_[packet.to];
    const auto theirs = decode_group_state(packet.state);
    REQUIRE(theirs.ok());
    const GroupState* ours = device.state ? &*device.state : nullptr;
    const MemberKey& sender = people()[packet.from];
    switch (judge_state(ours, device.self, sender, *theirs)) {
      case StateVerdict::drop:
        return;
      case StateVerdict::hold:
        device.held.push_back(packet);
        return;
      case StateVerdict::take:
        break;
    }
    Merged merged = take(ours, device.self, sender, *theirs);
    if (!merged.changed) return;
    device.state = std::move(merged.state);
    if (publish_card(packet.to) || merged.ours_alone) send_to_all(packet.to);
    std::vector<Packet> held;
    held.swap(device.held);
    for (const Packet& one : held) receive(one);
  }

  // A member's card is its own to write.
  bool publish_card(std::size_t who) {
    Device& device = devices_[who];
    if (!device.state->has(device.self)) return false;
    MemberCard& card = device.state->members.at(device.self).card;
    if (card.token) return false;
    card = card_of(who, card.version + 1);
    return true;
  }

  std::mt19937 random_;
  std::vector<Device> devices_;
  std::deque<Packet> network_;
  std::vector<bool> cut_;
};

unsigned number_from(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

GroupState sample() {
  GroupState state;
  state.name = {{3, people()[0]}, "Shift 2"};
  state.description = {{2, people()[1]}, "night"};
  state.image = {{4, people()[1]}, ImageHash{1, 2, 3}};
  MemberCard card;
  card.version = 2;
  card.addr = "a@b";
  card.name = "A";
  card.urls = {"http://a.test"};
  card.mailbox = "box";
  card.token = std::array<std::uint8_t, 32>{9};
  state.members[people()[0]] = {1, true, people()[0], card};
  state.members[people()[1]] = {5, false, people()[0], {}};
  return state;
}

}  // namespace

TEST_CASE("random histories of two to six members end with one state for all members") {
  const unsigned first = number_from("EDGE_GROUP_SEED", std::random_device{}());
  const unsigned histories = number_from("EDGE_GROUP_HISTORIES", 40);
  std::size_t together = 0;
  for (unsigned i = 0; i < histories; ++i) {
    const unsigned seed = first + i;
    INFO("repeat with EDGE_GROUP_SEED=" << seed << " EDGE_GROUP_HISTORIES=1");
    History history(seed, 2 + seed % 5);
    history.run(60);
    history.check_agreement();
    together += history.largest_agreement() > 1 ? 1u : 0u;
  }
  // A rule by which everybody ends alone would agree too.
  CHECK(together * 4 > histories);
}

TEST_CASE("merging is commutative, associative and idempotent") {
  GroupState a = sample();
  GroupState b = sample();
  GroupState c = sample();
  b.name = {{3, people()[2]}, "Shift 3"};
  b.members[people()[1]] = {5, true, people()[2], {}};
  b.members[people()[0]].card.version = 7;
  c.name = {{3, people()[2]}, "restored from an old copy"};
  c.members[people()[3]] = {6, true, people()[2], {}};
  c.members[people()[1]] = {6, true, people()[2], {}};
  CHECK(merge(a, b) == merge(b, a));
  CHECK(merge(b, c) == merge(c, b));
  CHECK(merge(merge(a, b), c) == merge(a, merge(b, c)));
  CHECK(merge(a, a) == a);
  CHECK_FALSE(merge(a, b).has(people()[1]));  // of equal numbers the removal wins
  CHECK(merge(a, c).has(people()[1]));
  CHECK(merge(a, b).name.value == (people()[0] < people()[2] ? "Shift 3" : "Shift 2"));
  CHECK(merge(a, b).members.at(people()[0]).card.version == 7);
}

TEST_CASE("a group's state comes back as it was written, and no shorter one is taken") {
  const GroupState state = sample();
  const base::Bytes bytes = encode(state);
  const auto read = decode_group_state(bytes);
  REQUIRE(read.ok());
  CHECK(*read == state);
  CHECK(read->digest() == state.digest());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode_group_state(base::ByteView(bytes).first(size)).ok());
  }
  base::Bytes longer = bytes;
  longer.push_back(0);
  CHECK_FALSE(decode_group_state(longer).ok());
  CHECK(decode_group_state(encode(GroupState{}))->empty());
}

TEST_CASE("a state of a stranger is held back, and an invitation needs both in it") {
  GroupState ours = sample();
  const MemberKey self = people()[0];
  GroupState theirs = ours;
  theirs.members[people()[2]] = {9, true, people()[2], {}};
  CHECK(judge_state(&ours, self, people()[2], theirs) == StateVerdict::hold);
  CHECK(judge_state(nullptr, self, people()[2], theirs) == StateVerdict::take);
  CHECK(judge_state(nullptr, people()[4], people()[2], theirs) == StateVerdict::drop);
  CHECK(judge_state(nullptr, self, people()[1], theirs) == StateVerdict::drop);
  theirs.channel = true;
  theirs.owner = people()[2];
  CHECK(judge_state(&ours, self, people()[2], theirs) == StateVerdict::drop);
}

TEST_CASE("a channel's subscribers see the owner and themselves, and can only leave") {
  GroupState owner;
  owner.channel = true;
  owner.owner = people()[0];
  owner.name = {{1, people()[0]}, "News"};
  owner.members[people()[0]] = {1, true, people()[0], {}};
  owner.members[people()[1]] = {2, true, people()[0], {}};
  owner.members[people()[2]] = {3, true, people()[0], {}};
  const GroupState shown = shown_to(owner, people()[1]);
  CHECK(shown.members.size() == 2);
  CHECK_FALSE(shown.has(people()[2]));
  CHECK(judge_state(nullptr, people()[1], people()[0], shown) == StateVerdict::take);
  CHECK(judge_state(&shown, people()[1], people()[2], owner) == StateVerdict::drop);

  GroupState wish = shown;
  wish.name = {{9, people()[1]}, "Mine now"};
  CHECK(judge_state(&owner, people()[0], people()[1], wish) == StateVerdict::drop);
  wish.members[people()[1]] = {9, false, people()[1], {}};
  wish.members[people()[3]] = {9, true, people()[1], {}};
  REQUIRE(judge_state(&owner, people()[0], people()[1], wish) == StateVerdict::take);
  const Merged merged = take(&owner, people()[0], people()[1], wish);
  CHECK(merged.changed);
  CHECK_FALSE(merged.ours_alone);
  CHECK_FALSE(merged.state.has(people()[1]));
  CHECK(merged.state.find(people()[3]) == nullptr);
  CHECK(merged.state.name.value == "News");
}
