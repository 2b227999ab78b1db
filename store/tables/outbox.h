// Outbox: rows to be sent, in order per route, kept until the recipient's device acknowledged them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/wiping.h"
#include "store/tables/scope.h"

namespace store {

enum class OutboxKind : std::uint8_t {
  join_request = 1,  // handshake message 1
  join_answer = 2,   // handshake message 2
  message = 3,       // acknowledged end to end
  receipts = 4,      // done once deposited
  file = 5,          // a blob in parts, before its message
  session_request = 6,
  session_answer = 7,
  hello = 8,    // the first on a session that we began; acknowledged like a message
  passing = 9,  // done once deposited, and dropped when that takes long
  mail = 10,    // a mail that is no content; done once the server has it
};

enum class OutboxState : std::uint8_t {
  waiting = 0,  // for a session with the contact
  ready = 1,
  stored = 2,  // the other side's relay or edge holds it
};

struct OutboxRow {
  std::int64_t id = 0;  // given by the insert
  std::int64_t route_id = 0;
  std::optional<base::ContactId> contact;
  OutboxKind kind = OutboxKind::message;
  OutboxState state = OutboxState::ready;
  std::optional<base::MsgId> message;
  std::int64_t join_id = 0;
  std::optional<std::array<std::uint8_t, 16>> uuid;      // of what an acknowledgement will name
  std::int64_t blob_id = 0;                              // of a file
  std::optional<std::array<std::uint8_t, 16>> transfer;  // of a file
  std::uint32_t next_part = 0;
  base::UnixMillis created_at = 0;
  base::UnixMillis deposited_at = 0;
  std::int64_t session_id = 0;  // that the envelope is encrypted in
  crypto::WipingBytes payload;  // what to encrypt again in another session; may be empty
  base::Bytes envelope;         // empty while it waits, and for files
};

base::Result<std::int64_t> insert_outbox(const Scope& scope, const OutboxRow& row);
// Writes the envelope and its session; state ready.
base::Result<> set_outbox_ready(const Scope& scope, const OutboxRow& row);
// False: the row is gone, or was encrypted again since it was read.
base::Result<bool> set_outbox_stored(const Scope& scope, const OutboxRow& row, base::UnixMillis at);
base::Result<> set_outbox_payload(const Scope& scope, const OutboxRow& row);
// Rows that the contact has not acknowledged and that no live session carries wait for a session
// again; files from their start.
base::Result<> hold_outbox(const Scope& scope, base::ContactId contact);
// Without effect when the row was deleted, or is encrypted in another session by now.
base::Result<> set_outbox_next_part(const Scope& scope, const OutboxRow& row,
                                    std::uint32_t next_part);
base::Result<> delete_outbox(const Scope& scope, std::int64_t id);
// Deletes the rows of a message that go to one contact.
base::Result<> delete_outbox_to(const Scope& scope, base::MsgId message, base::ContactId contact);
base::Result<> delete_outbox_of_message(const Scope& scope, base::MsgId message);
// The handshake's message. Says whether it was still to be deposited for the first time.
base::Result<bool> delete_outbox_of_join(const Scope& scope, std::int64_t join_id);
// The contact is reached by another route from now on; handshakes under way keep theirs.
base::Result<> move_outbox(const Scope& scope, base::ContactId contact, std::int64_t route_id);

// Ready rows of a route in order, without payloads; stops at `max_bytes` of envelopes or `limit`.
base::Result<std::vector<OutboxRow>> ready_outbox(const Scope& scope, std::int64_t route_id,
                                                  std::size_t limit, std::size_t max_bytes);
// Rows that are not to be sent now: those of some contacts, and single ones.
struct SkippedRows {
  std::vector<base::ContactId> contacts;
  std::vector<std::int64_t> ids;
};
struct ReadyContents {
  std::vector<OutboxRow> rows;
  bool more = false;  // there may be further ones
};
// The same with payloads instead of envelopes, which are not read; by the payloads' size.
base::Result<ReadyContents> ready_contents(const Scope& scope, std::int64_t route_id,
                                           std::size_t limit, std::size_t max_bytes,
                                           const SkippedRows& skipped = {});
// One row, without payload and envelope.
base::Result<std::optional<OutboxRow>> find_outbox(const Scope& scope, std::int64_t id);
// The rows behind row `after` for the contact that are acknowledged end to end; with their
// payloads.
base::Result<std::optional<OutboxRow>> next_content(const Scope& scope, base::ContactId contact,
                                                    std::int64_t after);
// The envelope that proves a session to its peer, if it is still to be deposited.
base::Result<std::optional<OutboxRow>> ready_hello(const Scope& scope, std::int64_t route_id,
                                                   std::int64_t session_id);
// The first waiting rows of a contact after row `after`, with payloads: `limit` or as many as have
// `max_bytes` together.
base::Result<std::vector<OutboxRow>> waiting_outbox(const Scope& scope, base::ContactId contact,
                                                    std::int64_t after, std::size_t limit,
                                                    std::size_t max_bytes);
base::Result<bool> has_waiting_outbox(const Scope& scope, base::ContactId contact);
base::Result<std::vector<base::ContactId>> contacts_with_waiting_outbox(const Scope& scope);
base::Result<std::optional<OutboxRow>> find_outbox_by_uuid(
    const Scope& scope, base::ContactId contact, const std::array<std::uint8_t, 16>& uuid);
// Whether any row under this uuid waits, for any contact.
base::Result<bool> has_outbox_uuid(const Scope& scope, const std::array<std::uint8_t, 16>& uuid);
// What is left of a message to be sent or acknowledged, without payloads and envelopes.
base::Result<std::vector<OutboxRow>> outbox_of_message(const Scope& scope, base::MsgId message);
// Routes with something ready.
base::Result<std::vector<std::int64_t>> routes_with_outbox(const Scope& scope);
// True when nothing of a message is left to be deposited.
base::Result<bool> outbox_all_stored(const Scope& scope, base::MsgId message);
// Rows that were deposited before `before` and never acknowledged become ready again; returns their
// number.
base::Result<std::int64_t> repeat_outbox(const Scope& scope, base::UnixMillis before);
// The same for requests to join without an answer.
base::Result<std::int64_t> repeat_requests(const Scope& scope, base::UnixMillis before);
// Messages made before `before` that were never acknowledged.
base::Result<std::vector<OutboxRow>> expired_outbox(const Scope& scope, base::UnixMillis before);
// Passing rows for a contact: how many wait, and since when the oldest does.
struct PassingRows {
  std::int64_t count = 0;
  base::UnixMillis oldest = 0;
};
base::Result<PassingRows> passing_outbox(const Scope& scope, base::ContactId contact);
base::Result<> delete_passing_outbox(const Scope& scope, base::ContactId contact);
base::Result<> delete_passing_outbox_before(const Scope& scope, base::UnixMillis before);
base::Result<std::int64_t> count_outbox(const Scope& scope);  // not yet deposited

}  // namespace store
