// Service: the Dispatcher of this daemon. Joins the method table with the engine, and holds parked
// calls: event readers, message waiters and sleeps.
//
// Safe from any thread. The engine must outlive it; before either is destroyed, stop() answers all
// parked calls. The executor runs tasks that must not run on the writer's thread: pass the worker
// pool; its tasks must have ended before the Service is destroyed. With an executor, batches give
// their thread back after 5 ms; without one, everything runs to its end on the thread that began
// it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "base/clock.h"
#include "messaging/model/events.h"
#include "rpc/context.h"
#include "rpc/dispatcher.h"
#include "rpc/event_queue.h"
#include "rpc/method.h"
#include "rpc/next_messages.h"
#include "rpc/publisher.h"
#include "rpc/streams.h"
#include "rpc/timer.h"

namespace rpc {

struct RunShared;

// Every method this daemon serves.
const MethodTable& method_table();

// rpc.discover: an OpenRPC document; api_markdown: docs/api.md. Both are made from the method
// table.
std::string openrpc_document(const MethodTable& table);
std::string api_markdown(const MethodTable& table);

class Service final : public Dispatcher, public Publisher {
 public:
  // `engine` may be null in tests whose methods do not use it; `observer`, which outlives this, as
  // well.
  Service(messaging::Engine* engine, const base::Clock& clock, Executor executor = {},
          const MethodTable& table = method_table(), CallObserver* observer = nullptr);
  ~Service() override { stop(); }

  void handle(std::string body, const Caller& caller, Answer answer) override;

  std::optional<std::string> recall(std::string_view body, const Caller& caller) override;

  void publish(std::string_view body, const Caller& caller,
               base::Completion<std::string> answer) override;

  // The listeners of the event stream. Call before the first call; outlives the service's answers.
  void set_streams(Streams& streams) { streams_ = &streams; }

  // The engine's listener calls this after each commit, with its events in order.
  void on_events(std::span<const messaging::Event> events);

  // Before the first call; outlives the service.
  void set_licensing(Licensing& licensing) { licensing_ = &licensing; }
  void set_commands(DeviceCommands& commands) { commands_ = &commands; }

  // Called from any thread after something large was destroyed: memory may be returned to the
  // system. Set before the first call; what it refers to outlives the service's last task.
  void on_much_freed(std::function<void()> call);

  // Answers all parked calls and parks no more.
  void stop();

  std::size_t parked() const {
    return queue_.parked() + next_messages_.parked() + timer_.waiting();
  }

 private:
  Context context(const Caller& caller);

  messaging::Engine* engine_;
  Streams* streams_ = nullptr;
  const base::Clock& clock_;
  const std::optional<std::chrono::milliseconds> slice_;
  const Executor executor_;
  const MethodTable& table_;
  CallObserver* const observer_;
  Licensing* licensing_ = nullptr;
  DeviceCommands* commands_ = nullptr;
  EventQueue queue_;
  NextMessages next_messages_;
  Timer timer_;
  std::function<void()> much_freed_;
  const std::shared_ptr<const RunShared> runs_;
};

}  // namespace rpc
