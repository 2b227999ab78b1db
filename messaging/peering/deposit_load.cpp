#include "messaging/peering/deposit_load.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/host.h"
#include "crypto/envelope.h"
#include "messaging/kernel/core.h"
#include "messaging/model/file_part.h"
#include "messaging/peering/envelope_kind.h"
#include "messaging/peering/relay_choice.h"
#include "store/tables/blobs.h"
#include "store/tables/pending_joins.h"
#include "store/tables/routes.h"
#include "store/tables/sessions.h"

namespace messaging::peering {
namespace {

constexpr std::size_t kDepositBytes = 1024 * 1024;  // the target; a single envelope may be larger
// A part is sealed and padded to 264 KiB and 49 bytes: seven of them fit into a deposit.
static_assert(PartWindow::kMostParts * (264 * 1024 + 49 + 4) <= kMaxDepositBytes);

using store::OutboxKind;
using store::OutboxRow;

Deposit deposit_to(const store::RouteRow& route) {
  Deposit deposit;
  deposit.urls = route.way.urls;
  deposit.mailbox = route.way.mailbox;
  deposit.token.bytes = route.way.token;
  return deposit;
}

// The first usable URL, https before http. Trying all of them would let a stranger make this daemon
// contact many hosts.
std::vector<std::string> one_of(const std::vector<std::string>& urls) {
  std::vector<std::string> found;
  for (const std::string& url : urls) {
    if (!peering::parse_relay_url(url)) continue;
    const bool https = url.starts_with("https") || url.starts_with("HTTPS");
    if (found.empty() || (https && !found.front().starts_with("https"))) found.assign(1, url);
  }
  return found;
}

// In lower case, so that one host has one name.
std::string host_of(const Deposit& deposit) {
  if (deposit.urls.empty()) return {};  // the transport reports the failure
  return base::lower_ascii(base::host_of_url(deposit.urls.front()));
}

// The invite or group that a handshake came by is the party. All handshakes that we begin are one
// party.
base::Result<std::int64_t> party_of(const store::Scope& scope, const OutboxRow& row) {
  if (row.kind != OutboxKind::join_answer && row.kind != OutboxKind::session_answer) return 0;
  EDGE_TRY(const auto pending, store::find_pending_join(scope, row.join_id));
  if (!pending) return 0;
  // Invites and groups get different numbers.
  return 2 * pending->invite_id + (row.kind == OutboxKind::join_answer ? 1 : 0);
}

// A record or file that is missing or damaged will never be readable; other errors may pass.
bool is_permanent(const base::Error& error) {
  return error.code == base::Errc::not_found || error.code == base::Errc::corrupt ||
         error.code == base::Errc::sealed;
}

base::Result<store::BlobReader> open_file(kernel::Core& core, const store::Scope& scope,
                                          const OutboxRow& row) {
  EDGE_TRY(const auto blob, store::load_blob(scope, row.blob_id));
  EDGE_TRY(auto file, core.store.blobs().open_sealed(scope.key.uuid(), blob.name));
  if (file.sealed_size() != crypto::sealed_size(blob.size)) {
    return base::fail(base::Errc::corrupt, "it has another size in the store than it had");
  }
  return file;
}

// Only the session of the file's message will do: the message that proves a newer session to the
// recipient may be queued behind the file, and the recipient drops parts on a session that is not
// proven.
base::Result<std::optional<store::SessionRow>> session_of(const store::Scope& scope,
                                                          const OutboxRow& row) {
  EDGE_TRY(auto session, store::find_session(scope, row.session_id));
  return session && session->contact == row.contact ? std::move(session) : std::nullopt;
}

// Reads each part into its place in the body and seals it in place.
base::Result<DepositBody> seal_parts(store::BlobReader& file, const store::TransferId& transfer,
                                     const store::SessionRow& session, PartWindow::Parts parts) {
  const auto part_size = [&](std::uint32_t index) {
    return std::min<std::uint64_t>(kFilePart,
                                   file.sealed_size() - std::uint64_t{index} * kFilePart);
  };
  const auto envelope_size = [&](std::uint32_t index) {
    return crypto::envelope_size(kFilePartHead + part_size(index));
  };
  std::size_t all = 0;
  for (std::uint32_t index = parts.first; index < parts.until; ++index) {
    all += kEnvelopeLengthSize + envelope_size(index);
  }
  base::Bytes bytes(all);
  std::span<std::uint8_t> room(bytes);
  for (std::uint32_t index = parts.first; index < parts.until; ++index) {
    const auto envelope = room.subspan(kEnvelopeLengthSize, envelope_size(index));
    write_envelope_length(room.first<kEnvelopeLengthSize>(), envelope.size());
    const auto body = envelope.subspan(crypto::kEnvelopeBodyAt, kFilePartHead + part_size(index));
    write_part_head(body.first<kFilePartHead>(), transfer, index, file.sealed_size());
    const auto place = body.subspan(kFilePartHead);
    EDGE_TRY(const std::size_t size, file.read_sealed(std::uint64_t{index} * kFilePart, place));
    if (size != place.size()) return base::fail(base::Errc::corrupt, "a stored file is too short");
    EDGE_CHECK(crypto::seal_envelope_in_place(envelope, body.size(), {session.peer_box},
                                              static_cast<std::uint8_t>(EnvelopeKind::part),
                                              session.peer_tag));
    room = room.subspan(kEnvelopeLengthSize + envelope.size());
  }
  return DepositBody::of(std::move(bytes), parts.until - parts.first);
}

}  // namespace

base::Result<std::unique_ptr<DepositLoad>> load_deposit(kernel::Core& core, base::AccountId account,
                                                        std::int64_t route_id) {
  EDGE_TRY(auto read, core.read(account));
  if (!read.account->io_on) return nullptr;
  const store::Scope scope = read.scope();
  EDGE_TRY(auto rows, store::ready_outbox(scope, route_id, kMaxDepositEnvelopes, kDepositBytes));
  if (rows.empty()) return nullptr;
  EDGE_TRY(const auto route, store::find_route(scope, route_id));
  if (!route) return nullptr;
  auto load = std::make_unique<DepositLoad>();
  load->deposit = deposit_to(*route);
  load->token = load->deposit.token;
  load->unreached = !route->way.reached;
  // A recipient accepts parts only on a proven session. A file that waited for the session is
  // queued before the Hello that proves it; the Hello is sent first.
  if (rows.front().kind == OutboxKind::file && rows.front().next_part == 0) {
    EDGE_TRY(auto hello, store::ready_hello(scope, route_id, rows.front().session_id));
    if (hello) rows.assign(1, *std::move(hello));
  }
  // A file in the middle of the queue starts a new deposit, so that the order is kept.
  const auto file = std::find_if(rows.begin(), rows.end(),
                                 [](const OutboxRow& row) { return row.kind == OutboxKind::file; });
  if (file != rows.begin()) {
    rows.erase(file, rows.end());
    std::vector<base::Bytes> envelopes;
    for (OutboxRow& row : rows) envelopes.push_back(std::move(row.envelope));
    load->deposit.body = DepositBody::of(envelopes);
  } else {
    rows.resize(1);
    const auto session = session_of(scope, rows.front());
    if (!session && !is_permanent(session.error())) return session.error();
    load->session_lost = !session || !*session;
    const auto blob = open_file(core, scope, rows.front());
    if (blob) {
      load->parts = part_count(blob->sealed_size());
    } else if (is_permanent(blob.error())) {
      load->unreadable = blob.error().message;
    } else {
      return blob.error();
    }
  }
  load->rows = std::move(rows);
  // A join request is tried at every URL of the link, and its failures are reported like a
  // contact's.
  if (load->unreached && load->rows.front().kind != OutboxKind::join_request) {
    load->deposit.unreached = true;
    load->deposit.urls = one_of(load->deposit.urls);
    EDGE_TRY(load->party, party_of(scope, load->rows.front()));
  }
  if (load->to_stranger()) {
    load->stranger = {load->party, load->few_tries(), host_of(load->deposit)};
  }
  return load;
}

bool DepositLoad::is_answer() const {
  const OutboxKind kind = rows.front().kind;
  return kind == OutboxKind::join_answer || kind == OutboxKind::session_answer;
}

bool DepositLoad::few_tries() const {
  return to_stranger() && (is_answer() || rows.front().kind == OutboxKind::session_request);
}

base::Result<std::unique_ptr<Deposit>> load_parts(kernel::Core& core, base::AccountId account,
                                                  const DepositLoad& file,
                                                  PartWindow::Parts parts) {
  EDGE_TRY(auto read, core.read(account));
  if (!read.account->io_on) return nullptr;
  const store::Scope scope = read.scope();
  const OutboxRow& was = file.rows.front();
  EDGE_TRY(const auto row, store::find_outbox(scope, was.id));
  if (!row || row->state != store::OutboxState::ready || row->route_id != was.route_id ||
      row->session_id != was.session_id) {
    return nullptr;
  }
  EDGE_TRY(const auto session, session_of(scope, *row));
  if (!session) return nullptr;
  EDGE_TRY(const auto route, store::find_route(scope, row->route_id));
  if (!route || route->way.token != file.token.bytes) return nullptr;
  EDGE_TRY(auto blob, open_file(core, scope, *row));
  auto deposit = std::make_unique<Deposit>(deposit_to(*route));
  if (!route->way.reached) {
    deposit->unreached = true;
    deposit->urls = one_of(deposit->urls);
  }
  EDGE_TRY(deposit->body, seal_parts(blob, *row->transfer, *session, parts));
  return deposit;
}

}  // namespace messaging::peering
