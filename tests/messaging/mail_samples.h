// Mails in the form in which Delta Chat's core 2.57 writes them, decrypted: headers in their order
// and folded as there, keys and ids made up. Lines end with LF here; sample() gives CRLF.
#pragma once

#include <string>
#include <string_view>

#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/mime_reader.h"
#include "tests/support/catch.h"

namespace mail_samples {

inline std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

inline constexpr std::string_view kBobKey = "2A5917FC57AD77BE6781A6768B5DA80287B29259";
inline constexpr std::string_view kCarolKey = "CF533C205932FBF6092762CB01A192E121C2F69F";

// A mail of Bob's to Alice, with these lines behind Date and this body.
inline std::string from_bob(std::string_view lines, std::string_view body,
                            std::string_view type = "text/plain; charset=\"utf-8\"") {
  std::string text = "Content-Type: ";
  text.append(type).append("; protected-headers=\"v1\"; \n\thp=\"cipher\"\n");
  text +=
      "From: \"Bob\" <bob@example.org>\n"
      "To: \"Alice\" <alice@example.org>\n"
      "Subject: Message from Bob\n"
      "Date: Sat, 21 Nov 2026 07:57:57 +0000\n"
      "Chat-Version: 1.0\n";
  text += lines;
  text +=
      "Message-ID: <4201e6aa-7b91-4837-ac07-c98a49ebea98@localhost>\n"
      "HP-Outer: From: <bob@example.org>\n"
      "HP-Outer: To: \"hidden-recipients\": ;\n"
      "HP-Outer: Subject: [...]\n"
      "HP-Outer: Date: Tue, 17 Nov 2026 00:25:31 +0000\n"
      "HP-Outer: Message-ID: <4201e6aa-7b91-4837-ac07-c98a49ebea98@localhost>\n"
      "HP-Outer: Chat-Version: 1.0\n";
  text += body;
  return crlf(text);
}

inline constexpr std::string_view kPlain = "Content-Transfer-Encoding: 7bit\n\n";

inline messaging::mail::OuterMail outer_of_bob() {
  messaging::mail::OuterMail outer;
  outer.from = "bob@example.org";
  outer.message_id = "4201e6aa-7b91-4837-ac07-c98a49ebea98@localhost";
  outer.date = 1'794'000'000;
  return outer;
}

inline messaging::mail::ChatMail read(std::string_view bytes,
                                      messaging::mail::OuterMail outer = outer_of_bob()) {
  const auto part = messaging::mail::read_mime(base::as_bytes(bytes));
  REQUIRE(part.ok());
  auto mail = messaging::mail::read_mail(*part, outer);
  REQUIRE(mail.ok());
  return *std::move(mail);
}

}  // namespace mail_samples
