// room: messaging
// The input is a mail.
#include "messaging/mail/mime_reader.h"
#include "tests/crypto/fuzz_world.h"

using fuzz_world::expect;
using messaging::mail::MimePart;

namespace {

constexpr messaging::mail::MimeLimits kLimits{
    .size = 1 << 20, .parts = 50, .depth = 5, .headers = 200, .header_bytes = 64 * 1024};

struct Count {
  std::size_t parts = 0;
  std::size_t headers = 0;
  std::size_t body = 0;
};

void look(const MimePart& part, std::size_t depth, Count& count) {
  expect(depth < kLimits.depth, "no part is deeper than allowed");
  ++count.parts;
  count.body += part.body.size();
  expect(!part.type.empty(), "every part has a type");
  expect(part.parts.empty() || part.is_multipart(), "only a multipart has parts");
  for (const auto& header : part.headers) {
    ++count.headers;
    expect(!header.name.empty(), "every header has a name");
    expect(base::is_utf8(header.value), "a value is UTF-8");
    expect(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
           "a value is one line");
    expect(base::is_utf8(header.decoded()), "a decoded value is UTF-8");
    for (const auto& mailbox : messaging::mail::read_addresses(header.value, 20)) {
      expect(base::is_utf8(mailbox.name) && base::is_utf8(mailbox.address), "mailboxes are UTF-8");
    }
    (void)messaging::mail::read_mail_date(header.value);
  }
  if (part.type.starts_with("text/") && part.disposition != "attachment" &&
      part.file_name.empty()) {
    expect(base::is_utf8(base::as_text(part.body)), "a text is UTF-8");
  }
  for (const auto& inner : part.parts) look(inner, depth + 1, count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::ByteView mail(data, size);
  const auto part = messaging::mail::read_mime(mail, kLimits);
  const auto head = messaging::mail::read_mime_head(mail, kLimits);
  if (!part) {
    expect(part.error().code == base::Errc::too_large, "only limits refuse a mail");
    return 0;
  }
  Count count;
  look(*part, 0, count);
  expect(count.parts <= kLimits.parts && count.headers <= kLimits.headers, "limits hold");
  // A charset makes four bytes of one at most; parts do not overlap.
  expect(count.body <= 4 * size, "bodies are no larger than the mail allows");
  expect(head.ok() && head->body.empty() && head->parts.empty(), "a head has no body");
  expect(head->headers.size() == part->headers.size(), "a head has the mail's headers");
  return 0;
}
