// The small values of mails: ids, addresses, header lines, texts of bodies, JSON, places.
#include "messaging/mail/form/address.h"
#include "messaging/mail/form/base64.h"
#include "messaging/mail/form/body_text.h"
#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/header_text.h"
#include "messaging/mail/form/html_text.h"
#include "messaging/mail/form/json_text.h"
#include "messaging/mail/form/key_header.h"
#include "messaging/mail/form/kml.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/post_notice.h"
#include "messaging/mail/form/status_updates.h"
#include "tests/support/catch.h"

using namespace messaging;
using namespace messaging::mail;

TEST_CASE("a Message-ID of Delta Chat's form is a uuid, and any other a hash of itself") {
  const std::string id = "4201e6aa-7b91-4837-ac07-c98a49ebea98@localhost";
  CHECK(message_id_of(uuid_of(id)) == id);
  CHECK(has_plain_uuid(id));
  CHECK(uuid_of(id)[0] == 0x42);
  for (const char* other : {"4201E6AA-7b91-4837-ac07-c98a49ebea98@localhost",
                            "4201e6aa7b914837ac07c98a49ebea98@localhost",
                            "4201e6aa-7b91-4837-ac07-c98a49ebea98@example.org", "x@localhost",
                            "Mr.1@example.org", "4201e6aa-7b91-4837-ac07c98a49ebea98-@localhost"}) {
    INFO(other);
    CHECK_FALSE(has_plain_uuid(other));
    CHECK(message_id_of(uuid_of(other)) != other);
    CHECK(uuid_of(other) == uuid_of(std::string(other)));
    CHECK(uuid_of(other) != uuid_of(id));
  }
  const Uuid random = as_v4(uuid_of("anything"));
  CHECK((random[6] & 0xf0) == 0x40);
  CHECK((random[8] & 0xc0) == 0x80);
}

TEST_CASE("Message-IDs of a header are read in order, and what is none is left out") {
  const auto ids = parse_message_ids("<a@b>\t<c@d> e@f,<g@h> <\xc3\xa4> <>");
  CHECK(ids == std::vector<std::string>{"a@b", "c@d", "e@f", "g@h"});
  CHECK(join_message_ids({"a@b", "c@d"}) == "<a@b> <c@d>");
  CHECK(parse_message_ids("<" + std::string(kMaxMessageId + 1, 'x') + ">").empty());
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "<a@b> ";
  CHECK(parse_message_ids(many).size() == kMaxMessageIds);
}

TEST_CASE("the id of a group is its 16 bytes in base64url, and any other a hash") {
  GroupId id{};
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::uint8_t>(i * 7);
  CHECK(group_text(id).size() == 22);
  CHECK(is_group_id(group_text(id)));
  CHECK(group_id_of(group_text(id)) == id);
  const std::string theirs = "b7TWI6CPncLhoy2-v5Q-9tVB";
  CHECK(is_group_id(theirs));
  CHECK_FALSE(has_plain_group_id(theirs));
  CHECK(group_id_of(theirs) != id);
  for (const char* bad : {"", "short", "has blanks in it", "line\nbreakline", "abc<defghijkl"}) {
    CHECK_FALSE(is_group_id(bad));
  }
  CHECK_FALSE(is_group_id(std::string(33, 'a')));
}

TEST_CASE("an address can stand in headers and commands, or is none") {
  CHECK(is_address("bob@example.org"));
  CHECK(is_address("b.o+b@[127.0.0.1") == false);
  CHECK(
      is_address("b\xc3\xb6"
                 "b@example.org"));
  for (const char* bad : {"", "bob", "@x", "bob@", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>",
                          "<a@b>", "a@b,c", "\"a\"@b", "a@b\x7f", "\xff@b"}) {
    INFO(bad);
    CHECK_FALSE(is_address(bad));
  }
  CHECK_FALSE(is_address(std::string(250, 'a') + "@example.org"));
  CHECK(same_address("Bob@Example.org", "bob@example.ORG"));
}

TEST_CASE("a member's key is its fingerprint, with zeros behind one of version 4") {
  const auto v4 = Fingerprint::from_hex("2A5917FC57AD77BE6781A6768B5DA80287B29259");
  const auto v6 = Fingerprint::from_hex(std::string(64, 'b'));
  REQUIRE((v4 && v6));
  CHECK(member_key(*v4)[19] == 0x59);
  CHECK(member_key(*v4)[20] == 0);
  CHECK(fingerprint_of(member_key(*v4)) == *v4);
  CHECK(fingerprint_of(member_key(*v6)) == *v6);
}

TEST_CASE("header texts are ASCII or encoded words, and never break out of their line") {
  CHECK(header_text("hello") == "hello");
  CHECK(header_text("Grp \xc3\x9c") == "=?utf-8?B?R3JwIMOc?=");
  CHECK(header_text("=?utf-8?B?eA==?=") != "=?utf-8?B?eA==?=");
  CHECK(header_text("a\r\nBcc: x@y") == "a  Bcc: x@y");
  CHECK(header_text("bad \xff byte") == "bad ? byte");
  // Words of at most 75 characters, cut between characters.
  std::string umlauts;
  for (int i = 0; i < 100; ++i) umlauts += "\xc3\xa4";
  const std::string words = header_text(umlauts);
  std::size_t begin = 0;
  while (begin < words.size()) {
    const std::size_t end = std::min(words.find(' ', begin), words.size());
    CHECK(end - begin <= 75);
    CHECK(words.substr(begin, 10) == "=?utf-8?B?");
    begin = end + 1;
  }
  const std::string line = header_line("Subject", words);
  CHECK(line.find("\r\n ") != std::string::npos);
  CHECK(line.ends_with("?=\r\n"));
  CHECK(header_line("X", "") == "X: \r\n");
}

TEST_CASE("addresses and parameters are quoted") {
  CHECK(header_address({"bob@example.org", "Bob"}) == "\"Bob\" <bob@example.org>");
  CHECK(header_address({"bob@example.org"}) == "<bob@example.org>");
  CHECK(header_address({"bob@example.org", "B \"o\\b"}) == "\"B \\\"o\\\\b\" <bob@example.org>");
  CHECK(header_address({"bob@example.org", "B\xc3\xb6"}) == "=?utf-8?B?QsO2?= <bob@example.org>");
  CHECK(header_address({"bob@example.org>\r\nTo: <x@y", "a\r\nb"}) ==
        "\"a  b\" <bob@example.org___To:__x@y>");
  CHECK(header_addresses(std::vector<MailAddress>()) == "\"hidden-recipients\": ;");
  CHECK(quoted_parameter("a\"b\r\n.txt") == "\"a\\\"b  .txt\"");
  CHECK(quoted_parameter("n\xc3\xa4me.txt") == "\"=?utf-8?B?bsOkbWUudHh0?=\"");
}

TEST_CASE("dates are those of RFC 5322") {
  CHECK(header_date(0) == "Thu, 01 Jan 1970 00:00:00 +0000");
  CHECK(header_date(1795247877) == "Sat, 21 Nov 2026 07:57:57 +0000");
  CHECK(header_date(1709164800) == "Thu, 29 Feb 2024 00:00:00 +0000");
  CHECK(header_date(-5) == header_date(0));
  CHECK(header_date(INT64_MAX) == "Fri, 31 Dec 9999 23:59:59 +0000");
}

TEST_CASE("base64 goes back and forth, and is bounded") {
  for (std::size_t size = 0; size < 200; ++size) {
    base::Bytes bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(i * 37));
    CHECK(base64_decode(base64_encode(bytes), 1000) == bytes);
    CHECK(base64_decode(base64_encode(bytes, 76, "\r\n"), 1000) == bytes);
  }
  CHECK(base64_encode(base::as_bytes("hello"), 4, " ") == "aGVs bG8=");
  CHECK_FALSE(base64_decode("a*b", 1000));
  CHECK_FALSE(base64_decode("aGVsbG8=", 4));
  CHECK(base64_decode("aGVsbG8", 5) == base::to_bytes(std::string_view("hello")));
}

namespace {

void round_trip(const BodyText& body) {
  const std::string wire = write_body(body);
  INFO(wire);
  const BodyText back = read_body(wire, true);
  CHECK(back.text == body.text);
  CHECK(back.quote == body.quote);
  CHECK(back.footer == body.footer);
  CHECK(back.forwarded == body.forwarded);
}

}  // namespace

TEST_CASE("a body gives back its text, quote, status and mark of a forwarded message") {
  for (const char* text :
       {"hello", "", "> looks like a quote", "-- \nlooks like a status", "--", "-- x\n--y",
        "a\n\n\n\nb", "---------- Forwarded message ----------\nFrom: x\n\ny", ">", "a\n> b",
        "From: x", "\xf0\x9f\x98\x80\ntail", "-\n--- \n--"}) {
    round_trip({text});
    round_trip({text, "quoted\n> twice\n\nend"});
    round_trip({text, std::nullopt, "my status\nof two lines"});
    round_trip({text, "", "status"});
    round_trip({text, "q", "-- \nstatus", true});
    round_trip({text, std::nullopt, "", true});
  }
}

TEST_CASE("a body has the form that Delta Chat's core writes") {
  CHECK(write_body({"answer", "hello\nalice"}) == "> hello\r\n> alice\r\n\r\nanswer");
  CHECK(write_body({"> mine"}) == "\r\n> mine");
  CHECK(write_body({"text", std::nullopt, "status"}) == "text\r\n\r\n-- \r\nstatus");
  CHECK(write_body({"", std::nullopt, "status"}) == "-- \r\nstatus");
  CHECK(write_body({"fw", std::nullopt, "", true}) ==
        "---------- Forwarded message ----------\r\nFrom: Delta Chat\r\n\r\nfw");
  CHECK(write_body({"--x"}) == "-\u200b-x");
}

TEST_CASE("of a mail that is not from a chat client no line is taken for a mark") {
  const BodyText body = read_body("> you wrote\r\n\r\nyes\r\n-- \r\nBob\r\n\r\n", false);
  CHECK(body.text == "> you wrote\n\nyes\n-- \nBob");
  CHECK_FALSE(body.quote);
}

TEST_CASE("flowed lines go on in the next one") {
  CHECK(unflowed("a \nb\n c\n", false) == "a b\nc\n");
  CHECK(unflowed("a \nb", true) == "ab");
  CHECK(unflowed("-- \nx", false) == "-- \nx");
}

TEST_CASE("HTML is read as the text that a person sees") {
  CHECK(html_text("<p>Hi &amp; <b>bye</b></p><br>x") == "Hi & bye\nx");
  CHECK(html_text("<style>p{}</style><script>alert(1)</script>t") == "t");
  CHECK(html_text("a&#228;b&#x20ac;c&#xd800;&bogus;&") == "a\u00e4b\u20acc&bogus;&");
  CHECK(html_text("<!-- <p>no</p> -->yes") == "yes");
  CHECK(html_text("<unclosed") == "");
}

TEST_CASE("JSON is read one level at a time") {
  const auto fields =
      json_object(R"( {"a":1,"b":"x\u00e4\ud83d\ude00\n","c":{"d":[1,2]},"e":null} )");
  REQUIRE(fields);
  CHECK(json_number(json_field(*fields, "a")) == 1u);
  CHECK(json_text(json_field(*fields, "b")) == "x\u00e4\U0001f600\n");
  CHECK(json_field(*fields, "c") == R"({"d":[1,2]})");
  CHECK(json_text(json_field(*fields, "e")).empty());
  CHECK(json_field(*fields, "z").empty());
  for (const char* bad : {"", "{", "[1", R"({"a")", R"({"a":1,})", R"({"a":1}x)", R"({a:1})",
                          "nul{", R"({"a":"\)", "{\"a\":\"\xff"}) {
    INFO(bad);
    CHECK_FALSE(json_object(bad));
  }
  CHECK_FALSE(json_array(std::string(200, '[') + std::string(200, ']')));
  CHECK_FALSE(json_array("[1,2,3]", 2));
  CHECK(json_header_string("a \"b\" \u00e4\U0001f600\r\n") ==
        R"("a\u0020\"b\"\u0020\u00e4\ud83d\ude00\u000d\u000a")");
  CHECK(json_text(json_string("a\"\\\n\u00e4")) == "a\"\\\n\u00e4");
  CHECK(json_text(R"("\ud83d half")") == "\ufffd half");
}

TEST_CASE("a pre-message describes its file as Delta Chat's core does") {
  PostNotice notice;
  notice.name = "vacation.png";
  notice.type = Viewtype::image;
  notice.size = 5342765;
  notice.width = 1080;
  notice.height = 1920;
  CHECK(write_post_metadata(notice) ==
        R"({"size":5342765,"viewtype":"Image","filename":"vacation.png","wh":[1080,1920]})");
  PostNotice read;
  REQUIRE(read_post_metadata(write_post_metadata(notice), read));
  CHECK(read == notice);
  PostNotice odd;
  REQUIRE(read_post_metadata(R"({"size":-4,"viewtype":"Text","filename":7,"wh":null})", odd));
  CHECK(odd.size == 0);
  CHECK(odd.type == Viewtype::file);
  CHECK(odd.name.empty());
  CHECK_FALSE(read_post_metadata("[]", odd));
}

TEST_CASE("places go back and forth as KML") {
  const PlaceNote one{1'775'736'000'000, {52.517037, 13.38886, 12.5}};
  const PlaceNote two{1'775'736'060'000, {-33.5, -70.25, 0}};
  const std::string text = write_kml({one, two}, "bob@example.org");
  CHECK(text.find("<Document addr=\"bob@example.org\">") != std::string::npos);
  CHECK(text.find("<Placemark><Timestamp><when>2026-04-09T12:00:00Z</when></Timestamp><Point>"
                  "<coordinates accuracy=\"12.5\">13.38886,52.517037</coordinates></Point>"
                  "</Placemark>") != std::string::npos);
  const auto read = read_kml(text);
  REQUIRE(read.size() == 2);
  CHECK(read[0].at == one.at);
  CHECK(read[0].place.latitude == one.place.latitude);
  CHECK(read[0].place.accuracy == one.place.accuracy);
  CHECK(read[1].place.longitude == two.place.longitude);
  CHECK(read_kml("<Placemark><when>2026-04-09T12:00:00Z</when><coordinates>999,0</coordinates>"
                 "</Placemark>")
            .empty());
  CHECK(read_kml("<Placemark><when>x</when><coordinates>1,2</coordinates></Placemark>").empty());
  CHECK(read_kml("<Placemark>").empty());
  CHECK(read_kml(std::string(kMaxKml + 1, '<')).empty());
}

TEST_CASE("updates of apps go back and forth as JSON") {
  WebxdcUpdate update;
  update.payload = R"({"x":[1,"two"]})";
  update.info = "moved \"it\"";
  update.summary = "1:0";
  update.notify = {{"*", "your turn"}, {"abc", "x"}};
  const auto read = read_updates(write_updates({update, {}}));
  REQUIRE(read.size() == 2);
  CHECK(read[0].payload == update.payload);
  CHECK(read[0].info == update.info);
  CHECK_FALSE(read[0].href);
  CHECK(read[0].notify == update.notify);
  CHECK(read[1].payload == "null");
  CHECK(read_updates(R"({"updates":[1,{"payload":2},"x"]})").size() == 1);
  CHECK(read_updates("nonsense").empty());
}

TEST_CASE("Autocrypt headers are read strictly") {
  KeyNotice notice{"bob@example.org", base::Bytes(583, 7), true};
  CHECK(read_autocrypt(autocrypt_value(notice)) == notice);
  notice.mutual = false;
  CHECK(read_autocrypt(autocrypt_value(notice)) == notice);
  CHECK(read_autocrypt("addr=a@b; _verified=1; keydata=eA==")->key == base::Bytes{'x'});
  for (const char* bad : {"", "addr=a@b", "keydata=eA==", "addr=a@b; critical=1; keydata=eA==",
                          "addr=a@b; keydata=%%", "addr=nobody; keydata=eA=="}) {
    INFO(bad);
    CHECK_FALSE(read_autocrypt(bad));
  }
}
