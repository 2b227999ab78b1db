// Dispatcher: one JSON-RPC 2.0 body in, one answer out, now or later.
//
// handle() may be called from any thread and never waits for a commit or an event: the answer comes
// through `answer`, once, from any thread. An empty answer means there is nothing to return (only
// notifications). A batch runs in order and is answered as a whole. A request
// whose caller has disconnected is not begun, and may end without an answer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancellation.h"
#include "base/function.h"
#include "base/lease.h"
#include "rpc/access.h"

namespace rpc {

class FileShelf;

// The caller of a method. The code that makes one supplies the signals that end its work: they have
// no default.
struct Caller {
  bool loopback = true;           // came over loopback, not through a proxy
  bool restricted_paths = false;  // paths only below the --files folders (decision 24)
  std::shared_ptr<const Access> access = Access::everything();  // never null
  // The answer can no longer be read: the connection closed or was reset. Work that waits is not
  // begun, and long reads stop.
  base::Cancellation closed;
  // The caller sends nothing more. It may be gone, so calls that wait for news end and take no
  // event; other calls are answered as usual. Follows `closed`.
  base::Cancellation input_ended;
  // The party that caused the work: callers take turns by this name.
  std::string party = {};
  // Where plain copies of messages' files are written; null: `file` is the path of the sealed blob.
  // Outlives every answer.
  FileShelf* files = nullptr;
};

// One answer as text, empty when there is nothing to return. Its writer calls taken.arrived() once
// all of it has left this process; an answer that is dropped returns the leased items
// (base/lease.h).
struct Reply {
  std::string text;
  base::Lease taken = {};
  // One call that waited for news, and ended without any because its caller sends nothing more.
  bool wait_ended = false;
};

using Answer = base::UniqueFunction<void(Reply)>;

class Dispatcher {
 public:
  virtual ~Dispatcher() = default;
  virtual void handle(std::string body, const Caller& caller, Answer answer) = 0;
  // handle()'s answer at once if memory alone gives it; nothing: call handle(). Waits for nothing
  // and takes microseconds, so the thread that owns the sockets may call it.
  virtual std::optional<std::string> recall(std::string_view, const Caller&) { return {}; }
};

}  // namespace rpc
