// Device: what this machine does for contacts besides messaging: it runs commands that its
// administrator lists. messaging carries requests, answers and manifests, and asks this interface
// what they mean; gateway implements it. It knows neither commands nor JSON.
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

// What commands are allowed by.
struct DeviceContact {
  std::string fingerprint;          // 64 hex digits in lower case; "": without a key, for nothing
  std::vector<std::string> groups;  // ids of accepted groups it is present in, in lower case

  friend bool operator==(const DeviceContact&, const DeviceContact&) = default;
};

// What a contact's text in a single chat is, as far as its form says.
enum class DeviceText : std::uint8_t { ordinary, request, answer };

class Device {
 public:
  virtual ~Device() = default;

  virtual DeviceText kind_of(std::string_view text) const = 0;
  // What the contact may ask for; nothing: nothing at all.
  virtual std::optional<DeviceManifest> manifest_for(const DeviceContact& contact) const = 0;
  // A request waits (messaging/api/device_requests.h). After the commit.
  virtual void request_waits(base::AccountId account) = 0;
};

}  // namespace messaging::kernel
