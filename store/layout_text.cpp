#include "store/layout_text.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"

namespace store {
namespace {

// What stands before the separator; removes both from the front.
std::string_view take_until(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

base::Error unreadable(std::string_view line) {
  return base::fail(base::Errc::internal,
                    "the program's own schema cannot be read: " + std::string(line));
}

base::Result<RowColumn> column_from(std::string_view word) {
  RowColumn column;
  std::string_view name = take_until(word, '=');
  column.sealed = name.ends_with('*');
  if (column.sealed) name.remove_suffix(1);
  column.name = name;
  if (word.empty()) return column;
  column.left_out_value = base::from_hex(word);
  if (!column.left_out_value) return unreadable(word);
  return column;
}

base::Result<RowLayout> table_from(std::string_view line) {
  RowLayout table;
  table.table = take_until(line, ' ');
  if (const std::string_view owner = take_until(line, ' '); owner != "-") table.owner = owner;
  std::string_view key = take_until(line, ' ');
  while (!key.empty()) table.key.emplace_back(take_until(key, ','));
  while (!line.empty()) {
    EDGE_TRY(RowColumn column, column_from(take_until(line, ' ')));
    table.columns.push_back(std::move(column));
  }
  if (table.key.empty() || table.columns.empty()) return unreadable(table.table);
  return table;
}

// Of CREATE [UNIQUE] TABLE or INDEX.
SchemaItem item_from(std::string_view statement) {
  const bool is_table = statement.starts_with("CREATE TABLE ");
  std::string_view rest = statement;
  while (take_until(rest, ' ') != (is_table ? "TABLE" : "INDEX") && !rest.empty()) {
  }
  const std::string_view name = rest.substr(0, rest.find_first_of(is_table ? "(" : " ("));
  return {std::string(name), (is_table ? "table " : "index ") + std::string(statement)};
}

}  // namespace

std::string layout_text(const SchemaLayout& layout) {
  std::string out;
  for (const RowLayout& table : layout.tables) {
    out += table.table + ' ' + (table.owner.empty() ? "-" : table.owner) + ' ';
    for (std::size_t i = 0; i < table.key.size(); ++i) out += (i == 0 ? "" : ",") + table.key[i];
    for (const RowColumn& column : table.columns) {
      out += ' ' + column.name + (column.sealed ? "*" : "");
      if (column.left_out_value) out += '=' + base::to_hex(*column.left_out_value);
    }
    out += '\n';
  }
  return out;
}

base::Result<SchemaLayout> layout_from(std::string_view text, std::string_view whole) {
  SchemaLayout out;
  while (!text.empty()) {
    const std::string_view line = take_until(text, '\n');
    if (line.empty()) continue;
    EDGE_TRY(RowLayout table, table_from(line));
    out.tables.push_back(std::move(table));
  }
  while (!whole.empty()) {
    std::string_view line = take_until(whole, '\n');
    if (line.empty()) continue;
    if (line.ends_with(';')) line.remove_suffix(1);
    out.items.push_back(item_from(line));
  }
  std::sort(out.items.begin(), out.items.end(),
            [](const SchemaItem& a, const SchemaItem& b) { return a.name < b.name; });
  return out;
}

}  // namespace store
