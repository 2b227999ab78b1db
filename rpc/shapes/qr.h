// The meaning of a scanned text (check_qr). Kinds are camelCase and fields snake_case, as clients
// know them.
#pragma once

#include "messaging/api/securejoin.h"
#include "messaging/model/transfer_code.h"
#include "rpc/shapes/common.h"

namespace rpc::shape {

struct AskVerifyContact {
  static constexpr std::string_view kKind = "askVerifyContact";
  std::string authcode;
  std::uint32_t contact_id = 0;
  std::string fingerprint;
  std::string invitenumber;
  bool is_v3 = false;
  static constexpr auto fields() {
    using Q = AskVerifyContact;
    return std::tuple(
        base::field("authcode", &Q::authcode, "the invite's secret"),
        base::field("contact_id", &Q::contact_id, "0 when not known yet"),
        base::field("fingerprint", &Q::fingerprint, "for people"),
        base::field("invitenumber", &Q::invitenumber, ""),
        base::field("is_v3", &Q::is_v3, "of an e-mail account, in the form of today"));
  }
};

// One's own invite: withdraw a live one, or revive a withdrawn one, with set_config_from_qr.
struct OwnInvite {
  std::string authcode;
  std::uint32_t contact_id = 1;
  std::string fingerprint;
  std::string invitenumber;
  static constexpr auto fields() {
    using Q = OwnInvite;
    return std::tuple(base::field("authcode", &Q::authcode, "the invite's secret"),
                      base::field("contact_id", &Q::contact_id, "1, ourselves"),
                      base::field("fingerprint", &Q::fingerprint, "for people"),
                      base::field("invitenumber", &Q::invitenumber, ""));
  }
};
struct WithdrawVerifyContact : OwnInvite {
  static constexpr std::string_view kKind = "withdrawVerifyContact";
};
struct ReviveVerifyContact : OwnInvite {
  static constexpr std::string_view kKind = "reviveVerifyContact";
};

// Invites to groups and channels, another's and one's own.
struct AskVerifyGroup {
  static constexpr std::string_view kKind = "askVerifyGroup";
  std::string authcode;
  std::uint32_t contact_id = 0;
  std::string fingerprint;
  std::string grpid;
  std::string grpname;
  std::string invitenumber;
  bool is_v3 = false;
  static constexpr auto fields() {
    using Q = AskVerifyGroup;
    return std::tuple(
        base::field("authcode", &Q::authcode, "the invite's secret"),
        base::field("contact_id", &Q::contact_id, "0 when not known yet"),
        base::field("fingerprint", &Q::fingerprint, "for people"),
        base::field("grpid", &Q::grpid, ""), base::field("grpname", &Q::grpname, ""),
        base::field("invitenumber", &Q::invitenumber, ""),
        base::field("is_v3", &Q::is_v3, "of an e-mail account, in the form of today"));
  }
};
struct AskJoinBroadcast {
  static constexpr std::string_view kKind = "askJoinBroadcast";
  std::string authcode;
  std::uint32_t contact_id = 0;
  std::string fingerprint;
  std::string grpid;
  std::string invitenumber;
  bool is_v3 = false;
  std::string name;
  static constexpr auto fields() {
    using Q = AskJoinBroadcast;
    return std::tuple(base::field("authcode", &Q::authcode, "the invite's secret"),
                      base::field("contact_id", &Q::contact_id, "0 when not known yet"),
                      base::field("fingerprint", &Q::fingerprint, "for people"),
                      base::field("grpid", &Q::grpid, ""),
                      base::field("invitenumber", &Q::invitenumber, ""),
                      base::field("is_v3", &Q::is_v3, "of an e-mail account, in the form of today"),
                      base::field("name", &Q::name, "the channel's"));
  }
};
struct OwnGroupInvite {
  std::string authcode;
  std::uint32_t contact_id = 1;
  std::string fingerprint;
  std::string grpid;
  std::string grpname;
  std::string invitenumber;
  static constexpr auto fields() {
    using Q = OwnGroupInvite;
    return std::tuple(base::field("authcode", &Q::authcode, "the invite's secret"),
                      base::field("contact_id", &Q::contact_id, "1, ourselves"),
                      base::field("fingerprint", &Q::fingerprint, "for people"),
                      base::field("grpid", &Q::grpid, ""), base::field("grpname", &Q::grpname, ""),
                      base::field("invitenumber", &Q::invitenumber, ""));
  }
};
struct WithdrawVerifyGroup : OwnGroupInvite {
  static constexpr std::string_view kKind = "withdrawVerifyGroup";
};
struct ReviveVerifyGroup : OwnGroupInvite {
  static constexpr std::string_view kKind = "reviveVerifyGroup";
};
struct OwnChannelInvite {
  std::string authcode;
  std::uint32_t contact_id = 1;
  std::string fingerprint;
  std::string grpid;
  std::string invitenumber;
  std::string name;
  static constexpr auto fields() {
    using Q = OwnChannelInvite;
    return std::tuple(base::field("authcode", &Q::authcode, "the invite's secret"),
                      base::field("contact_id", &Q::contact_id, "1, ourselves"),
                      base::field("fingerprint", &Q::fingerprint, "for people"),
                      base::field("grpid", &Q::grpid, ""),
                      base::field("invitenumber", &Q::invitenumber, ""),
                      base::field("name", &Q::name, "the channel's"));
  }
};
struct WithdrawJoinBroadcast : OwnChannelInvite {
  static constexpr std::string_view kKind = "withdrawJoinBroadcast";
};
struct ReviveJoinBroadcast : OwnChannelInvite {
  static constexpr std::string_view kKind = "reviveJoinBroadcast";
};

// An invite of a mail account that names an address and nothing to join by.
struct FprMismatch {
  static constexpr std::string_view kKind = "fprMismatch";
  std::optional<std::uint32_t> contact_id;
  static constexpr auto fields() {
    return std::tuple(base::field("contact_id", &FprMismatch::contact_id, "null: not known"));
  }
};
struct FprWithoutAddr {
  static constexpr std::string_view kKind = "fprWithoutAddr";
  std::string fingerprint;
  static constexpr auto fields() {
    return std::tuple(base::field("fingerprint", &FprWithoutAddr::fingerprint, "for people"));
  }
};
// dcaccount: and dclogin: links, for set_config_from_qr and add_transport_from_qr.
struct QrAccount {
  static constexpr std::string_view kKind = "account";
  std::string domain;
  static constexpr auto fields() {
    return std::tuple(base::field("domain", &QrAccount::domain, "where the account is to be"));
  }
};
struct QrLogin {
  static constexpr std::string_view kKind = "login";
  std::string address;
  static constexpr auto fields() {
    return std::tuple(base::field("address", &QrLogin::address, ""));
  }
};

struct QrAddr {
  static constexpr std::string_view kKind = "addr";
  std::uint32_t contact_id = 0;
  std::optional<std::string> draft;
  static constexpr auto fields() {
    return std::tuple(base::field("contact_id", &QrAddr::contact_id, "0 when not known"),
                      base::field("draft", &QrAddr::draft, ""));
  }
};
struct QrUrl {
  static constexpr std::string_view kKind = "url";
  std::string url;
  static constexpr auto fields() { return std::tuple(base::field("url", &QrUrl::url, "")); }
};
struct QrText {
  static constexpr std::string_view kKind = "text";
  std::string text;
  static constexpr auto fields() { return std::tuple(base::field("text", &QrText::text, "")); }
};

// An account that another gateway offers (get_backup takes it).
struct QrBackup {
  static constexpr std::string_view kKind = "backup2";
  std::string auth_token;
  std::string node_addr;
  static constexpr auto fields() {
    using Q = QrBackup;
    return std::tuple(base::field("auth_token", &Q::auth_token, "the code's secret"),
                      base::field("node_addr", &Q::node_addr, "where it is offered"));
  }
};
struct QrBackupTooNew {
  static constexpr std::string_view kKind = "backupTooNew";
  static constexpr auto fields() { return std::tuple<>(); }
};

struct Qr {
  static constexpr std::string_view kSchema = "Qr";
  using Tagged =
      std::variant<AskVerifyContact, AskVerifyGroup, AskJoinBroadcast, WithdrawVerifyContact,
                   WithdrawVerifyGroup, WithdrawJoinBroadcast, ReviveVerifyContact,
                   ReviveVerifyGroup, ReviveJoinBroadcast, FprMismatch, FprWithoutAddr, QrBackup,
                   QrBackupTooNew, QrAccount, QrLogin, QrAddr, QrUrl, QrText>;
  Tagged value;
};

// `link` is the scanned text: the secret in it is returned as authcode.
Qr to_shape(messaging::InviteCheck check, std::string_view link);
Qr to_shape(const messaging::TransferCode& code);

// "0F3A 77C1 ...", in groups of four digits on two lines.
std::string readable_fingerprint(std::string_view hex);

}  // namespace rpc::shape
