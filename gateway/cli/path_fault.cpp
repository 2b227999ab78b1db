#include "gateway/cli/path_fault.h"

#include "gateway/text/given_text.h"

namespace gateway::cli {

std::string path_fault(const std::string& text) {
  const auto path = given_path(text, "");
  return path ? ""
              : path.error().message.substr(2);  // the parser writes the option's name and ": "
}

std::string count_fault(const std::string& text) {
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  const bool positive = text.find_first_not_of('0') != std::string::npos;
  return digits && positive ? "" : "expected a number from 1, not '" + text + "'";
}

}  // namespace gateway::cli
