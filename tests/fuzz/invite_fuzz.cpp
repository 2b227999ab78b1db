// room: crypto
// The input is an invite link.
#include "crypto/invite.h"
#include "tests/crypto/fuzz_world.h"

using fuzz_world::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto invite = crypto::parse_invite(base::as_text(base::ByteView(data, size)));
  if (!invite) {
    expect(!invite.error().message.empty(), "a refusal says why");
    return 0;
  }
  const std::string link = to_link(*invite);
  if (link.size() > crypto::kMaxInviteLink) return 0;  // it came with less percent-encoding
  const auto again = crypto::parse_invite(link);
  expect(again.ok(), "what we write we read");
  expect(again->identity == invite->identity && again->secret == invite->secret &&
             again->urls == invite->urls && again->addr == invite->addr &&
             again->number == invite->number && again->mailbox == invite->mailbox &&
             again->token == invite->token,
         "a link comes back as it went");
  return 0;
}
