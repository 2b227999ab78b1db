#include "messaging/api/realtime.h"

#include <fmt/format.h>

#include "crypto/random.h"
#include "messaging/api/chat_sending.h"
#include "messaging/chats/message_refs.h"
#include "messaging/groups/group_rules.h"
#include "messaging/kernel/core.h"
#include "messaging/model/content.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/chats.h"
#include "store/tables/messages.h"

namespace messaging {
namespace {

using base::Errc;
using base::fail;

std::uint64_t party_of(AccountId account, std::uint32_t other) {
  return std::uint64_t{account.value} << 32 | other;
}

base::Result<std::set<ContactId>> members_of(const kernel::WriteContext& write,
                                             const store::ChatRow& chat) {
  if (chat.type == ChatType::single) {
    if (!chat.contact || chat.contact->value < kFirstId) return std::set<ContactId>();
    return std::set<ContactId>{*chat.contact};
  }
  EDGE_TRY(const auto members, groups::recipients(write.scope, chat.id));
  return std::set<ContactId>(members.begin(), members.end());
}

}  // namespace

bool Realtime::join(const App& app) {
  base::Lock lock(mutex_);
  if (!apps_.contains(app) && apps_.size() >= kMostApps) apps_.erase(apps_.begin());
  return apps_.try_emplace(app).second;
}

std::set<ContactId> Realtime::peers_of(const App& app) const {
  base::Lock lock(mutex_);
  const auto found = apps_.find(app);
  return found == apps_.end() ? std::set<ContactId>() : found->second;
}

void Realtime::forget_peer(const App& app, ContactId contact) {
  base::Lock lock(mutex_);
  if (const auto found = apps_.find(app); found != apps_.end()) found->second.erase(contact);
}

void Realtime::send_note(const App& app, RealtimeKind kind, base::Bytes data,
                         std::optional<std::set<ContactId>> to, base::Completion<> done) {
  core_.write<void>(
      app.first,
      [this, app, kind, data = std::move(data), to = std::move(to)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_TRY(const store::MessageRow row, store::load_message(scope, app.second));
        if (row.type != Viewtype::webxdc || row.state == MsgState::out_draft) {
          return fail(Errc::invalid_argument,
                      fmt::format("Msg#{} is no webxdc app that was sent", app.second.value));
        }
        EDGE_TRY(const store::ChatRow chat, store::load_chat(scope, row.chat));
        EDGE_CHECK(check_can_send(scope, state, chat));
        EDGE_TRY(const auto mark, store::find_message_mark(scope, row.id));
        if (!mark) return {};
        const bool single = chat.type == ChatType::single;
        EDGE_TRY(const MessageRef ref,
                 chats::ref_to(scope, *mark, single ? chats::Among::two : chats::Among::group));
        EDGE_TRY(const auto members, members_of(write, chat));
        for (const ContactId contact : members) {
          if (to && !to->contains(contact)) continue;
          const Content content{crypto::random_array<16>(),
                                RealtimeNote{ref, kind, tx.now(), data}};
          EDGE_TRY(const bool sent, outbox::queue_passing(write, contact, content));
          if (!sent) tx.on_commit([this, app, contact] { forget_peer(app, contact); });
        }
        return {};
      },
      std::move(done));
}

void Realtime::advertise(AccountId account, MsgId app, base::Completion<> done) {
  send_note({account, app}, RealtimeKind::advertisement, {}, std::nullopt,
            [this, app = App{account, app}, done = std::move(done)](base::Result<> sent) mutable {
              if (sent) join(app);
              done(std::move(sent));
            });
}

void Realtime::send(AccountId account, MsgId app, base::Bytes data, base::Completion<> done) {
  if (data.size() > kMaxRealtimeData) {
    return done(fail(Errc::too_large, fmt::format("data: {} bytes; at most {} are sent at once",
                                                  data.size(), kMaxRealtimeData)));
  }
  bool listens = false;
  {
    base::Lock lock(mutex_);
    listens = apps_.contains({account, app});
    if (sends_.take(party_of(account, app.value), core_.clock.uptime()) > 0) {
      return done(fail(Errc::unavailable,
                       "the app sends too much: at most 100 times a second, so wait a moment"));
    }
  }
  if (!listens) {
    return advertise(account, app, std::move(done));  // nobody is known who would get the data
  }
  send_note({account, app}, RealtimeKind::data, std::move(data), peers_of({account, app}),
            std::move(done));
}

void Realtime::leave(AccountId account, MsgId app, base::Completion<> done) {
  std::set<ContactId> peers = peers_of({account, app});
  {
    base::Lock lock(mutex_);
    apps_.erase({account, app});
  }
  if (peers.empty()) {
    auto known = core_.directory.get(account);
    return known ? done({}) : done(std::move(known).error());
  }
  send_note({account, app}, RealtimeKind::leave, {}, std::move(peers), std::move(done));
}

void Realtime::arrived(AccountId account, ContactId contact, MsgId app, RealtimeKind kind,
                       const base::Bytes& data) {
  bool listens = false;
  {
    base::Lock lock(mutex_);
    if (arrivals_.take(party_of(account, contact.value), core_.clock.uptime()) > 0) return;
    const auto found = apps_.find({account, app});
    listens = found != apps_.end();
    if (listens && kind == RealtimeKind::leave) found->second.erase(contact);
    if (listens && kind != RealtimeKind::leave && found->second.size() < kMostPeers) {
      found->second.insert(contact);
    }
  }
  const auto report = [&](EventBody body) {
    if (listener_) listener_({EventId(), account, core_.clock.now(), std::move(body)});
  };
  if (kind == RealtimeKind::advertisement) {
    report(WebxdcRealtimeAdvertisementReceived{app});
    if (listens) {
      send_note({account, app}, RealtimeKind::answer, {}, std::set<ContactId>{contact},
                [](const base::Result<>&) {});  // a peer that misses it asks again
    }
  }
  if (kind == RealtimeKind::data && listens) report(WebxdcRealtimeData{app, data});
}

}  // namespace messaging
