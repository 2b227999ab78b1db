#include "messaging/mail/mail_carrier.h"

#include <algorithm>

#include "base/log.h"
#include "messaging/groups/giving_up.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/form/address.h"
#include "messaging/mail/mail_joining.h"
#include "messaging/mail/mail_logins.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/mail_logins.h"

namespace messaging::mail {

using kernel::CarryOutcome;
using store::OutboxKind;
using store::OutboxRow;

// One turn of a route. Used by one thread after the other.
struct MailCarrier::Turn {
  RouteKey route;
  std::unique_ptr<MailLoad> load;
  int failures = 0;  // before it
  kernel::Protocol::Carried done;
  LineKey line;
  MailLogin login;
  Composed composed;
  std::size_t at = 0;                           // the mail under way
  std::vector<SubmitReply::Recipient> refused;  // one by one, for good
};

namespace {

constexpr base::Millis kWrongPasswordPause = 60'000;

bool may_pass(const base::Error& error) {
  return error.code == base::Errc::unavailable || error.code == base::Errc::internal;
}

// Why nothing of ours reached this contact; "": something did.
std::string words_for(const MailTarget& target,
                      const std::vector<SubmitReply::Recipient>& refused) {
  std::string words;
  for (const std::string& addr : target.addresses) {
    const auto found = std::find_if(refused.begin(), refused.end(),
                                    [&](const auto& one) { return same_address(one.addr, addr); });
    if (found == refused.end()) return {};
    words += (words.empty() ? "" : "\n") + found->words;
  }
  return words;
}

base::Result<> note_accepted(const kernel::WriteContext& write, const OutboxRow& row) {
  const bool is_content = row.kind != OutboxKind::file && row.kind != OutboxKind::mail;
  if (is_content) EDGE_CHECK(outbox::stored_there(write, row));
  return store::delete_outbox(write.scope, row.id);
}

base::Result<> note_refused(const kernel::WriteContext& write, const OutboxRow& row,
                            const std::string& why) {
  EDGE_CHECK(store::delete_outbox(write.scope, row.id));
  if (row.kind == OutboxKind::mail) {
    return row.join_id != 0 ? step_refused(write, row.join_id, why) : base::Result<>{};
  }
  if (!row.message || !row.contact) return {};
  return groups::give_up_message(write, *row.message, *row.contact, why);
}

}  // namespace

base::Result<std::unique_ptr<kernel::Load>> MailCarrier::load(RouteKey route) {
  if (transport_ == nullptr) return nullptr;
  EDGE_TRY(auto load, load_mail(core_, route));
  return std::unique_ptr<kernel::Load>(std::move(load));
}

void MailCarrier::carry(RouteKey route, std::unique_ptr<kernel::Load> load, int failures,
                        kernel::Protocol::Carried done) {
  auto turn = std::make_shared<Turn>();
  turn->route = route;
  turn->load.reset(static_cast<MailLoad*>(load.release()));  // load() returned this object
  turn->failures = failures;
  turn->done = std::move(done);
  workers_.post(route.first, [this, turn] {
    auto prepared = prepare(*turn);
    if (prepared) return submit_next(turn);
    if (may_pass(prepared.error())) {
      base::log::warning("account {}: a mail could not be made: {}", turn->route.first.value,
                         prepared.error().message);
      return turn->done({CarryOutcome::busy, false, 0});
    }
    give_up(turn, "The mail could not be made: " + prepared.error().message + ".");
  });
}

// Chooses the login and composes. After failures the other logins get their turns.
base::Result<> MailCarrier::prepare(Turn& turn) {
  OwnKeyPtr own;
  {
    EDGE_TRY(auto read, core_.read(turn.route.first));
    const store::Scope scope = read.scope();
    EDGE_TRY(own, keys_.get(scope));
    EDGE_TRY(auto logins, store::list_mail_logins(scope));
    if (logins.empty()) return base::fail(base::Errc::unavailable, "the account has no login");
    std::stable_partition(logins.begin(), logins.end(),
                          [](const store::MailLoginRow& row) { return row.primary; });
    store::MailLoginRow& row = logins[static_cast<std::size_t>(turn.failures / 2) % logins.size()];
    turn.line = {turn.route.first, row.id};
    EDGE_TRY(turn.login, login_of(row));
  }
  EDGE_TRY(turn.composed,
           compose(core_, turn.route.first, *turn.load, *own, turn.login.addr, introductions_));
  return {};
}

void MailCarrier::submit_next(const TurnPtr& turn) {
  if (turn->at == turn->composed.mails.size()) return accepted(turn);
  transport_->submit(turn->line, turn->login, std::move(turn->composed.mails[turn->at]),
                     [this, turn](base::Result<SubmitReply> reply) {
                       answered(turn, reply ? *std::move(reply) : SubmitReply{});
                     });
}

void MailCarrier::answered(const TurnPtr& turn, SubmitReply reply) {
  turn->refused.insert(turn->refused.end(), reply.refused.begin(), reply.refused.end());
  switch (reply.outcome) {
    case SubmitOutcome::accepted:
      ++turn->at;
      return submit_next(turn);
    case SubmitOutcome::refused:
      return give_up(turn, reply.words);
    case SubmitOutcome::later:
      return turn->done({CarryOutcome::busy, false, reply.pause});
    case SubmitOutcome::unauthorized:
      return turn->done({CarryOutcome::refused, false, std::max(reply.pause, kWrongPasswordPause)});
    case SubmitOutcome::unreachable:
      break;
  }
  turn->done({CarryOutcome::unreachable, false, reply.pause});
}

void MailCarrier::accepted(const TurnPtr& turn) {
  core_.write<void>(
      turn->route.first,
      [this, turn](store::Tx& tx, const store::Scope& scope,
                   const kernel::AccountState& account) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, account};
        for (const OutboxRow& row : turn->load->rows) {
          const auto target =
              std::find_if(turn->composed.targets.begin(), turn->composed.targets.end(),
                           [&](const MailTarget& one) { return row.contact == one.contact; });
          std::string why;
          if (target != turn->composed.targets.end()) why = words_for(*target, turn->refused);
          EDGE_CHECK(why.empty() ? note_accepted(write, row) : note_refused(write, row, why));
        }
        return {};
      },
      [turn](const base::Result<>& written) {
        // Without the record it is sent again, which the other side counts once.
        turn->done({CarryOutcome::stored, written.ok(), 0});
      });
}

void MailCarrier::give_up(const TurnPtr& turn, std::string why) {
  core_.write<void>(
      turn->route.first,
      [this, turn, why = std::move(why)](store::Tx& tx, const store::Scope& scope,
                                         const kernel::AccountState& account) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, account};
        for (const OutboxRow& row : turn->load->rows) EDGE_CHECK(note_refused(write, row, why));
        return {};
      },
      [turn](const base::Result<>& written) {
        turn->done({CarryOutcome::stored, written.ok(), 0});
      });
}

}  // namespace messaging::mail
