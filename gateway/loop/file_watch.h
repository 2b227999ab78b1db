// FileWatch: calls back when a file was written, replaced or removed, by inotify on its folder:
// editors and secret mounts replace files rather than write them. Without inotify it never calls,
// and its owner reads the file again on SIGHUP. Loop thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/function.h"
#include "gateway/loop/event_loop.h"

namespace gateway {

class FileWatch final : private IoHandler {
 public:
  // `changed` is called on the loop, at most once per look at the folder.
  FileWatch(EventLoop& loop, const std::filesystem::path& file,
            base::UniqueFunction<void()> changed);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

 private:
  void on_io(std::uint32_t events) override;

  EventLoop& loop_;
  const std::string name_;
  base::UniqueFunction<void()> changed_;
  Fd fd_;
};

}  // namespace gateway
