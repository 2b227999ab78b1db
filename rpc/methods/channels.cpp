// Channels: an application's own events on the event stream.
#include "rpc/methods/params.h"
#include "rpc/publish.h"
#include "rpc/streams.h"

namespace rpc {
namespace {

void publish_event(Context& context, shape::PublishEvent p, Completion<shape::Published> done) {
  publish(context, {shape::to_channel_event(std::move(p))},
          [done = std::move(done)](Result<std::vector<shape::Published>> published) mutable {
            if (!published) return done(std::move(published).error());
            done(published->front());
          });
}

struct InitialData {
  std::string channel;
  std::optional<AnyJson> data;
  std::optional<std::string> type;
  std::optional<bool> fill;
  std::optional<std::string> lacking(const Access& access) const {
    return shape::lacking_channel(access, channel);
  }
  static constexpr auto fields() {
    using P = InitialData;
    return std::tuple(
        base::field("channel", &P::channel, "whose"),
        base::field("data", &P::data, "any JSON or a text; null takes it away"),
        base::field("type", &P::type, "the `event:` of the stream"),
        base::field("fill", &P::fill, "true: {{NAME}} stands for the listener's own prop.NAME"));
  }
};

void set_initial_data(Context& context, InitialData p, Completion<void> done) {
  messaging::Channels& channels = engine_of(context).channels();
  if (!p.data) {
    return channels.clear_initial(std::move(p.channel), std::move(done));
  }
  shape::PublishEvent event;
  event.channel = std::move(p.channel);
  event.data = std::move(*p.data);
  event.type = std::move(p.type);
  event.fill = p.fill;
  channels.set_initial(shape::to_channel_event(std::move(event)), std::move(done));
}

struct OfMaybeChannel {
  std::optional<std::string> channel;
  static constexpr auto fields() {
    return std::tuple(base::field("channel", &OfMaybeChannel::channel,
                                  "\"messages\" for messaging events; null: all"));
  }
};

void get_subscribers(Context& context, OfMaybeChannel p,
                     Completion<std::vector<shape::Subscriber>> done) {
  if (context.streams == nullptr) return done(std::vector<shape::Subscriber>());
  context.streams->list(std::move(p.channel), std::move(done));
}

}  // namespace

void add_channel_methods(std::vector<Method>& table) {
  const Row write{.scope = KeyScope::publish,
                  .fuzz = Fuzz::safe,
                  .errors = {Errc::invalid_argument, Errc::too_large, Errc::exhausted},
                  .touches = TouchedAccounts::none};
  table.push_back(method<&publish_event>(
      "publish_event",
      "Publishes an event of your own on a channel: it is kept in the log, like POST /publish, and "
      "goes to those who listen with GET /events?channel=.",
      write));
  table.push_back(method<&set_initial_data>(
      "set_initial_data",
      "Sets what each new listener of a channel gets first; one that resumes gets what it missed "
      "instead.",
      write));
  table.push_back(method<&get_subscribers>("get_subscribers", "The open event streams.",
                                           {.scope = KeyScope::admin, .fuzz = Fuzz::safe}));
}

}  // namespace rpc
