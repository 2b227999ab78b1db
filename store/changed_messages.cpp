#include "store/changed_messages.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "store/sql_error.h"
#include "store/sql_literal.h"
#include "store/tables/message_enums.h"

namespace store {
namespace {

constexpr const char* kFunction = "note_changed_message";

// note_changed_message(account, message); message 0: the account's chats
void sql_note(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  auto& changed = *static_cast<ChangedMessages*>(sqlite3_user_data(context));
  changed.note({base::AccountId(static_cast<std::uint32_t>(sqlite3_value_int64(values[0]))),
                base::MsgId(static_cast<std::uint32_t>(sqlite3_value_int64(values[1])))});
}

std::string triggers() {
  const auto trigger = [](std::string_view name, std::string_view when, std::string_view noted) {
    return fmt::format(
        "CREATE TEMP TRIGGER IF NOT EXISTS changed_{0} AFTER {1} BEGIN SELECT {2}({3}); END;", name,
        when, kFunction, noted);
  };
  const std::string draft = sql_literal(MsgState::out_draft);
  return trigger("message_new", "INSERT ON main.message", "NEW.account_id, NEW.id") +
         trigger("message_gone", "DELETE ON main.message", "OLD.account_id, OLD.id") +
         trigger("message",
                 fmt::format("UPDATE OF chat_id, state, sealed ON main.message"
                             " WHEN OLD.sealed <> NEW.sealed OR OLD.chat_id <> NEW.chat_id"
                             " OR (OLD.state = {0}) <> (NEW.state = {0})",
                             draft),
                 "NEW.account_id, NEW.id") +
         trigger("chat_new", "INSERT ON main.chat", "NEW.account_id, 0") +
         trigger("chat_gone", "DELETE ON main.chat", "OLD.account_id, 0") +
         trigger("chat", "UPDATE OF blocked ON main.chat WHEN OLD.blocked <> NEW.blocked",
                 "NEW.account_id, 0");
}

}  // namespace

base::Result<> ChangedMessages::follow(Connection& db) {
  const int code =
      sqlite3_create_function_v2(db.handle(), kFunction, 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, this,
                                 sql_note, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sql_error(code, sqlite3_errmsg(db.handle()), db.path(), kFunction);
  return db.script(triggers());
}

}  // namespace store
