#include "store/sql_error.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>

#include "base/disk_error.h"

namespace store {
namespace {

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::string_view table_of(std::string_view sql) {
  for (std::string_view before : {"FROM ", "INTO ", "UPDATE "}) {
    auto at = sql.find(before);
    if (at == std::string_view::npos) continue;
    at += before.size();
    if (at < sql.size() && sql[at] == '"') ++at;
    auto end = at;
    while (end < sql.size() && is_name(sql[end])) ++end;
    return sql.substr(at, end - at);
  }
  return {};
}

base::Error sql_error(int code, std::string_view detail, const std::string& path,
                      std::string_view sql, int system_error) {
  using base::Errc;
  const auto say = [&](Errc errc, std::string_view what, std::string_view advice) {
    return base::fail(errc, fmt::format("{} {} ({}){}{}", path, what, detail,
                                        advice.empty() ? "" : "; ", advice));
  };
  switch (code & 0xff) {
    case SQLITE_FULL:
      return base::fail(Errc::exhausted,
                        fmt::format("the disk is full: {} cannot grow; free some space, nothing "
                                    "that was acknowledged is lost",
                                    path));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: {
      const std::string_view table = table_of(sql);
      return say(Errc::corrupt,
                 table.empty() ? "is damaged" : fmt::format("is damaged in table {}", table),
                 "stop the daemon and run `privitty-edge repair`");
    }
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return say(Errc::io, "cannot be written", "check the permissions of its folder");
    case SQLITE_CANTOPEN:
      return say(Errc::io, "cannot be opened", "check that its folder can be read and written");
    case SQLITE_IOERR:
      if (system_error == EFBIG) {
        return base::fail(Errc::exhausted,
                          fmt::format("a file may not grow further: {} cannot be written; {}; "
                                      "nothing that was acknowledged is lost",
                                      path, base::kFileLimitAdvice));
      }
      return say(Errc::io, "cannot be read or written", "check the disk");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return say(Errc::unavailable, "is in use", "another program holds it");
    case SQLITE_INTERRUPT:
      return base::fail(Errc::unavailable, "the read was stopped: nobody waits for it any more");
    case SQLITE_NOMEM:
      return say(Errc::exhausted, "needs more memory than there is", "");
    case SQLITE_TOOBIG:
      return say(Errc::too_large, "cannot hold a value so large", "");
    case SQLITE_CONSTRAINT:
      if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
          code == SQLITE_CONSTRAINT_ROWID) {
        return say(Errc::already_exists, "has such a row already", "");
      }
      return say(Errc::internal, "refused a row", "");
    default:
      return base::fail(Errc::internal, fmt::format("{}: {} in: {}", path, detail, sql));
  }
}

}  // namespace store
