#include "store/tables/groups.h"

#include "base/log.h"
#include "base/wire.h"
#include "store/tables/chat_enums.h"
#include "store/tables/intact.h"

namespace store {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::uint8_t kFormWithSecret = 2;
constexpr std::size_t kMaxField = 64 * 1024;

#define GROUP_COLUMNS                                                           \
  "SELECT chat_id, uuid, promoted, self_present, image_blob_id, sealed, intact" \
  " FROM checked_chat_group "
#define MEMBER_COLUMNS \
  "SELECT contact_id, present, sent_state, sent_at, sent_image, intact FROM checked_chat_member "

base::Bytes seal_head(const Scope& scope, const GroupRow& row) {
  base::WireWriter out;
  out.u8(row.secret.empty() ? kForm : kFormWithSecret).text(row.name).text(row.description);
  if (!row.secret.empty()) out.bytes(row.secret);
  base::Bytes plain = out.take();
  base::Bytes sealed = scope.seal("chat_group", row.chat.value, plain);
  crypto::wipe(plain);
  return sealed;
}

base::Bytes seal_state(const Scope& scope, const GroupRow& row, base::ByteView state) {
  return scope.vault.seal(scope.key, "chat_group", "state_sealed", row.chat.value, state);
}

auto group_reader(const Scope& scope) {
  return [&scope](const Row& columns) -> base::Result<GroupRow> {
    EDGE_CHECK(check_intact(columns, 6, "chat", columns.integer(0)));
    GroupRow row;
    row.chat = columns.id<base::ChatId>(0);
    EDGE_TRY(row.uuid, columns.array<16>(1));
    row.promoted = columns.boolean(2);
    row.self_present = columns.boolean(3);
    row.image_blob = columns.maybe_integer(4);
    EDGE_TRY(const auto plain, scope.open("chat_group", row.chat.value, columns.blob(5)));
    base::WireReader in(plain);
    const std::uint8_t form = in.u8();
    if (form != kForm && form != kFormWithSecret) in.refuse();
    row.name = in.text(kMaxField);
    row.description = in.text(kMaxField);
    if (form == kFormWithSecret) {
      const base::ByteView secret = in.bytes(kMaxField);
      row.secret.assign(secret.begin(), secret.end());
    }
    if (!in.done()) return base::fail(base::Errc::corrupt, "a group's record has another form");
    return row;
  };
}

base::Result<MemberRow> read_member(const Row& columns) {
  EDGE_CHECK(check_intact(columns, 5));
  MemberRow row;
  row.contact = columns.id<base::ContactId>(0);
  row.present = columns.boolean(1);
  if (!columns.is_null(2)) {
    EDGE_TRY(row.sent_state, columns.array<16>(2));
  }
  row.sent_at = columns.integer(3);
  if (!columns.is_null(4)) {
    EDGE_TRY(row.sent_image, columns.array<32>(4));
  }
  return row;
}

template <std::size_t N>
std::optional<base::ByteView> view(const std::optional<std::array<std::uint8_t, N>>& bytes) {
  if (!bytes) return std::nullopt;
  return base::ByteView(*bytes);
}

}  // namespace

base::Result<> insert_group(const Scope& scope, const GroupRow& row, base::ByteView state) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO chat_group(account_id, chat_id, uuid, promoted, self_present, image_blob_id,"
      " sealed, state_sealed) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
      scope.account, row.chat, base::ByteView(row.uuid), row.promoted, row.self_present,
      row.image_blob, seal_head(scope, row), seal_state(scope, row, state)));
  return {};
}

base::Result<> update_group(const Scope& scope, const GroupRow& row, base::ByteView state) {
  EDGE_CHECK(scope.db.run(
      "UPDATE chat_group SET promoted = ?, self_present = ?, image_blob_id = ?, sealed = ?,"
      " state_sealed = ? WHERE account_id = ? AND chat_id = ?",
      row.promoted, row.self_present, row.image_blob, seal_head(scope, row),
      seal_state(scope, row, state), scope.account, row.chat));
  return {};
}

base::Result<> delete_group(const Scope& scope, base::ChatId chat) {
  for (const char* sql : {"DELETE FROM pending_state WHERE account_id = ? AND chat_id = ?",
                          "DELETE FROM chat_member WHERE account_id = ? AND chat_id = ?",
                          "DELETE FROM chat_group WHERE account_id = ? AND chat_id = ?"}) {
    EDGE_CHECK(scope.db.run(sql, scope.account, chat));
  }
  return {};
}

base::Result<std::optional<GroupRow>> find_group(const Scope& scope, base::ChatId chat) {
  return scope.db.one<GroupRow>(GROUP_COLUMNS "WHERE account_id = ? AND chat_id = ?",
                                group_reader(scope), scope.account, chat);
}

base::Result<std::optional<GroupRow>> find_group_by_uuid(const Scope& scope, const Uuid& uuid) {
  return scope.db.one<GroupRow>(GROUP_COLUMNS "WHERE account_id = ? AND uuid = ?",
                                group_reader(scope), scope.account, base::ByteView(uuid));
}

base::Result<std::vector<GroupRow>> list_secret_channels(const Scope& scope, ChatType type,
                                                         std::size_t most) {
  std::vector<GroupRow> channels;
  const auto read = group_reader(scope);
  EDGE_CHECK(scope.db.each(
      GROUP_COLUMNS
      "WHERE account_id = ?1 AND self_present AND chat_id IN"
      " (SELECT id FROM chat WHERE account_id = ?1 AND type = ?2) ORDER BY chat_id DESC LIMIT ?3",
      [&](const Row& columns) {
        auto row = read(columns);
        if (!row) {
          base::log::error("chat {} of account {} does not open", columns.integer(0),
                           scope.account.value);
        } else if (!row->secret.empty()) {
          channels.push_back(*std::move(row));
        }
      },
      scope.account, type, static_cast<std::int64_t>(most)));
  return channels;
}

base::Result<base::Bytes> load_group_state(const Scope& scope, base::ChatId chat) {
  EDGE_TRY(auto state,
           scope.db.one<base::Bytes>(
               "SELECT state_sealed, intact FROM checked_chat_group WHERE account_id = ? AND"
               " chat_id = ?",
               [&](const Row& row) -> base::Result<base::Bytes> {
                 EDGE_CHECK(check_intact(row, 1));
                 EDGE_TRY(const auto plain,
                          scope.vault.open(scope.key, "chat_group", "state_sealed", chat.value,
                                           row.blob(0)));
                 return base::to_bytes(plain);
               },
               scope.account, chat));
  if (state) return *std::move(state);
  return base::fail(base::Errc::not_found,
                    "chat " + std::to_string(chat.value) + " is not a group");
}

base::Result<> set_member(const Scope& scope, base::ChatId chat, base::ContactId contact,
                          bool present) {
  EDGE_CHECK(scope.db.run(
      "INSERT INTO chat_member(account_id, chat_id, contact_id, present) VALUES(?1, ?2, ?3, ?4)"
      " ON CONFLICT DO UPDATE SET present = ?4",
      scope.account, chat, contact, present));
  return {};
}

base::Result<> set_member_sent(const Scope& scope, base::ChatId chat, const MemberRow& row) {
  EDGE_CHECK(scope.db.run(
      "UPDATE chat_member SET sent_state = ?4, sent_at = ?5, sent_image = ?6"
      " WHERE account_id = ?1 AND chat_id = ?2 AND contact_id = ?3",
      scope.account, chat, row.contact, view(row.sent_state), row.sent_at, view(row.sent_image)));
  return {};
}

base::Result<std::optional<MemberRow>> find_member(const Scope& scope, base::ChatId chat,
                                                   base::ContactId contact) {
  return scope.db.one<MemberRow>(MEMBER_COLUMNS
                                 "WHERE account_id = ? AND chat_id = ? AND contact_id = ?",
                                 read_member, scope.account, chat, contact);
}

base::Result<std::vector<MemberRow>> list_members(const Scope& scope, base::ChatId chat) {
  std::vector<MemberRow> members;
  EDGE_CHECK(scope.db.each(
      MEMBER_COLUMNS "WHERE account_id = ? AND chat_id = ? ORDER BY contact_id",
      [&](const Row& row) {
        auto member = read_member(row);
        if (member) return members.push_back(*std::move(member));
        base::log::error("member {} of chat {} of account {} does not open", row.integer(0),
                         chat.value, scope.account.value);
      },
      scope.account, chat));
  return members;
}

base::Result<bool> was_member(const Scope& scope, base::ContactId contact) {
  EDGE_TRY(const auto found,
           scope.db.integer("SELECT 1 FROM chat_member WHERE account_id = ?1 AND contact_id = ?2"
                            " LIMIT 1",
                            scope.account, contact));
  return found.has_value();
}

base::Result<std::vector<base::ChatId>> groups_of_contact(const Scope& scope,
                                                          base::ContactId contact) {
  std::vector<base::ChatId> chats;
  EDGE_CHECK(scope.db.each(
      "SELECT chat_id FROM checked_chat_member WHERE account_id = ? AND contact_id = ?"
      " AND present = 1 AND intact ORDER BY chat_id",
      [&](const Row& row) { chats.push_back(row.id<base::ChatId>(0)); }, scope.account, contact));
  return chats;
}

}  // namespace store
