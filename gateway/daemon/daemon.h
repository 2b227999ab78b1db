// Daemon: the whole gateway, built part by part in the order of their dependencies, and destroyed
// in reverse.
#pragma once

#include <memory>

#include "base/result.h"
#include "gateway/commands/launcher.h"
#include "gateway/config/settings.h"

namespace gateway {

class Daemon {
 public:
  // Opens the store, binds the addresses and joins the parts; serves nothing yet. Errors say what
  // to do, and the store is left unchanged. With settings.commands `launcher` starts the commands:
  // it was forked before anything else ran.
  static base::Result<std::unique_ptr<Daemon>> build(
      Settings settings, Surroundings surroundings,
      std::unique_ptr<commands::Launcher> launcher = nullptr);
  ~Daemon();

  // Serves until SIGTERM or SIGINT, then stops gracefully: within 5 s whatever is open.
  base::Result<> run();

 private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace gateway
