#include "gateway/mail/server_guesses.h"

#include <charconv>
#include <optional>

#include "base/ascii.h"
#include "messaging/mail/login_link.h"

namespace gateway::mail {
namespace {

using messaging::mail::LoginRequest;
using messaging::mail::MailSecurity;
using messaging::mail::MailServer;

constexpr std::size_t kMostDocument = 64 * 1024;
constexpr std::size_t kMostServers = 4;

std::uint16_t usual_port(MailService service, MailSecurity security) {
  if (service == MailService::imap) return security == MailSecurity::tls ? 993 : 143;
  return security == MailSecurity::tls ? 465 : 587;
}

struct Door {
  std::uint16_t port;
  MailSecurity security;
};

std::vector<Door> doors(MailService service, const LoginRequest::Server& asked) {
  if (asked.port != 0 && asked.security) return {{asked.port, *asked.security}};
  if (asked.security) return {{usual_port(service, *asked.security), *asked.security}};
  if (asked.port != 0) {
    // The usual meaning of a port is tried first.
    const bool starttls = asked.port == 143 || asked.port == 587 || asked.port == 25;
    const Door tls{asked.port, MailSecurity::tls};
    const Door upgraded{asked.port, MailSecurity::starttls};
    return starttls ? std::vector<Door>{upgraded, tls} : std::vector<Door>{tls, upgraded};
  }
  return {{usual_port(service, MailSecurity::tls), MailSecurity::tls},
          {usual_port(service, MailSecurity::starttls), MailSecurity::starttls}};
}

std::string host_in(std::string_view addr) {
  std::string_view domain = addr.substr(addr.rfind('@') + 1);
  if (domain.size() > 2 && domain.front() == '[') domain = domain.substr(1, domain.size() - 2);
  return std::string(domain);
}

// The text of the first element of this name; what is nested is not looked into.
std::optional<std::string_view> element(std::string_view xml, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::string close = "</" + std::string(name) + ">";
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = xml.find(close, begin + open.size());
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view text = xml.substr(begin + open.size(), end - begin - open.size());
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::string filled(std::string_view text, std::string_view addr) {
  std::string out(text);
  const std::size_t at = std::min(addr.rfind('@'), addr.size());
  const auto replace = [&](std::string_view mark, std::string_view by) {
    for (std::size_t found = out.find(mark); found != std::string::npos;
         found = out.find(mark, found + by.size())) {
      out.replace(found, mark.size(), by);
      if (out.size() > 1'000) return;
    }
  };
  replace("%EMAILADDRESS%", addr);
  replace("%EMAILLOCALPART%", addr.substr(0, at));
  replace("%EMAILDOMAIN%", addr.substr(std::min(at + 1, addr.size())));
  return out;
}

std::optional<MailServer> read_server(std::string_view xml, std::string_view addr) {
  const auto host = element(xml, "hostname");
  const auto port = element(xml, "port");
  const auto socket = element(xml, "socketType");
  if (!host || !port || !socket) return std::nullopt;
  MailServer out;
  out.host = base::lower_ascii(filled(*host, addr));
  const auto [end, error] = std::from_chars(port->data(), port->data() + port->size(), out.port);
  if (error != std::errc() || end != port->data() + port->size() || out.port == 0 ||
      !messaging::mail::is_mail_domain(out.host)) {
    return std::nullopt;
  }
  if (*socket == "SSL") {
    out.security = MailSecurity::tls;
  } else if (*socket == "STARTTLS") {
    out.security = MailSecurity::starttls;
  } else {
    return std::nullopt;
  }
  out.user = filled(element(xml, "username").value_or("%EMAILADDRESS%"), addr);
  if (out.user.empty() || out.user.size() > 254) return std::nullopt;
  return out;
}

}  // namespace

bool names_a_server(const LoginRequest& request) {
  const auto named = [](const LoginRequest::Server& server) {
    return !server.host.empty() || server.port != 0 || server.security || !server.user.empty();
  };
  return named(request.imap) || named(request.smtp);
}

std::vector<MailServer> guess_servers(MailService service, const LoginRequest& request,
                                      const std::vector<MailServer>& known) {
  const bool imap = service == MailService::imap;
  const LoginRequest::Server& asked = imap ? request.imap : request.smtp;
  // A password of SMTP's own is rare: the one of IMAP holds for both.
  crypto::WipingBytes password = asked.password;
  if (password.empty()) password = request.password;
  if (password.empty()) password = request.imap.password;
  std::vector<MailServer> out = known;
  for (MailServer& server : out) server.password = password;
  if (!out.empty()) return out;

  const std::string domain = host_in(request.addr);
  std::vector<std::string> hosts{asked.host};
  if (asked.host.empty()) {
    hosts = {domain};
    const bool literal = request.addr.ends_with(']');
    if (!literal) {
      hosts.push_back((imap ? "imap." : "smtp.") + domain);
      hosts.push_back("mail." + domain);
    }
  }
  std::vector<std::string> users{asked.user};
  if (asked.user.empty()) {
    users = {request.addr, request.addr.substr(0, request.addr.rfind('@'))};
  }
  for (const std::string& user : users) {
    for (const std::string& host : hosts) {
      for (const Door& door : doors(service, asked)) {
        out.push_back({host, door.port, door.security, user, password});
      }
    }
  }
  return out;
}

std::vector<MailServer> read_autoconfig(MailService service, std::string_view document,
                                        std::string_view addr) {
  const bool imap = service == MailService::imap;
  const std::string_view begin_mark =
      imap ? "<incomingServer type=\"imap\"" : "<outgoingServer type=\"smtp\"";
  const std::string_view end_mark = imap ? "</incomingServer>" : "</outgoingServer>";
  std::vector<MailServer> out;
  std::string_view rest = document.substr(0, kMostDocument);
  while (out.size() < kMostServers) {
    const std::size_t begin = rest.find(begin_mark);
    if (begin == std::string_view::npos) break;
    const std::size_t end = rest.find(end_mark, begin);
    if (end == std::string_view::npos) break;
    if (auto server = read_server(rest.substr(begin, end - begin), addr)) {
      out.push_back(std::move(*server));
    }
    rest.remove_prefix(end + end_mark.size());
  }
  return out;
}

}  // namespace gateway::mail
