// Webxdc apps of an account: the files of an app's archive, and the updates that copies of an app
// exchange. Methods name an app by the message that carries it. Safe from any thread; methods
// without a Completion read the disk.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/completion.h"
#include "messaging/model/types.h"
#include "messaging/model/webxdc_content.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging {

struct WebxdcInfo {
  std::string name;  // of the manifest, else the file's
  std::string icon;  // a file's name in the archive
  std::string document;
  std::string summary;
  std::string source_code_url;
  std::string self_addr;  // how the app knows us
  bool is_app_sender = false;
  bool is_broadcast = false;
};

struct WebxdcUpdateShown {
  std::uint32_t serial = 0;
  WebxdcUpdate update;
};

class Webxdc {
 public:
  explicit Webxdc(kernel::Core& core) : core_(core) {}

  base::Result<WebxdcInfo> info(AccountId account, MsgId app) const;
  // A file of the archive; at most 16 MiB.
  base::Result<base::Bytes> file(AccountId account, MsgId app, const std::string& name) const;
  // The place in its app that a line links to; nothing for other messages.
  base::Result<std::optional<std::string>> link(AccountId account, MsgId line) const;

  // Gives the update the next serial and sends it to everybody who has the app.
  void send(AccountId account, MsgId app, WebxdcUpdate update, base::Completion<> done);
  // The updates after a serial, in order, about 8 MiB at most: ask again after the last one.
  base::Result<std::vector<WebxdcUpdateShown>> updates(AccountId account, MsgId app,
                                                       std::uint32_t after) const;

 private:
  kernel::Core& core_;
};

}  // namespace messaging
