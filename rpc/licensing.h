// Licensing: the interface of methods to the license, without knowledge of its source. Optional:
// without an issuer everything is allowed. Safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/completion.h"
#include "base/result.h"

namespace rpc {

class Licensing {
 public:
  virtual ~Licensing() = default;

  // Whether a licensed operation may run. Errc::license_required with the documented sentence.
  virtual base::Result<> check() const = 0;
  // 0 active, 1 grace period, 2 expired, 3 none, 4 the clock was set back, 5 no issuer configured.
  virtual int status() const = 0;
  // The license as a JSON object.
  virtual std::string info() const = 0;
  // Reads the license file again.
  virtual base::Result<> reload() = 0;
  // These ask the server that delivered the license, for up to 15 s, on a thread of their own.
  enum class Act { activate, sync, deactivate };
  virtual void act(Act act, base::Completion<> done) = 0;
};

// The one sentence for a status word.
base::Error license_required(std::string_view status);

}  // namespace rpc
