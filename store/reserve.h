// Reserve: some disk that is kept from everything else, DIR/reserve, so that a full disk can still
// be emptied: deleting needs room before it gives any. Within store/. Safe from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/mutex.h"
#include "store/disk_room.h"

namespace store {

class Reserve {
 public:
  static constexpr std::uint64_t kSize = 4 * 1024 * 1024;

  explicit Reserve(std::string dir);

  // Takes it when it is missing; less of it, down to a quarter, where else less than 2.5 MiB would
  // stay free, but on a disk of less than 16 MiB all of it or nothing. Never an error: a store
  // without a reserve is as good as any until the disk is full.
  void renew();
  // The disk has less than that left.
  bool full() const { return disk_room(dir_) < kSize; }
  // Releases it.
  void use();

 private:
  const std::string dir_;
  const std::string path_;
  base::Mutex mutex_;
};

}  // namespace store
