// Contents about protected files: kinds 20 to 24 (content.h; docs/protocol.md, section 12, has
// their bytes).
//
// The owner's decision is a whole state with a rising number, so that both sides converge despite
// repeated, reordered and lost messages: the highest number wins. The owner signs it, because a
// decision for the recipient of a forwarded file passes through the contact who forwarded the file.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/wire.h"
#include "crypto/identity.h"
#include "crypto/prv.h"
#include "messaging/model/content_kind.h"
#include "store/tables/file_accesses.h"

namespace messaging {

using IdentityBytes = std::array<std::uint8_t, 32>;

// 20, owner to holder: the holder's rights from now on.
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
  // The group as whose member the holder has access; the file is shown in that group's chat.
  std::optional<store::Uuid> group;
  crypto::Signature signature{};  // by the owner; higher than all before
};
void sign(FileDecision& decision, const crypto::Identity& owner);
bool signed_by(const FileDecision& decision, const crypto::PublicKey& owner);

// 21, holder to owner: requests access, again or for the first time.
struct FileRequest {
  crypto::PrvId file{};
  IdentityBytes holder{};
  std::string holder_name;
  std::string holder_addr;
  std::uint64_t asked = 0;  // how often so far
};

// 22, holder to owner: the end of the access that decision `rev` gave.
struct FileReport {
  crypto::PrvId file{};
  IdentityBytes holder{};
  std::uint64_t rev = 0;
  store::FileState state = store::FileState::none;  // expired or deleted
};

// 23, forwarder to the recipient of a forwarded file: the file's owner.
struct FileOffer {
  crypto::PrvId file{};
  IdentityBytes owner{};
  std::string owner_name;
  std::string owner_addr;
  std::string name;
};

// 24, forwarder to the owner: the recipient of a forwarded file.
struct FileNotice {
  crypto::PrvId file{};
  IdentityBytes holder{};
  std::string holder_name;
  std::string holder_addr;
};

// Malformed fields make the reader fail.
void write_fields(base::WireWriter& out, const FileDecision& decision);
void read_fields(base::WireReader& in, FileDecision& decision);

void write_fields(base::WireWriter& out, const FileRequest& request);
void read_fields(base::WireReader& in, FileRequest& request);

void write_fields(base::WireWriter& out, const FileReport& report);
void read_fields(base::WireReader& in, FileReport& report);

void write_fields(base::WireWriter& out, const FileOffer& offer);
void read_fields(base::WireReader& in, FileOffer& offer);

void write_fields(base::WireWriter& out, const FileNotice& notice);
void read_fields(base::WireReader& in, FileNotice& notice);

}  // namespace messaging

namespace messaging::receiving {
struct Received;
base::Result<bool> apply(const Received& received, const FileDecision& decision);
base::Result<bool> apply(const Received& received, const FileRequest& request);
base::Result<bool> apply(const Received& received, const FileReport& report);
base::Result<bool> apply(const Received& received, const FileOffer& offer);
base::Result<bool> apply(const Received& received, const FileNotice& notice);
}  // namespace messaging::receiving
