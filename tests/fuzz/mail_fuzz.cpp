// room: messaging
// The input is the plaintext of an encrypted mail. Whatever is read of it is within its bounds, and
// what is written of that is read as the same.
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/mail_content.h"
#include "messaging/mail/form/message_id.h"
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
