#include "messaging/mail/mail_downloads.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "messaging/chats/chat_rules.h"
#include "messaging/mail/left_mails.h"
#include "store/tables/mail_halves.h"
#include "store/tables/mail_logins.h"

namespace messaging::mail {
namespace {

constexpr std::size_t kDownloadsAtOnce = 100;  // places that are looked at in one turn
// How long the mail with a file may come after the mail that announces it; after that a requested
// download fails because the mail is not there.
constexpr base::Millis kFileComes = 3600 * base::Millis{1000};
constexpr base::Millis kFileComesSoon = 600 * base::Millis{1000};

constexpr const char* kNotThere =
    "The file is not on the mail server: it has not come yet, or was deleted there.";

// The mailbox was numbered anew since, or is not read any more. In the first case the mail is
// offered again, under its new number, and is then taken.
base::Result<bool> is_outdated(const store::Scope& scope, const store::MailLeftRow& place) {
  EDGE_TRY(const auto logins, store::list_mail_logins(scope));
  return std::none_of(logins.begin(), logins.end(), [&](const store::MailLoginRow& login) {
    return login.id == place.transport && login.cursor.uid_validity == place.uid_validity;
  });
}

}  // namespace

base::Result<> MailDownloads::want(const kernel::WriteContext& write, store::MessageRow message) {
  EDGE_TRY(const auto places, store::mails_left(write.scope, message.uuid));
  const auto can_be_had = [](const store::MailLeftRow& place) {
    return place.size <= kLargestMail;
  };
  if (places.empty()) return look_for(write, std::move(message));
  if (std::none_of(places.begin(), places.end(), can_be_had)) {
    return fail_download(write, std::move(message), too_large_words(places.front().size));
  }
  EDGE_CHECK(ask_for(write, std::move(message)));
  write.tx.on_commit([this, account = write.account.id] { run(account); });
  return {};
}

// The file's mail has not come yet, or its mailbox was renumbered: it is taken once it is seen.
base::Result<> MailDownloads::look_for(const kernel::WriteContext& write,
                                       store::MessageRow message) {
  EDGE_TRY(auto half, store::find_mail_half(write.scope, message.from, message.uuid));
  if (half && message.download == DownloadState::available) {
    half->at = write.steady();
    EDGE_CHECK(store::put_mail_half(write.scope, *half));
    return ask_for(write, std::move(message));
  }
  const bool comes =
      half && message.download == DownloadState::in_progress &&
      (half->at + kFileComesSoon > write.steady() || !reads_all_mailboxes(write.account.id));
  return comes ? base::Result<>{} : fail_download(write, std::move(message), kNotThere);
}

// All mails in the mailboxes were looked at.
bool MailDownloads::reads_all_mailboxes(base::AccountId account) const {
  if (transport_ == nullptr) return false;
  const auto lines = transport_->lines(account);
  return std::all_of(lines.begin(), lines.end(),
                     [](const LineStatus& line) { return line.imap == LineState::connected; });
}

base::Result<> MailDownloads::give_up_late(const kernel::WriteContext& write) {
  if (!reads_all_mailboxes(write.account.id)) return {};
  EDGE_TRY(const auto late,
           store::late_mail_halves(write.scope, write.steady() - kFileComes, kDownloadsAtOnce));
  for (store::MailHalfRow half : late) {
    half.at = write.steady();  // looked at again when it is requested again
    EDGE_CHECK(store::put_mail_half(write.scope, half));
    EDGE_TRY(auto message, store::find_message_by_uuid(write.scope, half.contact, half.uuid));
    if (!message || message->download != DownloadState::in_progress) continue;
    EDGE_CHECK(fail_download(write, *std::move(message), kNotThere));
  }
  return {};
}

void MailDownloads::run(base::AccountId account) {
  if (transport_ == nullptr) return;
  workers_.post(account, [this, account] { look(account); });
}

void MailDownloads::look(base::AccountId account) {
  std::map<store::Uuid, std::vector<store::MailLeftRow>> wanted;
  {
    auto read = core_.read(account);
    if (!read || !read->account->io_on || read->account->elsewhere) return;
    auto places = store::wanted_mails(read->scope(), kDownloadsAtOnce);
    if (!places) {
      base::log::warning("account {}: what is to be downloaded cannot be read: {}", account.value,
                         places.error().message);
      return;
    }
    for (store::MailLeftRow& place : *places) {
      if (place.size <= kLargestMail) wanted[place.uuid].push_back(place);
    }
  }
  for (auto& [uuid, places] : wanted) {
    {
      const base::Lock lock(mutex_);
      if (!under_way_.emplace(account, uuid).second) continue;
    }
    fetch(account, std::make_shared<const std::vector<store::MailLeftRow>>(std::move(places)), 0);
  }
}

void MailDownloads::fetch(base::AccountId account, const Places& places, std::size_t at) {
  const store::MailLeftRow& place = places->at(at);
  transport_->fetch({account, place.transport}, {place.uid_validity, place.uid},
                    [this, account, places, at](const base::Result<bool>& there) {
                      answered(account, places, at, there);
                    });
}

// All mails that were there are applied by now.
void MailDownloads::answered(base::AccountId account, const Places& places, std::size_t at,
                             const base::Result<bool>& there) {
  const store::Uuid uuid = places->at(at).uuid;
  const bool last = at + 1 == places->size();
  if (!there) {
    base::log::info("account {}: a file is not downloaded now: {}", account.value,
                    there.error().message);
    if (last) return end(account, uuid);
    return fetch(account, places, at + 1);
  }
  core_.write<void>(
      account,
      [this, places, at, there = *there](store::Tx& tx, const store::Scope& scope,
                                         const kernel::AccountState& state) -> base::Result<> {
        const kernel::WriteContext write{core_, tx, scope, state};
        const store::MailLeftRow& place = places->at(at);
        EDGE_TRY(const bool outdated, is_outdated(scope, place));
        EDGE_CHECK(store::delete_mail_left(scope, place));
        EDGE_TRY(const auto others, store::mails_left(scope, place.uuid));
        if (!others.empty()) return {};
        if (!there && outdated) return offer_downloads(write, place.uuid);
        return fail_downloads(write, place.uuid,
                              there ? "The mail on the server did not bring the file."
                                    : "The mail server has the file no more.");
      },
      [this, account, places, at, last](const base::Result<>& written) {
        if (!written) {
          base::log::warning("account {}: the end of a download is not stored: {}", account.value,
                             written.error().message);
        }
        if (last || !written) return end(account, places->at(at).uuid);
        // Checks again whether the file is still wanted.
        end(account, places->at(at).uuid);
        run(account);
      });
}

void MailDownloads::end(base::AccountId account, const store::Uuid& uuid) {
  const base::Lock lock(mutex_);
  under_way_.erase({account, uuid});
}

}  // namespace messaging::mail
