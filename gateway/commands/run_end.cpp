#include "gateway/commands/run_end.h"

namespace gateway::commands {

std::string_view name_of(OutputStream stream) {
  return stream == OutputStream::output ? "stdout" : "stderr";
}

std::string_view name_of(RunEnd::Why why) {
  switch (why) {
    case RunEnd::Why::exited:
      return "exited";
    case RunEnd::Why::time_limit:
      return "time_limit";
    case RunEnd::Why::output_limit:
      return "output_limit";
    case RunEnd::Why::cancelled:
      return "cancelled";
    case RunEnd::Why::not_started:
      return "not_started";
    case RunEnd::Why::lost:
      return "lost";
  }
  return "";
}

}  // namespace gateway::commands
