#include "messaging/mail/join_step.h"

#include <fmt/format.h>

#include "base/wire.h"
#include "messaging/mail/form/chat_mail.h"

namespace messaging::mail {
namespace {

constexpr std::uint8_t kStepForm = 1;
constexpr std::uint8_t kSyncForm = 2;
constexpr std::size_t kMaxStepField = 1024;
constexpr std::size_t kMaxStepAddresses = 16;

}  // namespace

crypto::WipingBytes encode(const JoinStep& step) {
  base::WireWriter out;
  out.u8(kStepForm).fixed(step.uuid).text(step.step);
  out.u8(static_cast<std::uint8_t>(step.seal));
  out.u8(static_cast<std::uint8_t>(step.to.size()));
  for (const std::string& addr : step.to) out.text(addr);
  out.text(step.inviter).text(step.auth).text(step.number).text(step.group);
  base::Bytes bytes = out.take();
  crypto::WipingBytes wiped(bytes.begin(), bytes.end());
  crypto::wipe(bytes);
  return wiped;
}

base::Result<JoinStep> decode_join_step(base::ByteView bytes) {
  base::WireReader in(bytes);
  JoinStep step;
  if (in.u8() != kStepForm) in.refuse();
  step.uuid = in.array<16>();
  step.step = in.text(kMaxStepField);
  step.seal = static_cast<JoinSeal>(in.u8());
  const std::size_t count = in.u8();
  if (count > kMaxStepAddresses) in.refuse();
  for (std::size_t i = 0; i < count && in.ok(); ++i) step.to.push_back(in.text(kMaxStepField));
  step.inviter = in.text(kMaxStepField);
  step.auth = in.text(kMaxStepField);
  step.number = in.text(kMaxStepField);
  step.group = in.text(kMaxStepField);
  if (!in.done()) return base::fail(base::Errc::corrupt, "a step of a join has another form");
  return step;
}

bool is_welcome(const JoinStep& step) { return step.step == "vg-member-added"; }

crypto::WipingBytes encode(const SyncStep& step) {
  base::WireWriter out;
  out.u8(kSyncForm).fixed(step.uuid).text(step.json);
  base::Bytes bytes = out.take();
  crypto::WipingBytes wiped(bytes.begin(), bytes.end());
  crypto::wipe(bytes);
  return wiped;
}

base::Result<SyncStep> decode_sync_step(base::ByteView bytes) {
  base::WireReader in(bytes);
  SyncStep step;
  if (in.u8() != kSyncForm) in.refuse();
  step.uuid = in.array<16>();
  step.json = in.text(kMaxSyncJson);
  if (!in.done()) return base::fail(base::Errc::corrupt, "news for our devices have another form");
  return step;
}

crypto::WipingBytes join_passphrase(std::string_view inviter, std::string_view auth) {
  const std::string text = fmt::format("securejoin/{}/{}", inviter, auth);
  return {text.begin(), text.end()};
}

}  // namespace messaging::mail
