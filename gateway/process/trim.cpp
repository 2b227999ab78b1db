#include "gateway/process/trim.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace gateway {
namespace {

// Segments that are never written are exactly what their file says; data and relocated segments are
// left alone.
int drop_clean_segments(dl_phdr_info* object, std::size_t /*size*/, void* /*unused*/) {
  if (object->dlpi_name != nullptr && std::strstr(object->dlpi_name, "vdso") != nullptr) return 0;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (std::size_t i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_filesz;
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // NOLINT
  }
  return 0;
}

}  // namespace

HeapTrimmer::HeapTrimmer(EventLoop& loop, WorkerPool& workers)
    : workers_(workers), timer_(loop, [this] {
        freed_ = 0;
        workers_.submit_rest("", [] { ::malloc_trim(0); });
      }) {}

void HeapTrimmer::freed(std::size_t bytes) {
  freed_ += bytes;
  if (freed_ >= kMuch && !timer_.armed()) timer_.arm(kAfter);
}

void trim_after_start() {
  ::malloc_trim(0);
  ::dl_iterate_phdr(&drop_clean_segments, nullptr);
}

}  // namespace gateway
