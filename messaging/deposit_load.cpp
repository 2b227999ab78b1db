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
constexpr std::size_t kPartsPerDeposit = 6;

using store::OutboxKind;
using store::OutboxRow;

base::Result<> load_parts(Core& core, const store::Scope& scope, const OutboxRow& row,
                          DepositLoad& load) {
  EDGE_TRY(const auto blob, store::load_blob(scope, row.blob_id));
  EDGE_TRY(const auto session, store::sending_session(scope, *row.contact));
  if (!session) return base::fail(base::Errc::unavailable, "a file waits for a session");
  EDGE_TRY(auto file, core.store.blobs().open_sealed(scope.key.uuid(), blob.name));
  load.parts = part_count(file.sealed_size());
  load.parts_until = row.next_part;
  base::Bytes bytes(kFilePart);
  while (load.parts_until < load.parts && load.deposit.envelopes.size() < kPartsPerDeposit) {
    EDGE_TRY(const std::size_t size,
             file.read_sealed(std::uint64_t{load.parts_until} * kFilePart, bytes));
    const FilePart part{*row.transfer, load.parts_until, file.sealed_size(),
                        base::ByteView(bytes).first(size)};
    EDGE_TRY(auto envelope, crypto::seal_envelope({session->peer_box},
                                                  static_cast<std::uint8_t>(EnvelopeKind::part),
                                                  session->peer_tag, encode(part)));
    load.deposit.envelopes.push_back(std::move(envelope));
    ++load.parts_until;
  }
  return {};
}

}  // namespace

base::Result<std::unique_ptr<DepositLoad>> load_deposit(Core& core, base::AccountId account,
                                                        std::int64_t route_id) {
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
  if (rows.front().kind == OutboxKind::file) {
    EDGE_CHECK(load_parts(core, scope, rows.front(), *load));
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

}  // namespace messaging
