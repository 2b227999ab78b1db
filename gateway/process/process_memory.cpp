#include "gateway/process/process_memory.h"

#include <sys/prctl.h>

namespace gateway {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EDGE_SANITIZED_BUILD
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EDGE_SANITIZED_BUILD
#endif

void keep_memory_private() {
#ifndef EDGE_SANITIZED_BUILD
  // Cannot fail with these arguments.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace gateway
