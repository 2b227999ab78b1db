#include "gateway/hub/log_source.h"

#include <algorithm>

#include "gateway/hub/filter.h"
#include "messaging/api/engine.h"
#include "messaging/model/channel_rules.h"
#include "rpc/event_json.h"
#include "store/log_page.h"

namespace gateway {
namespace {

// Earlier builds accepted types and ids of publishers that later ones refuse: they are left out.
EventFrame frame_of(const messaging::ChannelEvent& event) {
  EventFrame frame;
  if (!messaging::is_reserved_type(event.type)) frame.type = event.type;
  frame.data = event.data;
  const std::string own_id = messaging::is_own_id(event.own_id) ? event.own_id : "";
  frame.channel = std::make_shared<const ChannelPart>(ChannelPart{.channel = event.channel,
                                                                  .own_id = own_id,
                                                                  .retry = event.retry,
                                                                  .where = event.where,
                                                                  .fill = event.fill,
                                                                  .json = event.json});
  return frame;
}

EventFrame frame_of(const messaging::Event& event) {
  if (const auto* own = std::get_if<messaging::ChannelEvent>(&event.body)) {
    EventFrame frame = frame_of(*own);
    frame.id = event.id;
    return frame;
  }
  return {.id = event.id,
          .account = event.account,
          .chat = rpc::chat_of(event),
          .type = std::string(rpc::event_type(event)),
          .data = rpc::event_json(event)};
}

store::LogQuery query_of(base::EventId after, const EventFilter& filter) {
  store::LogQuery query{.after = after,
                        .messages = filter.messages,
                        .accounts = filter.accounts,
                        .chats = filter.chats};
  for (const std::string& channel : filter.channels) {
    if (channel != messaging::kMessagesChannel) query.channels.push_back(channel);
  }
  for (const std::string& type : filter.types) {
    if (const auto kind = messaging::event_kind_named(type)) query.kinds.push_back(*kind);
  }
  if (!filter.types.empty() && query.kinds.empty()) query.messages = false;
  return query;
}

EventFrame snapshot_frame(const messaging::AccountOpening& account) {
  EventFrame frame;
  frame.account = account.account;
  frame.type = "snapshot";
  frame.data = rpc::snapshot_json(account);
  // A channel's events have an `event:` line of their own.
  frame.channel = std::make_shared<const ChannelPart>();
  return frame;
}

class LogOpening final : public OpeningSteps {
 public:
  LogOpening(messaging::OpeningRead read, std::vector<std::string> types)
      : read_(std::move(read)), types_(std::move(types)) {}

  base::Result<bool> step() override {
    EDGE_TRY(const bool done, read_.step(std::chrono::milliseconds(1)));
    messaging::Opening complete = read_.take();
    opening_.position = complete.position;
    for (messaging::ChannelEvent& event : complete.initial) initial_.push_back(std::move(event));
    for (const messaging::AccountOpening& account : complete.accounts) {
      opening_.snapshot = true;
      opening_.frames.push_back(snapshot_frame(account));
    }
    return done;
  }

  StreamOpening take() override {
    for (const messaging::ChannelEvent& event : initial_) {
      EventFrame frame = frame_of(event);
      if (types_.empty() || std::find(types_.begin(), types_.end(), frame.type) != types_.end()) {
        opening_.frames.push_back(std::move(frame));
      }
    }
    return std::move(opening_);
  }

 private:
  messaging::OpeningRead read_;
  const std::vector<std::string> types_;
  std::vector<messaging::ChannelEvent> initial_;
  StreamOpening opening_;
};

}  // namespace

std::vector<EventFrame> frames_of(std::span<const messaging::Event> events) {
  std::vector<EventFrame> out;
  out.reserve(events.size());
  for (const messaging::Event& event : events) out.push_back(frame_of(event));
  return out;
}

base::Result<FramePage> LogSource::read_after(base::EventId after, std::size_t limit,
                                              std::size_t bytes, const EventFilter& filter) {
  store::LogQuery query = query_of(after, filter);
  query.limit = limit;
  query.max_bytes = bytes;
  EDGE_TRY(const auto page, engine_.log_page(std::move(query)));
  FramePage frames = page.with(frames_of(page.events));
  frames.dense = frames.dense && filter.chats.empty() && filter.types.empty();
  return frames;
}

base::Result<std::unique_ptr<OpeningSteps>> LogSource::open(const EventFilter& filter,
                                                            bool snapshot) {
  const messaging::OpeningQuery query{.channels = query_of({}, filter).channels,
                                      .accounts = snapshot && filter.messages,
                                      .only = filter.accounts};
  EDGE_TRY(messaging::OpeningRead read, engine_.begin_opening(query));
  return std::unique_ptr<OpeningSteps>(std::make_unique<LogOpening>(std::move(read), filter.types));
}

base::Result<base::EventId> LogSource::newest() { return engine_.newest_event(); }

}  // namespace gateway
