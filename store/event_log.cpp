#include "store/event_log.h"

#include "base/wire.h"
#include "crypto/random.h"
#include "store/counter.h"

namespace store {
namespace {

constexpr std::string_view kEventCounter = "event";
constexpr std::string_view kFloor = "event_floor";  // the last id that was pruned
constexpr std::string_view kStart = "event_start";  // the id before the first
constexpr std::string_view kHolesEnd = "event_holes_end";
constexpr base::AccountId kWholeStore{};
constexpr std::uint64_t kLeast = std::uint64_t{1} << 40;

// The body as it is sealed: a row's readable columns cannot be changed without the seal noticing.
base::Bytes seal_body(const Vault& vault, const LoggedEvent& event, base::ByteView body) {
  base::WireWriter plain;
  plain.u32(event.account.value).u16(event.kind).i64(event.at).fixed(body);
  return vault.seal(vault.store_wide(), "event", "body", static_cast<std::int64_t>(event.id.value),
                    plain.view());
}

bool open_body(const Vault& vault, LoggedEvent& event, base::ByteView sealed) {
  const auto plain = vault.open(vault.store_wide(), "event", "body",
                                static_cast<std::int64_t>(event.id.value), sealed);
  if (!plain) return false;
  base::WireReader in(*plain);
  const bool same =
      in.u32() == event.account.value && in.u16() == event.kind && in.i64() == event.at && in.ok();
  event.body = base::to_bytes(in.rest());
  return same;
}

// Of SELECT id,account_id,at_ms,kind,body.
std::optional<LoggedEvent> read_row(const Vault& vault, const Row& row) {
  LoggedEvent event{.id = row.id<base::EventId>(0),
                    .account = row.id<base::AccountId>(1),
                    .at = row.integer(2),
                    .kind = static_cast<std::uint16_t>(row.integer(3)),
                    .body = {}};
  if (!open_body(vault, event, row.blob(4))) return std::nullopt;
  return event;
}

base::Result<> set_counter(Connection& db, std::string_view name, std::int64_t value) {
  EDGE_CHECK(
      db.run("INSERT INTO counter(account_id,name,value) VALUES(?,?,?) "
             "ON CONFLICT DO UPDATE SET value=excluded.value",
             kWholeStore, name, value));
  return {};
}

}  // namespace

base::Result<> EventLog::prepare(Connection& db) {
  constexpr std::uint64_t kEnd = std::uint64_t{1} << 52;
  const std::uint64_t start = kLeast + crypto::random_u64() % (kEnd - kLeast);
  for (const std::string_view name : {kEventCounter, kFloor, kStart}) {
    EDGE_CHECK(prepare_counter(db, kWholeStore, name, static_cast<std::int64_t>(start) - 1));
  }
  return {};
}

base::Result<std::optional<LoggedEvent>> EventLog::find(Connection& db, const Vault& vault,
                                                        base::EventId id) {
  std::optional<LoggedEvent> found;
  EDGE_CHECK(db.each(
      "SELECT id,account_id,at_ms,kind,body FROM event WHERE id=?",
      [&](const Row& row) { found = read_row(vault, row); }, id));
  return found;
}

base::Result<std::vector<LoggedEvent>> EventLog::read_after(Connection& db, const Vault& vault,
                                                            base::EventId after,
                                                            std::size_t limit) {
  std::vector<LoggedEvent> out;
  EDGE_CHECK(db.each(
      "SELECT id,account_id,at_ms,kind,body FROM event WHERE id>? ORDER BY id LIMIT ?",
      [&](const Row& row) {
        if (auto event = read_row(vault, row)) out.push_back(std::move(*event));
      },
      after, limit));
  return out;
}

base::Result<base::EventId> EventLog::oldest(Connection& db) {
  EDGE_TRY(const std::int64_t floor, read_counter(db, kWholeStore, kFloor));
  if (floor > 0) return base::EventId(static_cast<std::uint64_t>(floor));
  // A store from before the floor was kept, in which nothing was pruned since.
  EDGE_TRY(const auto first, db.integer("SELECT id FROM event ORDER BY id LIMIT 1"));
  if (!first) return newest(db);
  return base::EventId(static_cast<std::uint64_t>(*first - 1));
}

base::Result<base::EventId> EventLog::start(Connection& db) {
  EDGE_TRY(const std::int64_t start, read_counter(db, kWholeStore, kStart));
  return base::EventId(start > 0 ? static_cast<std::uint64_t>(start) : kLeast - 1);
}

base::Result<base::EventId> EventLog::newest(Connection& db) {
  EDGE_TRY(const std::int64_t last, read_counter(db, kWholeStore, kEventCounter));
  return base::EventId(static_cast<std::uint64_t>(last));
}

base::Result<base::EventId> EventLog::holes_end(Connection& db) {
  EDGE_TRY(const std::int64_t end, read_counter(db, kWholeStore, kHolesEnd));
  return base::EventId(static_cast<std::uint64_t>(end));
}

base::Result<std::uint64_t> EventLog::count(Connection& db) {
  EDGE_TRY(const auto held, db.integer("SELECT count(*) FROM event"));
  return static_cast<std::uint64_t>(held.value_or(0));
}

base::Result<> EventLog::set_newest(Connection& db, base::EventId newest) {
  return set_counter(db, kEventCounter, static_cast<std::int64_t>(newest.value));
}

base::Result<> EventLog::append(Connection& db, const Vault& vault, const LoggedEvent& event,
                                base::ByteView body, base::ChatId chat) {
  const base::Bytes sealed = seal_body(vault, event, body);
  // A schema without chats has no column for them.
  EDGE_CHECK(
      chat.valid()
          ? db.run("INSERT INTO event(id,account_id,at_ms,kind,body,chat_id) VALUES(?,?,?,?,?,?)",
                   event.id, event.account, event.at, event.kind, sealed, chat)
          : db.run("INSERT INTO event(id,account_id,at_ms,kind,body) VALUES(?,?,?,?,?)", event.id,
                   event.account, event.at, event.kind, sealed));
  return {};
}

base::Result<std::int64_t> EventLog::prune(Connection& db, const EventLogBounds& bounds,
                                           std::uint64_t held, base::UnixMillis now,
                                           std::int64_t most) {
  std::uint64_t too_many = held > bounds.count ? held - bounds.count : 0;
  if (too_many == 0) {
    EDGE_TRY(const auto oldest, db.integer("SELECT at_ms FROM event ORDER BY id LIMIT 1"));
    if (!oldest || *oldest >= now - bounds.age) return 0;
  }
  // Both bounds remove events from the beginning.
  std::int64_t cut = 0;
  bool in_bounds = false;
  EDGE_CHECK(db.each(
      "SELECT id,at_ms FROM event ORDER BY id LIMIT ?",
      [&](const Row& row) {
        if (in_bounds) return;
        in_bounds = too_many == 0 && row.integer(1) >= now - bounds.age;
        if (too_many > 0) --too_many;
        if (!in_bounds) cut = row.integer(0);
      },
      most));
  if (cut == 0) return 0;
  EDGE_CHECK(set_counter(db, kFloor, cut));
  return db.run("DELETE FROM event WHERE id<=?", cut);
}

base::Result<std::int64_t> EventLog::erase(Connection& db, base::AccountId account,
                                           std::uint16_t kept, std::int64_t most,
                                           base::EventId newest) {
  EDGE_TRY(const std::int64_t erased,
           db.run("DELETE FROM event WHERE id IN (SELECT id FROM event INDEXED BY event_by_account "
                  "WHERE account_id=?1 AND kind<>?2 ORDER BY id LIMIT ?3)",
                  account, kept, most));
  if (erased == 0) return 0;
  EDGE_CHECK(set_counter(db, kHolesEnd, static_cast<std::int64_t>(newest.value)));
  return erased;
}

}  // namespace store
