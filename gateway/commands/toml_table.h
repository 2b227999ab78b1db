// TomlTable: reads the members of one table of a TOML file strictly. Each member is asked for once,
// by name and type; done() then reports the first mistake, or a member that nobody asked for, as
// "FILE:LINE: WHERE: MEMBER: expected …". After a mistake the getters return defaults.
//
// Holds references into the parsed file and into `context`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/commands/toml_text.h"

namespace gateway::commands {

class TomlTable {
 public:
  // `where` is what messages call the table: `command "uptime"`; "" for the whole file.
  TomlTable(const toml::table& table, std::string_view file, std::string where)
      : table_(table), file_(file), where_(std::move(where)) {}

  void rename(std::string where) { where_ = std::move(where); }

  // Of a member that is absent: nothing.
  std::optional<std::string> text(std::string_view name);
  std::optional<bool> flag(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<base::Millis> duration(std::string_view name, base::Millis least,
                                       base::Millis most);  // "30s"
  std::optional<std::uint64_t> size(std::string_view name, std::uint64_t least,
                                    std::uint64_t most);  // "16MiB"
  std::optional<std::vector<std::string>> texts(std::string_view name, std::size_t most);
  // The member as it stands, for values with a form of their own.
  const toml::node* node(std::string_view name);
  const toml::table* table(std::string_view name);
  std::vector<const toml::table*> tables(std::string_view name, std::size_t most);  // [[name]]

  std::string required_text(std::string_view name);

  // Records an error about a member ("" for the table as a whole).
  void mistake(std::string_view name, std::string_view what);
  // Records the error of a table within this one.
  void adopt(base::Error fault) {
    if (!fault_) fault_ = std::move(fault);
  }
  bool wrong() const { return fault_.has_value(); }
  base::Result<> done();
  // "FILE:LINE: WHERE: "
  std::string place(std::string_view name) const;

 private:
  const toml::table& table_;
  const std::string_view file_;
  std::string where_;
  std::vector<std::string> known_;  // what was asked for
  std::optional<base::Error> fault_;
};

}  // namespace gateway::commands
