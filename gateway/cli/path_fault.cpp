#include "gateway/cli/path_fault.h"

#include "gateway/text/given_text.h"

namespace gateway::cli {

std::string path_fault(const std::string& text) {
  const auto path = given_path(text, "");
  return path ? ""
              : path.error().message.substr(2);  // the parser writes the option's name and ": "
}

}  // namespace gateway::cli
