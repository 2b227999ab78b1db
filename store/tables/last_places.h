// LastPlaces: the position of a contact's latest message in the 1:1 chat, and the shift of the
// contact's numbers (messaging/receiving/places.h).
#pragma once

#include <array>
#include <cstdint>

#include "store/tables/scope.h"

namespace store {

struct LastPlaceRow {
  std::int64_t seq = 0;  // the highest place given; 0: none
  std::int64_t shift = 0;
  std::int64_t link = 0;                // that the message at `seq` came on
  std::array<std::uint8_t, 16> uuid{};  // of the message at `seq`
};

base::Result<LastPlaceRow> load_last_place(const Scope& scope, base::ContactId contact);
base::Result<> update_last_place(const Scope& scope, base::ContactId contact,
                                 const LastPlaceRow& row);

}  // namespace store
