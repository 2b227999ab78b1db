#include "rpc/shapes/protected.h"

namespace rpc::shape {
namespace {

FileShared to_shared(messaging::FileHolder holder) {
  return {holder.contact,           std::move(holder.name), std::move(holder.addr),
          std::move(holder.status), holder.expires_at,      holder.allow_download,
          holder.allow_forward};
}

}  // namespace

FileDisplayStatus to_shape(messaging::FileStatus status) {
  return {std::move(status.state), status.allow_download, status.allow_forward, status.is_forwarded,
          status.expires_at};
}

FileInfo to_shape(messaging::FileAccessInfo info) {
  FileInfo shape;
  shape.owner_name = std::move(info.owner_name);
  shape.owner_addr = std::move(info.owner_addr);
  if (info.shared) shape.shared = to_shared(*std::move(info.shared));
  for (messaging::FileHolder& holder : info.members) {
    shape.members.push_back(to_shared(std::move(holder)));
  }
  for (messaging::FileHolder& holder : info.forwarded) {
    shape.forwarded.push_back({holder.contact, std::move(holder.name), std::move(holder.addr),
                               std::move(holder.status), holder.expires_at, holder.allow_download});
  }
  return shape;
}

}  // namespace rpc::shape
