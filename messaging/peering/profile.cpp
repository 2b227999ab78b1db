#include "messaging/peering/profile.h"

#include "base/wire.h"
#include "crypto/random.h"
#include "messaging/model/content.h"
#include "messaging/model/plain_name.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/peering/reach.h"
#include "store/tables/chats.h"
#include "store/tables/config_values.h"
#include "store/tables/sent_profiles.h"

namespace messaging::peering {
namespace {

constexpr std::size_t kProfilesInWrite = 64;
constexpr std::size_t kMaxStatusSent = 1024;

}  // namespace

base::Result<Profile> make_profile(const kernel::WriteContext& write) {
  Profile profile;
  EDGE_TRY(const auto name, store::find_config_value(write.scope, "displayname"));
  EDGE_TRY(const auto status, store::find_config_value(write.scope, "selfstatus"));
  EDGE_TRY(const auto bot, store::find_config_value(write.scope, "bot"));
  profile.name = plain_name(name.value_or(""));
  profile.status = status.value_or("").substr(0, kMaxStatusSent);
  while (!base::is_utf8(profile.status)) profile.status.pop_back();  // cut inside a character
  profile.bot = bot == "1";
  Reach reach = reach_of(write.core, write.account);
  profile.urls = std::move(reach.urls);
  profile.mailbox = std::move(reach.mailbox);
  profile.token = DepositToken::generate();
  return profile;
}

base::Bytes mark_of(const kernel::WriteContext& write, const Profile& profile) {
  Profile same = profile;
  same.token = {};
  base::WireWriter out;
  write_fields(out, same);
  const auto mark = write.scope.lookup("profile", out.view());
  return {mark.begin(), mark.end()};
}

base::Result<> note_profile_sent(const kernel::WriteContext& write, ContactId contact,
                                 base::ByteView mark) {
  return store::note_profile_mark(write.scope, contact, mark);
}

base::Result<> send_profile(const kernel::WriteContext& write) {
  EDGE_TRY(Profile profile, make_profile(write));
  const base::Bytes mark = mark_of(write, profile);
  EDGE_TRY(const auto contacts,
           store::contacts_without_profile(write.scope, mark, kProfilesInWrite));
  for (const ContactId contact : contacts) {
    EDGE_TRY(const std::int64_t serial, write.tx.next_id(write.account.id, "pending_join"));
    profile.token = DepositToken::generate();
    EDGE_CHECK(allow_deposits(write, profile.token, serial, contact));
    EDGE_CHECK(outbox::queue_content(write, contact, {crypto::random_array<16>(), profile}));
    EDGE_CHECK(store::note_profile_mark(write.scope, contact, mark));
  }
  if (contacts.size() < kProfilesInWrite) return {};
  write.signal(&kernel::Signals::profile_changed);
  return {};
}

base::Result<> take_way(const kernel::WriteContext& write, const store::ContactRow& contact,
                        const Profile& profile) {
  if (!contact.route_id) return {};
  EDGE_TRY(auto route, store::find_route(write.scope, *contact.route_id));
  if (!route || route->way.token == profile.token.bytes) return {};
  store::RouteWay way = way_of(profile);
  keep_reached(way, *route);
  route->second = std::move(route->way);
  route->way = std::move(way);
  return store::update_route(write.scope, *route);
}

}  // namespace messaging::peering
