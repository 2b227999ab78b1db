// ApiKeys: the key ring of a running daemon. Its file is read again when it changes, and keys end
// when their time is over.
//
// Loop thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/auth/key_ring.h"
#include "gateway/loop/event_loop.h"
#include "gateway/loop/file_watch.h"

namespace gateway {

class ApiKeys {
 public:
  // `on_ended` is called whenever keys may have ended: what they have open is to be closed. The
  // loop and the clock outlive this.
  static base::Result<std::unique_ptr<ApiKeys>> open(const std::filesystem::path& path,
                                                     EventLoop& loop, const base::Clock& clock,
                                                     std::function<void()> on_ended);

  // Reads the file again. When it fails the keys stay as they are, and the log says why.
  void reload();
  KeyRing& ring() { return *ring_; }

 private:
  ApiKeys(std::unique_ptr<KeyRing> ring, EventLoop& loop, const base::Clock& clock,
          std::function<void()> on_ended);
  void expire();

  const std::unique_ptr<KeyRing> ring_;
  const base::Clock& clock_;
  const std::function<void()> on_ended_;
  FileWatch watch_;
  Timer expiry_;
};

}  // namespace gateway
