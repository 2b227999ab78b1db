#include "messaging/model/group_state.h"

#include <algorithm>
#include <tuple>

#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/identity.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;
using base::WireReader;
using base::WireWriter;

constexpr std::size_t kMaxAddr = 320;
constexpr std::size_t kMaxCardName = 256;
constexpr std::size_t kMaxUrl = 512;
constexpr std::size_t kMaxMailbox = 128;

constexpr MemberKey kNobody{};

// Equal stamps with different values come from a device that was restored from an older copy: the
// greater value wins, so that all copies still converge.
template <class T>
const Register<T>& later(const Register<T>& a, const Register<T>& b) {
  return std::tie(a.stamp, a.value) < std::tie(b.stamp, b.value) ? b : a;
}

auto rank(const Membership& m) { return std::tuple(m.number, !m.present, m.author); }

Membership later(const Membership& a, const Membership& b) {
  if (rank(a) != rank(b)) return rank(a) < rank(b) ? b : a;
  return a.card < b.card ? b : a;
}

void write_stamp(WireWriter& out, const Stamp& stamp) { out.u64(stamp.number).fixed(stamp.author); }

Stamp read_stamp(WireReader& in) {
  Stamp stamp;
  stamp.number = in.u64();
  stamp.author = in.array<32>();
  if (stamp.number > kMaxChange) in.refuse();
  if (stamp.number == 0 && stamp.author != kNobody) in.refuse();
  return stamp;
}

void write_card(WireWriter& out, const MemberCard& card) {
  out.u64(card.version).text(card.addr).text(card.name).boolean(card.bot);
  out.u8(static_cast<std::uint8_t>(card.urls.size()));
  for (const std::string& url : card.urls) out.text(url);
  out.text(card.mailbox).boolean(card.token.has_value());
  if (card.token) out.fixed(*card.token);
}

MemberCard read_card(WireReader& in) {
  MemberCard card;
  card.version = in.u64();
  if (card.version > kMaxChange) in.refuse();
  card.addr = in.text(kMaxAddr);
  card.name = in.text(kMaxCardName);
  card.bot = in.boolean();
  const std::size_t urls = in.u8();
  if (urls > 3) in.refuse();
  for (std::size_t i = 0; i < urls && in.ok(); ++i) card.urls.push_back(in.text(kMaxUrl));
  card.mailbox = in.text(kMaxMailbox);
  if (in.boolean()) card.token = in.array<32>();
  return card;
}

}  // namespace

bool GroupState::has(const MemberKey& key) const {
  const Membership* member = find(key);
  return member != nullptr && member->present;
}

const Membership* GroupState::find(const MemberKey& key) const {
  const auto found = members.find(key);
  return found == members.end() ? nullptr : &found->second;
}

std::vector<MemberKey> GroupState::present() const {
  std::vector<MemberKey> keys;
  for (const auto& [key, member] : members) {
    if (member.present) keys.push_back(key);
  }
  return keys;
}

bool GroupState::empty() const {
  return members.empty() && name.stamp.number == 0 && description.stamp.number == 0 &&
         image.stamp.number == 0;
}

std::uint64_t GroupState::next_number() const {
  std::uint64_t highest =
      std::max({name.stamp.number, description.stamp.number, image.stamp.number});
  for (const auto& [key, member] : members) highest = std::max(highest, member.number);
  return highest + 1;
}

GroupDigest GroupState::digest() const {
  WireWriter out;
  out.fixed(base::as_bytes("privitty-edge group state")).fixed(encode(*this));
  return crypto::blake2b<16>(out.view());
}

GroupState merge(const GroupState& a, const GroupState& b) {
  GroupState out;
  out.channel = a.channel;
  out.owner = a.owner;
  out.name = later(a.name, b.name);
  out.description = later(a.description, b.description);
  out.image = later(a.image, b.image);
  out.members = a.members;
  for (const auto& [key, member] : b.members) {
    const auto [entry, added] = out.members.try_emplace(key, member);
    if (!added) entry->second = later(entry->second, member);
  }
  return out;
}

GroupState shown_to(const GroupState& state, const MemberKey& member) {
  if (!state.channel || member == state.owner) return state;
  GroupState shown = state;
  std::erase_if(shown.members, [&](const auto& entry) {
    return entry.first != member && entry.first != state.owner;
  });
  return shown;
}

StateVerdict judge_state(const GroupState* ours, const MemberKey& self, const MemberKey& sender,
                         const GroupState& theirs) {
  if (ours != nullptr && (ours->channel != theirs.channel || ours->owner != theirs.owner)) {
    return StateVerdict::drop;
  }
  if (theirs.channel) {
    if (sender == theirs.owner) {
      return theirs.find(self) != nullptr ? StateVerdict::take : StateVerdict::drop;
    }
    // A subscriber may report that it leaves.
    const bool leaves = ours != nullptr && self == theirs.owner && ours->has(sender) &&
                        theirs.find(sender) != nullptr && !theirs.has(sender);
    return leaves ? StateVerdict::take : StateVerdict::drop;
  }
  if (ours != nullptr && ours->has(self)) {
    return ours->has(sender) ? StateVerdict::take : StateVerdict::hold;
  }
  // We are not in the group: an invitation.
  return theirs.has(self) && theirs.has(sender) ? StateVerdict::take : StateVerdict::drop;
}

Merged take(const GroupState* ours, const MemberKey& self, const MemberKey& sender,
            const GroupState& theirs) {
  GroupState received = theirs;
  if (theirs.channel && sender != theirs.owner && ours != nullptr) {
    received = *ours;  // except for the subscriber's own entry
    received.members.at(sender) = later(ours->members.at(sender), theirs.members.at(sender));
    return {received, received != *ours, false};
  }
  Merged merged;
  merged.state = ours == nullptr ? received : merge(*ours, received);
  if (!fits(merged.state)) return {ours == nullptr ? GroupState{} : *ours, false, false};
  merged.changed = ours == nullptr || merged.state != *ours;
  merged.ours_alone =
      merged.changed && !theirs.channel && merged.state != received && merged.state.has(self);
  return merged;
}

bool fits(const GroupState& state) {
  return state.members.size() <= kMaxMemberEntries && state.present().size() <= kMaxMembers &&
         encode(state).size() <= kMaxGroupState;
}

base::Bytes encode(const GroupState& state) {
  WireWriter out;
  out.boolean(state.channel).fixed(state.owner);
  write_stamp(out, state.name.stamp);
  out.text(state.name.value);
  write_stamp(out, state.description.stamp);
  out.text(state.description.value);
  write_stamp(out, state.image.stamp);
  out.boolean(state.image.value.has_value());
  if (state.image.value) out.fixed(*state.image.value);
  out.u16(static_cast<std::uint16_t>(state.members.size()));
  for (const auto& [key, member] : state.members) {
    out.fixed(key).u64(member.number).boolean(member.present).fixed(member.author);
    if (member.present) write_card(out, member.card);
  }
  return out.take();
}

base::Result<GroupState> decode_group_state(base::ByteView bytes, MemberKeys keys) {
  const auto malformed = fail(Errc::invalid_argument, "malformed group state");
  if (bytes.size() > kMaxGroupState) return malformed;
  WireReader in(bytes);
  GroupState state;
  state.channel = in.boolean();
  state.owner = in.array<32>();
  if (state.channel == (state.owner == kNobody)) in.refuse();
  state.name.stamp = read_stamp(in);
  state.name.value = in.text(kMaxGroupName);
  state.description.stamp = read_stamp(in);
  state.description.value = in.text(kMaxDescription);
  state.image.stamp = read_stamp(in);
  if (in.boolean()) state.image.value = in.array<32>();
  const std::size_t count = in.u16();
  if (count > kMaxMemberEntries) in.refuse();
  std::size_t present = 0;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const MemberKey key = in.array<32>();
    Membership member;
    member.number = in.u64();
    member.present = in.boolean();
    member.author = in.array<32>();
    if (member.present) member.card = read_card(in);
    present += member.present ? 1 : 0;
    if (member.number == 0 || member.number > kMaxChange) in.refuse();
    // In order of the keys, each once: equal states have equal bytes.
    if (!state.members.empty() && !(state.members.rbegin()->first < key)) in.refuse();
    if (!in.ok()) return malformed;
    if (keys == MemberKeys::checked && !crypto::PublicKey::from_bytes(key)) return malformed;
    state.members.emplace_hint(state.members.end(), key, std::move(member));
  }
  if (!in.done() || present > kMaxMembers) return malformed;
  return state;
}

}  // namespace messaging
