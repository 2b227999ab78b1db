#include "messaging/mail/form/outer_mail.h"

#include <algorithm>

#include "base/ascii.h"
#include "crypto/hash.h"
#include "messaging/mail/form/header_text.h"
#include "messaging/mail/form/key_header.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/mime_writer.h"
#include "messaging/mail/mime_reader.h"

namespace messaging::mail {
namespace {

constexpr std::string_view kSubject = "[...]";
constexpr std::string_view kEncryptedType = "multipart/encrypted";
constexpr std::string_view kRequestText = "secure-join: vc-request";

std::string mail_boundary(std::string_view seed) {
  return base::to_hex(crypto::blake2b<16>(base::as_bytes(seed)));
}

std::string first_address(std::string_view value) {
  for (const MimeAddress& one : read_addresses(value, 1)) {
    if (is_address(one.address)) return one.address;
  }
  return {};
}

std::string first_id(std::string_view value) {
  const auto ids = parse_message_ids(value);
  return ids.empty() ? std::string() : ids.front();
}

void add_lines(std::string& out, const OuterMail& outer) {
  out += header_line("MIME-Version", "1.0");
  for (const auto& [name, value] : head_of(outer)) out += header_line(name, value);
}

}  // namespace

OuterMail outer_of(const ChatMail& mail, std::int64_t back) {
  OuterMail outer;
  outer.from = mail.from.addr;
  outer.message_id = mail.message_id;
  outer.date = mail.date - std::clamp<std::int64_t>(back, 0, kDateBlur);
  outer.chat = mail.chat;
  const auto* text = std::get_if<MailText>(&mail.body);
  outer.is_post = text != nullptr && text->is_post;
  return outer;
}

std::vector<std::pair<std::string, std::string>> head_of(const OuterMail& outer) {
  std::vector<std::pair<std::string, std::string>> head = {
      {"From", header_address({outer.from})},
      {"To", header_addresses(std::vector<MailAddress>())},
      {"Subject", std::string(kSubject)},
      {"Date", header_date(outer.date)},
      {"Message-ID", "<" + plain_header(outer.message_id) + ">"},
  };
  if (outer.chat) head.emplace_back("Chat-Version", "1.0");
  if (outer.is_post) head.emplace_back("Chat-Is-Post-Message", "1");
  return head;
}

std::string write_outer(const OuterMail& outer, std::string_view armored) {
  const std::string boundary = mail_boundary(armored);
  std::string out = header_line(
      "Content-Type",
      "multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=\"" + boundary + "\"");
  out.reserve(armored.size() + 2000);
  add_lines(out, outer);
  out += "\r\n--" + boundary + "\r\n";
  out += header_line("Content-Type", "application/pgp-encrypted");
  out += header_line("Content-Description", "PGP/MIME version identification");
  out += header_line("Content-Transfer-Encoding", "7bit");
  out += "\r\nVersion: 1\r\n\r\n--" + boundary + "\r\n";
  out += header_line("Content-Type", "application/octet-stream; name=\"encrypted.asc\"");
  out += header_line("Content-Description", "OpenPGP encrypted message");
  out += header_line("Content-Disposition", "inline; filename=\"encrypted.asc\"");
  out += header_line("Content-Transfer-Encoding", "7bit");
  out += "\r\n";
  out += armored;
  if (!armored.ends_with("\r\n")) out += "\r\n";
  return out += "--" + boundary + "--\r\n";
}

OuterMail read_outer(const MimePart& mail) {
  OuterMail outer;
  outer.from = first_address(mail.value("From"));
  outer.message_id = first_id(mail.value("Message-ID"));
  outer.date = read_mail_date(mail.value("Date")).value_or(0);
  outer.chat = mail.header("Chat-Version") != nullptr;
  outer.is_post = mail.header("Chat-Is-Post-Message") != nullptr;
  outer.content_type = mail.type.substr(0, 100);
  outer.encrypted = mail.type == kEncryptedType;
  if (!outer.encrypted) {
    outer.join_step = base::lower_ascii(mail.value("Secure-Join").substr(0, kMaxJoinWord));
    // The request of version 2 has this header in the part, where relays do not change it.
    if (outer.join_step.empty() && mail.parts.size() == 1) {
      outer.join_step =
          base::lower_ascii(mail.parts.front().value("Secure-Join").substr(0, kMaxJoinWord));
    }
  }
  return outer;
}

bool is_wanted(const OuterMail& outer) { return outer.encrypted || !outer.join_step.empty(); }

base::ByteView armored_in(const MimePart& mail) {
  if (mail.type != kEncryptedType || mail.parts.size() != 2) return {};
  const MimePart& control = mail.parts.front();
  const MimePart& message = mail.parts.back();
  if (control.type != "application/pgp-encrypted" || message.is_multipart()) return {};
  return message.body;
}

std::string write_plain_request(const ChatMail& mail) {
  const OuterMail outer = outer_of(mail, 0);
  const std::string boundary = mail_boundary(mail.message_id);
  std::string out = header_line("Content-Type", "multipart/mixed; boundary=\"" + boundary + "\"");
  out += header_line("MIME-Version", "1.0");
  out += header_line("From", header_address({outer.from}));
  MailAddress to;
  if (!mail.to.empty()) to.addr = mail.to.front().addr;
  out += header_line("To", header_address(to));
  out += header_line("Subject", kRequestText);
  out += header_line("Date", header_date(mail.date));
  out += header_line("Message-ID", "<" + plain_header(mail.message_id) + ">");
  out += header_line("Chat-Version", "1.0");
  if (mail.key) {
    out += header_line("Autocrypt", autocrypt_value(*mail.key));
  }
  if (mail.join) {
    out += header_line("Secure-Join", plain_header(mail.join->step));
    out += header_line("Secure-Join-Invitenumber", plain_header(mail.join->number));
  }
  out += "\r\n--" + boundary + "\r\n";
  out += header_line("Content-Type", "text/plain; charset=\"utf-8\"");
  out += header_line("Content-Transfer-Encoding", "7bit");
  return out.append("\r\n").append(kRequestText).append("\r\n--").append(boundary).append("--\r\n");
}

}  // namespace messaging::mail
