#include "messaging/mail/mail_login.h"

namespace messaging::mail {

std::string_view name_of(MailSecurity security) {
  switch (security) {
    case MailSecurity::tls:
      return "tls";
    case MailSecurity::starttls:
      return "starttls";
    case MailSecurity::plain:
      return "plain";
  }
  return "unknown";
}

std::string MailServer::place() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace messaging::mail
