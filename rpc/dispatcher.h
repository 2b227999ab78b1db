// Dispatcher: one JSON-RPC 2.0 body in, one answer out, now or later.
//
// handle() may be called from any thread and never waits for a commit or for news: the answer comes
// through `answer`, once, from any thread. An empty answer means there is nothing to return (only
// notifications). A batch runs in order and is answered as a whole.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/function.h"
#include "rpc/access.h"

namespace rpc {

class FileShelf;

// Who calls, as far as a method may care.
struct Caller {
  bool loopback = true;           // came over loopback, not through a proxy
  bool restricted_paths = false;  // paths only below the --files folders (decision 24)
  std::shared_ptr<const Access> access = Access::everything();  // never null
  // Set to true when nobody can read the answer any more (the connection closed). May be null. A
  // parked poll whose caller is gone takes no event with it.
  std::shared_ptr<const std::atomic<bool>> gone = nullptr;
  // Where the files of messages that are read are laid out in the clear; null: `file` is the path
  // of the sealed blob. Outlives every answer.
  FileShelf* files = nullptr;
};

using Answer = base::UniqueFunction<void(std::string)>;

class Dispatcher {
 public:
  virtual ~Dispatcher() = default;
  virtual void handle(std::string_view body, const Caller& caller, Answer answer) = 0;
  // handle()'s answer at once, when memory alone gives it; nothing: the body is for handle(). It
  // waits for nothing and takes microseconds: for the thread that owns the sockets.
  virtual std::optional<std::string> recall(std::string_view, const Caller&) { return {}; }
};

}  // namespace rpc
