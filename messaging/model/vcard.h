// Vcard: a contact as a vCard 4.0 (RFC 6350), in the form that Delta Chat writes and reads:
// address, name, key, picture, status, time. A card of this gateways' own protocol has besides how
// its owner is reached, so that it can be written to at once.
//
//   BEGIN:VCARD
//   VERSION:4.0
//   EMAIL:<address>
//   FN:<name>
//   KEY:data:application/x-privitty-edge;base64\,<public identity, 32 bytes>
//    or KEY:data:application/pgp-keys;base64\,<OpenPGP certificate>, of accounts reached by mail
//   PHOTO:data:image/jpeg;base64\\,<picture>   or another image/ type
//   X-PRIVITTY-URL:<URL>            one to three
//   X-PRIVITTY-MAILBOX:<mailbox>
//   X-PRIVITTY-TOKEN:<deposit token that allows session requests, base64url>
//   NOTE:<status>
//   REV:20260102T030405Z
//   END:VCARD
//
// Nobody signs a card: its data is its writer's claim. Everything that is read is bounded;
// properties that are unknown or too long are left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "messaging/model/group_state.h"

namespace messaging {

inline constexpr std::size_t kMaxVcardText = 1024 * 1024;  // bytes of one text
inline constexpr std::size_t kMaxVcards = 1000;            // cards in one text

struct Vcard {
  std::string addr;
  std::string name;
  std::string key;                    // base64, as the card has it; "" none
  std::optional<MemberKey> identity;  // when the key is one of our protocol
  std::string image;                  // a picture as base64; "" none
  std::string image_type;             // its media type
  std::string status;
  std::optional<std::int64_t> revised;  // Unix seconds
  std::vector<std::string> urls;
  std::string mailbox;
  std::optional<std::array<std::uint8_t, 32>> token;

  const std::string& shown_name() const { return name.empty() ? addr : name; }
};

// The owner's addresses, as members of groups know them too; and the reverse, which puts them into
// a card.
MemberCard way_of(const Vcard& card);
void put_way(Vcard& card, MemberCard way);

// The bytes of a card's picture, unchecked; nothing when it has none or is not base64. And the
// reverse, which puts a picture into a card.
std::optional<base::Bytes> picture_of(const Vcard& card);
void put_picture(Vcard& card, base::ByteView bytes, std::string_view media_type);

// The text of these cards, without a line break at its end.
std::string write_vcards(const std::vector<Vcard>& cards);
// The cards in a text; other lines are skipped. Errc::too_large, or Errc::invalid_argument for a
// text that is not UTF-8.
base::Result<std::vector<Vcard>> read_vcards(std::string_view text);

}  // namespace messaging
