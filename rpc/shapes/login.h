// Login parameters of Delta Chat's transports, as people enter them. Passwords are written, never
// read: they are answered empty. A native account has its address alone.
#pragma once

#include "rpc/shapes/common.h"

namespace rpc::shape {

enum class Socket { automatic, ssl, starttls, plain };
enum class CertificateChecks { automatic, strict, accept_invalid };

struct EnteredLoginParam {
  static constexpr std::string_view kSchema = "EnteredLoginParam";
  std::string addr;
  std::optional<CertificateChecks> certificate_checks;
  std::optional<std::string> imap_folder;
  std::optional<std::uint16_t> imap_port;
  std::optional<Socket> imap_security;
  std::optional<std::string> imap_server;
  std::optional<std::string> imap_user;
  std::string password;
  std::optional<std::string> smtp_password;
  std::optional<std::uint16_t> smtp_port;
  std::optional<Socket> smtp_security;
  std::optional<std::string> smtp_server;
  std::optional<std::string> smtp_user;
  static constexpr auto fields() {
    using L = EnteredLoginParam;
    return std::tuple(
        base::field("addr", &L::addr, "the account's address"),
        base::field(
            "certificateChecks", &L::certificate_checks,
            "automatic and strict check them; hosts whose name begins with \"_\" have none"),
        base::field("imapFolder", &L::imap_folder, "not used: the INBOX is read"),
        base::field("imapPort", &L::imap_port, "found where it is not given"),
        base::field("imapSecurity", &L::imap_security, "found where it is not given"),
        base::field("imapServer", &L::imap_server, "found where it is not given"),
        base::field("imapUser", &L::imap_user, "the address where it is not given"),
        base::field("password", &L::password,
                    "of IMAP, and of SMTP without one of its own; answered empty"),
        base::field("smtpPassword", &L::smtp_password, "never answered"),
        base::field("smtpPort", &L::smtp_port, "found where it is not given"),
        base::field("smtpSecurity", &L::smtp_security, "found where it is not given"),
        base::field("smtpServer", &L::smtp_server, "found where it is not given"),
        base::field("smtpUser", &L::smtp_user, "the address where it is not given"));
  }
};

struct TransportListEntry {
  static constexpr std::string_view kSchema = "TransportListEntry";
  bool is_unpublished = false;
  EnteredLoginParam param;
  static constexpr auto fields() {
    return std::tuple(base::field("isUnpublished", &TransportListEntry::is_unpublished, ""),
                      base::field("param", &TransportListEntry::param, ""));
  }
};

}  // namespace rpc::shape

template <>
struct rpc::EnumNames<rpc::shape::Socket> {
  using E = rpc::shape::Socket;
  static constexpr std::string_view kSchema = "Socket";
  static constexpr std::array kNames{std::pair{E::automatic, std::string_view("automatic")},
                                     std::pair{E::ssl, std::string_view("ssl")},
                                     std::pair{E::starttls, std::string_view("starttls")},
                                     std::pair{E::plain, std::string_view("plain")}};
};

template <>
struct rpc::EnumNames<rpc::shape::CertificateChecks> {
  using E = rpc::shape::CertificateChecks;
  static constexpr std::string_view kSchema = "EnteredCertificateChecks";
  static constexpr std::array kNames{
      std::pair{E::automatic, std::string_view("automatic")},
      std::pair{E::strict, std::string_view("strict")},
      std::pair{E::accept_invalid, std::string_view("acceptInvalidCertificates")}};
};
