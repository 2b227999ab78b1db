#include "gateway/loop/file_watch.h"

#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/log.h"

namespace gateway {

FileWatch::FileWatch(EventLoop& loop, const std::filesystem::path& file,
                     base::UniqueFunction<void()> changed)
    : loop_(loop), name_(file.filename().string()), changed_(std::move(changed)) {
  fd_ = Fd(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  constexpr std::uint32_t kWhat =
      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB;
  const bool watched = fd_ &&
                       inotify_add_watch(fd_.get(), file.parent_path().c_str(), kWhat) >= 0 &&
                       loop_.add(fd_.get(), EPOLLIN, *this).ok();
  if (watched) return;
  base::log::warning("{} is not watched ({}): send SIGHUP when it has changed", file.string(),
                     std::generic_category().message(errno));
  fd_.reset();
}

FileWatch::~FileWatch() {
  if (fd_) loop_.remove(fd_.get(), *this);
}

void FileWatch::on_io(std::uint32_t) {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  bool ours = false;
  for (;;) {
    const ssize_t got = ::read(fd_.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string_view name(event.len > 0 ? buffer.data() + at + sizeof event : "");
      // A mounted secret is a link to a link beside it, which is what changes: "..data".
      ours = ours || name == name_ || name == "..data" || (event.mask & IN_Q_OVERFLOW) != 0;
      at += sizeof event + event.len;
    }
  }
  if (ours) changed_();
}

}  // namespace gateway
