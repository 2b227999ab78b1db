#include "messaging/deposit_load.h"

#include <algorithm>

#include "crypto/envelope.h"
#include "messaging/content.h"
#include "messaging/core.h"
#include "store/tables/blobs.h"
#include "store/tables/routes.h"
#include "store/tables/sessions.h"

namespace messaging {
namespace {

constexpr std::size_t kDepositBytes = 1024 * 1024;  // aimed at; one envelope may be larger
// A part is sealed and padded to 264 KiB and 49 bytes: seven of them fit into a deposit.
constexpr std::size_t kPartsPerDeposit = 7;
static_assert(kPartsPerDeposit * (264 * 1024 + 49 + 4) <= kMaxDepositBytes);

using store::OutboxKind;
using store::OutboxRow;

base::Result<store::SessionRow> session_of(const store::Scope& scope, const OutboxRow& row) {
  EDGE_TRY(auto session, store::sending_session(scope, *row.contact));
  if (!session) return base::fail(base::Errc::unavailable, "a file waits for a session");
  return *std::move(session);
}

base::Result<SealedParts> seal_parts(Core& core, const store::Scope& scope, const OutboxRow& row,
                                     const store::SessionRow& session, std::uint32_t first) {
  EDGE_TRY(const auto blob, store::load_blob(scope, row.blob_id));
  EDGE_TRY(auto file, core.store.blobs().open_sealed(scope.key.uuid(), blob.name));
  SealedParts out{*row.transfer, session.id, first, first, part_count(file.sealed_size()), {}};
  base::Bytes bytes(kFilePart);
  while (out.until < out.all && out.envelopes.size() < kPartsPerDeposit) {
    EDGE_TRY(const std::size_t size, file.read_sealed(std::uint64_t{out.until} * kFilePart, bytes));
    const FilePart part{*row.transfer, out.until, file.sealed_size(),
                        base::ByteView(bytes).first(size)};
    EDGE_TRY(auto envelope, crypto::seal_envelope({session.peer_box},
                                                  static_cast<std::uint8_t>(EnvelopeKind::part),
                                                  session.peer_tag, encode(part)));
    out.envelopes.push_back(std::move(envelope));
    ++out.until;
  }
  return out;
}

base::Result<> load_parts(Core& core, const store::Scope& scope, const OutboxRow& row,
                          SealedParts ahead, DepositLoad& load) {
  EDGE_TRY(const auto session, session_of(scope, row));
  if (ahead.envelopes.empty() || ahead.transfer != row.transfer || ahead.session != session.id ||
      ahead.first != row.next_part) {
    EDGE_TRY(ahead, seal_parts(core, scope, row, session, row.next_part));
  }
  load.parts = ahead.all;
  load.parts_until = ahead.until;
  load.deposit.envelopes = std::move(ahead.envelopes);
  return {};
}

}  // namespace

base::Result<std::unique_ptr<DepositLoad>> load_deposit(Core& core, base::AccountId account,
                                                        std::int64_t route_id, SealedParts ahead) {
  EDGE_TRY(auto read, core.read(account));
  if (!read.account->io_on) return nullptr;
  const store::Scope scope = read.scope();
  EDGE_TRY(auto rows, store::ready_outbox(scope, route_id, kMaxDepositEnvelopes, kDepositBytes));
  if (rows.empty()) return nullptr;
  EDGE_TRY(const auto route, store::find_route(scope, route_id));
  if (!route) return nullptr;
  auto load = std::make_unique<DepositLoad>();
  load->deposit.urls = route->way.urls;
  load->deposit.mailbox = route->way.mailbox;
  load->deposit.token.bytes = route->way.token;
  load->token = load->deposit.token;
  if (rows.front().kind == OutboxKind::file) {
    EDGE_CHECK(load_parts(core, scope, rows.front(), std::move(ahead), *load));
    rows.resize(1);
  } else {
    // A file in the middle of the queue begins the next deposit, so that order holds.
    const auto file = std::find_if(rows.begin(), rows.end(), [](const OutboxRow& row) {
      return row.kind == OutboxKind::file;
    });
    rows.erase(file, rows.end());
    for (OutboxRow& row : rows) load->deposit.envelopes.push_back(std::move(row.envelope));
  }
  load->rows = std::move(rows);
  return load;
}

base::Result<SealedParts> seal_ahead(Core& core, base::AccountId account,
                                     const DepositLoad& under_way) {
  if (under_way.parts_until >= under_way.parts) return SealedParts{};
  const OutboxRow& row = under_way.rows.front();
  EDGE_TRY(auto read, core.read(account));
  const store::Scope scope = read.scope();
  EDGE_TRY(const auto session, session_of(scope, row));
  return seal_parts(core, scope, row, session, under_way.parts_until);
}

}  // namespace messaging
