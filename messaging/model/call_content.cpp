#include "messaging/model/call_content.h"

#include "messaging/model/types.h"

namespace messaging {

void write_fields(base::WireWriter& out, const CallOffer& offer) {
  out.u64(offer.seq).i64(offer.sent_at).boolean(offer.video).text(offer.info);
}

void read_fields(base::WireReader& in, CallOffer& offer) {
  offer.seq = in.u64();
  if (offer.seq > (std::uint64_t{1} << 62)) in.refuse();  // it is stored as a signed integer
  offer.sent_at = in.i64();
  offer.video = in.boolean();
  offer.info = in.text(kMaxCallInfo);
}

}  // namespace messaging
