// What gateways say to each other about protected files: contents of kinds 20 to 24 (content.h;
// docs/protocol.md, section 12, has them byte for byte).
//
// The owner's decision is a whole state with a rising number, so that repeated, reordered and lost
// messages lead both sides to the same: the highest number holds. It is signed by the owner,
// because one for somebody who got the file forwarded passes through the contact who forwarded it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/wire.h"
#include "crypto/identity.h"
#include "crypto/prv.h"
#include "store/tables/file_accesses.h"

namespace messaging {

using IdentityBytes = std::array<std::uint8_t, 32>;

// 20, owner to holder: what the holder may do from now on.
struct FileDecision {
  crypto::PrvId file{};
  IdentityBytes holder{};
  std::uint64_t rev = 0;
  store::FileState state = store::FileState::none;
  bool download = false;
  bool forward = false;
  base::UnixMillis expires_at = 0;        // 0 never
  std::optional<crypto::PrvShare> share;  // with state active, and only then
  std::string name;                       // of the plaintext
  // As whose member the holder was given access: what it concerns is in that group's chat.
  std::optional<store::Uuid> group;
  crypto::Signature signature{};  // by the owner over all before it
};
void sign(FileDecision& decision, const crypto::Identity& owner);
bool signed_by(const FileDecision& decision, const crypto::PublicKey& owner);

// 21, holder to owner: asks for access, again or for the first time.
struct FileRequest {
  crypto::PrvId file{};
  IdentityBytes holder{};
  std::string holder_name;
  std::string holder_addr;
  std::uint64_t asked = 0;  // how often by now
};

// 22, holder to owner: what became of the access that decision `rev` gave.
struct FileReport {
  crypto::PrvId file{};
  IdentityBytes holder{};
  std::uint64_t rev = 0;
  store::FileState state = store::FileState::none;  // expired or deleted
};

// 23, who forwards a file to whom it is forwarded: whose it is.
struct FileOffer {
  crypto::PrvId file{};
  IdentityBytes owner{};
  std::string owner_name;
  std::string owner_addr;
  std::string name;
};

// 24, who forwards a file to its owner: to whom.
struct FileNotice {
  crypto::PrvId file{};
  IdentityBytes holder{};
  std::string holder_name;
  std::string holder_addr;
};

using ProtectedNote = std::variant<FileDecision, FileRequest, FileReport, FileOffer, FileNotice>;

inline constexpr std::uint8_t kFirstProtectedKind = 20;
std::uint8_t kind_of(const ProtectedNote& note);
bool is_protected_kind(std::uint8_t kind);
void write_note(base::WireWriter& out, const ProtectedNote& note);
// Refuses the reader when the fields are malformed.
ProtectedNote read_note(std::uint8_t kind, base::WireReader& in);

}  // namespace messaging
