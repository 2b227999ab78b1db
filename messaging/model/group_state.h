// GroupState: what a group is (its name, picture and members) as every member keeps it, and how two
// copies become one. docs/protocol.md, "Groups", states the rule; this is its whole code.
//
// Each part is a register with a stamp. Of two values of one register the higher stamp wins, so
// that copies which have seen the same changes are equal, whatever the order. No clock of a device
// is asked: a change's number is one more than the highest number that its author has seen.
//
// States come from other members: bounded and checked when read. Members trust each other with the
// list, as in any group where everybody may change it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace messaging {

using GroupId = std::array<std::uint8_t, 16>;
using MemberKey = std::array<std::uint8_t, 32>;  // a public identity
using GroupDigest = std::array<std::uint8_t, 16>;
using ImageHash = std::array<std::uint8_t, 32>;  // BLAKE2b-256 of the sealed picture

inline constexpr std::size_t kMaxMembers = 500;            // present ones
inline constexpr std::size_t kMaxMemberEntries = 2000;     // with former ones
inline constexpr std::size_t kMaxGroupState = 512 * 1024;  // bytes, encoded
inline constexpr std::size_t kMaxGroupName = 256;          // bytes
inline constexpr std::size_t kMaxDescription = 4096;
inline constexpr std::uint64_t kMaxChange = std::uint64_t{1} << 62;

// The number of a change and who made it. The higher number wins, then the higher key.
struct Stamp {
  std::uint64_t number = 0;  // 0: never set
  MemberKey author{};
  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

template <class T>
struct Register {
  Stamp stamp;
  T value{};
  friend bool operator==(const Register&, const Register&) = default;
};

// How a member is reached by those who have no session with it. Version 0 is what whoever added the
// member knew; the member itself publishes higher ones.
struct MemberCard {
  std::uint64_t version = 0;
  std::string addr;
  std::string name;
  bool bot = false;
  std::vector<std::string> urls;  // at most 3
  std::string mailbox;
  // Admits requests for a session by members of this group, nothing else.
  std::optional<std::array<std::uint8_t, 32>> token;
  friend auto operator<=>(const MemberCard&, const MemberCard&) = default;
};

// Whether somebody is in the group. Of equal numbers the one that takes the member out wins.
struct Membership {
  std::uint64_t number = 0;
  bool present = false;
  MemberKey author{};
  MemberCard card;  // of present ones
  friend bool operator==(const Membership&, const Membership&) = default;
};

struct GroupState {
  // A channel has one sender, its owner, and subscribers who do not know of each other.
  bool channel = false;
  MemberKey owner{};  // of a channel; zeros for a group
  Register<std::string> name;
  Register<std::string> description;
  Register<std::optional<ImageHash>> image;
  std::map<MemberKey, Membership> members;

  bool has(const MemberKey& key) const;                // a present member
  const Membership* find(const MemberKey& key) const;  // nullptr: never a member
  std::vector<MemberKey> present() const;
  bool empty() const;  // says nothing: the question for the whole
  // The number of the next change.
  std::uint64_t next_number() const;
  GroupDigest digest() const;
  friend bool operator==(const GroupState&, const GroupState&) = default;
};

// Both in one: commutative, associative, idempotent. They must be of one kind and owner.
GroupState merge(const GroupState& a, const GroupState& b);

// What of a state is for this member: of a channel its own entry and the owner's, of a group all.
GroupState shown_to(const GroupState& state, const MemberKey& member);

enum class StateVerdict {
  take,
  hold,  // its sender is no member that we know of: it may be one that we shall hear of
  drop,
};
// Whether a state that `sender` sent is merged into ours; `ours` is nullptr for an unknown group.
StateVerdict judge_state(const GroupState* ours, const MemberKey& self, const MemberKey& sender,
                         const GroupState& theirs);

// What becomes of ours when theirs is taken. A state that would outgrow the bounds changes nothing.
struct Merged {
  GroupState state;
  bool changed = false;  // it is not what ours was
  // It is a state that nobody but us has: it goes to every member.
  bool ours_alone = false;
};
Merged take(const GroupState* ours, const MemberKey& self, const MemberKey& sender,
            const GroupState& theirs);

// Within the bounds of what is sent and read.
bool fits(const GroupState& state);

// The canonical form: equal states have equal bytes.
base::Bytes encode(const GroupState& state);
// Whether each key is one takes a tenth of a millisecond: not looked at in a state of our own, and
// in one that came only of members whom we do not know yet.
enum class MemberKeys : std::uint8_t { checked, unchecked };
base::Result<GroupState> decode_group_state(base::ByteView bytes,
                                            MemberKeys keys = MemberKeys::checked);

}  // namespace messaging
