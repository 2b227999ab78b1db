#include "messaging/mail/mail_logins.h"

#include "base/wire.h"

namespace messaging::mail {
namespace {

constexpr std::uint8_t kLoginForm = 1;
constexpr std::size_t kMostText = 4'096;

void write_server(base::WireWriter& out, const MailServer& server) {
  out.text(server.host).u16(server.port).u8(static_cast<std::uint8_t>(server.security));
  out.text(server.user).bytes(server.password);
}

MailServer read_server(base::WireReader& in) {
  MailServer out;
  out.host = in.text(kMostText);
  out.port = in.u16();
  const std::uint8_t security = in.u8();
  if (security < 1 || security > 3) in.refuse();
  out.security = static_cast<MailSecurity>(security);
  out.user = in.text(kMostText);
  const auto password = in.bytes(kMostText);
  out.password.assign(password.begin(), password.end());
  return out;
}

void write_entered(base::WireWriter& out, const LoginRequest::Server& server) {
  out.text(server.host).u16(server.port);
  out.u8(server.security ? static_cast<std::uint8_t>(*server.security) : 0).text(server.user);
}

LoginRequest::Server read_entered(base::WireReader& in) {
  LoginRequest::Server out;
  out.host = in.text(kMostText);
  out.port = in.u16();
  const std::uint8_t security = in.u8();
  if (security > 3) in.refuse();
  if (security != 0) out.security = static_cast<MailSecurity>(security);
  out.user = in.text(kMostText);
  return out;
}

}  // namespace

crypto::WipingBytes encode_login(const StoredLogin& login) {
  base::WireWriter out;
  out.u8(kLoginForm).text(login.login.addr).boolean(login.login.any_certificate);
  write_server(out, login.login.imap);
  write_server(out, login.login.smtp);
  out.text(login.entered.addr).boolean(login.entered.any_certificate);
  write_entered(out, login.entered.imap);
  write_entered(out, login.entered.smtp);
  out.boolean(login.is_chatmail).u64(login.largest_mail);
  base::Bytes plain = out.take();
  crypto::WipingBytes kept(plain.begin(), plain.end());
  crypto::wipe(plain);
  return kept;
}

base::Result<StoredLogin> decode_login(base::ByteView bytes) {
  base::WireReader in(bytes);
  if (in.u8() != kLoginForm) in.refuse();
  StoredLogin out;
  out.login.addr = in.text(kMostText);
  out.login.any_certificate = in.boolean();
  out.login.imap = read_server(in);
  out.login.smtp = read_server(in);
  out.entered.addr = in.text(kMostText);
  out.entered.any_certificate = in.boolean();
  out.entered.imap = read_entered(in);
  out.entered.smtp = read_entered(in);
  out.is_chatmail = in.boolean();
  out.largest_mail = in.u64();
  if (!in.done()) return base::fail(base::Errc::corrupt, "a mail login has another form");
  return out;
}

base::Result<StoredLogin> stored_login_of(const store::MailLoginRow& row) {
  return decode_login(row.login);
}

base::Result<MailLogin> login_of(const store::MailLoginRow& row) {
  EDGE_TRY(StoredLogin stored, decode_login(row.login));
  return std::move(stored.login);
}

}  // namespace messaging::mail
