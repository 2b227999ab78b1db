#include "messaging/mail/mail_intake.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "messaging/kernel/core.h"
#include "messaging/kernel/write_context.h"
#include "messaging/mail/arrived_pictures.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/outer_mail.h"
#include "messaging/mail/form/sync_items.h"
#include "messaging/mail/kept_mails.h"
#include "messaging/mail/left_mails.h"
#include "messaging/mail/line_warnings.h"
#include "messaging/mail/mail_logins.h"
#include "messaging/mail/mime_reader.h"
#include "messaging/mail/taken_mails.h"
#include "store/tables/mail_logins.h"

namespace messaging::mail {
namespace {

base::Completion<> warn_that(std::string what) {
  return [what = std::move(what)](const base::Result<>& done) {
    if (!done) base::log::warning("{}: {}", what, done.error().message);
  };
}

}  // namespace

void MailIntake::judge(LineKey line, std::vector<MailHead> heads,
                       base::Completion<std::vector<MailWish>> done) {
  workers_.post(line.account,
                [this, line, heads = std::move(heads), done = std::move(done)]() mutable {
                  auto found = judged(line, heads);
                  if (!found) return done(std::move(found).error());
                  note_known(line, heads, found->wishes);
                  if (found->left.empty()) return done(std::move(found->wishes));
                  leave(line, *std::move(found), std::move(done));
                });
}

// A mail that was taken and now has another place: in another mailbox, or one that was renumbered.
void MailIntake::note_known(LineKey line, const std::vector<MailHead>& heads,
                            const std::vector<MailWish>& wishes) const {
  std::vector<MailPlace> places;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    if (wishes[i] == MailWish::discard) places.push_back(heads[i].place);
  }
  if (places.empty()) return;
  core_.write<void>(
      line.account,
      [this, line, places = std::move(places)](store::Tx& tx, const store::Scope& scope,
                                               const kernel::AccountState& state) {
        return KeptMails::note({core_, tx, scope, state}, line, places);
      },
      warn_that("where mails lie on the server is not stored"));
}

base::Result<MailIntake::Judged> MailIntake::judged(LineKey line,
                                                    const std::vector<MailHead>& heads) const {
  EDGE_TRY(auto read, core_.read(line.account));
  const store::Scope scope = read.scope();
  EDGE_TRY(const std::uint64_t limit, download_limit(scope));
  Judged out;
  out.wishes.reserve(heads.size());
  for (const MailHead& head : heads) {
    MailWish& wish = out.wishes.emplace_back(MailWish::leave);
    const auto part = read_mime_head(head.headers);
    if (!part) continue;
    const OuterMail outer = read_outer(*part);
    if (!is_wanted(outer)) continue;
    wish = MailWish::take;
    if (outer.message_id.empty()) continue;
    EDGE_TRY(const bool taken, is_taken(scope, outer.message_id, outer.from));
    if (taken) wish = MailWish::discard;
    if (taken || !outer.is_post) continue;
    const bool too_large = head.size > kLargestMail;
    if (!too_large && (limit == 0 || head.size <= limit)) continue;
    const Uuid uuid = uuid_of(outer.message_id);
    EDGE_TRY(const bool asked_for, is_asked_for(scope, uuid));
    if (asked_for && !too_large) continue;
    wish = MailWish::later;
    out.left.push_back({.uuid = uuid,
                        .transport = line.transport,
                        .uid_validity = head.place.uid_validity,
                        .uid = head.place.uid,
                        .size = head.size});
  }
  return out;
}

// Stores their places before the mailbox is read further.
void MailIntake::leave(LineKey line, Judged judged, base::Completion<std::vector<MailWish>> done) {
  core_.write<void>(
      line.account,
      [this, left = std::move(judged.left)](store::Tx& tx, const store::Scope& scope,
                                            const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        bool wanted = false;
        for (store::MailLeftRow place : left) {
          place.at = write.steady();
          EDGE_TRY(const bool asked_for, leave_mail(write, place));
          wanted = wanted || asked_for;
        }
        if (wanted) tx.on_commit([this, account = state.id] { downloads_.run(account); });
        return {};
      },
      [wishes = std::move(judged.wishes),
       done = std::move(done)](const base::Result<>& stored) mutable {
        if (!stored) return done(stored.error());
        done(std::move(wishes));
      });
}

void MailIntake::arrived(LineKey line, MailPlace place, base::Bytes mail,
                         base::Completion<MailTaken> done) {
  workers_.post(line.account,
                [this, line, place, mail = std::move(mail), done = std::move(done)]() mutable {
                  open_and_apply(line, place, mail, std::move(done));
                });
}

void MailIntake::open_and_apply(LineKey line, MailPlace place, base::ByteView mail,
                                base::Completion<MailTaken> done) {
  auto opening = open_mail(core_, line.account, keys_, mail, kSmallMail);
  if (!opening || !std::holds_alternative<LargeMail>(opening->mail)) {
    return take_opened(line, place, std::move(opening), std::move(done));
  }
  base::Lock lock(large_);
  take_opened(line, place, open_mail(core_, line.account, keys_, mail, kAnyMail), std::move(done));
}

void MailIntake::take_opened(LineKey line, MailPlace place, base::Result<OpeningResult> opening,
                             base::Completion<MailTaken> done) {
  if (!opening) return done(std::move(opening).error());
  if (const auto* useless = std::get_if<UselessMail>(&opening->mail)) {
    base::log::info("account {}: mail {} is left out: {}", line.account.value, place.uid,
                    useless->why);
    // Its Message-ID is unproven, and is not noted: it must not block another mail.
    return done(MailTaken::taken);
  }
  Arrival arrival{line,
                  place,
                  std::move(opening->message_id),
                  std::get<OpenedMail>(std::move(opening->mail)),
                  {}};
  // Dates are in seconds: of two changes within one second, the mail that came later wins.
  arrival.opened.mail.order = static_cast<std::uint16_t>(place.uid % 1000);
  if (auto sealed = seal_files(arrival); !sealed) {
    remove_unused(arrival, {});
    return done(std::move(sealed).error());
  }
  apply(std::move(arrival), std::move(done));
}

base::Result<> MailIntake::seal_files(Arrival& arrival) const {
  EDGE_TRY(const kernel::AccountPtr state, core_.directory.get(arrival.line.account));
  const auto seal = [&](base::ByteView bytes) -> base::Result<store::BlobInfo> {
    EDGE_TRY(store::BlobWriter writer, core_.store.blobs().create(state->uuid));
    EDGE_CHECK(writer.append(bytes));
    return writer.finish();
  };
  auto& avatar = arrival.opened.mail.avatar;
  // Another device of ours announces its picture in its sync items.
  if (const auto* news = std::get_if<MailSync>(&arrival.opened.mail.body)) {
    avatar = picture_in_news(news->json);
  }
  if (avatar && is_picture(*avatar)) {
    EDGE_TRY(arrival.avatar, seal(avatar->bytes));
  }
  const auto& group = arrival.opened.mail.group;
  if (group && group->image && is_picture(*group->image)) {
    EDGE_TRY(arrival.group_image, seal(group->image->bytes));
  }
  auto* text = std::get_if<MailText>(&arrival.opened.mail.body);
  if (text == nullptr) return {};
  // From here on a file is what lies on the disk, however long the mail waits for the writer.
  const auto move_to_disk = [&](MailFile& file) -> base::Result<> {
    EDGE_TRY(arrival.files.emplace_back(), seal(file.bytes));
    file.bytes = base::Bytes();
    return {};
  };
  if (text->file) EDGE_CHECK(move_to_disk(*text->file));
  for (MailFile& file : text->more_files) EDGE_CHECK(move_to_disk(file));
  return {};
}

// Files stay only if a message refers to them after the commit.
void MailIntake::remove_unused(const Arrival& arrival, const std::vector<std::string>& kept) const {
  const auto state = core_.directory.get(arrival.line.account);
  if (!state) return;
  const auto remove = [&](const store::BlobInfo& file) {
    if (std::find(kept.begin(), kept.end(), file.name) != kept.end()) return;
    if (auto gone = core_.store.blobs().remove((*state)->uuid, file.name); !gone) {
      base::log::warning("a file that no message uses stays: {}", gone.error().message);
    }
  };
  for (const store::BlobInfo& file : arrival.files) remove(file);
  if (arrival.avatar) remove(*arrival.avatar);
  if (arrival.group_image) remove(*arrival.group_image);
}

void MailIntake::apply(Arrival arrival, base::Completion<MailTaken> done) {
  const AccountId account = arrival.line.account;
  auto shared = std::make_shared<const Arrival>(std::move(arrival));
  core_.write<Applied>(
      account,
      [this, shared](store::Tx& tx, const store::Scope& scope,
                     const kernel::AccountState& state) -> base::Result<Applied> {
        EDGE_TRY(const OwnKeyPtr own, keys_.get(scope));
        const kernel::WriteContext write{core_, tx, scope, state};
        EDGE_CHECK(KeptMails::note(write, shared->line, {shared->place}));
        return apply_mail(write, *own, *shared);
      },
      [this, shared, done = std::move(done)](base::Result<Applied> applied) mutable {
        remove_unused(*shared, applied ? applied->kept : std::vector<std::string>());
        if (!applied) return done(std::move(applied).error());
        done(applied->taken);
      });
}

void MailIntake::missed(LineKey line, MailHead head, std::string why) {
  base::log::warning("account {}: mail {} of {} bytes was not taken: {}", line.account.value,
                     head.place.uid, head.size, why);
  const auto part = read_mime_head(head.headers);
  if (!part) return;
  core_.write<void>(
      line.account,
      [this, outer = read_outer(*part), size = head.size, why = std::move(why)](
          store::Tx& tx, const store::Scope& scope,
          const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        if (outer.is_post && !outer.message_id.empty()) {
          return fail_downloads(write, uuid_of(outer.message_id),
                                "The file could not be downloaded: " + why + ".");
        }
        return size > kLargestMail ? warn_of_large_mail(write, outer, size) : base::Result<>{};
      },
      warn_that("a mail that was not taken is not reported"));
}

void MailIntake::cursor_moved(LineKey line, MailCursor cursor) {
  core_.write<void>(
      line.account,
      [line, cursor](store::Tx&, const store::Scope& scope, const kernel::AccountState&) {
        return store::set_mail_cursor(scope, line.transport, cursor.uid_validity, cursor.next_uid);
      },
      warn_that("how far a mailbox was read is not stored"));
}

void MailIntake::status_changed(const LineStatus& status) {
  core_.write<void>(
      status.key.account,
      [this, status](store::Tx& tx, const store::Scope& scope,
                     const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        if (needs_warning(status)) EDGE_CHECK(warn_of_line(write, status));
        return write.emit(ConnectivityChanged{});
      },
      warn_that("a change of the connectivity is not reported"));
  if (status.imap == LineState::connected) downloads_.run(status.key.account);
}

}  // namespace messaging::mail
