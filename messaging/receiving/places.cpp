#include "messaging/receiving/places.h"

#include "store/tables/last_places.h"

namespace messaging::receiving {

base::Result<std::uint64_t> place_of(const kernel::WriteContext& write, const Sender& sender,
                                     const LastReceived& message) {
  const ContactId contact = sender.contact.id;
  const Turn& turn = sender.turn;
  EDGE_TRY(store::LastPlaceRow row, store::load_last_place(write.scope, contact));
  const auto number = static_cast<std::int64_t>(message.seq);
  if (number > row.seq) row.shift = 0;  // the sender's numbers have caught up
  if (turn.in_turn && row.link == turn.link && number + row.shift <= row.seq) {
    row.shift = row.seq + 1 - number;
  }
  const std::int64_t place = number + row.shift;
  if (place <= row.seq) return static_cast<std::uint64_t>(place);
  row.seq = place;
  row.link = turn.link;
  row.uuid = message.uuid;
  EDGE_CHECK(store::update_last_place(write.scope, contact, row));
  return static_cast<std::uint64_t>(place);
}

}  // namespace messaging::receiving
