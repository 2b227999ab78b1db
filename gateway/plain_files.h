// PlainFiles: the folder in which --stdio lays out the files of the messages that are read, in the
// clear, for a program that opens `file` as Delta Chat's own server lets it (decision 25).
//
// <runtime folder>/privitty-edged-<user>-<accounts folder's hash>, 0700: in memory where the system
// offers such a folder ($XDG_RUNTIME_DIR), else below $TMPDIR or /tmp. It is emptied when it is
// made (a copy that was killed may have left something) and removed at the end. Safe from any
// thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "gateway/surroundings.h"
#include "messaging/engine.h"
#include "rpc/file_shelf.h"

namespace gateway {

class PlainFiles final : public rpc::FileShelf {
 public:
  // Errc::forbidden when the folder's place is taken by somebody else. The engine outlives this.
  static base::Result<std::unique_ptr<PlainFiles>> make(messaging::Engine& engine,
                                                        const Surroundings& surroundings,
                                                        const std::filesystem::path& accounts);
  ~PlainFiles() override;

  base::Result<std::string> lay_out(base::AccountId account, base::MsgId message,
                                    std::string_view name) override;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  PlainFiles(messaging::Engine& engine, std::filesystem::path folder)
      : engine_(engine), folder_(std::move(folder)) {}
  base::Result<> copy(base::AccountId account, base::MsgId message,
                      const std::filesystem::path& to) const;

  messaging::Engine& engine_;
  const std::filesystem::path folder_;
  base::Mutex mutex_;  // one copy at a time
};

}  // namespace gateway
