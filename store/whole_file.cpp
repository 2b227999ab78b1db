#include "store/whole_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "store/file.h"

namespace store {
namespace {

base::Result<> write_new(const std::string& path, base::ByteView content) {
  EDGE_TRY(File file, File::open(path, File::Mode::create_new));
  auto written = file.write_at(0, content);
  if (written) written = file.sync();
  if (!written) ::unlink(path.c_str());
  return written;
}

}  // namespace

std::string folder_of(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

base::Result<> replace_file(const std::string& path, base::ByteView content) {
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());  // of a writer that died
  EDGE_CHECK(write_new(beside, content));
  if (std::rename(beside.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    return base::fail_errno(base::Errc::io, "replace " + path, error);
  }
  return sync_dir(folder_of(path));
}

base::Result<> make_file(const std::string& path, base::ByteView content) {
  EDGE_CHECK(write_new(path, content));
  auto synced = sync_dir(folder_of(path));
  if (!synced) ::unlink(path.c_str());
  return synced;
}

}  // namespace store
