// room: messaging
// What a member may send as a group's state: no input crashes the reader, a state that is read is
// written as the same bytes, and two of one kind become the same whichever comes first.
#include <cstdint>
#include <cstdlib>

#include "messaging/groups/group_joining.h"
#include "messaging/model/group_state.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// The first two bytes say where the second state begins.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const base::ByteView bytes(data + 2, size - 2);
  const std::size_t split = static_cast<std::size_t>(data[0] << 8 | data[1]) % (bytes.size() + 1);
  const auto text = base::as_text(bytes);
  if (const auto mark = messaging::groups::parse_group_mark(std::string(text))) {
    check(messaging::groups::parse_group_mark(messaging::groups::group_mark_text(*mark)).ok());
  }
  const auto a = messaging::decode_group_state(bytes.first(split));
  if (!a) return 0;
  check(base::to_bytes(bytes.first(split)) == messaging::encode(*a));
  check(messaging::merge(*a, *a) == *a);
  const auto b = messaging::decode_group_state(bytes.subspan(split));
  if (!b || a->channel != b->channel || a->owner != b->owner) return 0;
  const auto both = messaging::merge(*a, *b);
  check(both == messaging::merge(*b, *a));
  check(messaging::merge(both, *a) == both && messaging::merge(both, *b) == both);
  for (const auto& [key, member] : both.members) {
    const auto shown = messaging::shown_to(both, key);
    check(messaging::shown_to(shown, key) == shown);
    if (messaging::judge_state(&*a, key, both.members.begin()->first, *b) ==
        messaging::StateVerdict::take) {
      check(messaging::fits(messaging::take(&*a, key, both.members.begin()->first, *b).state));
    }
  }
  return 0;
}
