// HubStreams: the hub as rpc knows it.
#pragma once

#include "gateway/hub/hub.h"
#include "rpc/streams.h"

namespace gateway {

class HubStreams final : public rpc::Streams {
 public:
  explicit HubStreams(Hub& hub) : hub_(hub) {}  // outlives this
  void count(std::vector<messaging::ChannelEvent> events,
             base::Completion<std::vector<std::size_t>> done) override;
  void list(std::optional<std::string> channel,
            base::Completion<std::vector<rpc::shape::Subscriber>> done) override;

 private:
  Hub& hub_;
};

}  // namespace gateway
