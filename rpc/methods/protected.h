// Shared by the methods of protected files.
#pragma once

#include "rpc/licensing.h"
#include "rpc/methods/params.h"

namespace rpc {

inline messaging::ProtectedFiles& files_of(const Context& context) {
  return engine_of(context).protected_files();
}

// Sending and revoking protected files needs a license if an issuer is configured.
inline Result<void> licensed(const Context& context) {
  return context.licensing == nullptr ? Result<void>() : context.licensing->check();
}

}  // namespace rpc
