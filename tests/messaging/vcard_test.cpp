// The text of cards (vCards): written, read back, and read as others write them.
#include "messaging/model/vcard.h"

#include "tests/support/world.h"

using namespace messaging;

TEST_CASE("a card is written as Delta Chat writes it, and read back as it was") {
  Vcard card;
  card.addr = "pump-3@plant.example";
  card.name = "Pump 3, hall B; north\\south";
  card.status = "line one\nline two";
  card.identity.emplace();
  for (std::size_t i = 0; i < 32; ++i) (*card.identity)[i] = static_cast<std::uint8_t>(250 + i);
  card.urls = {"https://a.example/x;y", "http://b.example"};
  card.mailbox = "0123456789abcdef";
  card.token.emplace();
  card.token->fill(7);
  card.revised = 1'713'465'762;
  const std::string text = write_vcards({card});
  CHECK(text ==
        "BEGIN:VCARD\r\nVERSION:4.0\r\n"
        "EMAIL:pump-3@plant.example\r\n"
        "FN:Pump 3\\, hall B\\; north\\\\south\r\n"
        "KEY:data:application/x-privitty-edge;base64\\,"
        "+vv8/f7/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBk=\r\n"
        "X-PRIVITTY-URL:https://a.example/x\\;y\r\n"
        "X-PRIVITTY-URL:http://b.example\r\n"
        "X-PRIVITTY-MAILBOX:0123456789abcdef\r\n"
        "X-PRIVITTY-TOKEN:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc\r\n"
        "NOTE:line one\\nline two\r\n"
        "REV:20240418T184242Z\r\n"
        "END:VCARD");
  const auto read = read_vcards(text);
  REQUIRE(read);
  REQUIRE(read->size() == 1);
  const Vcard& back = read->front();
  CHECK(back.addr == card.addr);
  CHECK(back.name == card.name);
  CHECK(back.status == card.status);
  CHECK(back.identity == card.identity);
  CHECK(back.urls == card.urls);
  CHECK(back.mailbox == card.mailbox);
  CHECK(back.token == card.token);
  CHECK(back.revised == card.revised);
}

TEST_CASE("a card's picture is written with its type, and read back") {
  for (const std::string type : {"image/jpeg", "image/png", "image/webp", "image/gif"}) {
    Vcard card;
    card.addr = "a@b";
    const base::Bytes bytes{0xfb, 0xff, 0xbf, 1, 2};  // with both digits that alphabets differ in
    put_picture(card, bytes, type);
    const std::string text = write_vcards({card});
    CHECK(text.find("PHOTO:data:" + type + ";base64\\,+/+/AQI=\r\n") != std::string::npos);
    const auto read = read_vcards(text);
    REQUIRE(read);
    CHECK(read->front().image_type == type);
    CHECK(picture_of(read->front()) == bytes);
  }
  const auto other = read_vcards(
      "BEGIN:VCARD\nEMAIL:a@b\nPHOTO:data:text/html;base64,AAAA\nEND:VCARD\n"
      "BEGIN:VCARD\nEMAIL:a@b\nPHOTO:data:image/png;base64,*\nEND:VCARD\n");
  REQUIRE(other);
  CHECK((*other)[0].image.empty());
  CHECK_FALSE(picture_of((*other)[1]));
}

TEST_CASE("cards of other programs are read: folded lines, groups, parameters, older versions") {
  const auto read = read_vcards(
      "before\nBEGIN:VCARD\nVERSION:3.0\nitem1.EMAIL;TYPE=\"a:b\",work:alice@exa\n mple.org\n"
      "fn:Alice Cooper\nEMAIL:second@example.org\n"
      "KEY;TYPE=PGP;ENCODING=b:aGVsbG8=\n"
      "PHOTO;ENCODING=BASE64;TYPE=JPEG:/9j/4A\n \tAQ==\n"
      "REV:20240418T184242Z\nX-OTHER:1\nEND:VCARD\n"
      "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Bob\r\n"
      "KEY:data:application/pgp-keys;base64\\,Zm9v\r\nEND:VCARD\r\nBEGIN:VCARD\nFN:cut off\n");
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  CHECK((*read)[0].addr == "alice@example.org");
  CHECK((*read)[0].name == "Alice Cooper");
  CHECK((*read)[0].key == "aGVsbG8=");
  CHECK(picture_of((*read)[0]) == base::Bytes{0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10});
  CHECK((*read)[0].revised == 1'713'465'762);
  CHECK((*read)[1].addr.empty());
  CHECK((*read)[1].shown_name() == "Bob");
  CHECK((*read)[1].key == "Zm9v");
  CHECK_FALSE((*read)[1].identity);
}

TEST_CASE("a text of cards is bounded, and damaged properties cost themselves alone") {
  CHECK(read_vcards(std::string(kMaxVcardText + 1, 'x')).error().code == base::Errc::too_large);
  CHECK(read_vcards("\xff\xfe").error().code == base::Errc::invalid_argument);
  std::string many;
  for (std::size_t i = 0; i <= kMaxVcards; ++i) many += "BEGIN:VCARD\nFN:x\nEND:VCARD\n";
  CHECK(read_vcards(many).error().code == base::Errc::too_large);
  const auto read = read_vcards(
      "BEGIN:VCARD\nEMAIL:a@b\nKEY:data:application/x-privitty-edge;base64\\,AAAA\n"
      "X-PRIVITTY-TOKEN:short\nREV:soon\nEND:VCARD\n");
  REQUIRE(read);
  REQUIRE(read->size() == 1);
  CHECK_FALSE(read->front().identity);
  CHECK_FALSE(read->front().token);
  CHECK_FALSE(read->front().revised);
}
