#include "rpc/shapes/qr.h"

namespace rpc::shape {
namespace {

// The value of the field `s` of an invite link.
std::string secret_in(std::string_view link) {
  for (std::size_t at = link.find("s="); at != std::string_view::npos;
       at = link.find("s=", at + 1)) {
    const bool starts = at > 0 && (link[at - 1] == '&' || link[at - 1] == '#' ||
                                   link[at - 1] == '?' || link.substr(0, at).ends_with("%23"));
    if (!starts) continue;
    const std::string_view rest = link.substr(at + 2);
    return std::string(rest.substr(0, rest.find('&')));
  }
  return {};
}

template <class Kind>
Kind own(const messaging::InviteCheck& check, std::string_view link) {
  Kind kind;
  kind.authcode = secret_in(link);
  kind.fingerprint = readable_fingerprint(check.fingerprint);
  kind.invitenumber = check.invite_number;
  return kind;
}

}  // namespace

std::string readable_fingerprint(std::string_view hex) {
  std::string out;
  const std::size_t half = hex.size() / 2;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (i == half && i > 0) {
      out += '\n';
    } else if (i % 4 == 0 && i > 0) {
      out += ' ';
    }
    out += hex[i];
  }
  return out;
}

Qr to_shape(messaging::InviteCheck check, std::string_view link) {
  using Kind = messaging::InviteCheck::Kind;
  switch (check.kind) {
    case Kind::ask_verify_contact: {
      AskVerifyContact ask;
      ask.authcode = secret_in(link);
      ask.contact_id = check.contact.value;
      ask.fingerprint = readable_fingerprint(check.fingerprint);
      ask.invitenumber = std::move(check.invite_number);
      return {std::move(ask)};
    }
    case Kind::withdraw_contact:
      return {own<WithdrawVerifyContact>(check, link)};
    case Kind::revive_contact:
      return {own<ReviveVerifyContact>(check, link)};
    case Kind::addr:
      return {QrAddr{check.contact.value, std::nullopt}};
    case Kind::url:
      return {QrUrl{std::move(check.text)}};
    case Kind::text:
      break;
  }
  return {QrText{std::move(check.text)}};
}

}  // namespace rpc::shape
