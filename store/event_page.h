// EventPage: a piece of the event log, all from one snapshot. The store reads pages of records,
// messaging makes pages of events of them, and the hub pages of frames.
#pragma once

#include <utility>
#include <vector>

#include "base/ids.h"

namespace store {

template <class Event>
struct EventPage {
  std::vector<Event> events = {};
  base::EventId reached;  // every event up to here was considered
  base::EventId floor;    // every event asked for after this id is held
  base::EventId start;    // the id before the store's first: what is below is another store's
  base::EventId newest;   // the last id given out
  bool dense = false;     // from `after` to `floor`, each id was an event asked for

  // The same page with its events in another form.
  template <class Other>
  EventPage<Other> with(std::vector<Other> others) const {
    return {std::move(others), reached, floor, start, newest, dense};
  }
};

}  // namespace store
