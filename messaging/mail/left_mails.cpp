#include "messaging/mail/left_mails.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "messaging/chats/chat_rules.h"
#include "store/tables/config_values.h"

namespace messaging::mail {
namespace {

constexpr std::uint64_t kLeastLimit = 160 * 1024;

base::Result<std::vector<store::MessageRow>> waiting_messages(const store::Scope& scope,
                                                              const store::Uuid& uuid) {
  std::vector<store::MessageRow> messages;
  EDGE_TRY(const auto contacts, store::contacts_with_notice(scope, uuid));
  for (const ContactId contact : contacts) {
    EDGE_TRY(auto message, store::find_message_by_uuid(scope, contact, uuid));
    if (message && message->download != DownloadState::done) {
      messages.push_back(*std::move(message));
    }
  }
  return messages;
}

base::Result<> note_asked(const kernel::WriteContext& write, const store::MessageRow& message,
                          bool asked) {
  EDGE_TRY(auto notice, store::find_mail_notice(write.scope, message.from, message.uuid));
  if (!notice || notice->wanted == asked) return {};
  notice->wanted = asked;
  return store::put_mail_notice(write.scope, *notice);
}

}  // namespace

base::Result<std::uint64_t> download_limit(const store::Scope& scope) {
  EDGE_TRY(const auto value, store::find_config_value(scope, "download_limit"));
  std::uint64_t limit = 0;
  if (value) std::from_chars(value->data(), value->data() + value->size(), limit);
  return limit == 0 ? 0 : std::max(limit, kLeastLimit);
}

base::Result<bool> is_asked_for(const store::Scope& scope, const store::Uuid& uuid) {
  EDGE_TRY(const auto contacts, store::contacts_with_notice(scope, uuid));
  for (const ContactId contact : contacts) {
    EDGE_TRY(const auto notice, store::find_mail_notice(scope, contact, uuid));
    if (notice && notice->wanted) return true;
  }
  return false;
}

std::string too_large_words(std::uint64_t size) {
  return fmt::format(
      "The file's mail has {:.1f} MiB; mails of at most {} MiB are downloaded. Ask for a smaller "
      "file.",
      static_cast<double>(size) / (1 << 20), kLargestMail >> 20);
}

base::Result<bool> leave_mail(const kernel::WriteContext& write, store::MailLeftRow place) {
  EDGE_TRY(const bool asked_for, is_asked_for(write.scope, place.uuid));
  place.wanted = asked_for && place.size <= kLargestMail;
  EDGE_CHECK(store::put_mail_left(write.scope, place));
  EDGE_TRY(auto waiting, waiting_messages(write.scope, place.uuid));
  for (store::MessageRow& message : waiting) {
    if (place.size > kLargestMail) {
      EDGE_CHECK(fail_download(write, std::move(message), too_large_words(place.size)));
      continue;
    }
    const DownloadState state =
        place.wanted ? DownloadState::in_progress : DownloadState::available;
    if (message.download == state) continue;
    EDGE_CHECK(set_download(write, std::move(message), state, std::string()));
  }
  return place.wanted;
}

base::Result<> begin_waiting(const kernel::WriteContext& write, store::MessageRow& message,
                             std::uint64_t file_size) {
  EDGE_TRY(const auto places, store::mails_left(write.scope, message.uuid));
  EDGE_TRY(const std::uint64_t limit, download_limit(write.scope));
  message.download = DownloadState::in_progress;
  if (!places.empty()) {
    const auto smallest = std::min_element(
        places.begin(), places.end(), [](const auto& a, const auto& b) { return a.size < b.size; });
    message.download = DownloadState::available;
    if (smallest->size > kLargestMail) {
      message.download = DownloadState::failure;
      message.error = too_large_words(smallest->size);
    }
  } else if (limit != 0 && file_size > limit) {
    message.download = DownloadState::available;
  }
  return store::update_message(write.scope, message);
}

base::Result<> ask_for(const kernel::WriteContext& write, store::MessageRow message) {
  EDGE_CHECK(note_asked(write, message, true));
  EDGE_CHECK(store::want_mail_left(write.scope, message.uuid, true));
  return set_download(write, std::move(message), DownloadState::in_progress, std::string());
}

base::Result<> set_download(const kernel::WriteContext& write, store::MessageRow message,
                            DownloadState state, std::string error) {
  message.download = state;
  message.error = std::move(error);
  EDGE_CHECK(store::update_message(write.scope, message));
  return chats::emit_changed(write.tx, write.account.id, message.chat, message.id);
}

base::Result<> fail_download(const kernel::WriteContext& write, store::MessageRow message,
                             std::string why) {
  EDGE_CHECK(note_asked(write, message, false));
  EDGE_CHECK(store::want_mail_left(write.scope, message.uuid, false));
  return set_download(write, std::move(message), DownloadState::failure, std::move(why));
}

base::Result<> fail_downloads(const kernel::WriteContext& write, const store::Uuid& uuid,
                              const std::string& why) {
  EDGE_TRY(auto waiting, waiting_messages(write.scope, uuid));
  for (store::MessageRow& message : waiting) {
    EDGE_CHECK(fail_download(write, std::move(message), why));
  }
  return {};
}

base::Result<> offer_downloads(const kernel::WriteContext& write, const store::Uuid& uuid) {
  EDGE_TRY(auto waiting, waiting_messages(write.scope, uuid));
  for (store::MessageRow& message : waiting) {
    EDGE_CHECK(set_download(write, std::move(message), DownloadState::available, std::string()));
  }
  return {};
}

base::Result<> end_waiting(const kernel::WriteContext& write, ContactId contact,
                           const store::Uuid& uuid) {
  EDGE_CHECK(store::delete_mail_notice(write.scope, contact, uuid));
  return store::delete_mails_left(write.scope, uuid);
}

}  // namespace messaging::mail
