// FileCarrier: the files that are being sent, each in several deposits at once (part_window.h). A
// route with a file stays under way until the last part is stored, so that no later row overtakes
// the file. Progress is written at intervals; parts stored since the last write are sent again
// after a restart, and the recipient recognises them.
//
// Memory: each file may have one deposit under way; kMostDeposits more are shared by all files.
//
// begin() and step() on the courier's thread, forget() on any; answers come on any.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/function.h"
#include "base/mutex.h"
#include "messaging/model/route_key.h"
#include "messaging/peering/deposit_load.h"

namespace messaging::kernel {
class Core;
}  // namespace messaging::kernel

namespace messaging::peering {

class Incoming;
class DepositTransport;

// Sends a deposit to its mailbox, which may be one of this daemon.
void send_deposit(kernel::Core& core, DepositTransport& transport, Incoming& incoming,
                  Deposit deposit, base::Completion<DepositReply> done);

class FileCarrier {
 public:
  static constexpr std::uint32_t kMostDeposits = 12;

  // The end of a file's turn: its last part was stored, or the file is not to be sent any more
  // (`stored` in both cases), or a deposit failed.
  using Ended = base::UniqueFunction<void(const DepositReply& reply)>;

  // `wake`: step() has something to do. `wake` and Ended are called without any lock held.
  FileCarrier(kernel::Core& core, DepositTransport& transport, Incoming& incoming,
              std::function<void()> wake)
      : core_(core), transport_(transport), incoming_(incoming), wake_(std::move(wake)) {}

  void begin(RouteKey key, std::shared_ptr<const DepositLoad> file, bool careful, Ended ended);
  // Seals and sends one deposit of one file; files take turns. False: no deposit may be sent now.
  bool step();
  void forget(base::AccountId account);

 private:
  struct Carriage {
    Carriage(std::shared_ptr<const DepositLoad> what, bool careful, Ended ended);

    std::shared_ptr<const DepositLoad> file;
    Ended ended;
    store::OutboxRow row;  // with the progress last written
    PartWindow window;
    base::Millis written_at = 0;
    bool writing = false;
    bool marked = false;  // that its last part is stored
    bool lost = false;    // its progress could not be written
    DepositReply reply{DepositOutcome::stored, 0, std::nullopt};  // the last bad one
  };
  using CarriagePtr = std::shared_ptr<Carriage>;

  struct Turn {
    RouteKey key;
    CarriagePtr carriage;
    PartWindow::Parts parts;
  };
  std::optional<Turn> next_turn();
  void answered(RouteKey key, const CarriagePtr& carriage, PartWindow::Parts parts,
                const DepositReply& reply, base::Millis took);
  void stopped(RouteKey key, const CarriagePtr& carriage, PartWindow::Parts parts,
               const DepositReply& reply);
  void go_on(RouteKey key, const CarriagePtr& carriage);
  void write_progress(RouteKey key, const CarriagePtr& carriage, const store::OutboxRow& row,
                      std::uint32_t stored);

  kernel::Core& core_;
  DepositTransport& transport_;
  Incoming& incoming_;
  const std::function<void()> wake_;
  base::Mutex mutex_;
  std::map<RouteKey, CarriagePtr> carriages_ GUARDED_BY(mutex_);  // and their contents
  RouteKey last_ GUARDED_BY(mutex_){};                            // the route whose turn was last
  std::uint32_t under_way_ GUARDED_BY(mutex_) = 0;                // deposits, of all files
};

}  // namespace messaging::peering
