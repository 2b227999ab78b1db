#include "messaging/mail/form/fingerprint.h"

#include <algorithm>

namespace messaging::mail {

MemberKey member_key(const Fingerprint& fingerprint) {
  MemberKey key{};
  std::copy(fingerprint.bytes().begin(), fingerprint.bytes().end(), key.begin());
  return key;
}

Fingerprint fingerprint_of(const MemberKey& key) {
  const bool is_v4 = std::all_of(key.begin() + Fingerprint::kV4Size, key.end(),
                                 [](std::uint8_t byte) { return byte == 0; });
  const base::ByteView bytes = key;
  return *Fingerprint::from_bytes(is_v4 ? bytes.first(Fingerprint::kV4Size) : bytes);
}

}  // namespace messaging::mail
