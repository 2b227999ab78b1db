// The device fingerprint: identifies this device to viewers and licenses. Created at its first use,
// or when a daemon has begun to listen, and stored in the accounts directory, so that a new network
// card changes nothing. An identifier, not a secret.
//
//   SHA-256("privitty-edge device v1" LF, MAC LF, machine id LF, randomness LF)   in lower-case hex
//
// MAC: of the first interface by name that has one, as in 02:42:ac:11:00:02. Machine id: the first
// line of /etc/machine-id. Randomness: 32 hex digits inside a container, where copies of an image
// share the rest, and wherever both others are missing; else nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "base/result.h"

namespace gateway {

// Reads `accounts`/device_fingerprint, or makes it. The directory exists.
base::Result<std::string> device_fingerprint(const std::filesystem::path& accounts);

// The same, read or created at its first use. Safe from any thread that may touch the disk.
class DeviceFingerprint {
 public:
  explicit DeviceFingerprint(std::filesystem::path accounts) : accounts_(std::move(accounts)) {}
  base::Result<std::string> get();

 private:
  const std::filesystem::path accounts_;
  base::Mutex mutex_;
  std::optional<std::string> text_ GUARDED_BY(mutex_);
};

// The recipe alone; each part may be empty.
std::string fingerprint_of(const std::string& mac, const std::string& machine_id,
                           const std::string& randomness);

}  // namespace gateway
