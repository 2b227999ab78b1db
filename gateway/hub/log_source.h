// LogSource: the engine's durable event log as the hub reads it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "gateway/hub/event_frame.h"
#include "messaging/model/events.h"

namespace messaging {
class Engine;
}

namespace gateway {

std::vector<EventFrame> frames_of(std::span<const messaging::Event> events);

class LogSource final : public EventSource {
 public:
  explicit LogSource(const messaging::Engine& engine) : engine_(engine) {}  // outlives this
  base::Result<FramePage> read_after(base::EventId after, std::size_t limit, std::size_t bytes,
                                     const EventFilter& filter) override;
  base::Result<std::unique_ptr<OpeningSteps>> open(const EventFilter& filter,
                                                   bool snapshot) override;
  base::Result<base::EventId> newest() override;

 private:
  const messaging::Engine& engine_;
};

}  // namespace gateway
