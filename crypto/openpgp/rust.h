// What the wrapper's files share: handles, slices, and statuses as errors. Not included elsewhere.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "crypto/openpgp/openpgp.h"
#include "openpgp/openpgp_abi.h"

namespace crypto::openpgp {

inline edge_slice slice_of(base::ByteView bytes) { return {bytes.data(), bytes.size()}; }
inline edge_slice slice_of(std::string_view text) { return slice_of(base::as_bytes(text)); }
inline base::ByteView view_of(edge_slice slice) {
  return slice.size == 0 ? base::ByteView() : base::ByteView(slice.data, slice.size);
}

// What the library gives away; freed here, also when copying it throws.
class Taken {
 public:
  Taken() = default;
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  ~Taken() { edge_pgp_buffer_free(&buffer_); }
  edge_buffer* out() { return &buffer_; }
  base::ByteView view() const { return {buffer_.data, buffer_.size}; }

 private:
  edge_buffer buffer_{nullptr, 0, 0};
};

// The error of a status that is not EDGE_PGP_OK: "OpenPGP: " and the library's constant text.
inline base::Error error_of(std::int32_t status) {
  base::Errc code = base::Errc::internal;
  switch (status) {
    case EDGE_PGP_ARGUMENT:
    case EDGE_PGP_MALFORMED:
    case EDGE_PGP_UNSUPPORTED:
    case EDGE_PGP_UNVERIFIED:
    case EDGE_PGP_CANNOT_ENCRYPT:
      code = base::Errc::invalid_argument;
      break;
    case EDGE_PGP_SEALED:
    case EDGE_PGP_NOT_SIGNED:
      code = base::Errc::sealed;
      break;
    case EDGE_PGP_TOO_LARGE:
      code = base::Errc::too_large;
      break;
    default:
      break;
  }
  return {code, "OpenPGP: " + std::string(base::as_text(view_of(edge_pgp_last_text())))};
}

// Times of OpenPGP have 32 bits.
inline std::uint32_t time_of(UnixSeconds now) {
  constexpr UnixSeconds kMax = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp<UnixSeconds>(now, 0, kMax));
}

inline Fingerprint fingerprint_of(const edge_pgp_fingerprint& from) {
  return Fingerprint::from_bytes(base::ByteView(from.bytes, from.size)).value_or(Fingerprint());
}

// The handles inside of what the header declares.
struct Access {
  static const edge_pgp_key* of(const SecretKey& key) {
    return static_cast<const edge_pgp_key*>(key.handle_.get());
  }
  static const edge_pgp_certificate* of(const Certificate& certificate) {
    return static_cast<const edge_pgp_certificate*>(certificate.state_->handle.get());
  }
  static const edge_pgp_opened* of(const Opened& opened) {
    return static_cast<const edge_pgp_opened*>(opened.handle_.get());
  }
  static base::Result<Certificate> certificate(edge_pgp_certificate* handle);
  static base::Result<SecretKey> key(edge_pgp_key* handle);
  static base::Result<Opened> opened(edge_pgp_opened* handle);
};

}  // namespace crypto::openpgp
