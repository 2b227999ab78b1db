// Device: the commands that this machine runs for contacts, as its administrator allows. messaging
// carries requests, answers and manifests and asks this interface for their meaning; gateway
// implements it. It knows neither commands nor JSON.
//
// Called on the writer's thread, inside transactions: every function answers from memory, at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "messaging/model/device_manifest.h"

namespace messaging::kernel {

// The caller for whom commands are allowed.
struct DeviceContact {
  std::string fingerprint;          // 64 hex digits in lower case; "": without a key, for nothing
  std::vector<std::string> groups;  // ids of accepted groups it is present in, in lower case

  friend bool operator==(const DeviceContact&, const DeviceContact&) = default;
};

// The meaning of a contact's text in a single chat, by its form alone.
enum class DeviceText : std::uint8_t { ordinary, request, answer };

class Device {
 public:
  virtual ~Device() = default;

  virtual DeviceText kind_of(std::string_view text) const = 0;
  // The commands that the contact may ask for; nothing: none.
  virtual std::optional<DeviceManifest> manifest_for(const DeviceContact& contact) const = 0;
  // A request waits (messaging/api/device_requests.h). After the commit.
  virtual void request_waits(base::AccountId account) = 0;
};

}  // namespace messaging::kernel
