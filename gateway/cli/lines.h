// What privitty-edge prints to standard output.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace gateway::cli {

void print(const std::string& line);
void print_json(const nlohmann::json& json);

// Columns under their heads, each as wide as its widest cell; the last one ends where it ends.
// Cells are safe for a terminal (print.h).
using Cells = std::vector<std::string>;
std::string table(const Cells& heads, const std::vector<Cells>& rows);

}  // namespace gateway::cli
