// privitty-edged: reads the settings and runs the daemon.
#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/disk_error.h"
#include "base/log_record.h"
#include "gateway/commands/launcher.h"
#include "gateway/config/setting_rows.h"
#include "gateway/config/settings.h"
#include "gateway/daemon/daemon.h"
#include "gateway/process/process_memory.h"
#include "gateway/process/signals.h"
#include "gateway/process/standard_streams.h"
#include "gateway/process/version.h"
#include "messaging/model/api_version.h"
#include "rpc/service.h"

namespace {

int complain(const base::Error& error, int code) {
  std::fprintf(stderr, "privitty-edged: %s\n", error.message.c_str());
  return code;
}

int print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  if (written) return gateway::kExitOk;
  return complain(base::fail_write("write to standard output", errno), gateway::kExitFailure);
}

int print_openrpc() { return print(rpc::openrpc_document(rpc::method_table()) + "\n"); }

int run(gateway::Settings settings, gateway::Surroundings surroundings) {
  base::log::set_level(settings.log_level);
  base::log::set_format(settings.log_format);
  if (settings.stdio) base::log::drop_when_full();
  for (const auto& warning : settings.warnings) base::log::warning("{}", warning);
  std::unique_ptr<gateway::commands::Launcher> launcher;
  if (settings.commands) {
    auto forked = gateway::commands::Launcher::fork();
    if (!forked) return complain(forked.error(), gateway::kExitFailure);
    launcher = *std::move(forked);
  }
  auto daemon =
      gateway::Daemon::build(std::move(settings), std::move(surroundings), std::move(launcher));
  if (!daemon) return complain(daemon.error(), gateway::kExitFailure);
  const auto ended = (*daemon)->run();
  return ended ? gateway::kExitOk : complain(ended.error(), gateway::kExitFailure);
}

}  // namespace

int main(int argc, char** argv) {
  using gateway::Invocation;
  gateway::keep_memory_private();
  gateway::hold_standard_streams();
  // Few threads allocate, and little: two arenas keep the idle daemon small.
  mallopt(M_ARENA_MAX, 2);  // NOLINT(concurrency-mt-unsafe): no other thread is there
  // File transfers use a few buffers of 2 MiB again and again: they come from the heap and stay
  // there, because new pages for each buffer cost more than sealing it.
  mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);  // NOLINT(concurrency-mt-unsafe)
  mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024);  // NOLINT(concurrency-mt-unsafe)
  gateway::Signals::block();
  auto surroundings = gateway::Surroundings::of_this_process();
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  if (argc > 0 && gateway::is_drop_in(argv[0])) {
    const auto drop_in = gateway::read_drop_in_arguments(arguments);
    if (!drop_in) return complain(drop_in.error(), gateway::kExitFailure);
    if (drop_in->ask == gateway::DropIn::Ask::openrpc) return print_openrpc();
    if (drop_in->ask == gateway::DropIn::Ask::version) {
      std::fprintf(stderr, "%s\n", std::string(messaging::kApiVersion).c_str());
      return gateway::kExitOk;
    }
    arguments = {"--stdio"};
  }
  auto invocation = gateway::read_settings(arguments, surroundings);
  if (!invocation) return complain(invocation.error(), gateway::kExitUsage);
  switch (invocation->ask) {
    case Invocation::Ask::help:
      return print(gateway::settings_help());
    case Invocation::Ask::version:
      return print(gateway::version_line("privitty-edged") + "\n");
    case Invocation::Ask::openrpc:
      return print_openrpc();
    case Invocation::Ask::run:
      try {
        return run(std::move(invocation->settings), std::move(surroundings));
      } catch (const std::system_error& error) {  // std::thread has no other way to say so
        return complain(base::fail(base::Errc::exhausted,
                                   std::string("a thread cannot be started (") + error.what() +
                                       "): raise the limit of processes and threads (ulimit -u, "
                                       "TasksMax=, a container's pids limit)"),
                        gateway::kExitFailure);
      }
  }
  return gateway::kExitOk;
}
