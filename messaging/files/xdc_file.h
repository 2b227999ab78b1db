// XdcFile: the archive of a webxdc app: a zip file with an index.html and, optionally, a
// manifest.toml. Hostile input: what exceeds the bounds is left out or refused. One thread at a
// time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/files/xdc_manifest.h"
#include "messaging/files/zip_file.h"

namespace messaging::files {

inline constexpr std::size_t kMaxXdcFile = 16 * 1024 * 1024;  // bytes that a file in it unpacks to
inline constexpr std::string_view kDefaultXdcIcon = "__webxdc__/default-icon.png";

class XdcFile {
 public:
  // Errc::invalid_argument for an archive that is no app.
  static base::Result<XdcFile> open(std::unique_ptr<AttachmentReader> archive);

  XdcManifest manifest();
  std::string icon() const;  // the name of the icon's file
  // A file in the archive; one "/" before its name is ignored.
  base::Result<base::Bytes> read(std::string_view name);

 private:
  explicit XdcFile(ZipFile zip) : zip_(std::move(zip)) {}
  ZipFile zip_;
};

}  // namespace messaging::files
