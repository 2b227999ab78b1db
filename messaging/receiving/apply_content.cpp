#include "messaging/receiving/apply_content.h"

#include "messaging/outbox/outgoing.h"

namespace messaging::receiving {
namespace {

base::Result<bool> acknowledged(const Received& received) {
  EDGE_CHECK(outbox::acknowledge(received.write, received.sender.contact.id, received.uuid));
  return true;
}

}  // namespace

base::Result<bool> apply(const Received& received, const UnknownContent& /*unknown*/) {
  return acknowledged(received);
}

base::Result<bool> apply(const Received& received, const Hello& /*hello*/) {
  return acknowledged(received);
}

base::Result<bool> apply_content(const kernel::WriteContext& write, const Sender& sender,
                                 const Content& content,
                                 const std::optional<store::TransferRow>& file,
                                 base::ByteView whole) {
  return kind_of(content.body).apply({write, sender, content.uuid, file, whole}, content.body);
}

base::Result<Portion> apply_portion(const kernel::WriteContext& write, const Sender& sender,
                                    const Content& content) {
  const AnyContentKind& kind = kind_of(content.body);
  if (kind.apply_some == nullptr) return Portion{};
  return kind.apply_some({write, sender, content.uuid, std::nullopt, {}}, content.body);
}

}  // namespace messaging::receiving
