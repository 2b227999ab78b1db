// Groups of mails: the merge of GroupStates gives the member lists that Delta Chat's core has,
// whatever the order in which mails come.
#include "messaging/mail/form/mail_group.h"

#include <algorithm>
#include <map>
#include <random>

#include "messaging/mail/form/inner_mail.h"
#include "tests/messaging/mail_samples.h"

using namespace messaging;
using namespace messaging::mail;

namespace {

constexpr std::int64_t kNow = 1'795'300'000;

MemberKey key(std::uint8_t n) {
  MemberKey out{};
  out[0] = n;
  out[19] = 1;
  return out;
}

std::string addr_of(const MemberKey& member) {
  return "m" + std::to_string(member[0]) + "@example.org";
}

MailMember member(std::uint8_t n, std::int64_t changed) {
  MailMember out{{addr_of(key(n)), "M" + std::to_string(n)}};
  out.fingerprint = fingerprint_of(key(n));
  out.changed = changed;
  return out;
}

ChatMail group_mail(std::uint8_t sender, std::int64_t date) {
  ChatMail mail;
  mail.from = {addr_of(key(sender)), "S"};
  mail.message_id = "a@b";
  mail.date = date;
  MailGroup group;
  group.id = "b7TWI6CPncLhoy2-v5Q-9tVB";
  group.name = "Group";
  group.name_changed = 100;
  group.timed = true;
  mail.group = group;
  return mail;
}

GroupReading reading(std::uint8_t sender, bool known) {
  GroupReading out;
  out.sender = key(sender);
  out.now = kNow;
  out.known = known;
  out.key_of = [](std::string_view addr) -> std::optional<MemberKey> {
    for (std::uint8_t n = 1; n < 10; ++n) {
      if (addr == addr_of(key(n))) return key(n);
    }
    return std::nullopt;
  };
  return out;
}

// What core keeps of a member, and how it takes what a list says.
struct CoreMember {
  std::int64_t added = 0;
  std::int64_t removed = 0;
  bool present() const { return added >= removed && added > 0; }
  void say_added(std::int64_t at) {
    if (at > added && at >= removed) added = at;
  }
  void say_removed(std::int64_t at) {
    if (at > removed && at > added) removed = at;
  }
};

}  // namespace

TEST_CASE("an addition counts against a removal of the same second, and the later one otherwise") {
  CHECK(membership_number(5, true) > membership_number(5, false));
  CHECK(membership_number(6, false) > membership_number(5, true));
  CHECK(time_of_membership(membership_number(7, true)) == 7);
  CHECK(time_of_membership(membership_number(7, false)) == 7);
  CHECK(membership_number(0, true) > 0);
  CHECK(membership_number(INT64_MAX, true) <= kMaxChange);
}

TEST_CASE("the merge of states is core's, for any lists in any order") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<ChatMail> mails;
    for (int i = 0; i < 8; ++i) {
      ChatMail mail = group_mail(1, 1000);
      for (std::uint8_t n = 2; n <= 4; ++n) {
        const std::int64_t at = 1 + static_cast<std::int64_t>(random() % 6);
        (random() % 2 ? mail.to : mail.group->past).push_back(member(n, at));
      }
      mails.push_back(std::move(mail));
    }
    std::map<MemberKey, CoreMember> core;
    GroupState ours;
    for (const ChatMail& mail : mails) {
      for (const MailMember& one : mail.to)
        core[member_key(one.fingerprint)].say_added(one.changed);
      for (const MailMember& one : mail.group->past) {
        core[member_key(one.fingerprint)].say_removed(one.changed);
      }
      ours = merge(ours, state_in(mail, reading(1, true)));
    }
    for (const auto& [one, has] : core) CHECK(ours.has(one) == has.present());
    std::shuffle(mails.begin(), mails.end(), random);
    GroupState other;
    for (const ChatMail& mail : mails) other = merge(other, state_in(mail, reading(1, true)));
    CHECK(other == ours);
  }
}

TEST_CASE("a new group has its sender and whom the mail is for") {
  ChatMail mail = group_mail(1, 500);
  mail.to = {member(2, 300), member(3, 400)};
  const GroupState state = state_in(mail, reading(1, false));
  CHECK(state.present() == std::vector<MemberKey>{key(1), key(2), key(3)});
  CHECK(state.members.at(key(1)).number == membership_number(500, true));
  CHECK(state.members.at(key(2)).card.addr == addr_of(key(2)));
  CHECK(state.members.at(key(2)).card.name == "M2");
  CHECK(state.name.value == "Group");
  CHECK(state.name.stamp.number == 100);
  CHECK(state.name.stamp.author == MemberKey{});
  // Of a known group the sender is not said to be in it.
  CHECK(state_in(mail, reading(1, true)).find(key(1)) == nullptr);
}

TEST_CASE("lists without times say who is in a new group, and change a known one by name alone") {
  ChatMail mail = group_mail(1, 500);
  mail.to = {member(2, 0), member(3, 0)};
  mail.group->timed = false;
  CHECK(state_in(mail, reading(1, false)).present().size() == 3);
  CHECK(state_in(mail, reading(1, true)).members.empty());
  mail.group->change = MemberAdded{addr_of(key(3)), {}};
  CHECK(state_in(mail, reading(1, true)).present() == std::vector<MemberKey>{key(3)});
  mail.group->change = MemberRemoved{addr_of(key(2)), fingerprint_of(key(2))};
  const GroupState removal = state_in(mail, reading(1, true));
  REQUIRE(removal.find(key(2)) != nullptr);
  CHECK_FALSE(removal.has(key(2)));
  CHECK(removal.members.at(key(2)).number == membership_number(500, false));
}

TEST_CASE("changes are in their order where core dates its mails some seconds ahead") {
  ChatMail mail = group_mail(1, kNow + 3);
  mail.group->image = MailPicture{{1, 2, 3}};
  GroupReading with_picture = reading(1, true);
  with_picture.image = ImageHash{1};
  mail.group->change = MemberAdded{addr_of(key(2)), fingerprint_of(key(2))};
  const GroupState before = state_in(mail, with_picture);
  GroupReading later = reading(1, true);
  later.image_number = before.image.stamp.number;
  mail.group->image = MailPicture();
  mail.group->change = MemberRemoved{addr_of(key(2)), fingerprint_of(key(2))};
  mail.group->timed = false;
  for (const std::int64_t date : {kNow + 4, kNow + 3}) {  // also the last seconds it lends
    mail.date = date;
    const GroupState after = merge(before, state_in(mail, later));
    CHECK_FALSE(after.image.value);
    CHECK(after.has(key(2)) == (date == kNow + 3));
  }
}

TEST_CASE("no change is much later than now, and strangers' lists are bounded") {
  ChatMail mail = group_mail(1, kNow + 1'000'000);
  mail.to = {member(2, kNow + 1'000'000)};
  mail.group->name_changed = kNow + 1'000;
  const GroupState state = state_in(mail, reading(1, false));
  CHECK(state.members.at(key(2)).number == membership_number(kNow + 10, true));
  CHECK(state.name.stamp.number == static_cast<std::uint64_t>(kNow + 10));
  mail.to = {member(2, -5)};
  CHECK(state_in(mail, reading(1, false)).members.at(key(2)).number > 0);
}

TEST_CASE("a mail says the whole state, and reading it gives the state back") {
  GroupState state;
  state.name = {{700, {}}, "N\u00e4me"};
  state.description = {{650, {}}, "about\nus"};
  for (std::uint8_t n = 1; n <= 3; ++n) {
    Membership one;
    one.present = true;
    one.number = membership_number(600 + n, true);
    one.card.addr = addr_of(key(n));
    one.card.name = "M" + std::to_string(n);
    state.members[key(n)] = one;
  }
  state.members[key(4)] = {membership_number(kNow - 10, false), false, {}, {}};
  state.members[key(5)] = {membership_number(5, false), false, {}, {}};  // long ago
  ChatMail mail = group_mail(1, kNow);
  GroupWriting writing;
  writing.self = key(1);
  writing.now = kNow;
  writing.address_of = [](const MemberKey& one) {
    return MailAddress{addr_of(one), "M" + std::to_string(one[0])};
  };
  put_state(mail, state, writing, true);
  REQUIRE(mail.to.size() == 2);
  CHECK(mail.to[0].changed == 603);  // who changed last comes first
  REQUIRE(mail.group->past.size() == 1);
  CHECK(mail.group->past[0].addr == addr_of(key(4)));
  mail.body = MailText{"hi"};
  const OuterMail outer = outer_of(mail, 0);
  const auto bytes = write_inner(mail, outer);
  const ChatMail read = mail_samples::read(base::as_text(bytes), outer);
  GroupState said = state_in(read, reading(1, true));
  state.members.erase(key(1));  // To names everybody else
  state.members.erase(key(5));
  CHECK(said == state);
  CHECK(merge(said, state) == state);
}

TEST_CASE("whoever cannot be written to is left out of the list") {
  GroupState state;
  state.members[key(2)] = {membership_number(5, true), true, {}, {}};
  ChatMail mail = group_mail(1, kNow);
  GroupWriting writing;
  writing.self = key(1);
  writing.now = kNow;
  writing.address_of = [](const MemberKey&) { return MailAddress(); };
  put_state(mail, state, writing, false);
  CHECK(mail.to.empty());
}

TEST_CASE("lines in the chat name who made a change") {
  GroupState before;
  before.members[key(1)] = {membership_number(5, true), true, {}, {}};
  before.members[key(4)] = {membership_number(5, true), true, {}, {}};
  ChatMail mail = group_mail(1, 500);
  mail.to = {member(2, 300), member(3, 400)};
  mail.group->past = {member(4, 450)};
  mail.group->change = MemberAdded{addr_of(key(3)), fingerprint_of(key(3))};
  const GroupReading how = reading(1, true);
  const GroupState after = merge(before, state_in(mail, how));
  const GroupState shown = with_authors(before, after, mail, how);
  CHECK(shown.members.at(key(3)).author == key(1));  // the mail says so
  CHECK(shown.members.at(key(2)).author == key(2));  // somebody added it
  CHECK(shown.members.at(key(4)).author == key(1));
  CHECK(shown.members.at(key(1)).author == MemberKey{});
  CHECK(shown.name.stamp.author == key(1));
}
