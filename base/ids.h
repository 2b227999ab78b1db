// Distinct integer ids: an AccountId does not compile where a ChatId is meant.
// Ids count per account (decision 19) and are never reused; 0 is never an id.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace base {

template <class Tag, class Rep = std::uint32_t>
struct Id {
  using rep = Rep;
  Rep value = 0;

  constexpr Id() = default;
  constexpr explicit Id(Rep v) : value(v) {}
  constexpr bool valid() const { return value != 0; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

using AccountId = Id<struct AccountTag>;
using ContactId = Id<struct ContactTag>;
using ChatId = Id<struct ChatTag>;
using MsgId = Id<struct MsgTag>;
using FileId = Id<struct FileTag>;  // a protected file
// Event ids are one sequence for the whole store, random start in [2^40, 2^52).
using EventId = Id<struct EventTag, std::uint64_t>;

}  // namespace base

template <class Tag, class Rep>
struct std::hash<base::Id<Tag, Rep>> {
  std::size_t operator()(const base::Id<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
