#include "store/tables/contacts.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 3;  // form 1 had no addr_place; both it and form 2 had a key
constexpr std::size_t kMaxField = 64 * 1024;

// A row for each key of a contact, and one for a contact without any.
#define CONTACT_COLUMNS                                                                    \
  "SELECT c.id, c.state, c.route_id, c.blocked, c.verified, c.bot, c.last_seen, c.sealed," \
  " c.intact, k.kind, k.sealed, k.intact, c.avatar_blob_id, c.avatar_number"               \
  " FROM checked_contact c LEFT JOIN checked_contact_key k"                                \
  " ON k.account_id = c.account_id AND k.contact_id = c.id WHERE c.account_id = ?1 "

base::Bytes write_sealed(const ContactRow& row) {
  base::WireWriter out;
  out.u8(kForm).text(row.addr).text(row.name).text(row.auth_name).text(row.status);
  out.i64(row.addr_place);
  return out.take();
}

base::Result<ContactRow> read_contact(const Scope& scope, const Row& columns) {
  EDGE_CHECK(check_intact(columns, 8, "contact", columns.integer(0)));
  ContactRow row;
  row.id = columns.id<base::ContactId>(0);
  row.state = columns.enumerator<ContactState>(1);
  row.route_id = columns.maybe_integer(2);
  row.blocked = columns.boolean(3);
  row.verified = columns.boolean(4);
  row.bot = columns.boolean(5);
  row.last_seen = columns.integer(6);
  row.avatar_blob = columns.maybe_integer(12);
  row.avatar_number = columns.maybe_integer(13).value_or(0);
  EDGE_TRY(const auto plain, scope.open("contact", row.id.value, columns.blob(7)));
  base::WireReader in(plain);
  if (in.u8() != kForm) in.refuse();
  row.addr = in.text(kMaxField);
  row.name = in.text(kMaxField);
  row.auth_name = in.text(kMaxField);
  row.status = in.text(kMaxField);
  row.addr_place = in.i64();
  if (!in.done()) return base::fail(base::Errc::corrupt, "a contact's record has another form");
  return row;
}

base::Result<ContactKey> read_key(const Scope& scope, const Row& columns) {
  EDGE_CHECK(check_intact(columns, 11, "contact", columns.integer(0)));
  return read_contact_key(scope, columns.id<base::ContactId>(0),
                          columns.enumerator<ProtocolKind>(9), columns.blob(10));
}

// A contact whose row or key does not open, with the error.
struct Found {
  base::ContactId id;
  base::Result<ContactRow> row;
};

// The rows of a query of CONTACT_COLUMNS, each contact's next to each other.
template <class... Args>
base::Result<std::vector<Found>> find(const Scope& scope, std::string_view sql,
                                      const Args&... args) {
  std::vector<Found> found;
  EDGE_CHECK(scope.db.each(
      sql,
      [&](const Row& columns) {
        const auto id = columns.id<base::ContactId>(0);
        if (found.empty() || found.back().id != id) {
          found.push_back({id, read_contact(scope, columns)});
        }
        base::Result<ContactRow>& row = found.back().row;
        if (!row || columns.is_null(9)) return;
        auto key = read_key(scope, columns);
        if (key) {
          row->keys.push_back(*std::move(key));
        } else {
          row = std::move(key).error();
        }
      },
      scope.account, args...));
  return found;
}

std::optional<std::int64_t> number_or_null(std::int64_t number) {
  return number == 0 ? std::nullopt : std::optional(number);
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

std::optional<Vault::Lookup> addr_hash(const Scope& scope, std::string_view addr) {
  const std::string plain = normalised(addr);
  if (plain.empty()) return std::nullopt;
  return scope.lookup("contact addr", base::as_bytes(plain));
}

// By age.
base::Result<std::vector<ContactRow>> with_addr(const Scope& scope, std::string_view addr,
                                                ContactState state) {
  std::vector<ContactRow> contacts;
  const auto hash = addr_hash(scope, addr);
  if (!hash) return contacts;
  EDGE_TRY(auto found,
           find(scope,
                CONTACT_COLUMNS "AND c.addr_hash = ?2 AND c.addr_hash IS NOT NULL AND c.state = ?3"
                                " ORDER BY c.id",
                *hash, state));
  for (Found& one : found) {
    if (one.row) contacts.push_back(*std::move(one.row));
  }
  return contacts;
}

}  // namespace

const ContactKey* ContactRow::key(ProtocolKind kind) const {
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const ContactKey& one) { return one.kind == kind; });
  return found == keys.end() ? nullptr : &*found;
}

base::Result<> insert_contact(const Scope& scope, const ContactRow& row) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO contact(account_id, id, addr_hash, route_id, state, blocked, verified, bot,"
      " last_seen, sealed, avatar_blob_id, avatar_number) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?)",
      scope.account, row.id, addr_hash(scope, row.addr), row.route_id, row.state, row.blocked,
      row.verified, row.bot, row.last_seen, scope.seal("contact", row.id.value, write_sealed(row)),
      row.avatar_blob, number_or_null(row.avatar_number)));
  for (const ContactKey& key : row.keys) EDGE_CHECK(insert_contact_key(scope, row.id, key));
  return {};
}

base::Result<> update_contact(const Scope& scope, const ContactRow& row) {
  EDGE_TRY(
      const auto changed,
      scope.db.run("UPDATE contact SET addr_hash = ?, route_id = ?, state = ?,"
                   " blocked = ?, verified = ?, bot = ?, last_seen = ?, sealed = ?,"
                   " avatar_blob_id = ?, avatar_number = ? WHERE account_id = ? AND id = ?",
                   addr_hash(scope, row.addr), row.route_id, row.state, row.blocked, row.verified,
                   row.bot, row.last_seen, scope.seal("contact", row.id.value, write_sealed(row)),
                   row.avatar_blob, number_or_null(row.avatar_number), scope.account, row.id));
  if (changed == 0) {
    return base::fail(base::Errc::not_found,
                      fmt::format("contact Contact#{} not found", row.id.value));
  }
  return {};
}

base::Result<std::optional<ContactRow>> find_contact(const Scope& scope, base::ContactId contact) {
  EDGE_TRY(auto found, find(scope, CONTACT_COLUMNS "AND c.id = ?2", contact));
  if (found.empty()) return std::optional<ContactRow>();
  EDGE_TRY(auto row, std::move(found.front().row));
  return std::optional(std::move(row));
}

base::Result<ContactRow> load_contact(const Scope& scope, base::ContactId contact) {
  EDGE_TRY(auto row, find_contact(scope, contact));
  if (row) return *std::move(row);
  return base::fail(base::Errc::not_found,
                    fmt::format("contact Contact#{} not found", contact.value));
}

base::Result<std::optional<ContactRow>> find_contact_by_key(const Scope& scope, ProtocolKind kind,
                                                            base::ByteView fingerprint) {
  EDGE_TRY(const auto contact, find_key_owner(scope, kind, fingerprint));
  if (!contact) return std::optional<ContactRow>();
  return find_contact(scope, *contact);
}

base::Result<std::vector<ContactRow>> find_hidden_by_addr(const Scope& scope,
                                                          std::string_view addr) {
  return with_addr(scope, addr, ContactState::hidden);
}

base::Result<std::vector<ContactRow>> find_contacts_by_addr(const Scope& scope,
                                                            std::string_view addr) {
  EDGE_TRY(auto contacts, with_addr(scope, addr, ContactState::known));
  const auto place = [](const ContactRow& row) {
    return std::tuple(!row.verified, row.verified ? row.addr_place : 0, row.id.value);
  };
  std::sort(contacts.begin(), contacts.end(),
            [&](const ContactRow& a, const ContactRow& b) { return place(a) < place(b); });
  return contacts;
}

base::Result<std::vector<ContactRow>> list_contacts(const Scope& scope) {
  std::vector<ContactRow> contacts;
  EDGE_TRY(auto found, find(scope, CONTACT_COLUMNS "AND (c.state = ?2 OR c.blocked) ORDER BY c.id",
                            ContactState::known));
  for (Found& one : found) {
    if (one.row) {
      contacts.push_back(*std::move(one.row));
    } else {
      base::log::error("contact {} of account {} does not open", one.id.value, scope.account.value);
    }
  }
  return contacts;
}

base::Result<> delete_contact(const Scope& scope, base::ContactId contact) {
  EDGE_CHECK(delete_contact_keys(scope, contact));
  EDGE_CHECK(
      scope.db.run("DELETE FROM contact WHERE account_id = ? AND id = ?", scope.account, contact));
  return {};
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
