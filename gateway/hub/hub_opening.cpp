// How a stream begins: its first frames, the events that it missed, and where it joins the others.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "gateway/hub/hub_impl.h"

namespace gateway {

void Hub::Impl::add(StreamSocket socket, StreamOptions options) {
  if (subscribers_.empty()) {
    intake_.set_read(true);
    take_inbox();
  }
  const ResumePoint resume = options.resume;
  const StreamManner manner = options.manner;
  auto greeting = std::move(options.greeting);
  const bool snapshot = options.snapshot;
  const bool opens = snapshot || !options.filter.channels.empty();
  const auto retry = options.retry;
  const PositionEnd position_end =
      options.keeps_id_at_blank_line ? PositionEnd::blank_line : PositionEnd::comment;
  auto owned = std::make_unique<Subscriber>(*this, *loop_, std::move(socket), manner,
                                            compile(std::move(options)));
  Subscriber& subscriber = *owned;
  subscriber.position_end = position_end;
  if (retry) subscriber.put(fmt::format("retry: {}\n", *retry));
  if (greeting) {
    greeting->id = resume.after.value_or(ring_.last_id());
    subscriber.put_frame(*greeting);
  }
  if (!subscriber.watch()) return intake_.set_read(!subscribers_.empty());
  subscriber.place = subscribers_.size();
  subscriber.next_ping = loop_->now() + first_ping();
  subscribers_.push_back(std::move(owned));
  if (!ping_timer_.armed()) ping_timer_.arm(ping_tick());
  // The new subscriber may sit before the round-robin cursor; restart the round so that none is
  // skipped.
  if (left_ > 0) left_ = subscribers_.size();
  subscriber_count_.store(subscribers_.size(), std::memory_order_relaxed);
  subscriber.since = clock_.now();
  subscriber.snapshot_after_lag = snapshot;
  for (const std::string& channel : subscriber.asked()->channels) {
    ++listeners_[token_of(channel)];
  }

  if (!resume.given && opens) {
    read_opening(subscriber, snapshot);
  } else if (!resume.given) {
    // A client that is cut off before its first event knows where to resume.
    if (!greeting) subscriber.put_position(ring_.last_id());
    subscriber.join(ring_.last_id());
  } else if (!resume.after) {
    subscriber.put_lag(ring_.last_id(), std::nullopt);
    if (opens) {
      read_opening(subscriber, snapshot);
    } else {
      subscriber.join(ring_.last_id());
    }
  } else if (*resume.after >= ring_.floor() && *resume.after <= ring_.last_id()) {
    subscriber.join(*resume.after);
  } else {
    subscriber.begin_replay(*resume.after);
  }
  connected_.fetch_add(1, std::memory_order_release);
  if (subscriber.deliver()) behind(subscriber);
}

// Nothing for streams that want every messaging event: most of them, and cheaper without.
std::unique_ptr<const RingFilter> Hub::Impl::compile(StreamOptions options) const {
  if (options.filter.passes_all() && options.properties.empty()) return nullptr;
  auto compiled = std::make_unique<RingFilter>();
  for (const std::string& type : options.filter.types) {
    compiled->types.push_back(ring_.token(type));
  }
  for (const std::string& channel : options.filter.channels) {
    if (const Token token = token_of(channel); token != 0) compiled->channels.push_back(token);
  }
  compiled->properties = std::move(options.properties);
  compiled->asked = std::make_shared<const EventFilter>(std::move(options.filter));
  return compiled;
}

// The first frames are read on a worker. The stream itself begins now: events published once the
// client sees its head reach it.
//
// One opening is read at a time, in steps of about a millisecond between which workers serve other
// parties. The parties of waiting streams take turns, and streams that ask for the same opening
// share it.
void Hub::Impl::read_opening(Subscriber& subscriber, bool snapshot) {
  subscriber.begin_opening(ring_.last_id());
  openings_.push_rest(subscriber.party(), {subscriber.link(), subscriber.asked(), snapshot});
  next_opening();
}

struct Hub::Impl::Opening {
  std::string party;
  std::vector<OpeningWanted> wanted;
  std::unique_ptr<OpeningSteps> steps;  // of the worker that reads
  std::optional<StreamOpening> read;    // once all is
};

void Hub::Impl::next_opening() {
  while (!opening_) {
    auto popped = openings_.pop();
    if (!popped) return;
    openings_.done(popped->key);
    if (popped->item.link->subscriber == nullptr) continue;
    auto opening = std::make_shared<Opening>();
    opening->party = std::move(popped->key);
    opening->wanted = openings_.remove_if([&](const std::string&, const OpeningWanted& other) {
      return other.snapshot == popped->item.snapshot && *other.filter == *popped->item.filter;
    });
    opening->wanted.push_back(std::move(popped->item));
    opening_ = true;
    step_opening(opening);
  }
}

void Hub::Impl::step_opening(const OpeningPtr& opening) {
  base::UniqueFunction<void()> work = [opening, source = &source_, gate = gate_, this] {
    const auto step = [&]() -> base::Result<bool> {
      if (!opening->steps) {
        const OpeningWanted& first = opening->wanted.front();
        EDGE_TRY(opening->steps, source->open(*first.filter, first.snapshot));
      }
      return opening->steps->step();
    };
    gate->run(
        [this, opening, done = step()]() mutable { on_opening_step(opening, std::move(done)); });
  };
  if (workers_.submit_rest(opening->party, std::move(work))) return;
  loop_->post([this, opening] {
    on_opening_step(opening, base::fail(base::Errc::unavailable, "the daemon is shutting down"));
  });
}

// Once all is read the streams get it one by one: a snapshot of many chats takes a stream some
// milliseconds, and hundreds of streams may have asked for it. Events for others go out in between.
void Hub::Impl::on_opening_step(const OpeningPtr& opening, base::Result<bool> done) {
  std::erase_if(opening->wanted,
                [](const OpeningWanted& wanted) { return wanted.link->subscriber == nullptr; });
  if (done && !*done && !opening->wanted.empty()) return step_opening(opening);
  if (!done) {
    base::log::warning("A stream could not be opened: {}", done.error().message);
    // The clients reconnect.
    for (const OpeningWanted& wanted : opening->wanted) {
      if (wanted.link->subscriber != nullptr) wanted.link->subscriber->close();
    }
  } else if (!opening->wanted.empty()) {
    if (!opening->read) {
      opening->read.emplace(opening->steps->take());
      opening->steps.reset();
    }
    Subscriber& first = *opening->wanted.front().link->subscriber;
    opening->wanted.erase(opening->wanted.begin());
    on_opening(first, *opening->read);
    if (!opening->wanted.empty()) {
      return loop_->defer([this, opening] { on_opening_step(opening, true); });
    }
  }
  opening_ = false;
  next_opening();
}

void Hub::Impl::on_opening(Subscriber& subscriber, const StreamOpening& opening) {
  base::EventId from = subscriber.replayed_to();
  if (opening.snapshot && subscriber.asked()->channels.empty()) {
    from = std::max(from, opening.position);
  } else if (opening.snapshot) {
    subscriber.messages_after = opening.position;
  }
  for (const EventFrame& read : opening.frames) {
    EventFrame frame = read;
    if (&read == &opening.frames.back()) frame.id = from;
    subscriber.put_frame(frame);
  }
  if (opening.frames.empty()) subscriber.put_position(from);
  continue_after(subscriber, from);
  if (subscriber.deliver()) behind(subscriber);
}

void Hub::Impl::continue_after(Subscriber& subscriber, base::EventId id) {
  if (id >= ring_.floor()) {
    subscriber.join(id);
  } else {
    subscriber.begin_replay(id);
  }
}

void Hub::Impl::read_log(Subscriber& subscriber) {
  const ReplayRequest request{.after = subscriber.replayed_to(),
                              .limit = options_.replay_step,
                              .bytes = options_.replay_bytes,
                              .filter = subscriber.asked(),
                              .reported_floor = subscriber.reported_floor};
  base::UniqueFunction<void()> work = [source = &source_, request, link = subscriber.link(),
                                       gate = gate_, this]() mutable {
    auto step = read_replay_step(*source, request);
    gate->run([this, link = std::move(link), step = std::move(step)]() mutable {
      if (link->subscriber != nullptr) on_log(*link->subscriber, std::move(step));
    });
  };
  // Workers are all busy: the client comes back with the same id, when they are not.
  if (!workers_.submit_rest(subscriber.party(), std::move(work))) subscriber.close();
}

void Hub::Impl::on_log(Subscriber& subscriber, ReplayStep step) {
  if (step.lag) subscriber.put_lag(step.lag->resumes_after, step.lag->dropped);
  if (step.lag && subscriber.snapshot_after_lag) {
    // Accounts' states replace the missed events.
    subscriber.snapshot_after_lag = false;
    read_opening(subscriber, true);
    if (subscriber.deliver()) behind(subscriber);
    return;
  }
  std::uint64_t appended = 0;
  for (const EventFrame& frame : step.frames) appended += subscriber.append(frame) ? 1U : 0U;
  delivered_.fetch_add(appended, std::memory_order_relaxed);
  subscriber.reported_floor = step.floor;
  if (step.failed && subscriber.ends()) return subscriber.close();  // its client comes again
  if (step.failed) {
    subscriber.put_lag(ring_.floor(), std::nullopt);
    subscriber.join(ring_.floor());
  } else {
    continue_after(subscriber, step.reached);
  }
  if (subscriber.deliver()) behind(subscriber);
}

}  // namespace gateway
