#include "rpc/shapes/qr.h"

#include "crypto/encoding.h"

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

// What all kinds of invites have, and the group's or channel's own fields.
template <class Kind>
Kind invite(const messaging::InviteCheck& check, std::string_view link) {
  Kind kind;
  kind.authcode = secret_in(link);
  kind.contact_id = check.contact.value;
  kind.fingerprint = readable_fingerprint(check.fingerprint);
  kind.invitenumber = check.invite_number;
  if constexpr (requires { kind.is_v3; }) kind.is_v3 = check.v3;
  if constexpr (requires { kind.grpid; }) kind.grpid = check.group->id;
  if constexpr (requires { kind.grpname; }) kind.grpname = check.group->name;
  if constexpr (requires { kind.name; }) kind.name = check.group->name;
  return kind;
}

template <class OfContact, class OfGroup, class OfChannel>
Qr choose(const messaging::InviteCheck& check, std::string_view link) {
  if (!check.group) return {invite<OfContact>(check, link)};
  if (check.group->channel) return {invite<OfChannel>(check, link)};
  return {invite<OfGroup>(check, link)};
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

Qr to_shape(const messaging::TransferCode& code) {
  QrBackup out;
  out.auth_token = crypto::base64url_encode(code.secret);
  for (const std::string& address : code.addresses) {
    out.node_addr += (out.node_addr.empty() ? "" : ",") + address;
  }
  return Qr{std::move(out)};
}

Qr to_shape(messaging::InviteCheck check, std::string_view link) {
  using Kind = messaging::InviteCheck::Kind;
  switch (check.kind) {
    case Kind::ask_verify_contact:
      return choose<AskVerifyContact, AskVerifyGroup, AskJoinBroadcast>(check, link);
    case Kind::withdraw_contact:
      return choose<WithdrawVerifyContact, WithdrawVerifyGroup, WithdrawJoinBroadcast>(check, link);
    case Kind::revive_contact:
      return choose<ReviveVerifyContact, ReviveVerifyGroup, ReviveJoinBroadcast>(check, link);
    case Kind::fingerprint_unknown:
      return {FprMismatch{}};
    case Kind::fingerprint_alone:
      return {FprWithoutAddr{readable_fingerprint(check.fingerprint)}};
    case Kind::account:
      return {QrAccount{std::move(check.text)}};
    case Kind::login:
      return {QrLogin{std::move(check.text)}};
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
