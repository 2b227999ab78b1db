#include "gateway/hub/stream_phase.h"

#include <array>
#include <initializer_list>

namespace gateway {
namespace {

using enum StreamPhase;

constexpr unsigned bit(StreamPhase phase) { return 1U << static_cast<unsigned>(phase); }

struct PhaseRow {
  StreamPhase phase;
  std::string_view name;
  unsigned followers;  // bits

  constexpr PhaseRow(StreamPhase p, std::string_view n, std::initializer_list<StreamPhase> next)
      : phase(p), name(n), followers(0) {
    for (const StreamPhase follower : next) followers |= bit(follower);
  }
};

constexpr std::array<PhaseRow, kStreamPhases> kRows = {{
    {begun, "begun", {opening, behind, joining, current, closed}},
    {opening, "opening", {behind, joining, current, closed}},
    {behind, "behind", {replaying, closed}},
    // With snapshot=1 accounts' states replace events that the log no longer holds: back to
    // opening.
    {replaying, "replaying", {behind, opening, joining, current, closed}},
    // Back to the log: a stream that rereads the events that the ring has dropped.
    {joining, "joining", {current, lagging, behind, closed}},
    {current, "current", {lagging, behind, closed}},
    {lagging, "lagging", {current, closed}},
    {closed, "closed", {}},
}};

const PhaseRow& row_of(StreamPhase phase) { return kRows[static_cast<std::size_t>(phase)]; }

}  // namespace

std::string_view name_of(StreamPhase phase) { return row_of(phase).name; }

bool may_follow(StreamPhase from, StreamPhase to) {
  return (row_of(from).followers & bit(to)) != 0;
}

}  // namespace gateway
