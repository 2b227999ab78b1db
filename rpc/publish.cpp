#include "rpc/publish.h"

#include <fmt/format.h>

#include "messaging/api/engine.h"
#include "rpc/json_text.h"
#include "rpc/method.h"
#include "rpc/request.h"
#include "rpc/streams.h"

namespace rpc {

using base::Errc;
using base::fail;

namespace {

struct Batch {
  bool array = false;
  std::vector<messaging::ChannelEvent> events;
};

base::Result<Batch> parse_batch(std::string_view body, const Access& access) {
  EDGE_TRY(nlohmann::json given, parse_json(body));
  Batch batch;
  batch.array = given.is_array();
  if (batch.array && (given.empty() || given.size() > messaging::kMaxPublished)) {
    return fail(Errc::invalid_argument, fmt::format("expected 1 to {} events, got {}",
                                                    messaging::kMaxPublished, given.size()));
  }
  const auto texts = batch.array ? json_items(body) : std::vector<std::string_view>{body};
  for (std::size_t i = 0; i < (batch.array ? given.size() : 1); ++i) {
    nlohmann::json& item = batch.array ? given[i] : given;
    if (item.is_object() && !item.contains("channel")) item["channel"] = messaging::kDefaultChannel;
    const JsonValue one(item, texts.at(i));
    if (!one.is_object()) {
      return fail(Errc::invalid_argument, fmt::format("{}expected an event as an object, such as "
                                                      "{{\"channel\":\"c\",\"data\":\"x\"}}{}",
                                                      batch.array ? fmt::format("[{}]: ", i) : "",
                                                      batch.array ? "" : ", or an array of them"));
    }
    auto event = detail::read_params<shape::PublishEvent>(one);
    if (!event) {
      return batch.array ? detail::below_item(i, std::move(event).error())
                         : std::move(event).error();
    }
    if (const auto lacks = event->lacking(access)) {
      return fail(Errc::forbidden, fmt::format("This API key lacks {}.", *lacks));
    }
    batch.events.push_back(shape::to_channel_event(std::move(*event)));
  }
  return batch;
}

// The fields that counting needs.
std::vector<messaging::ChannelEvent> audiences_of(
    const std::vector<messaging::ChannelEvent>& events) {
  std::vector<messaging::ChannelEvent> audiences;
  for (const messaging::ChannelEvent& event : events) {
    messaging::ChannelEvent audience;
    audience.channel = event.channel;
    audience.where = event.where;
    audiences.push_back(std::move(audience));
  }
  return audiences;
}

}  // namespace

messaging::ChannelEvent shape::to_channel_event(PublishEvent event) {
  messaging::ChannelEvent out;
  out.channel = std::move(event.channel);
  out.data = std::move(event.data.text);
  out.json = !event.data.is_text;
  out.type = event.type.value_or("");
  out.own_id = event.id.value_or("");
  out.retry = event.retry.value_or(0);
  if (event.where) out.where.assign(event.where->begin(), event.where->end());
  out.fill = event.fill.value_or(false);
  return out;
}

void publish(const Context& context, std::vector<messaging::ChannelEvent> events,
             base::Completion<std::vector<shape::Published>> done) {
  auto audiences = audiences_of(events);
  context.engine->channels().publish(
      std::move(events),
      [streams = context.streams, audiences = std::move(audiences),
       done = std::move(done)](base::Result<std::vector<base::EventId>> ids) mutable {
        if (!ids) return done(std::move(ids).error());
        std::vector<shape::Published> out;
        for (const base::EventId id : *ids) out.push_back({.id = id});
        if (streams == nullptr) return done(std::move(out));
        streams->count(
            std::move(audiences), [out = std::move(out), done = std::move(done)](
                                      base::Result<std::vector<std::size_t>> counts) mutable {
              // The event is published even when its listeners could not be counted.
              for (std::size_t i = 0; counts && i < out.size() && i < counts->size(); ++i) {
                out[i].subscribers = (*counts)[i];
              }
              done(std::move(out));
            });
      });
}

void publish_body(const Context& context, std::string_view body,
                  base::Completion<std::string> done) {
  auto batch = parse_batch(body, *context.caller.access);
  if (!batch) return done(std::move(batch).error());
  publish(context, std::move(batch->events),
          [array = batch->array,
           done = std::move(done)](base::Result<std::vector<shape::Published>> published) mutable {
            if (!published) return done(std::move(published).error());
            done(array ? to_json(*published) : to_json(published->front()));
          });
}

}  // namespace rpc
