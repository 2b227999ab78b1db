// A run as rpc and HTTP show it.
#pragma once

#include "gateway/commands/run_record.h"
#include "rpc/device_commands.h"

namespace gateway::commands {

rpc::shape::CommandRun shape_of(const RunRecord& record);

}  // namespace gateway::commands
