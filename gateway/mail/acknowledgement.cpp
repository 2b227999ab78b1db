#include "gateway/mail/acknowledgement.h"

#include <utility>

namespace gateway::mail {
namespace {

using messaging::mail::MailAfter;

constexpr std::size_t kAtOnce = 200;  // numbers in one command: its line stays under 8 KiB

struct Run {
  ImapTalk& talk;
  std::vector<std::uint32_t> uids;
  std::size_t at = 0;
  MailAfter after = MailAfter::mark_seen;
  bool uidplus = false;
  std::string refused;
  base::UniqueFunction<void(std::string)> done;
};

void next(std::unique_ptr<Run> run);

void then(std::unique_ptr<Run> run, const std::string& command,
          base::UniqueFunction<void(std::unique_ptr<Run>)> step) {
  ImapTalk& talk = run->talk;
  talk.command(command,
               [run = std::move(run), step = std::move(step)](const ImapResponse& answer) mutable {
                 if (answer.status != ImapStatus::ok) run->refused = answer.text;
                 step(std::move(run));
               });
}

void next(std::unique_ptr<Run> run) {
  if (run->at >= run->uids.size() || !run->refused.empty()) {
    return std::exchange(run->done, nullptr)(std::move(run->refused));
  }
  const std::string set = uid_set(run->uids, run->at, kAtOnce);
  run->at += kAtOnce;
  const bool remove = run->after == MailAfter::remove;
  const std::string store =
      "UID STORE " + set + " +FLAGS.SILENT (" + (remove ? "\\Deleted" : "\\Seen") + ")";
  if (!remove) return then(std::move(run), store, &next);
  then(std::move(run), store, [set](std::unique_ptr<Run> stored) {
    if (!stored->refused.empty()) return next(std::move(stored));
    const std::string expunge = stored->uidplus ? "UID EXPUNGE " + set : "EXPUNGE";
    then(std::move(stored), expunge, &next);
  });
}

}  // namespace

void acknowledge(ImapTalk& talk, std::vector<std::uint32_t> uids, MailAfter after, bool uidplus,
                 base::UniqueFunction<void(std::string)> done) {
  if (after == MailAfter::leave) return done({});
  next(std::make_unique<Run>(
      Run{talk, std::move(uids), 0, after, uidplus, std::string(), std::move(done)}));
}

}  // namespace gateway::mail
