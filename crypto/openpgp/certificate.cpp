#include <cstdlib>

#include "crypto/openpgp/rust.h"

namespace crypto::openpgp {
namespace {

// A relay or an address that is kept: what a mail can be sent to, within RFC 5321's size.
constexpr std::size_t kMaxAddress = 254;
constexpr std::size_t kMaxRelays = 16;

// With RUST_BACKTRACE in the environment each error of the library would write down where it came
// from, which reads the whole program: milliseconds for every damaged mail. Before main, as the
// environment may not change beside other threads; whoever wants it sets this one.
[[maybe_unused]] const int no_backtraces = setenv("RUST_LIB_BACKTRACE", "0", 0);

bool can_be_address(std::string_view text) {
  return !text.empty() && text.size() <= kMaxAddress && text.find('@') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c != 127 && c != '<' && c != '>'; });
}

std::vector<std::string> split_relays(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty() && out.size() < kMaxRelays) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view one = list.substr(0, comma);
    if (can_be_address(one)) out.emplace_back(one);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return out;
}

}  // namespace

void detail::FreeCertificate::operator()(void* certificate) const noexcept {
  edge_pgp_certificate_free(static_cast<edge_pgp_certificate*>(certificate));
}

base::Result<Certificate> Access::certificate(edge_pgp_certificate* handle) {
  auto state = std::make_shared<Certificate::State>();
  state->handle.reset(handle);
  edge_pgp_certificate_facts facts{};
  if (const auto status = edge_pgp_certificate_info(handle, &facts); status != EDGE_PGP_OK) {
    return error_of(status);
  }
  const auto fingerprint = Fingerprint::from_bytes(view_of(facts.fingerprint));
  if (!fingerprint) return base::fail(base::Errc::internal, "OpenPGP: a fingerprint of a new size");
  state->info.fingerprint = *fingerprint;
  state->info.relays = split_relays(base::as_text(view_of(facts.relays)));
  if (const auto address = base::as_text(view_of(facts.address)); can_be_address(address)) {
    state->info.address = address;
  }
  state->info.created = facts.created;
  state->info.can_encrypt = facts.can_encrypt != 0;
  state->info.modern = facts.modern != 0;
  state->info.post_quantum = facts.post_quantum != 0;
  state->info.revoked = facts.revoked != 0;
  state->bytes = base::to_bytes(view_of(facts.bytes));
  return Certificate(std::move(state));
}

base::Result<Certificate> Certificate::read(base::ByteView data) {
  edge_pgp_certificate* handle = nullptr;
  const auto status = edge_pgp_certificate_read(slice_of(data), 0, &handle);
  if (status != EDGE_PGP_OK) return error_of(status).with_context("certificate");
  return Access::certificate(handle);
}

base::Result<Certificate> Certificate::read_stored(base::ByteView bytes) {
  edge_pgp_certificate* handle = nullptr;
  const auto status = edge_pgp_certificate_read(slice_of(bytes), 1, &handle);
  if (status != EDGE_PGP_OK) {
    return base::fail(base::Errc::corrupt, "a stored certificate is damaged");
  }
  return Access::certificate(handle);
}

base::Result<Certificate> merge(const Certificate& known, const Certificate& fresh) {
  edge_pgp_certificate* handle = nullptr;
  const auto status = edge_pgp_certificate_merge(Access::of(known), Access::of(fresh), &handle);
  if (status != EDGE_PGP_OK) return error_of(status).with_context("merge");
  return Access::certificate(handle);
}

}  // namespace crypto::openpgp
