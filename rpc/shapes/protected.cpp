#include "rpc/shapes/protected.h"

namespace rpc::shape {

FileDisplayStatus to_shape(messaging::FileStatus status) {
  return {std::move(status.state), status.allow_download, status.allow_forward,
          status.is_forwarded, status.expires_at};
}

FileInfo to_shape(messaging::FileAccessInfo info) {
  FileInfo shape;
  shape.owner_name = std::move(info.owner_name);
  shape.owner_addr = std::move(info.owner_addr);
  if (info.shared) {
    messaging::FileHolder& holder = *info.shared;
    shape.shared = FileShared{std::move(holder.name), std::move(holder.addr),
                              std::move(holder.status), holder.expires_at,
                              holder.allow_download, holder.allow_forward};
  }
  for (messaging::FileHolder& holder : info.forwarded) {
    shape.forwarded.push_back({std::move(holder.name), std::move(holder.addr),
                               std::move(holder.status), holder.expires_at,
                               holder.allow_download});
  }
  return shape;
}

}  // namespace rpc::shape
