#include "store/tables/contacts.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 2;  // form 1 had no addr_place
constexpr std::size_t kMaxField = 64 * 1024;

#define CONTACT_COLUMNS                                                           \
  "SELECT id, state, route_id, blocked, verified, bot, last_seen, sealed, intact" \
  " FROM checked_contact "

base::Bytes write_sealed(const ContactRow& row) {
  base::WireWriter out;
  out.u8(kForm).bytes(row.key).text(row.addr).text(row.name).text(row.auth_name).text(row.status);
  out.i64(row.addr_place);
  return out.take();
}

base::Result<ContactRow> read_row(const Scope& scope, const Row& columns) {
  EDGE_CHECK(check_intact(columns, 8));
  ContactRow row;
  row.id = columns.id<base::ContactId>(0);
  row.state = columns.enumerator<ContactState>(1);
  row.route_id = columns.maybe_integer(2);
  row.blocked = columns.boolean(3);
  row.verified = columns.boolean(4);
  row.bot = columns.boolean(5);
  row.last_seen = columns.integer(6);
  EDGE_TRY(const auto plain, scope.open("contact", row.id.value, columns.blob(7)));
  base::WireReader in(plain);
  const std::uint8_t form = in.u8();
  if (form < 1 || form > kForm) in.refuse();
  row.key = base::to_bytes(in.bytes(32));
  row.addr = in.text(kMaxField);
  row.name = in.text(kMaxField);
  row.auth_name = in.text(kMaxField);
  row.status = in.text(kMaxField);
  if (form > 1) row.addr_place = in.i64();
  if (!in.done()) return base::fail(base::Errc::corrupt, "a contact's record has another form");
  return row;
}

// Addresses are compared without regard to ASCII case and surrounding blanks.
std::string normalised(std::string_view addr) {
  while (!addr.empty() && addr.front() == ' ') addr.remove_prefix(1);
  while (!addr.empty() && addr.back() == ' ') addr.remove_suffix(1);
  std::string out(addr);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<Vault::Lookup> key_hash(const Scope& scope, base::ByteView key) {
  if (key.empty()) return std::nullopt;
  return scope.lookup("contact key", key);
}

std::optional<Vault::Lookup> addr_hash(const Scope& scope, std::string_view addr) {
  const std::string plain = normalised(addr);
  if (plain.empty()) return std::nullopt;
  return scope.lookup("contact addr", base::as_bytes(plain));
}

}  // namespace

base::Result<> insert_contact(const Scope& scope, const ContactRow& row) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO contact(account_id, id, key_hash, addr_hash, route_id, state, blocked,"
      " verified, bot, last_seen, sealed) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      scope.account, row.id, key_hash(scope, row.key), addr_hash(scope, row.addr), row.route_id,
      row.state, row.blocked, row.verified, row.bot, row.last_seen,
      scope.seal("contact", row.id.value, write_sealed(row))));
  return {};
}

base::Result<> update_contact(const Scope& scope, const ContactRow& row) {
  EDGE_TRY(
      const auto changed,
      scope.db.run("UPDATE contact SET key_hash = ?, addr_hash = ?, route_id = ?, state = ?,"
                   " blocked = ?, verified = ?, bot = ?, last_seen = ?, sealed = ?"
                   " WHERE account_id = ? AND id = ?",
                   key_hash(scope, row.key), addr_hash(scope, row.addr), row.route_id, row.state,
                   row.blocked, row.verified, row.bot, row.last_seen,
                   scope.seal("contact", row.id.value, write_sealed(row)), scope.account, row.id));
  if (changed == 0) {
    return base::fail(base::Errc::not_found,
                      fmt::format("contact Contact#{} not found", row.id.value));
  }
  return {};
}

base::Result<std::optional<ContactRow>> find_contact(const Scope& scope, base::ContactId contact) {
  return scope.db.one<ContactRow>(
      CONTACT_COLUMNS "WHERE account_id = ? AND id = ?",
      [&](const Row& row) { return read_row(scope, row); }, scope.account, contact);
}

base::Result<ContactRow> load_contact(const Scope& scope, base::ContactId contact) {
  EDGE_TRY(auto row, find_contact(scope, contact));
  if (row) return *std::move(row);
  return base::fail(base::Errc::not_found,
                    fmt::format("contact Contact#{} not found", contact.value));
}

base::Result<std::optional<ContactRow>> find_contact_by_key(const Scope& scope,
                                                            base::ByteView key) {
  if (key.empty()) return std::optional<ContactRow>();
  return scope.db.one<ContactRow>(
      CONTACT_COLUMNS "WHERE account_id = ? AND key_hash = ?",
      [&](const Row& row) { return read_row(scope, row); }, scope.account,
      scope.lookup("contact key", key));
}

base::Result<bool> knows_contact_key(const Scope& scope, base::ByteView key) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM contact WHERE account_id = ? AND key_hash = ?",
                            scope.account, scope.lookup("contact key", key)));
  return found.has_value();
}

base::Result<std::vector<ContactRow>> find_contacts_by_addr(const Scope& scope,
                                                            std::string_view addr) {
  std::vector<ContactRow> found;
  const auto hash = addr_hash(scope, addr);
  if (!hash) return found;
  EDGE_CHECK(scope.db.each(
      CONTACT_COLUMNS
      "WHERE account_id = ? AND addr_hash = ? AND addr_hash IS NOT NULL AND state = ?",
      [&](const Row& row) {
        auto contact = read_row(scope, row);
        if (contact) found.push_back(*std::move(contact));
      },
      scope.account, *hash, ContactState::known));
  const auto place = [](const ContactRow& row) {
    return std::tuple(!row.verified, row.verified ? row.addr_place : 0, row.id.value);
  };
  std::sort(found.begin(), found.end(),
            [&](const ContactRow& a, const ContactRow& b) { return place(a) < place(b); });
  return found;
}

base::Result<std::vector<ContactRow>> list_contacts(const Scope& scope) {
  std::vector<ContactRow> found;
  EDGE_CHECK(scope.db.each(
      CONTACT_COLUMNS "WHERE account_id = ? AND state = ? ORDER BY id",
      [&](const Row& row) {
        auto contact = read_row(scope, row);
        if (contact) return found.push_back(*std::move(contact));
        base::log::error("contact {} of account {} does not open", row.integer(0),
                         scope.account.value);
      },
      scope.account, ContactState::known));
  return found;
}

base::Result<std::int64_t> count_contacts(const Scope& scope) {
  EDGE_TRY(const auto count,
           scope.db.integer("SELECT count(*) FROM contact WHERE account_id = ? AND id >= 10"
                            " AND state = ?",
                            scope.account, ContactState::known));
  return count.value_or(0);
}

base::Result<> touch_last_seen(const Scope& scope, base::ContactId contact, base::UnixMillis at) {
  EDGE_CHECK(scope.db.run(
      "UPDATE contact SET last_seen = ?3 WHERE account_id = ?1 AND id = ?2 AND last_seen < ?3",
      scope.account, contact, at));
  return {};
}

}  // namespace store
