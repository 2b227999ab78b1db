// GroupState: a group's name, picture and members, of which every member has a copy, and the merge
// of two copies. docs/protocol.md, "Groups", has the rule; this is its implementation.
//
// Each part is a register with a stamp. Of two values of one register the higher stamp wins, so
// that copies which have seen the same changes are equal, whatever the order. No clock is involved:
// a change's number is one more than the highest number that its author has seen.
//
// States arrive from other members and are bounded and checked when read. Members trust each other
// with the list, as in any group where every member may change it.
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

// The number of a change and its author. The higher number wins, then the higher key.
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

// How a member is reached by members without a session with it. Version 0 is from the member who
// added it; the member itself publishes higher versions.
struct MemberCard {
  std::uint64_t version = 0;
  std::string addr;
  std::string name;
  bool bot = false;
  std::vector<std::string> urls;  // at most 3
  std::string mailbox;
  // Allows session requests by members of this group, nothing else.
  std::optional<std::array<std::uint8_t, 32>> token;
  friend auto operator<=>(const MemberCard&, const MemberCard&) = default;
};

// Whether a key is a member of the group. Of equal numbers a removal wins.
struct Membership {
  std::uint64_t number = 0;
  bool present = false;
  MemberKey author{};
  MemberCard card;  // of present ones
  friend bool operator==(const Membership&, const Membership&) = default;
};

struct GroupState {
  // A channel has one sender, its owner, and subscribers who do not see each other.
  bool channel = false;
  MemberKey owner{};  // of a channel; zeros for a group
  Register<std::string> name;
  Register<std::string> description;
  Register<std::optional<ImageHash>> image;
  std::map<MemberKey, Membership> members;

  bool has(const MemberKey& key) const;                // a present member
  const Membership* find(const MemberKey& key) const;  // nullptr: never a member
  std::vector<MemberKey> present() const;
  bool empty() const;  // without any value: a request for the whole state
  // The number of the next change.
  std::uint64_t next_number() const;
  GroupDigest digest() const;
  friend bool operator==(const GroupState&, const GroupState&) = default;
};

// Merges both: commutative, associative, idempotent. Both must have the same kind and owner.
GroupState merge(const GroupState& a, const GroupState& b);

// The part of a state that this member may see: of a channel its own entry and the owner's, of a
// group all.
GroupState shown_to(const GroupState& state, const MemberKey& member);

enum class StateVerdict {
  take,
  hold,  // the sender is no known member; a state that has not arrived yet may add it
  drop,
};
// Whether a state that `sender` sent is merged into ours; `ours` is nullptr for an unknown group.
StateVerdict judge_state(const GroupState* ours, const MemberKey& self, const MemberKey& sender,
                         const GroupState& theirs);

// The merge of theirs into ours. A merge that would exceed the bounds changes nothing.
struct Merged {
  GroupState state;
  bool changed = false;  // it differs from ours
  // Only we have this state: it has to be sent to every member.
  bool ours_alone = false;
};
Merged take(const GroupState* ours, const MemberKey& self, const MemberKey& sender,
            const GroupState& theirs);

// Whether the state is within the bounds of the wire form.
bool fits(const GroupState& state);

// The canonical form: equal states have equal bytes.
base::Bytes encode(const GroupState& state);
// Checking that a key is valid takes a tenth of a millisecond: omitted for our own state, and for
// known members of a received one.
enum class MemberKeys : std::uint8_t { checked, unchecked };
base::Result<GroupState> decode_group_state(base::ByteView bytes,
                                            MemberKeys keys = MemberKeys::checked);

}  // namespace messaging
