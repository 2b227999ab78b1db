#include "rpc/shapes/contact.h"

#include <fmt/format.h>

namespace rpc::shape {

Contact to_shape(messaging::Contact contact, base::UnixMillis now) {
  Contact shape;
  const auto freshness = messaging::freshness_of(contact.last_seen, now);
  if (messaging::is_person(contact)) shape.freshness = freshness;
  shape.was_seen_recently = freshness == messaging::Freshness::recently_seen;
  shape.name_and_addr = contact.display_name == contact.addr || contact.addr.empty()
                            ? contact.display_name
                            : fmt::format("{} ({})", contact.display_name, contact.addr);
  shape.address = std::move(contact.addr);
  shape.auth_name = std::move(contact.auth_name);
  shape.color = color_of(contact.color_seed);
  shape.display_name = std::move(contact.display_name);
  shape.e2ee_avail = contact.e2ee_available;
  shape.id = contact.id;
  shape.is_blocked = contact.is_blocked;
  shape.is_bot = contact.is_bot;
  shape.is_key_contact = !contact.fingerprint.empty();
  shape.is_verified = contact.is_verified;
  shape.last_seen = seconds(contact.last_seen);
  shape.name = std::move(contact.name);
  shape.profile_image = unless_empty(std::move(contact.image));
  shape.status = std::move(contact.status);
  shape.verifier_id = contact.verifier;
  return shape;
}

}  // namespace rpc::shape
