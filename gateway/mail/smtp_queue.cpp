#include "gateway/mail/smtp_queue.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace gateway::mail {
namespace {

using messaging::mail::LineState;
using messaging::mail::SubmitOutcome;
using messaging::mail::SubmitReply;

constexpr std::size_t kMostWaiting = 10'000;
constexpr std::size_t kSlowest = 4 * 1024;  // bytes a second at which a body is still sent

bool is_later(int code) { return code >= 400 && code < 500; }
bool is_refused(int code) { return code >= 500 && code < 600; }

int last_code(const ServerWords& words) {
  const std::string& last = words.last();
  if (last.size() < 3 || last[0] < '2' || last[0] > '5') return 0;
  return (last[0] - '0') * 100;
}

// "450 4.7.1" in the server's words: it takes no more from this account for a while.
bool limits_rate(std::string_view words) { return words.find("4.7.1") != std::string_view::npos; }

void append(std::vector<SubmitReply::Recipient>& to, std::vector<SubmitReply::Recipient> more) {
  std::ranges::move(more, std::back_inserter(to));
}

std::string answer_words(const messaging::mail::MailLogin& login, MailStep step,
                         std::string_view answer) {
  return login.smtp.place() + ", " + std::string(name_of(step)) + ": the server answered \"" +
         std::string(answer) + "\"";
}

}  // namespace

SmtpQueue::SmtpQueue(Around around) : around_(std::move(around)) {}

SmtpQueue::~SmtpQueue() {
  *alive_ = false;
  if (easy_ != nullptr) around_.curl.cancel(easy_);
  for (Job& job : jobs_) {
    job.done(base::fail(base::Errc::unavailable, "sending has stopped"));
  }
}

void SmtpQueue::submit(messaging::mail::MailLogin login, messaging::mail::Mail mail,
                       base::Completion<SubmitReply> done) {
  if (jobs_.size() >= kMostWaiting || mail.recipients.empty() || mail.from.empty()) {
    const bool full = jobs_.size() >= kMostWaiting;
    return done(base::fail(
        full ? base::Errc::exhausted : base::Errc::invalid_argument,
        full ? "too many mails wait to be sent" : "a mail needs a sender and recipients"));
  }
  jobs_.push_back({std::move(login), std::move(mail), std::move(done), {}, 0, 0, 0});
  start();
}

void SmtpQueue::start() {
  if (running_ || jobs_.empty()) return;
  const base::Millis left = not_before_ - around_.loop.now();
  if (left > 0) {
    jobs_.front().reply.outcome = SubmitOutcome::later;
    jobs_.front().reply.pause = left;
    jobs_.front().reply.words = limit_words_;
    leave_from(0);
    running_ = true;
    return finish();
  }
  running_ = true;
  around_.sending.ask(1, [this, alive = alive_](Turns::Turn turn) {
    if (!*alive) return;
    turn_ = std::move(turn);
    around_.on_status(LineState::working, {}, false);
    send_chunk();
  });
}

std::size_t SmtpQueue::on_read(char* to, std::size_t size, std::size_t count, void* self) {
  auto& job = *static_cast<Job*>(self);
  const std::size_t take = std::min(size * count, job.mail.text.size() - job.read);
  std::memcpy(to, job.mail.text.data() + job.read, take);
  job.read += take;
  return take;
}

void SmtpQueue::send_chunk() {
  Job& job = jobs_.front();
  job.count = std::min(messaging::mail::kRecipientsAtOnce, job.mail.recipients.size() - job.at);
  job.read = 0;
  words_.clear();
  error_[0] = 0;
  CurlEasy easy = around_.curl.make_easy();
  if (!easy) {
    job.reply.words = "libcurl cannot be used here (Debian's libcurl4)";
    leave_from(job.at);
    return finish();
  }
  const CurlApi& api = around_.curl.api();
  set_mail_options(easy.get(), api, MailService::smtp, job.login.smtp, job.login.any_certificate,
                   around_.line_options);
  const auto set = [&](CURLoption option, auto value) {
    api.easy_setopt(easy.get(), option, value);
  };
  CurlList recipients(nullptr, {&api});
  for (std::size_t i = 0; i < job.count; ++i) {
    append(recipients, job.mail.recipients[job.at + i].c_str());
  }
  set(CURLOPT_MAIL_FROM, job.mail.from.c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &SmtpQueue::on_read);
  set(CURLOPT_READDATA, &job);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(job.mail.text.size()));
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(around_.times.answer / 1000));
  set(CURLOPT_TIMEOUT_MS,
      static_cast<long>(2 * around_.times.answer +
                        static_cast<base::Millis>(job.mail.text.size() * 1000 / kSlowest)));
  set(CURLOPT_MAXAGE_CONN, 60L);
  words_.listen(easy.get(), api);
  easy_ = easy.get();
  // The list lives as long as the transfer.
  around_.curl.run(std::move(easy),
                   [this, list = std::move(recipients)](CurlEasy ended, CURLcode code) mutable {
                     easy_ = nullptr;
                     ended.reset();
                     list.reset();
                     on_sent(code);
                   });
}

void SmtpQueue::on_sent(CURLcode code) {
  Job& job = jobs_.front();
  if (!judge_chunk(code)) return finish();
  job.at += job.count;
  if (job.at < job.mail.recipients.size()) return send_chunk();
  const SubmitReply& reply = job.reply;
  const bool nobody = reply.refused.size() + reply.deferred.size() == job.mail.recipients.size();
  if (!nobody) {
    job.reply.outcome = SubmitOutcome::accepted;
  } else {
    job.reply.outcome = reply.deferred.empty() ? SubmitOutcome::refused : SubmitOutcome::later;
  }
  finish();
}

bool SmtpQueue::judge_chunk(CURLcode code) {
  Job& job = jobs_.front();
  SubmitReply& reply = job.reply;
  const auto stop = [&](SubmitOutcome outcome, std::string words) {
    reply.outcome = outcome;
    reply.words = std::move(words);
    leave_from(job.at);
    return false;
  };
  // Answers to recipients are handled one by one: the others of the chunk got the mail.
  std::size_t recipient = job.at;
  std::vector<SubmitReply::Recipient> refused;
  std::vector<SubmitReply::Recipient> deferred;
  const SmtpAnswer* ended = nullptr;  // what ended the transaction
  for (const SmtpAnswer& answer : words_.answers()) {
    if (answer.step != MailStep::recipient) {
      if (answer.code >= 400) ended = &answer;
      continue;
    }
    if (recipient >= job.at + job.count) continue;
    const std::string& addr = job.mail.recipients[recipient++];
    if (answer.code < 400) continue;
    const std::string words = answer_words(job.login, answer.step, answer.text);
    reply.words = words;
    (is_refused(answer.code) ? refused : deferred).push_back({addr, words});
  }
  const bool nobody = refused.size() + deferred.size() == job.count;
  if (ended != nullptr && !nobody) {
    const std::string words = answer_words(job.login, ended->step, ended->text);
    if (!is_refused(ended->code)) return stop(SubmitOutcome::later, words);
    if (job.at == 0) return stop(SubmitOutcome::refused, words);
    // Other recipients have the mail already.
    for (std::size_t i = job.at; i < job.at + job.count; ++i) {
      reply.refused.push_back({job.mail.recipients[i], words});
    }
    reply.words = words;
    return true;
  }
  if (code == CURLE_OK || nobody) {
    const auto limit = std::ranges::find_if(
        deferred, [](const SubmitReply::Recipient& one) { return limits_rate(one.words); });
    if (limit != deferred.end()) {
      // This answer is about the account, whichever recipient it follows.
      reply.outcome = SubmitOutcome::later;
      reply.words = limit->words;
      for (const auto& one : deferred) reply.left.push_back(one.addr);
      append(reply.refused, std::move(refused));
      leave_from(job.at + job.count);
      return false;
    }
    append(reply.refused, std::move(refused));
    append(reply.deferred, std::move(deferred));
    return true;
  }
  const std::string failure =
      failure_words(job.login.smtp.place(), code, words_, error_.data(), around_.curl.api());
  if (code == CURLE_LOGIN_DENIED && !words_.last().starts_with('4')) {
    return stop(SubmitOutcome::unauthorized, failure);
  }
  const bool busy = is_later(last_code(words_)) && words_.step() <= MailStep::login;
  return stop(busy ? SubmitOutcome::later : SubmitOutcome::unreachable, failure);
}

void SmtpQueue::leave_from(std::size_t recipient) {
  Job& job = jobs_.front();
  for (std::size_t i = recipient; i < job.mail.recipients.size(); ++i) {
    job.reply.left.push_back(job.mail.recipients[i]);
  }
}

void SmtpQueue::finish() {
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  running_ = false;
  turn_.end();
  SubmitReply& reply = job.reply;
  if (reply.outcome == SubmitOutcome::refused) reply.left.clear();
  const bool limited =
      reply.outcome == SubmitOutcome::later && reply.pause == 0 && limits_rate(reply.words);
  if (limited) {
    reply.pause =
        std::min(around_.times.first_pause << std::min(limited_, 10), around_.times.longest_pause);
    ++limited_;
    not_before_ = around_.loop.now() + reply.pause;
    limit_words_ = reply.words;
  } else if (reply.outcome == SubmitOutcome::accepted) {
    limited_ = 0;
  }
  const bool reached =
      reply.outcome != SubmitOutcome::unreachable && reply.outcome != SubmitOutcome::unauthorized;
  around_.on_status(reached ? LineState::connected : LineState::not_connected, reply.words,
                    reply.outcome == SubmitOutcome::accepted);
  around_.loop.post([done = std::move(job.done), answer = std::move(reply)]() mutable {
    done(std::move(answer));
  });
  around_.loop.post([this, alive = alive_] {
    if (*alive) start();
  });
}

}  // namespace gateway::mail
