#include "rpc/service.h"

#include "messaging/api/engine.h"
#include "rpc/derived_events.h"
#include "rpc/publish.h"
#include "rpc/recall.h"
#include "rpc/run.h"

namespace rpc {
namespace {

Executor at_once_unless(Executor executor) {
  if (executor) return executor;
  return [](const std::string&, base::UniqueFunction<void()> task) { task(); };
}

// So long a batch keeps others from its thread.
constexpr std::chrono::milliseconds kSlice{5};

base::ChatId chat_with(messaging::Engine* engine, base::AccountId account,
                       base::ContactId contact) {
  if (engine == nullptr) return {};
  const auto chat = engine->chats().find_by_contact(account, contact);
  return chat && *chat ? **chat : base::ChatId();
}

}  // namespace

Service::Service(messaging::Engine* engine, const base::Clock& clock, Executor executor,
                 const MethodTable& table, CallObserver* observer)
    : engine_(engine),
      clock_(clock),
      slice_(executor ? std::optional(kSlice) : std::nullopt),
      executor_(at_once_unless(std::move(executor))),
      table_(table),
      observer_(observer),
      queue_(executor_,
             [engine](base::AccountId account, base::ContactId contact) {
               return chat_with(engine, account, contact);
             }),
      next_messages_(
          executor_,
          [engine](base::AccountId account) { return engine->messages().next(account); }),
      runs_(std::make_shared<RunShared>(
          RunShared{.context = [this](const Caller& caller) { return context(caller); },
                    .table = &table_,
                    .observer = observer_,
                    .executor = executor_,
                    .large = std::make_shared<LargeCalls>(executor_,
                                                          [this] {
                                                            if (much_freed_) much_freed_();
                                                          }),
                    .slice = slice_})) {}

void Service::on_much_freed(std::function<void()> call) { much_freed_ = std::move(call); }

void Service::handle(std::string body, const Caller& caller, Answer answer) {
  Requests requests = read_requests(std::move(body));
  if (requests.error) return answer(Reply{error_answer("null", *requests.error)});
  std::make_shared<Run>(std::move(requests), caller, runs_, std::move(answer))->start();
}

std::optional<std::string> Service::recall(std::string_view body, const Caller& caller) {
  Context on_behalf = context(caller);
  return recall_answer(body, on_behalf);
}

void Service::publish(std::string_view body, const Caller& caller,
                      base::Completion<std::string> answer) {
  publish_body(context(caller), body, std::move(answer));
}

Context Service::context(const Caller& caller) {
  return {.engine = engine_,
          .clock = &clock_,
          .queue = &queue_,
          .next_messages = &next_messages_,
          .timer = &timer_,
          .table = &table_,
          .observer = observer_,
          .streams = streams_,
          .executor = &executor_,
          .caller = caller,
          .licensing = licensing_,
          .commands = commands_};
}

void Service::on_events(std::span<const messaging::Event> events) {
  queue_.push(with_derived(events));
  if (engine_ != nullptr) {
    for (const base::AccountId account : engine_->gone(events)) queue_.forget(account);
  }
  next_messages_.push(events);
}

void Service::stop() {
  queue_.stop();
  next_messages_.stop();
  timer_.stop();
}

}  // namespace rpc
