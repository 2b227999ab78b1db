#include "gateway/cli/lines.h"

#include <algorithm>
#include <cstdio>

#include "gateway/cli/print.h"

namespace gateway::cli {

void print(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

void print_json(const nlohmann::json& json) {
  print(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string table(const Cells& heads, const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths;
  for (const std::string& head : heads) widths.push_back(width_of(head));
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  const auto add = [&](const Cells& row) {
    if (!out.empty()) out += '\n';
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
  };
  add(heads);
  for (const Cells& row : rows) add(row);
  return out;
}

}  // namespace gateway::cli
