// privitty-edged: reads the settings and runs the daemon.
#include <cstdio>

#include "gateway/settings.h"
#include "gateway/version.h"

int main(int argc, char** argv) {
  using gateway::Invocation;
  const auto surroundings = gateway::Surroundings::of_this_process();
  const auto invocation =
      gateway::read_settings(std::vector<std::string>(argv + 1, argv + argc), surroundings);
  if (!invocation) {
    std::fprintf(stderr, "privitty-edged: %s\n", invocation.error().message.c_str());
    return gateway::kExitUsage;
  }
  switch (invocation->ask) {
    case Invocation::Ask::help:
      std::fputs(gateway::settings_help().c_str(), stdout);
      break;
    case Invocation::Ask::version:
      std::printf("%s\n", gateway::version_line("privitty-edged").c_str());
      break;
    case Invocation::Ask::run:
      break;
  }
  return gateway::kExitOk;
}
