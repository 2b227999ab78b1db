// Groups in mails: a GroupState as the headers that Delta Chat's core writes, and the headers as a
// state to merge.
//
// Core stores for each member when it was added and when it was removed, in seconds; the later time
// wins, and of equal times the addition. Here both are one Membership, whose number is twice the
// time, plus one for a present member: the merge of GroupStates (model/group_state.h) then has the
// same result as core's. Names, descriptions and pictures are numbered by their seconds; of equal
// numbers the greater value wins, as in core. Authors are empty: they would decide between equal
// numbers, and mails do not name them.
//
// Pure values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "messaging/mail/form/chat_mail.h"
#include "messaging/model/group_state.h"

namespace messaging::mail {

// Mails list former members for this long, in seconds.
inline constexpr std::int64_t kPastMembers = 60 * 86400;

std::uint64_t membership_number(std::int64_t seconds, bool present);
std::int64_t time_of_membership(std::uint64_t number);

// The key of the contact with this address, by the mail's gossip or among known members.
using KeyOfAddress = std::function<std::optional<MemberKey>(std::string_view addr)>;

struct GroupReading {
  MemberKey sender{};
  std::int64_t now = 0;            // seconds: changes more than a moment later are limited to it
  bool known = false;              // the group is known here
  std::optional<ImageHash> image;  // of the picture that the mail brings, once it is stored
  std::uint64_t image_number = 0;  // of the picture that the group has (or its removal)
  KeyOfAddress key_of;
};
// The group's state by the mail, to be merged into the known state. `mail` has a group that is no
// channel.
GroupState state_in(const ChatMail& mail, const GroupReading& reading);

// Names the authors of the changes between two states: the sender for the change that the mail
// names, and each member itself where only its time changed. For lines in the chat; such a state is
// not stored.
GroupState with_authors(const GroupState& before, const GroupState& after, const ChatMail& mail,
                        const GroupReading& reading);

struct GroupWriting {
  MemberKey self{};
  std::int64_t now = 0;  // seconds
  // Address and name of a member. A member without an address cannot be written to, and is left
  // out.
  std::function<MailAddress(const MemberKey&)> address_of;
};
// Sets To, and in `mail.group` the members' times and fingerprints, the past members, the name and
// its time. Adds the description if `describe` is set.
void put_state(ChatMail& mail, const GroupState& state, const GroupWriting& writing, bool describe);

}  // namespace messaging::mail
