#include "messaging/mail/mime_reader.h"

#include "tests/support/catch.h"

using base::as_bytes;
using base::as_text;
using messaging::mail::MimeAddress;
using messaging::mail::MimePart;
using messaging::mail::read_mime;

namespace {

MimePart read_part(std::string_view mail) {
  auto part = read_mime(as_bytes(mail));
  REQUIRE(part);
  return std::move(*part);
}

}  // namespace

TEST_CASE("the mail that a chat client writes is read with its headers in order") {
  const MimePart mail = read_part(
      "Content-Type: text/plain; charset=\"utf-8\"; protected-headers=\"v1\"; "
      "\r\n\thp=\"cipher\"\r\n"
      "From: \"Bob\" <bob@example.org>\r\n"
      "Autocrypt-Gossip: addr=a@example.org; keydata=AAAA\r\n"
      " BBBB\r\n"
      "autocrypt-gossip: addr=c@example.org; keydata=CCCC\r\n"
      "\r\n"
      "hello\r\n");
  CHECK(mail.type == "text/plain");
  CHECK(mail.param("hp") == "cipher");
  CHECK(mail.param("charset") == "utf-8");
  CHECK(as_text(mail.body) == "hello\r\n");
  REQUIRE(mail.all("Autocrypt-Gossip").size() == 2);
  CHECK(mail.all("Autocrypt-Gossip")[0]->value == "addr=a@example.org; keydata=AAAA BBBB");
  CHECK(mail.value("FROM") == "\"Bob\" <bob@example.org>");
  CHECK(mail.value("absent").empty());
}

TEST_CASE("parts are read with their names, encodings and charsets") {
  const MimePart mail = read_part(
      "Content-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\npreamble\r\n"
      "--b 1\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\nna=EFve =\r\ncaf=E9\r\n"
      "--b 1\r\nContent-Type: application/octet-stream\r\n"
      "Content-Disposition: attachment; filename=\"=?utf-8?q?f=C3=BCnf=2Etxt?=\"\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n/w==\r\n"
      "--b 1--\r\nepilogue\r\n");
  REQUIRE(mail.is_multipart());
  CHECK(mail.body.empty());
  REQUIRE(mail.parts.size() == 2);
  CHECK(as_text(mail.parts[0].body) == "na\xC3\xAFve caf\xC3\xA9");
  CHECK(mail.parts[1].file_name == "f\xC3\xBCnf.txt");
  CHECK(mail.parts[1].disposition == "attachment");
  CHECK(mail.parts[1].body == base::Bytes{0, 1, 2, 255});
}

TEST_CASE("mailboxes, encoded words and dates of headers are read") {
  using messaging::mail::read_addresses;
  CHECK(read_addresses("\"A, B\" <a@example.org>, c@example.org") ==
        std::vector<MimeAddress>{{"A, B", "a@example.org"}, {"", "c@example.org"}});
  CHECK(read_addresses("\"hidden-recipients\": ;").empty());
  CHECK(read_addresses("=?utf-8?B?w4TDtg==?= <x@example.org>") ==
        std::vector<MimeAddress>{{"\xC3\x84\xC3\xB6", "x@example.org"}});
  CHECK(messaging::mail::MimeHeader{"Subject", "=?utf-8?q?a_?= =?utf-8?q?b?= c"}.decoded() ==
        "a b c");
  CHECK(messaging::mail::read_mail_date("Thu, 01 Jan 1970 00:01:00 +0000") == 60);
  CHECK_FALSE(messaging::mail::read_mail_date("yesterday"));
}

TEST_CASE("a text that is a file keeps its bytes") {
  const MimePart mail = read_part(
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Disposition: attachment; filename=\"a.txt\"\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n/+kA\r\n");
  CHECK(mail.body == base::Bytes{0xFF, 0xE9, 0x00});
  CHECK(as_text(read_part("Content-Type: text/plain\r\n\r\n\xFFx").body) == "\xEF\xBF\xBDx");
}

TEST_CASE("a mail beyond a limit is refused by its name, one within it is read") {
  using messaging::mail::MimeLimits;
  const auto refused = [](const std::string& mail, const MimeLimits& limits) {
    const auto part = read_mime(as_bytes(mail), limits);
    return part ? std::string("read") : std::string(part.error().message);
  };
  std::string parts = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 9; ++i) parts += "--b\r\n\r\nx\r\n";
  CHECK(refused(parts, {.parts = 10}) == "read");
  CHECK(refused(parts, {.parts = 9}).find("too many parts") != std::string::npos);
  std::string deep;
  for (int i = 0; i < 5; ++i) {
    deep += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\r\n\r\n--b" +
            std::to_string(i) + "\r\n";
  }
  CHECK(refused(deep, {.depth = 6}) == "read");
  CHECK(refused(deep, {.depth = 5}).find("too deeply") != std::string::npos);
  const std::string heads = "A: 1\r\nB: 2\r\nC: 3\r\n\r\n";
  CHECK(refused(heads, {.headers = 3}) == "read");
  CHECK(refused(heads, {.headers = 2}).find("too many headers") != std::string::npos);
  CHECK(refused(heads, {.header_bytes = 12}) == "read");
  CHECK(refused(heads, {.header_bytes = 11}).find("too large") != std::string::npos);
  CHECK(refused(heads, {.size = heads.size() - 1}).find("too large") != std::string::npos);
  // Empty parts cost no memory before they are counted.
  std::string empty = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 300'000; ++i) empty += "--b\n";
  CHECK(refused(empty, {}).find("too many parts") != std::string::npos);
}

TEST_CASE("what is no mail is a text") {
  CHECK(as_text(read_part("hello\r\nthere: not a header\r\n").body) ==
        "hello\r\nthere: not a header\r\n");
  CHECK(read_part("").body.empty());
  const MimePart odd = read_part("A: a\rb\r\n\r\nx");
  CHECK(odd.value("a") == "a b");
  CHECK(read_part("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ncut off")
            .parts.size() == 1);
}
