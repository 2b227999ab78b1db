#include "messaging/api/transfers.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/log.h"
#include "base/thread_start.h"
#include "base/wire.h"
#include "crypto/random.h"
#include "messaging/api/account_landing.h"
#include "messaging/api/accounts.h"
#include "messaging/api/backups.h"
#include "messaging/api/imex_progress.h"
#include "messaging/api/moving.h"
#include "messaging/api/other_devices.h"
#include "messaging/chats/device_lines.h"
#include "messaging/delivery/courier.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "messaging/model/transfer_code.h"
#include "messaging/peering/relayed.h"
#include "messaging/peering/restored_sessions.h"
#include "store/backup/account_dump.h"
#include "store/tables/messages.h"

namespace messaging {
namespace {

// A large account takes some time to land.
constexpr base::Millis kLandingPatience = 2 * 3600 * base::Millis{1000};
constexpr base::Millis kSilence = 60 * base::Millis{1000};

// A channel changes its direction when a stream has ended, so each chunk of a stream is preceded by
// its length, and a length of zero is the end.
store::backup::RecordSink::Put into(TransferChannel& channel, const std::stop_token& stop) {
  return [&channel, stop](base::ByteView part) -> base::Result<> {
    base::WireWriter framed;
    framed.bytes(part);
    return channel.send(framed.view(), stop);
  };
}

base::Result<> end_stream(TransferChannel& channel, const std::stop_token& stop) {
  return into(channel, stop)({});
}

store::backup::RecordSource::Get out_of(TransferChannel& channel, base::Millis patience,
                                        const std::stop_token& stop) {
  return [&channel, patience, stop](std::span<std::uint8_t> out) -> base::Result<std::size_t> {
    std::array<std::uint8_t, 4> length{};
    EDGE_TRY(const std::size_t got, channel.receive(length, patience, stop));
    if (got == 0) return std::size_t{0};
    base::WireReader in(length);
    const std::size_t size = in.u32();
    if (got != length.size() || size > out.size()) {
      return base::fail(base::Errc::unavailable, "the line to the other gateway was cut");
    }
    return channel.receive(out.first(size), patience, stop);
  };
}

// The taker's final answer: empty if it has the account, else one byte.
base::Result<> answer_giver(TransferChannel& channel, bool landed) {
  EDGE_TRY(auto sealer, crypto::BackupSealer::start(channel.to_giver()));
  store::backup::RecordSink sink(std::move(sealer), into(channel, {}));
  const base::Bytes failed{1};
  EDGE_CHECK(sink.put(store::backup::RecordKind::end, landed ? base::ByteView() : failed));
  EDGE_CHECK(sink.finish());
  return end_stream(channel, {});
}

base::Result<bool> read_outcome(TransferChannel& channel, const std::stop_token& stop) {
  EDGE_TRY(auto answer, store::backup::RecordSource::open(out_of(channel, kLandingPatience, stop),
                                                          channel.to_giver()));
  EDGE_TRY(const store::backup::Record word, answer.next());
  return word.payload.empty();
}

base::Error not_taken() {
  return base::fail(base::Errc::unavailable,
                    "the other gateway could not take the account; its get_backup says why");
}

// The account's records. The snapshot includes all writes that were accepted before.
base::Result<> dump(kernel::Core& core, AccountId account, store::backup::RecordSink& sink,
                    const std::stop_token& stop) {
  EDGE_TRY(const kernel::AccountPtr state, core.directory.get(account));
  core.store.writer().flush();
  EDGE_TRY(const store::AccountRow row, exported_row(core, *state));
  ImexReporter reporter(core, account);
  reporter.step(0, 900);
  return store::backup::dump_account(
      core.store, row, core.options.version, sink, stop,
      [&](std::uint64_t done, std::uint64_t all) { reporter.done(done, all); });
}

// A line of the device chat, and an Error event of the same text.
base::Result<> say(const kernel::WriteContext& write, const std::string& text) {
  EDGE_CHECK(chats::add_device_line(write, text));
  return write.emit(Error{text});
}

// Runs in a write and blocks until its commit.
template <class F>
base::Result<> write_and_wait(kernel::Core& core, AccountId account, F fn) {
  struct Answer {
    base::Mutex mutex;
    base::Condition came;
    std::optional<base::Result<>> result GUARDED_BY(mutex);
  };
  auto answer = std::make_shared<Answer>();
  core.write<void>(
      account,
      [&core, fn = std::move(fn)](store::Tx& tx, const store::Scope& scope,
                                  const kernel::AccountState& state) -> base::Result<> {
        return fn(kernel::WriteContext{core, tx, scope, state});
      },
      [answer](base::Result<> result) {
        base::Lock lock(answer->mutex);
        answer->result.emplace(std::move(result));
        answer->came.notify_one();
      });
  base::Lock lock(answer->mutex);
  while (!answer->result) answer->came.wait(answer->mutex);
  return *std::move(answer->result);
}

base::Result<> clear_mark(kernel::Core& core, AccountId account) {
  return write_and_wait(core, account, [](const kernel::WriteContext& write) {
    return set_moved_mark(write.scope, std::nullopt);
  });
}

}  // namespace

void Transfers::run(AccountId account, Work work, base::Completion<> done, bool offers) {
  if (port_ == nullptr) {
    return done(base::fail(base::Errc::unavailable, "this gateway has no way to another one"));
  }
  auto operation = ongoing_.begin(account);
  if (!operation) return done(std::move(operation).error());
  base::Lock lock(mutex_);
  std::erase_if(running_, [](Running& one) {
    if (!one.ended->load()) return false;
    one.thread.join();
    return true;
  });
  if (stopped_ || running_.size() >= kMost) {
    return done(base::fail(base::Errc::unavailable,
                           "too many transfers are under way; try again when one has ended"));
  }
  // From now on, requests for the code wait for it.
  if (offers) offers_.try_emplace(account);
  auto ended = std::make_shared<std::atomic<bool>>(false);
  auto shared = std::make_shared<base::Completion<>>(std::move(done));
  std::thread thread;
  const bool begun =
      base::start_thread(thread, [this, account, ended, work = std::move(work), shared,
                                  operation = std::optional(*std::move(operation))]() mutable {
        auto result = work(operation->stop());
        ImexReporter(core_, account).end(result.ok());
        operation.reset();
        (*shared)(std::move(result));
        ended->store(true);
      });
  if (begun) {
    running_.push_back({std::move(thread), ended});
  } else {
    offers_.erase(account);
    (*shared)(base::no_thread());
  }
}

void Transfers::stop() {
  std::vector<Running> running;
  {
    base::Lock lock(mutex_);
    stopped_ = true;
    running.swap(running_);
  }
  ongoing_.stop_all();
  for (Running& one : running) one.thread.join();
}

void Transfers::provide(AccountId account, base::Completion<> done) {
  if (auto known = core_.directory.get(account); !known) return done(std::move(known).error());
  run(
      account,
      [this, account](const std::stop_token& stop) {
        auto given = give(account, stop);
        if (!given) publish_code(account, given.error());
        return given;
      },
      std::move(done), true);
}

// An error ends the offer.
void Transfers::publish_code(AccountId account, base::Result<std::string> code) {
  std::vector<base::Completion<std::string>> waiting;
  {
    base::Lock lock(mutex_);
    const auto found = offers_.find(account);
    if (found == offers_.end()) return;
    waiting.swap(found->second.waiting);
    if (code) {
      found->second.code = *code;
    } else {
      offers_.erase(found);
    }
  }
  for (auto& one : waiting) one(code);
}

void Transfers::code(AccountId account, base::Completion<std::string> done) {
  std::optional<std::string> known;
  {
    base::Lock lock(mutex_);
    const auto found = offers_.find(account);
    if (found != offers_.end() && !found->second.code) {
      found->second.waiting.push_back(std::move(done));
      return;
    }
    if (found != offers_.end()) known = found->second.code;
  }
  if (known) return done(*std::move(known));
  done(base::fail(base::Errc::not_found,
                  "no backup is provided: call provide_backup first, and this while it runs"));
}

base::Result<> Transfers::give(AccountId account, const std::stop_token& stop) {
  TransferCode code;
  crypto::random_bytes(code.secret);
  EDGE_TRY(const auto offer, port_->offer(code.secret));
  code.addresses = offer->addresses();
  publish_code(account, write_transfer_code(code));
  EDGE_TRY(const auto channel, offer->wait(stop));
  {
    base::Lock lock(mutex_);
    offers_.erase(account);  // a code works once
  }
  EDGE_TRY(const bool stays, expect_other_device(core_, account));
  return stays ? copy_account(account, *channel, stop) : move_account(account, *channel, stop);
}

base::Result<> Transfers::copy_account(AccountId account, TransferChannel& channel,
                                       const std::stop_token& stop) {
  EDGE_TRY(auto sealer, crypto::BackupSealer::start(channel.to_taker()));
  store::backup::RecordSink sink(std::move(sealer), into(channel, stop));
  EDGE_CHECK(dump(core_, account, sink, stop));
  EDGE_CHECK(sink.finish());
  EDGE_CHECK(end_stream(channel, stop));
  EDGE_TRY(const bool taken, read_outcome(channel, stop));
  return taken ? base::Result<>{} : not_taken();
}

base::Result<> Transfers::move_account(AccountId account, TransferChannel& channel,
                                       const std::stop_token& stop) {
  EDGE_TRY(const kernel::AccountPtr before, core_.directory.get(account));
  accounts_.hold_io(account);
  core_.directory.set_io(account, false);
  core_.directory.set_elsewhere(account, true);
  relayed_.homes_changed(account);
  bool sent = false;
  auto given = send_account(account, channel, sent, stop);
  accounts_.release_io(account);
  if (given) return given;
  if (sent) {
    const std::string text =
        "This account was sent to another gateway, which has not said that it has it (" +
        given.error().message +
        "). Nothing is sent or received here any more. If the other gateway does not have it, "
        "start_io goes on here; if it has, use it there only.";
    (void)write_and_wait(core_, account,
                         [text](const kernel::WriteContext& write) { return say(write, text); });
    return given;
  }
  core_.directory.set_elsewhere(account, false);
  core_.directory.set_io(account, before->io_on);
  relayed_.homes_changed(account);
  if (before->io_on) courier_.poke();
  return given;
}

base::Result<> Transfers::send_account(AccountId account, TransferChannel& channel, bool& sent,
                                       const std::stop_token& stop) {
  EDGE_TRY(auto sealer, crypto::BackupSealer::start(channel.to_taker()));
  store::backup::RecordSink sink(std::move(sealer), into(channel, stop));
  EDGE_CHECK(dump(core_, account, sink, stop));
  // With the last chunk the other gateway may have the account; before it, it cannot.
  EDGE_CHECK(write_and_wait(core_, account, [](const kernel::WriteContext& write) {
    return set_moved_mark(write.scope, MovedMark{MovedMark::State::sent, write.tx.now()});
  }));
  if (auto finished = sink.finish(); !finished) {
    EDGE_CHECK(clear_mark(core_, account));
    return finished;
  }
  sent = true;
  EDGE_CHECK(end_stream(channel, stop));
  EDGE_TRY(const bool taken, read_outcome(channel, stop));
  if (taken) return confirm(account);
  EDGE_CHECK(clear_mark(core_, account));
  sent = false;
  return not_taken();
}

base::Result<> Transfers::confirm(AccountId account) {
  return write_and_wait(core_, account, [](const kernel::WriteContext& write) -> base::Result<> {
    EDGE_CHECK(set_moved_mark(write.scope, MovedMark{MovedMark::State::taken, write.tx.now()}));
    EDGE_CHECK(peering::forget_links(write));
    write.tx.scrub();
    EDGE_CHECK(say(write,
                   "This account moved to another gateway. Nothing is sent or received here any "
                   "more; remove_account removes what is left of it here."));
    return write.emit(ConnectivityChanged{});
  });
}

void Transfers::take(AccountId account, const std::string& code, base::Completion<> done) {
  run(
      account,
      [this, account, code](const std::stop_token& stop) { return fetch(account, code, stop); },
      std::move(done));
}

base::Result<> Transfers::fetch(AccountId account, const std::string& text,
                                const std::stop_token& stop) {
  EDGE_TRY(const TransferCode code, parse_transfer_code(text));
  EDGE_CHECK(check_unused(core_, account));
  EDGE_TRY(const auto channel, port_->take(code.addresses, code.secret, stop));
  EDGE_TRY(auto source, store::backup::RecordSource::open(out_of(*channel, kSilence, stop),
                                                          channel->to_taker()));
  ImexReporter reporter(core_, account);
  auto landed = land_account({core_, courier_, relayed_, mails_}, account, source, stop, reporter);
  if (auto answered = answer_giver(*channel, landed.ok()); !answered) {
    base::log::warning("account {}: the gateway that it came from did not get the outcome: {}",
                       account.value, answered.error().message);
  }
  return landed;
}

}  // namespace messaging
