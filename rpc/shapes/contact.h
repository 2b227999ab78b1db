// A contact: the sender of a message, or the peer of a chat.
#pragma once

#include "rpc/shapes/common.h"

namespace rpc::shape {

struct Contact {
  static constexpr std::string_view kSchema = "Contact";
  std::string address;
  std::string auth_name;
  std::string color;
  std::string display_name;
  bool e2ee_avail = false;
  messaging::Freshness freshness = messaging::Freshness::normal;
  ContactId id;
  bool is_blocked = false;
  bool is_bot = false;
  bool is_key_contact = false;
  bool is_verified = false;
  std::int64_t last_seen = 0;
  std::string name;
  std::string name_and_addr;
  std::optional<std::string> profile_image;
  std::string status;
  std::optional<ContactId> verifier_id;
  bool was_seen_recently = false;
  static constexpr auto fields() {
    using C = Contact;
    return std::tuple(
        base::field("address", &C::address, "a label, not the identity"),
        base::field("authName", &C::auth_name, "the name they gave themselves"),
        base::field("color", &C::color, "#rrggbb"),
        base::field("displayName", &C::display_name, "the name to show"),
        base::field("e2eeAvail", &C::e2ee_avail, "messages to them can be encrypted"),
        base::field("freshness", &C::freshness, "seen within ten minutes, or not for 60 days"),
        base::field("id", &C::id, "1 self, 2 info, 5 device, peers from 10"),
        base::field("isBlocked", &C::is_blocked, "blocked by us"),
        base::field("isBot", &C::is_bot, "says it is a program"),
        base::field("isKeyContact", &C::is_key_contact, "known by its key"),
        base::field("isVerified", &C::is_verified, "its key was verified by an invite"),
        base::field("lastSeen", &C::last_seen, "Unix seconds, 0 never"),
        base::field("name", &C::name, "the name we gave them, may be empty"),
        base::field("nameAndAddr", &C::name_and_addr, "name and address in one line"),
        base::field("profileImage", &C::profile_image, "path of the picture"),
        base::field("status", &C::status, "their status text"),
        base::field("verifierId", &C::verifier_id, "who verified the key"),
        base::field("wasSeenRecently", &C::was_seen_recently, "within ten minutes"));
  }
};

Contact to_shape(messaging::Contact contact, base::UnixMillis now);

}  // namespace rpc::shape
