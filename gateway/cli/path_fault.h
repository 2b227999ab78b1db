// The check of options that take a path, in the parser's form.
#pragma once

#include <string>

namespace gateway::cli {

// "" when all is well.
std::string path_fault(const std::string& text);
// The same for a number of things to show: 1 and more.
std::string count_fault(const std::string& text);

}  // namespace gateway::cli
