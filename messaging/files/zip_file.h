// ZipFile: the files in a zip archive, which may be hostile: the number of files and the length of
// names are bounded when it is opened, the unpacked size when a file is read. Encrypted files are
// refused. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/model/attachment.h"

namespace messaging::files {

inline constexpr std::size_t kMostZipFiles = 4096;
inline constexpr std::size_t kMaxZipName = 512;  // bytes; files with longer names are left out

class ZipFile {
 public:
  // Errc::corrupt for what is no zip archive, Errc::too_large for one with more files.
  static base::Result<ZipFile> open(std::unique_ptr<AttachmentReader> archive);
  ZipFile(ZipFile&&) noexcept;
  ZipFile& operator=(ZipFile&&) noexcept;
  ~ZipFile();

  // Names are compared byte by byte; of two files with one name the first one is used.
  bool has(std::string_view name) const;
  // Errc::not_found; Errc::too_large for more than `limit` bytes, whatever the archive says;
  // Errc::corrupt when it does not unpack or its checksum is wrong.
  base::Result<base::Bytes> read(std::string_view name, std::size_t limit);

 private:
  struct State;
  explicit ZipFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace messaging::files
