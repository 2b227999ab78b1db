// MailLogin: the data by which an account uses one mailbox: an address, the two servers, the
// password. Delta Chat's API calls it a transport.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/wiping.h"

namespace messaging::mail {

// How the line to a server is encrypted. The numbers are stored.
enum class MailSecurity : std::uint8_t {
  tls = 1,       // from the first byte
  starttls = 2,  // asked for before the login; the login fails where it is refused
  plain = 3,     // not at all: only where a person asked for it by name
};
std::string_view name_of(MailSecurity security);  // "tls", "starttls", "plain"

struct MailServer {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
  MailSecurity security = MailSecurity::tls;
  std::string user;
  crypto::WipingBytes password;

  std::string place() const;  // "host:port", for people
  friend bool operator==(const MailServer&, const MailServer&) = default;
};

struct MailLogin {
  std::string addr;
  MailServer imap;
  MailServer smtp;
  // Accept certificates that do not fit: only where a person asked for it by name, and for hosts
  // whose name begins with "_", as Delta Chat's core does (they have no certificates by design).
  bool any_certificate = false;
  friend bool operator==(const MailLogin&, const MailLogin&) = default;
};

// A login as a person enters it. Empty fields are found: the servers by configure(), a missing
// address and password by creating an account on the relay `domain`.
struct LoginRequest {
  std::string domain;  // "dcaccount:DOMAIN"; else ""
  std::string addr;
  crypto::WipingBytes password;
  struct Server {
    std::string host;                      // "": found
    std::uint16_t port = 0;                // 0: the usual one
    std::optional<MailSecurity> security;  // nullopt: the port's
    std::string user;                      // "": the address
    crypto::WipingBytes password;          // empty: the one above
    friend bool operator==(const Server&, const Server&) = default;
  };
  Server imap;
  Server smtp;
  bool any_certificate = false;
  friend bool operator==(const LoginRequest&, const LoginRequest&) = default;
};

}  // namespace messaging::mail
