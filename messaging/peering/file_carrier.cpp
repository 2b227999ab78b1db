#include "messaging/peering/file_carrier.h"

#include <algorithm>

#include "base/log.h"
#include "messaging/kernel/core.h"
#include "messaging/outbox/outgoing.h"
#include "messaging/peering/incoming.h"

namespace messaging::peering {
namespace {

// Progress is written after each twentieth of a file (the step that events report), after each 16
// MiB at the latest, and each second.
constexpr std::uint32_t kMostUnwritten = 64;  // parts
constexpr base::Millis kWriteAfter = 1'000;

}  // namespace

void send_deposit(kernel::Core& core, DepositTransport& transport, Incoming& incoming,
                  Deposit deposit, base::Completion<DepositReply> done) {
  if (!core.directory.by_mailbox(deposit.mailbox)) {
    return transport.deposit(std::move(deposit), std::move(done));
  }
  // Within this daemon the deposit enters through Incoming like one from the network.
  Arrival arrival;
  arrival.mailbox = std::move(deposit.mailbox);
  arrival.proof = prove_deposit(deposit.token, arrival.mailbox, core.clock.now(), deposit.body);
  arrival.body = std::move(deposit.body.bytes);
  incoming.accept(std::move(arrival),
                  [done = std::move(done)](base::Result<ArrivalReply> result) mutable {
                    if (!result) return done(std::move(result).error());
                    done(reply_of(*result));
                  });
}

FileCarrier::Carriage::Carriage(std::shared_ptr<const DepositLoad> what, bool careful, Ended then)
    : file(std::move(what)),
      ended(std::move(then)),
      row(file->rows.front()),
      window(row.next_part, file->parts, careful) {}

void FileCarrier::begin(RouteKey key, std::shared_ptr<const DepositLoad> file, bool careful,
                        Ended ended) {
  auto carriage = std::make_shared<Carriage>(std::move(file), careful, std::move(ended));
  carriage->written_at = core_.clock.uptime();
  {
    base::Lock lock(mutex_);
    carriages_[key] = carriage;
  }
  go_on(key, carriage);
}

void FileCarrier::forget(base::AccountId account) {
  base::Lock lock(mutex_);
  std::erase_if(carriages_, [&](const auto& entry) { return entry.first.first == account; });
}

// The next file in turn that may have one more deposit under way.
std::optional<FileCarrier::Turn> FileCarrier::next_turn() {
  base::Lock lock(mutex_);
  auto at = carriages_.upper_bound(last_);
  for (std::size_t looked = 0; looked < carriages_.size(); ++looked, ++at) {
    if (at == carriages_.end()) at = carriages_.begin();
    PartWindow& window = at->second->window;
    const auto parts = window.next();
    if (!parts || (window.under_way() > 0 && under_way_ >= kMostDeposits)) continue;
    window.begun(*parts);
    ++under_way_;
    last_ = at->first;
    return Turn{at->first, at->second, *parts};
  }
  return std::nullopt;
}

bool FileCarrier::step() {
  const auto turn = next_turn();
  if (!turn) return false;
  const auto& [key, carriage, parts] = *turn;
  auto deposit = load_parts(core_, key.first, *carriage->file, parts);
  if (!deposit || !*deposit) {
    DepositReply reply{DepositOutcome::stored, 0, std::nullopt};
    if (!deposit) {
      base::log::warning("account {}: a file that is to be sent could not be read: {}",
                         key.first.value, deposit.error().message);
      reply.outcome = DepositOutcome::busy;
    }
    stopped(key, carriage, parts, reply);
    return true;
  }
  send_deposit(core_, transport_, incoming_, std::move(**deposit),
               [this, key = key, carriage = carriage, parts = parts,
                begun = core_.clock.uptime()](base::Result<DepositReply> result) {
                 answered(key, carriage, parts, result ? *result : DepositReply{},
                          core_.clock.uptime() - begun);
               });
  return true;
}

void FileCarrier::answered(RouteKey key, const CarriagePtr& carriage, PartWindow::Parts parts,
                           const DepositReply& reply, base::Millis took) {
  if (reply.outcome != DepositOutcome::stored) return stopped(key, carriage, parts, reply);
  {
    base::Lock lock(mutex_);
    --under_way_;
    carriage->window.answered(parts, true, took);
  }
  go_on(key, carriage);
  wake_();
}

void FileCarrier::stopped(RouteKey key, const CarriagePtr& carriage, PartWindow::Parts parts,
                          const DepositReply& reply) {
  {
    base::Lock lock(mutex_);
    --under_way_;
    carriage->window.answered(parts, false, 0);
    if (reply.outcome != DepositOutcome::stored) carriage->reply = reply;
  }
  go_on(key, carriage);
  wake_();  // other files may use its slots
}

// Writes progress when due, and ends the turn once no deposit is under way.
void FileCarrier::go_on(RouteKey key, const CarriagePtr& carriage) {
  DepositReply reply;
  std::optional<store::OutboxRow> row;  // to write progress of
  std::uint32_t stored = 0;
  {
    base::Lock lock(mutex_);
    const auto found = carriages_.find(key);
    if (found == carriages_.end() || found->second != carriage || carriage->writing) return;
    const PartWindow& window = carriage->window;
    stored = window.stored();
    const std::uint32_t fresh = stored - carriage->row.next_part;
    const std::uint32_t enough = std::clamp(window.all() / 20, 1U, kMostUnwritten);
    const bool due = window.complete() ||
                     (fresh > 0 && (window.over() || fresh >= enough ||
                                    core_.clock.uptime() - carriage->written_at >= kWriteAfter));
    if (carriage->marked || (window.over() && (carriage->lost || !due))) {
      reply = carriage->reply;
      carriages_.erase(found);
    } else if (due && !carriage->lost) {
      carriage->writing = true;
      row = carriage->row;
    } else {
      return;
    }
  }
  if (row) return write_progress(key, carriage, *row, stored);
  carriage->ended(reply);
}

void FileCarrier::write_progress(RouteKey key, const CarriagePtr& carriage,
                                 const store::OutboxRow& row, std::uint32_t stored) {
  core_.write<void>(
      key.first,
      [this, row, stored, all = carriage->file->parts](store::Tx& tx, const store::Scope& scope,
                                                       const kernel::AccountState& account) {
        return outbox::stored_there({core_, tx, scope, account}, row, stored, all);
      },
      [this, key, carriage, stored](const base::Result<>& result) {
        {
          base::Lock lock(mutex_);
          carriage->writing = false;
          carriage->written_at = core_.clock.uptime();
          if (result) {
            carriage->row.next_part = stored;
            carriage->marked = carriage->window.complete() && stored == carriage->window.all();
          } else {
            carriage->lost = true;
            carriage->window.stop();
            carriage->reply = DepositReply{DepositOutcome::busy, 0, std::nullopt};
          }
        }
        go_on(key, carriage);
      });
}

}  // namespace messaging::peering
