#include "gateway/daemon/readiness.h"

#include "base/disk_error.h"
#include "store/disk_room.h"

namespace gateway {
namespace {

constexpr std::uintmax_t kLeastDisk = 256 * 1024;  // with less a message may not find room

}  // namespace

std::vector<std::string> why_not_ready(const store::Store& store, const RelayPart* relay,
                                       const std::filesystem::path& accounts) {
  std::vector<std::string> out;
  if (store.health().writes_refused()) out.push_back(store.health().state().reason);
  if (relay != nullptr && relay->health().writes_refused()) {
    out.push_back(relay->health().state().reason);
  }
  if (auto loss = store.health().loss(); !loss.empty()) out.push_back(std::move(loss));
  if (relay != nullptr) {
    if (auto loss = relay->health().loss(); !loss.empty()) out.push_back(std::move(loss));
  }
  std::error_code unknown;
  const auto disk = std::filesystem::space(accounts, unknown);
  if (!unknown && disk.available < kLeastDisk) {
    out.emplace_back(
        "the disk of the accounts folder is full: sending is refused until there is room");
  }
  if (store::room_to_grow(store.database_path()) < kLeastDisk) {
    out.push_back(store.database_path() +
                  " may hardly grow further, and then sending is refused: " +
                  std::string(base::kFileLimitAdvice) + " and start again");
  }
  return out;
}

}  // namespace gateway
