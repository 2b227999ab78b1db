#include "messaging/mail/mail_turn.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "messaging/groups/giving_up.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/form/address.h"
#include "messaging/mail/mail_joiner.h"
#include "messaging/mail/mail_logins.h"
#include "messaging/outbox/outgoing.h"
#include "store/tables/mail_ids.h"
#include "store/tables/mail_logins.h"
#include "store/tables/sent_avatars.h"

namespace messaging::mail {
namespace {

using kernel::CarryOutcome;
using store::OutboxKind;
using store::OutboxRow;

constexpr base::Millis kWrongPasswordPause = 60'000;

bool may_pass(const base::Error& error) {
  return error.code == base::Errc::unavailable || error.code == base::Errc::internal;
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

// The result for one row.
struct Verdict {
  bool waits = false;
  std::string refused;  // the reason why nothing of ours reached the contact; "": something did
};

Verdict judge(const std::vector<std::string>& addresses,
              const std::vector<SubmitReply::Recipient>& refused,
              const std::vector<std::string>& waiting) {
  Verdict verdict;
  for (const std::string& addr : addresses) {
    const auto found = std::ranges::find_if(
        refused, [&](const auto& one) { return same_address(one.addr, addr); });
    if (found != refused.end()) {
      verdict.refused += (verdict.refused.empty() ? "" : "\n") + found->words;
    } else if (std::ranges::any_of(waiting,
                                   [&](const auto& one) { return same_address(one, addr); })) {
      verdict.waits = true;
    } else {
      return {};
    }
  }
  if (verdict.waits) verdict.refused.clear();
  return verdict;
}

}  // namespace

MailTurn::MailTurn(const Around& around, RouteKey route, std::deque<MailLoad> loads, int failures,
                   kernel::Protocol::Carried done)
    : around_(around),
      route_(route),
      failures_(failures),
      loads_(std::move(loads)),
      done_(std::move(done)) {}

void MailTurn::go_on() {
  std::optional<MailLoad> make_now;
  ItemPtr send_now;
  kernel::Protocol::Carried answer;
  kernel::CarryReply reply{CarryOutcome::stored, true, 0};
  {
    base::Lock lock(mutex_);
    if (!sending_ && !ready_.empty() && unrecorded_ < kMostUnrecorded) {
      send_now = std::move(ready_.front());
      ready_.pop_front();
      ready_bytes_ -= send_now->bytes;
      sending_ = true;
    }
    if (may_make_next()) {
      make_now = std::move(loads_.front());
      loads_.pop_front();
      making_ = true;
    }
    const bool over = loads_.empty() && ready_.empty() && !making_ && !sending_ && unrecorded_ == 0;
    if (over) {
      answer = std::exchange(done_, nullptr);
      if (reply_) reply = *reply_;
    }
  }
  if (make_now) make(*std::move(make_now));
  if (send_now) submit(send_now);
  if (answer) answer(reply);
}

bool MailTurn::may_make_next() const {
  if (making_ || loads_.empty() || ready_.size() >= kMostAhead) return false;
  if (ready_bytes_ >= kMostAheadBytes) return false;
  // Files are in memory while they are sent: one at a time.
  return loads_.front().blob_id == 0 || (ready_.empty() && !sending_);
}

void MailTurn::stop(kernel::CarryReply reply) {
  base::Lock lock(mutex_);
  if (!reply_) reply_ = reply;
  loads_.clear();
  ready_.clear();
  ready_bytes_ = 0;
}

void MailTurn::make(MailLoad load) {
  around_.workers.post(route_.first, [self = shared_from_this(), load = std::move(load)]() mutable {
    auto item = self->prepare(std::move(load));
    if (!item) {
      base::log::warning("account {}: a mail could not be made: {}", self->route_.first.value,
                         item.error().message);
    }
    {
      base::Lock lock(self->mutex_);
      self->making_ = false;
      if (!item) {
        // Mails before it are still sent.
        self->loads_.clear();
        if (!self->reply_) self->reply_ = {CarryOutcome::busy, false, 0};
      } else if (*item != nullptr && !self->reply_) {
        self->ready_bytes_ += (*item)->bytes;
        self->ready_.push_back(*std::move(item));
      }
    }
    self->go_on();
  });
}

base::Result<MailTurn::ItemPtr> MailTurn::prepare(MailLoad load) {
  auto item = std::make_shared<Item>();
  item->load = std::move(load);
  OwnKeyPtr own;
  {
    EDGE_TRY(auto read, around_.core.read(route_.first));
    if (!read.account->io_on || read.account->elsewhere) {
      base::Lock lock(mutex_);
      loads_.clear();
      return nullptr;
    }
    const store::Scope scope = read.scope();
    // Since the turn began a message may have been deleted.
    std::vector<OutboxRow> rows;
    for (OutboxRow& row : item->load.rows) {
      EDGE_TRY(const auto there, store::find_outbox(scope, row.id));
      if (there) rows.push_back(std::move(row));
    }
    item->load.rows = std::move(rows);
    std::erase_if(item->load.contacts, [&](base::ContactId contact) {
      return std::ranges::none_of(item->load.rows,
                                  [&](const OutboxRow& row) { return row.contact == contact; });
    });
    if (item->load.rows.empty()) return nullptr;
    EDGE_TRY(own, around_.keys.get(scope));
    if (!chosen_) {
      EDGE_TRY(chosen_, choose_login(scope));
    }
  }
  auto composed = compose(around_.core, route_.first, item->load, *own, chosen_->login.addr,
                          around_.introductions);
  if (composed) {
    item->composed = *std::move(composed);
    for (const Mail& mail : item->composed.mails) item->bytes += mail.text.size();
  } else if (may_pass(composed.error())) {
    return std::move(composed).error();
  } else {
    item->why_not = "The mail could not be made: " + composed.error().message + ".";
  }
  return item;
}

// After failures the account's other logins take their turns.
base::Result<MailTurn::Chosen> MailTurn::choose_login(const store::Scope& scope) const {
  EDGE_TRY(auto logins, store::list_mail_logins(scope));
  if (logins.empty()) return base::fail(base::Errc::unavailable, "the account has no login");
  std::stable_partition(logins.begin(), logins.end(),
                        [](const store::MailLoginRow& row) { return row.primary; });
  const store::MailLoginRow& row = logins[static_cast<std::size_t>(failures_ / 2) % logins.size()];
  EDGE_TRY(MailLogin login, login_of(row));
  return Chosen{{route_.first, row.id}, std::move(login)};
}

void MailTurn::submit(const ItemPtr& item) {
  if (!item->why_not.empty()) return record(item, item->why_not);
  if (item->at == item->composed.mails.size()) return record(item, {});
  Mail mail = std::move(item->composed.mails[item->at]);
  // A recipient that did not get the first half gets no second one.
  std::erase_if(mail.recipients, [&](const std::string& addr) {
    const Verdict verdict = judge({addr}, item->refused, item->waiting);
    return verdict.waits || !verdict.refused.empty();
  });
  if (mail.recipients.empty()) {
    ++item->at;
    return submit(item);
  }
  around_.transport.submit(chosen_->line, chosen_->login, std::move(mail),
                           [self = shared_from_this(), item](base::Result<SubmitReply> reply) {
                             self->answered(item, reply ? *std::move(reply) : SubmitReply{});
                           });
}

void MailTurn::answered(const ItemPtr& item, SubmitReply reply) {
  std::ranges::move(reply.refused, std::back_inserter(item->refused));
  for (const auto& one : reply.deferred) {
    base::log::info("account {}: a recipient is put off: {}", route_.first.value, one.words);
    item->waiting.push_back(one.addr);
  }
  const bool by_recipient = !reply.deferred.empty() && reply.left.empty();
  switch (reply.outcome) {
    case SubmitOutcome::accepted:
      ++item->at;
      return submit(item);
    case SubmitOutcome::refused:
      if (!reply.refused.empty()) {  // each for itself
        ++item->at;
        return submit(item);
      }
      return record(item, reply.words);
    case SubmitOutcome::later: {
      if (by_recipient) {
        ++item->at;
        return submit(item);
      }
      stop({CarryOutcome::busy, false, reply.pause});
      // Earlier chunks of recipients have the whole message.
      const bool last = item->at + 1 == item->composed.mails.size();
      if (!last || reply.left.empty()) break;
      item->waiting.insert(item->waiting.end(), reply.left.begin(), reply.left.end());
      return record(item, {});
    }
    case SubmitOutcome::unauthorized:
      stop({CarryOutcome::refused, false, std::max(reply.pause, kWrongPasswordPause)});
      break;
    case SubmitOutcome::unreachable:
      stop({CarryOutcome::unreachable, false, reply.pause});
      break;
  }
  {
    base::Lock lock(mutex_);
    sending_ = false;
  }
  go_on();
}

void MailTurn::record(const ItemPtr& item, std::string given_up) {
  std::vector<Verdict> verdicts;
  const base::Millis now = around_.core.clock.uptime();
  bool ended = false;
  {
    base::Lock lock(mutex_);
    ended = reply_.has_value();
    ++unrecorded_;
    sending_ = false;
  }
  for (const OutboxRow& row : item->load.rows) {
    Verdict verdict;
    verdict.refused = given_up;
    if (given_up.empty()) {
      const auto target = std::ranges::find_if(item->composed.targets, [&](const MailTarget& one) {
        return row.contact == one.contact;
      });
      verdict =
          judge(target != item->composed.targets.end() ? target->addresses : item->composed.to,
                item->refused, item->waiting);
    }
    if (!verdict.waits) {
      around_.held.served(route_.first, row);
    } else if (!ended) {
      around_.held.put_off(route_.first, row, now);
    }
    verdicts.push_back(std::move(verdict));
  }
  around_.core.write<void>(
      route_.first,
      [self = shared_from_this(), item, verdicts = std::move(verdicts)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& account) -> base::Result<> {
        const kernel::WriteContext write{self->around_.core, tx, scope, account};
        // What comes back is known: the copy for our other devices, and what others send again.
        for (const std::string& id : item->composed.ids) {
          EDGE_CHECK(store::note_taken_mail(scope, id, write.steady()));
        }
        for (std::size_t i = 0; i < verdicts.size(); ++i) {
          const OutboxRow& row = item->load.rows[i];
          if (verdicts[i].waits) continue;
          if (!verdicts[i].refused.empty()) {
            EDGE_CHECK(note_refused(write, row, verdicts[i].refused));
            continue;
          }
          EDGE_CHECK(note_accepted(write, row));
          if (item->composed.avatar_number && row.contact) {  // our picture was part of it
            EDGE_CHECK(store::note_avatar_sent(write.scope, *row.contact,
                                               item->composed.avatar_number, write.tx.now()));
          }
        }
        return {};
      },
      [self = shared_from_this()](const base::Result<>& written) {
        // Without the record the mail is sent again, and the other side recognises it.
        if (!written) self->stop({CarryOutcome::stored, false, 0});
        {
          base::Lock lock(self->mutex_);
          --self->unrecorded_;
        }
        self->go_on();
      });
  go_on();
}

}  // namespace messaging::mail
