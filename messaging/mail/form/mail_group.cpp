#include "messaging/mail/form/mail_group.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "messaging/model/plain_name.h"

namespace messaging::mail {
namespace {

constexpr std::int64_t kLatest = std::int64_t{1} << 40;
// Core gives several mails of one second distinct dates, which may be some seconds ahead of its
// clock.
constexpr std::int64_t kAhead = 10;

std::uint64_t clamped(std::int64_t seconds, std::int64_t now) {
  const std::int64_t last = std::min(now + kAhead, kLatest);
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(seconds, 1, last));
}

class StateReader {
 public:
  StateReader(const ChatMail& mail, const GroupReading& reading)
      : mail_(mail), group_(*mail.group), reading_(reading) {}

  GroupState read() {
    read_names();
    // A list without times counts only if the group is new to us.
    const bool listed = group_.timed || !reading_.known;
    for (const MailMember& member : mail_.to) {
      if (listed) put(member, true, group_.timed ? member.changed : mail_.date);
    }
    for (const MailMember& member : group_.past) {
      if (group_.timed) put(member, false, member.changed);
    }
    if (const auto* added = std::get_if<MemberAdded>(&group_.change)) {
      put_changed(added->addr, added->fingerprint, true);
    }
    const auto* removed = std::get_if<MemberRemoved>(&group_.change);
    if (removed != nullptr) put_changed(removed->addr, removed->fingerprint, false);
    // Names everybody except the sender.
    if (!reading_.known && state_.find(reading_.sender) == nullptr) {
      put_key(reading_.sender, mail_.from, true, mail_.date);
    }
    return std::move(state_);
  }

 private:
  void read_names() {
    if (const std::string name = plain_name(group_.name, kMaxGroupName); !name.empty()) {
      state_.name.value = name;
      state_.name.stamp.number =
          clamped(group_.name_changed != 0 ? group_.name_changed : mail_.date, reading_.now);
    }
    if (group_.description) {
      state_.description.value = *group_.description;
      const bool said = group_.description_changed != 0;
      state_.description.stamp.number =
          clamped(said ? group_.description_changed : mail_.date, reading_.now);
    }
    if (group_.image && (reading_.image || group_.image->bytes.empty())) {
      state_.image.value = reading_.image;
      // Of two pictures of one second, the later arrival wins, as in core.
      const std::uint64_t number = clamped(mail_.date, reading_.now);
      state_.image.stamp.number = number == reading_.image_number ? number + 1 : number;
    }
  }

  std::optional<MemberKey> key_of(std::string_view addr, const Fingerprint& fingerprint) const {
    if (fingerprint != Fingerprint()) return member_key(fingerprint);
    return reading_.key_of(addr);
  }

  void put(const MailMember& member, bool present, std::int64_t seconds) {
    if (const auto key = key_of(member.addr, member.fingerprint)) {
      put_key(*key, member, present, seconds);
    }
  }

  // A change that is also in the list has the list's time.
  void put_changed(const std::string& addr, const Fingerprint& fingerprint, bool present) {
    const auto key = key_of(addr, fingerprint);
    if (!key) return;
    const Membership* said = state_.find(*key);
    if (said != nullptr && said->present == present) return;
    put_key(*key, {addr}, present, mail_.date);
  }

  void put_key(const MemberKey& key, const MailAddress& address, bool present,
               std::int64_t seconds) {
    if (state_.members.size() >= kMaxMemberEntries) return;
    Membership member;
    member.number = 2 * clamped(seconds, reading_.now) + (present ? 1 : 0);
    member.present = present;
    if (present) {
      member.card.addr = address.addr;
      member.card.name = plain_name(address.name);
    }
    const auto [entry, fresh] = state_.members.try_emplace(key, member);
    if (!fresh && entry->second.number < member.number) entry->second = std::move(member);
  }

  const ChatMail& mail_;
  const MailGroup& group_;
  const GroupReading& reading_;
  GroupState state_;
};

// The member whom the mail adds or removes.
std::optional<MemberKey> changed_member(const MailGroup& group, const GroupReading& reading) {
  const auto key = [&](const std::string& addr,
                       const Fingerprint& fingerprint) -> std::optional<MemberKey> {
    if (fingerprint != Fingerprint()) return member_key(fingerprint);
    return reading.key_of(addr);
  };
  if (const auto* added = std::get_if<MemberAdded>(&group.change)) {
    return key(added->addr, added->fingerprint);
  }
  if (const auto* removed = std::get_if<MemberRemoved>(&group.change)) {
    return key(removed->addr, removed->fingerprint);
  }
  return std::nullopt;
}

struct Listed {
  MailMember member;
  std::int64_t seconds = 0;
};

// The latest changes first, as core lists them.
std::vector<MailMember> in_order(std::vector<Listed> listed) {
  std::stable_sort(listed.begin(), listed.end(),
                   [](const Listed& a, const Listed& b) { return a.seconds > b.seconds; });
  std::vector<MailMember> members;
  for (Listed& one : listed) members.push_back(std::move(one.member));
  return members;
}

}  // namespace

std::uint64_t membership_number(std::int64_t seconds, bool present) {
  return 2 * clamped(seconds, kLatest) + (present ? 1 : 0);
}

std::int64_t time_of_membership(std::uint64_t number) {
  return static_cast<std::int64_t>(number / 2);
}

GroupState state_in(const ChatMail& mail, const GroupReading& reading) {
  return StateReader(mail, reading).read();
}

GroupState with_authors(const GroupState& before, const GroupState& after, const ChatMail& mail,
                        const GroupReading& reading) {
  GroupState out = after;
  const auto changed = changed_member(*mail.group, reading);
  for (auto& [key, member] : out.members) {
    if (before.has(key) == member.present) continue;
    // Mails do not name who removed a past member: the sender counts as the author.
    const bool by_sender = key == changed || !member.present || !reading.known;
    member.author = by_sender ? reading.sender : key;
  }
  out.name.stamp.author = reading.sender;
  out.description.stamp.author = reading.sender;
  out.image.stamp.author = reading.sender;
  return out;
}

void put_state(ChatMail& mail, const GroupState& state, const GroupWriting& writing,
               bool describe) {
  std::vector<Listed> present;
  std::vector<Listed> past;
  for (const auto& [key, membership] : state.members) {
    const std::int64_t seconds = time_of_membership(membership.number);
    const bool shown =
        membership.present ? key != writing.self : seconds > writing.now - kPastMembers;
    if (!shown) continue;
    Listed one;
    static_cast<MailAddress&>(one.member) = writing.address_of(key);
    if (one.member.addr.empty()) continue;
    one.member.fingerprint = fingerprint_of(key);
    one.member.changed = one.seconds = seconds;
    (membership.present ? present : past).push_back(std::move(one));
  }
  mail.to = in_order(std::move(present));
  MailGroup& group = *mail.group;
  group.past = in_order(std::move(past));
  group.timed = true;
  group.name = state.name.value;
  group.name_changed = static_cast<std::int64_t>(state.name.stamp.number);
  if (!describe || state.description.stamp.number == 0) return;
  group.description = state.description.value;
  group.description_changed = static_cast<std::int64_t>(state.description.stamp.number);
}

}  // namespace messaging::mail
