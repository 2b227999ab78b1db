// Events for existing clients; GET /events is durable and does not split among readers.
#include "rpc/event_queue.h"
#include "rpc/methods/params.h"
#include "rpc/shapes/event.h"

namespace rpc {
namespace {

void get_next_event(Context& context, NoParams, Completion<shape::Event> done) {
  context.queue->read(1, context.caller, context.leased,
                      [done = std::move(done)](Result<std::vector<std::string>> events) mutable {
                        if (!events) return done(std::move(events).error());
                        done(shape::Event{std::move(events->front())});
                      });
}

void get_next_event_batch(Context& context, NoParams, Completion<std::vector<shape::Event>> done) {
  context.queue->read(EventQueue::kMaxBatch, context.caller, context.leased,
                      [done = std::move(done)](Result<std::vector<std::string>> events) mutable {
                        if (!events) return done(std::move(events).error());
                        std::vector<shape::Event> shapes;
                        shapes.reserve(events->size());
                        for (std::string& event : *events) shapes.push_back({std::move(event)});
                        done(std::move(shapes));
                      });
}

}  // namespace

void add_event_methods(std::vector<Method>& table) {
  const Row parked{.scope = KeyScope::events,
                   .fuzz = Fuzz::unsafe,
                   .errors = {Errc::unavailable},
                   .parked = true,
                   .touches = TouchedAccounts::visible};
  table.push_back(method<&get_next_event>(
      "get_next_event",
      "Takes the next event out of the daemon's one queue, waiting for it. Two readers split the "
      "queue; GET /events does not. An event whose answer could not be written is returned again. "
      "Besides the kinds of the stream there are four that follow from them: ChatlistItemChanged, "
      "AccountsItemChanged, IncomingMsgBunch after the messages that came together, and "
      "SmtpMessageSent before MsgDelivered.",
      parked));
  table.push_back(method<&get_next_event_batch>(
      "get_next_event_batch", "As get_next_event: waits for one and takes up to 101.", parked));
}

}  // namespace rpc
