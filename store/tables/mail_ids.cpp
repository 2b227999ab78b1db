#include "store/tables/mail_ids.h"

#include "base/wire.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kMaxId = 4096;

// The seal is bound to half of the uuid, the MAC to all of it.
std::int64_t seal_id(const Uuid& uuid) {
  base::WireReader in{base::ByteView(uuid)};
  return static_cast<std::int64_t>(in.u64() >> 1);
}

Vault::Lookup taken_hash(const Scope& scope, std::string_view message_id) {
  return scope.lookup("taken mail", base::as_bytes(message_id));
}

}  // namespace

base::Result<> note_message_id(const Scope& scope, const Uuid& uuid, std::string_view message_id) {
  base::WireWriter out;
  out.u8(kForm).text(message_id);
  EDGE_CHECK(scope.db.run(
      "INSERT OR IGNORE INTO mail_message_id(account_id, uuid, sealed) VALUES(?1, ?2, ?3)",
      scope.account, base::ByteView(uuid),
      scope.seal("mail_message_id", seal_id(uuid), out.view())));
  return {};
}

base::Result<std::optional<std::string>> find_message_id(const Scope& scope, const Uuid& uuid) {
  return scope.db.one<std::string>(
      "SELECT sealed, intact FROM checked_mail_message_id WHERE account_id = ?1 AND uuid = ?2",
      [&](const Row& row) -> base::Result<std::string> {
        EDGE_CHECK(check_intact(row, 1));
        EDGE_TRY(const auto plain, scope.open("mail_message_id", seal_id(uuid), row.blob(0)));
        base::WireReader in(plain);
        if (in.u8() != kForm) in.refuse();
        std::string id = in.text(kMaxId);
        if (!in.done()) return base::fail(base::Errc::corrupt, "a Message-ID has another form");
        return id;
      },
      scope.account, base::ByteView(uuid));
}

base::Result<bool> note_taken_mail(const Scope& scope, std::string_view message_id,
                                   base::UnixMillis at) {
  EDGE_TRY(const auto inserted,
           scope.db.run("INSERT OR IGNORE INTO mail_taken(account_id, id_hash, at)"
                        " VALUES(?1, ?2, ?3)",
                        scope.account, taken_hash(scope, message_id), at));
  return inserted > 0;
}

base::Result<bool> is_taken_mail(const Scope& scope, std::string_view message_id) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM checked_mail_taken WHERE account_id = ?1"
                            " AND id_hash = ?2 AND intact",
                            scope.account, taken_hash(scope, message_id)));
  return found.has_value();
}

base::Result<> forget_taken_mails(const Scope& scope, base::UnixMillis before) {
  EDGE_CHECK(scope.db.run("DELETE FROM mail_taken WHERE account_id = ?1 AND at < ?2", scope.account,
                          before));
  return {};
}

}  // namespace store
