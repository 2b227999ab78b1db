// ServerUsage: the memory and processor time of a process and of all that it began, from /proc.
#pragma once

#include <cstddef>

struct ServerUsage {
  std::size_t resident = 0;  // bytes
  double processor = 0;      // seconds, user and system

  static ServerUsage of(int pid);  // 0: nothing
};
