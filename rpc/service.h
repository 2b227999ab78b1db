// Service: the Dispatcher of this daemon. Joins the method table with the engine, and keeps what is
// parked: event readers, message waiters and sleeps.
//
// Any thread may call anything. The engine must outlive it; before either goes, stop() answers
// everything that is parked. The executor runs tasks that must not run on the writer's thread: give
// it the worker pool; its tasks must have ended before the Service goes.
#pragma once

#include <memory>
#include <span>

#include "base/clock.h"
#include "messaging/events.h"
#include "rpc/context.h"
#include "rpc/dispatcher.h"
#include "rpc/event_queue.h"
#include "rpc/method.h"
#include "rpc/next_messages.h"
#include "rpc/publisher.h"
#include "rpc/streams.h"
#include "rpc/timer.h"

namespace rpc {

struct HeldAnswers;

// Every method this daemon serves.
const MethodTable& method_table();

// rpc.discover: an OpenRPC document; api_markdown: docs/api.md. Both of the same table.
std::string openrpc_document(const MethodTable& table);
std::string api_markdown(const MethodTable& table);

class Service final : public Dispatcher, public Publisher {
 public:
  // `engine` may be null in tests whose methods do not use it; `observer`, which outlives this, as
  // well.
  Service(messaging::Engine* engine, const base::Clock& clock, Executor executor = {},
          const MethodTable& table = method_table(), CallObserver* observer = nullptr);
  ~Service() override { stop(); }

  void handle(std::string_view body, const Caller& caller, Answer answer) override;

  std::optional<std::string> recall(std::string_view body, const Caller& caller) override;

  void publish(std::string_view body, const Caller& caller,
               base::Completion<std::string> answer) override;

  // Who listens to the event stream; before the first call. Outlives the service's answers.
  void set_streams(Streams& streams) { streams_ = &streams; }

  // The engine's listener calls this after each commit, with its events in order.
  void on_events(std::span<const messaging::Event> events);

  // Before the first call; outlives the service.
  void set_licensing(Licensing& licensing) { licensing_ = &licensing; }

  // Answers what is parked and refuses to park more.
  void stop();

  std::size_t parked() const { return queue_.parked() + next_messages_.parked(); }

 private:
  Context context(const Caller& caller);

  messaging::Engine* engine_;
  Streams* streams_ = nullptr;
  const base::Clock& clock_;
  Executor executor_;
  const MethodTable& table_;
  CallObserver* const observer_;
  Licensing* licensing_ = nullptr;
  EventQueue queue_;
  NextMessages next_messages_;
  Timer timer_;
  const std::shared_ptr<HeldAnswers> held_;
};

}  // namespace rpc
