// PlainFiles: the folder in which --stdio writes plain copies of the files of messages that are
// read, for a program that opens `file` as with Delta Chat's own server (decision 25).
//
// <place>/privitty-edged-<128 random bits>, 0700. The place is $XDG_RUNTIME_DIR, in memory and this
// user's alone, else $TMPDIR or /tmp. Resists another user of the machine: the name cannot be
// guessed and is never one that was there, and a place where others could exchange the folder is
// not used. The folder is made for the first file that is laid out. DIR/stdio_folder says which it
// is, so that the next start removes what a copy that was killed left behind; it is removed at the
// end. Safe from any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "gateway/process/surroundings.h"
#include "messaging/api/engine.h"
#include "rpc/file_shelf.h"

namespace gateway {

class PlainFiles final : public rpc::FileShelf {
 public:
  // Errc::forbidden when there is no place that keeps others out. The engine outlives this.
  static base::Result<std::unique_ptr<PlainFiles>> make(messaging::Engine& engine,
                                                        const Surroundings& surroundings,
                                                        const std::filesystem::path& accounts);
  ~PlainFiles() override;

  base::Result<std::string> lay_out(base::AccountId account, base::MsgId message,
                                    std::string_view name) override;

 private:
  PlainFiles(messaging::Engine& engine, std::filesystem::path folder, std::filesystem::path record)
      : engine_(engine), folder_(std::move(folder)), record_(std::move(record)) {}
  base::Result<> make_folder() REQUIRES(mutex_);
  base::Result<> copy(base::AccountId account, base::MsgId message,
                      const std::filesystem::path& to) const;

  messaging::Engine& engine_;
  const std::filesystem::path folder_;
  const std::filesystem::path record_;  // DIR/stdio_folder
  base::Mutex mutex_;                   // one copy at a time
  bool made_ GUARDED_BY(mutex_) = false;
};

}  // namespace gateway
