#include "messaging/peering/carrier.h"

#include <utility>

#include "messaging/groups/giving_up.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/peering/handshakes.h"
#include "messaging/peering/incoming.h"
#include "messaging/peering/joining.h"
#include "messaging/peering/renewal.h"
#include "store/tables/contacts.h"
#include "store/tables/pending_joins.h"
#include "store/tables/routes.h"

namespace messaging::peering {
namespace {

constexpr int kRefusalsBeforeGivingUp = 5;  // of a join, in a row: 4 to 8 seconds

using store::OutboxKind;
using store::OutboxRow;

// Records that this way of the route was reached.
base::Result<> note_reached(const kernel::WriteContext& write, const DepositLoad& load) {
  EDGE_TRY(auto route, store::find_route(write.scope, load.rows.front().route_id));
  if (!route) return {};
  for (store::RouteWay* way : {&route->way, route->second ? &*route->second : nullptr}) {
    if (way != nullptr && way->token == load.token.bytes) way->reached = true;
  }
  return store::update_route(write.scope, *route);
}

// The other side has stored this row's envelope.
base::Result<> note_stored(const kernel::WriteContext& write, const OutboxRow& row) {
  switch (row.kind) {
    case OutboxKind::join_request: {
      // A request stays until it is answered and is retransmitted from time to time.
      EDGE_TRY(const bool held, store::set_outbox_stored(write.scope, row, write.steady()));
      return held && row.deposited_at == 0 ? join_requested(write, row.join_id) : base::Result<>{};
    }
    case OutboxKind::join_answer:
    case OutboxKind::session_request:
    case OutboxKind::session_answer:
      return store::delete_outbox(write.scope, row.id);
    default:
      return outbox::stored_there(write, row);
  }
}

}  // namespace

void Carrier::forget(base::AccountId account) {
  files_.forget(account);
  base::Lock lock(mutex_);
  std::erase_if(refused_, [&](const auto& entry) { return entry.first.first == account; });
}

base::Result<std::unique_ptr<kernel::Load>> Carrier::load(RouteKey route) {
  EDGE_TRY(auto load, load_deposit(core_, route.first, route.second));
  if (!load) {
    base::Lock lock(mutex_);
    refused_.erase(route);
  }
  return std::unique_ptr<kernel::Load>(std::move(load));
}

void Carrier::carry(RouteKey route, std::unique_ptr<kernel::Load> load, int failures,
                    kernel::Protocol::Carried done) {
  // load() returned this object.
  const std::shared_ptr<DepositLoad> deposit(static_cast<DepositLoad*>(load.release()));
  const Turn turn{route, deposit, failures};
  if (!deposit->unreadable.empty()) return give_up(turn, std::move(done));
  if (deposit->session_lost) return wait_for_session(turn, std::move(done));
  if (deposit->is_file()) {
    files_.begin(route, deposit, failures > 0,
                 [this, turn, done = std::move(done)](const DepositReply& reply) mutable {
                   if (reply.outcome == DepositOutcome::stored) {
                     return reached(turn, std::move(done));
                   }
                   failed(turn, reply, std::move(done));
                 });
    return due_();
  }
  send_deposit(core_, transport_, incoming_, std::move(deposit->deposit),
               [this, turn, done = std::move(done)](base::Result<DepositReply> result) mutable {
                 answered(turn, result ? *result : DepositReply{}, std::move(done));
               });
}

// The rows queued behind the file continue.
void Carrier::give_up(const Turn& turn, kernel::Protocol::Carried done) {
  core_.write<void>(
      turn.route.first,
      [this, load = turn.load](store::Tx& tx, const store::Scope& scope,
                               const kernel::AccountState& account) {
        return groups::give_up_file({core_, tx, scope, account}, load->rows.front(),
                                    load->unreadable);
      },
      [this, turn, done = std::move(done)](const base::Result<>& result) mutable {
        if (result) return reached(turn, std::move(done));
        done({kernel::CarryOutcome::busy, false, 0});
      });
}

// The record of the file's session is lost. The file is held back, so that the handshake for the
// next session can be sent.
void Carrier::wait_for_session(const Turn& turn, kernel::Protocol::Carried done) {
  core_.write<void>(
      turn.route.first,
      [this, contact = *turn.load->rows.front().contact](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& account) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, account};
        EDGE_CHECK(store::hold_outbox(write.scope, contact));
        EDGE_TRY(const bool live, ensure_session(write, contact));
        return live ? outbox::release_waiting(write, contact) : base::Result<>{};
      },
      [this, turn, done = std::move(done)](const base::Result<>& result) mutable {
        if (result) return reached(turn, std::move(done));
        done({kernel::CarryOutcome::busy, false, 0});
      });
}

void Carrier::reached(const Turn& turn, kernel::Protocol::Carried done) {
  {
    base::Lock lock(mutex_);
    refused_.erase(turn.route);
  }
  done({kernel::CarryOutcome::stored, true, 0});
}

void Carrier::answered(const Turn& turn, const DepositReply& reply,
                       kernel::Protocol::Carried done) {
  if (reply.outcome != DepositOutcome::stored) return failed(turn, reply, std::move(done));
  core_.write<void>(
      turn.route.first,
      [this, load = turn.load](store::Tx& tx, const store::Scope& scope,
                               const kernel::AccountState& account) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, account};
        for (const OutboxRow& row : load->rows) EDGE_CHECK(note_stored(write, row));
        return load->unreached ? note_reached(write, *load) : base::Result<>{};
      },
      [this, turn, done = std::move(done)](const base::Result<>& result) mutable {
        if (result) return reached(turn, std::move(done));
        done({kernel::CarryOutcome::stored, false, 0});
      });
}

void Carrier::failed(const Turn& turn, const DepositReply& reply, kernel::Protocol::Carried done) {
  const DepositLoad& load = *turn.load;
  // An inviter with a slow connection may show its invite shortly before its relay has registered
  // the token.
  const bool is_request = load.rows.front().kind == OutboxKind::join_request;
  if (reply.outcome == DepositOutcome::refused && is_request &&
      turn.failures >= kRefusalsBeforeGivingUp) {
    return core_.write<void>(
        turn.route.first,
        [this, join = load.rows.front().join_id](store::Tx& tx, const store::Scope& scope,
                                                 const kernel::AccountState& account) {
          return join_failed({core_, tx, scope, account}, join,
                             "the invite was withdrawn, or the inviter does not know it");
        },
        [this, turn, done = std::move(done)](const base::Result<>&) mutable {
          reached(turn, std::move(done));
        });
  }
  if (load.is_answer() && load.to_stranger() && turn.failures + 1 >= kernel::kStrangerTries) {
    return end_asker(turn, reply, std::move(done));
  }
  if (reply.outcome == DepositOutcome::refused) refused(turn);
  done({reply.outcome, false, reply.retry_after});
}

// The peer that asked to join or for a session is not at the address it gave. It may ask again.
void Carrier::end_asker(const Turn& turn, const DepositReply& reply,
                        kernel::Protocol::Carried done) {
  core_.write<void>(
      turn.route.first,
      [this, join = turn.load->rows.front().join_id](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& account) -> base::Result<> {
        EDGE_TRY(const auto pending, store::find_pending_join(scope, join));
        return pending ? forget_asker({core_, tx, scope, account}, *pending) : base::Result<>{};
      },
      [this, turn, outcome = reply.outcome,
       done = std::move(done)](const base::Result<>& result) mutable {
        if (result) return reached(turn, std::move(done));
        done({outcome, false, 0});
      });
}

// One side was restored from an older copy, or two renewals crossed: the peer accepts only the
// route's other way. When both ways are refused, only a request for a new session is accepted.
// While a join is not confirmed its Hello is retried instead, because a relay may register a new
// token shortly after its first use.
void Carrier::refused(const Turn& turn) {
  const OutboxRow& row = turn.load->rows.front();
  const bool renewable = row.contact && row.join_id == 0;
  std::optional<DepositToken> before;
  {
    base::Lock lock(mutex_);
    const auto known = refused_.find(turn.route);
    if (known != refused_.end()) before = known->second;
    refused_[turn.route] = turn.load->token;
  }
  core_.write<void>(
      turn.route.first,
      [this, id = turn.route.second, contact = row.contact, renewable, token = turn.load->token,
       before](store::Tx& tx, const store::Scope& scope,
               const kernel::AccountState& state) -> base::Result<> {
        EDGE_TRY(auto route, store::find_route(scope, id));
        // A handshake completed meanwhile and replaced the way.
        if (!route || route->way.token != token.bytes) return {};
        if (contact) {
          EDGE_TRY(const store::ContactRow peer, store::load_contact(scope, *contact));
          if (peer.route_id != id) return {};
        }
        const bool other_too = !route->second || (before && route->second->token == before->bytes);
        if (route->second) {
          std::swap(route->way, *route->second);
          EDGE_CHECK(store::update_route(scope, *route));
        }
        if (!renewable || !other_too) return {};
        return renew_refused({core_, tx, scope, state}, *contact);
      },
      [](const base::Result<>&) {});
}

}  // namespace messaging::peering
