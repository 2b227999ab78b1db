// Context: the objects that a handler may use. Handlers that answer later copy the pointers they
// need; all of them point to objects that outlive every answer.
#pragma once

#include "base/clock.h"
#include "rpc/dispatcher.h"
#include "rpc/executor.h"

namespace messaging {
class Engine;
}

namespace rpc {

class CallObserver;
class DeviceCommands;
class EventQueue;
class Licensing;
class MethodTable;
class NextMessages;
class Streams;
class Timer;

struct Context {
  messaging::Engine* engine = nullptr;
  const base::Clock* clock = nullptr;
  EventQueue* queue = nullptr;
  NextMessages* next_messages = nullptr;
  Timer* timer = nullptr;
  const MethodTable* table = nullptr;
  CallObserver* observer = nullptr;    // may be null
  Streams* streams = nullptr;          // null: this daemon serves no streams
  const Executor* executor = nullptr;  // for work after an answer of messaging's, which may come on
                                       // the writer's thread
  Caller caller;
  Licensing* licensing = nullptr;      // nothing in tests: everything is allowed
  DeviceCommands* commands = nullptr;  // null: this daemon runs no commands
  // The lease of the events that a waiting method takes out of the daemon; never null for those
  // methods.
  std::shared_ptr<base::LeasedItems> leased = nullptr;
};

}  // namespace rpc
