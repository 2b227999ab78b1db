#include "gateway/hub/hub_streams.h"

#include "messaging/api/channels.h"

namespace gateway {

void HubStreams::count(std::vector<messaging::ChannelEvent> events,
                       base::Completion<std::vector<std::size_t>> done) {
  std::vector<Audience> audiences;
  audiences.reserve(events.size());
  for (messaging::ChannelEvent& event : events) {
    audiences.push_back({std::move(event.channel), std::move(event.where)});
  }
  hub_.count(std::move(audiences),
             [done = std::move(done)](std::vector<std::size_t> counts) mutable {
               done(std::move(counts));
             });
}

void HubStreams::list(std::optional<std::string> channel,
                      base::Completion<std::vector<rpc::shape::Subscriber>> done) {
  hub_.list(std::move(channel),
            [done = std::move(done)](std::vector<SubscriberInfo> infos) mutable {
              std::vector<rpc::shape::Subscriber> out;
              out.reserve(infos.size());
              for (SubscriberInfo& info : infos) {
                rpc::shape::Subscriber one;
                one.address = std::move(info.address);
                one.channels = std::move(info.channels);
                if (one.channels.empty()) one.channels.emplace_back(messaging::kMessagesChannel);
                one.lag = info.lag;
                one.position = info.position.value;
                for (auto& [name, value] : info.properties)
                  one.properties.emplace(name, std::move(value));
                one.since = rpc::shape::seconds(info.since);
                out.push_back(std::move(one));
              }
              done(std::move(out));
            });
}

}  // namespace gateway
