#include "crypto/openpgp/rust.h"

namespace crypto::openpgp {
namespace {

constexpr std::size_t kMaxAddresses = 16;
constexpr std::size_t kMaxAddressSize = 254;

// What can stand in a user id and in the list of relays without ending it.
bool is_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.size() <= kMaxAddressSize && std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c != 127 && c != '<' && c != '>' && c != ',';
         });
}

base::Error no_address() {
  return base::fail(base::Errc::invalid_argument,
                    "an address of an OpenPGP key is user@host in ASCII, at most 254 bytes");
}

base::Result<SecretKey> generate_key(bool post_quantum, std::string_view address, UnixSeconds now) {
  edge_pgp_key* handle = nullptr;
  const auto status =
      edge_pgp_key_generate(post_quantum ? 1 : 0, slice_of(address), time_of(now), &handle);
  if (status != EDGE_PGP_OK) return error_of(status).with_context("new key");
  return Access::key(handle);
}

}  // namespace

void detail::FreeKey::operator()(void* key) const noexcept {
  edge_pgp_key_free(static_cast<edge_pgp_key*>(key));
}

base::Result<SecretKey> Access::key(edge_pgp_key* handle) {
  std::unique_ptr<void, detail::FreeKey> owned(handle);
  edge_pgp_fingerprint fingerprint{};
  if (const auto status = edge_pgp_key_fingerprint(handle, &fingerprint); status != EDGE_PGP_OK) {
    return error_of(status);
  }
  return SecretKey(std::move(owned), fingerprint_of(fingerprint));
}

base::Result<SecretKey> SecretKey::generate(std::string_view address, UnixSeconds now) {
  if (!is_address(address)) return no_address();
  return generate_key(false, address, now);
}

base::Result<SecretKey> SecretKey::generate_post_quantum(UnixSeconds now) {
  return generate_key(true, {}, now);
}

base::Result<SecretKey> SecretKey::read(base::ByteView data) {
  edge_pgp_key* handle = nullptr;
  const auto status = edge_pgp_key_read(slice_of(data), &handle);
  if (status != EDGE_PGP_OK) return error_of(status).with_context("secret key");
  return Access::key(handle);
}

base::Result<WipingBytes> SecretKey::serialize() const {
  Taken taken;
  const auto status = edge_pgp_key_bytes(Access::of(*this), 0, taken.out());
  if (status != EDGE_PGP_OK) return error_of(status).with_context("secret key");
  return WipingBytes(taken.view().begin(), taken.view().end());
}

base::Result<WipingBytes> SecretKey::armored() const {
  Taken taken;
  const auto status = edge_pgp_key_bytes(Access::of(*this), 1, taken.out());
  if (status != EDGE_PGP_OK) return error_of(status).with_context("secret key");
  return WipingBytes(taken.view().begin(), taken.view().end());
}

base::Result<Certificate> SecretKey::certificate(std::span<const std::string> addresses,
                                                 UnixSeconds now) const {
  if (addresses.empty() || addresses.size() > kMaxAddresses ||
      !std::all_of(addresses.begin(), addresses.end(), is_address)) {
    return no_address();
  }
  std::string relays;
  for (const auto& address : addresses) {
    if (!relays.empty()) relays += ',';
    relays += address;
  }
  edge_pgp_certificate* handle = nullptr;
  const auto status =
      edge_pgp_key_certificate(Access::of(*this), slice_of(std::string_view(addresses.front())),
                               slice_of(std::string_view(relays)), time_of(now), &handle);
  if (status != EDGE_PGP_OK) return error_of(status).with_context("own certificate");
  return Access::certificate(handle);
}

}  // namespace crypto::openpgp
