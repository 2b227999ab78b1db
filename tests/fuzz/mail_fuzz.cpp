// room: messaging
// The input is the plaintext of an encrypted mail. Whatever is read of it is within its bounds, and
// what is written of that is read as the same.
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/mail_content.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/sync_items.h"
#include "messaging/mail/mime_reader.h"
#include "tests/crypto/fuzz_world.h"

using fuzz_world::expect;
using namespace messaging;

namespace {

struct NoNames final : mail::MailNames {
  std::string message_id(const MessageRef& ref) const override {
    return mail::message_id_of(ref.uuid);
  }
  std::optional<MessageRef> reference(std::string_view) const override { return std::nullopt; }
};

// News of our other devices are within their bounds, and come back as they were written.
void check_news(const mail::ChatMail& one) {
  const auto* news = std::get_if<mail::MailSync>(&one.body);
  if (news == nullptr) return;
  const auto items = mail::read_sync_items(news->json);
  expect(items.size() <= mail::kMaxSyncItems, "items are bounded");
  for (const mail::SyncItem& item : items) {
    const auto* logins = std::get_if<mail::SyncLogins>(&item);
    if (logins == nullptr) continue;
    expect(logins->logins.size() <= mail::kMaxSyncLogins &&
               logins->removed.size() <= mail::kMaxSyncRemovedLogins,
           "logins are bounded");
    for (const mail::SyncLogin& login : logins->logins) {
      expect(login.login.imap.port != 0 && login.login.smtp.port != 0, "servers have ports");
      expect(!login.login.imap.password.empty() && !login.login.smtp.password.empty(),
             "servers have passwords");
    }
  }
  auto again = mail::read_sync_items(mail::write_sync_items(items, 1));
  expect(again.size() == items.size(), "news come back as they went");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto* logins = std::get_if<mail::SyncLogins>(&items[i]);
    auto* same = std::get_if<mail::SyncLogins>(&again[i]);
    if (logins != nullptr && same != nullptr) same->reported = logins->reported;
    expect(again[i] == items[i], "news come back as they went");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto part = mail::read_mime(base::ByteView(data, size));
  if (!part) return 0;
  mail::OuterMail outer = mail::read_outer(*part);
  const auto first = mail::read_mail(*part, outer);
  if (!first) {
    expect(!first.error().message.empty(), "a refusal says why");
    return 0;
  }
  expect(first->to.size() <= mail::kMaxRecipients, "recipients are bounded");
  expect(first->gossip.size() <= mail::kMaxGossip, "gossip is bounded");
  for (const auto& content : mail::to_content(*first, NoNames())) {
    expect(decode_content(encode(content.content)).ok(), "a content is within its bounds");
  }
  check_news(*first);
  outer = mail::outer_of(*first, 0);
  const auto bytes = mail::write_inner(*first, outer);
  const auto again_part = mail::read_mime(bytes);
  expect(again_part.ok(), "what is written is a mail");
  const auto again = mail::read_mail(*again_part, outer);
  expect(again.ok(), "what is written is read");
  expect(again->message_id == first->message_id && again->in_reply_to == first->in_reply_to &&
             again->timer == first->timer && again->body.index() == first->body.index(),
         "a mail comes back as it went");
  return 0;
}
