// Writing of mails: the shape that Delta Chat's core writes, round trips through the reader, and
// values that try to become headers.
#include <functional>
#include <string>
#include <vector>

#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/outer_mail.h"
#include "messaging/mail/form/relay_rules.h"
#include "tests/messaging/mail_samples.h"

using namespace messaging;
using namespace messaging::mail;
using mail_samples::crlf;

namespace {

constexpr std::string_view kId = "4201e6aa-7b91-4837-ac07-c98a49ebea98@localhost";

ChatMail frame() {
  ChatMail mail;
  mail.from = {"bob@example.org", "Bob"};
  mail.to = {MailMember{{"alice@example.org", "Alice"}}};
  mail.message_id = kId;
  mail.references = {std::string(kId)};
  mail.date = 1795247877;
  mail.subject = "Message from Bob";
  return mail;
}

std::string written(const ChatMail& mail) {
  const auto bytes = write_inner(mail, outer_of(mail, 0));
  return std::string(bytes.begin(), bytes.end());
}

// Reads what was written; the reader's own fields are as the writer's.
ChatMail back(const ChatMail& mail) { return mail_samples::read(written(mail), outer_of(mail, 0)); }

// An OpenPGP message by its packets' heads alone, armored: enough for the relays' rules.
std::string armored() {
  return "-----BEGIN PGP MESSAGE-----\r\n\r\nwQMBAgPSAgEC\r\n=abcd\r\n-----END PGP "
         "MESSAGE-----\r\n";
}

void check_passes_relays(const ChatMail& mail) {
  const OuterMail outer = outer_of(mail, 1000);
  const auto passed = check_relay_rules(write_outer(outer, armored()), mail.from.addr);
  INFO((passed ? "" : passed.error().message));
  CHECK(passed.ok());
}

}  // namespace

TEST_CASE("a text has the shape that core writes") {
  ChatMail mail = frame();
  mail.wants_receipt = true;
  mail.key = KeyNotice{"bob@example.org", {0, 1, 2}, true};
  mail.body = MailText{"hello alice"};
  CHECK(written(mail) ==
        crlf("Content-Type: text/plain; charset=\"utf-8\"; protected-headers=\"v1\";\n"
             " hp=\"cipher\"\n"
             "From: \"Bob\" <bob@example.org>\n"
             "To: \"Alice\" <alice@example.org>\n"
             "Subject: Message from Bob\n"
             "Date: Sat, 21 Nov 2026 07:57:57 +0000\n"
             "References: <4201e6aa-7b91-4837-ac07-c98a49ebea98@localhost>\n"
             "Chat-Version: 1.0\n"
             "Chat-Disposition-Notification-To: bob@example.org\n"
             "Autocrypt: addr=bob@example.org; prefer-encrypt=mutual; keydata=AAEC\n"
             "Message-ID: <4201e6aa-7b91-4837-ac07-c98a49ebea98@localhost>\n"
             "HP-Outer: From: <bob@example.org>\n"
             "HP-Outer: To: \"hidden-recipients\": ;\n"
             "HP-Outer: Subject: [...]\n"
             "HP-Outer: Date: Sat, 21 Nov 2026 07:57:57 +0000\n"
             "HP-Outer: Message-ID: <4201e6aa-7b91-4837-ac07-c98a49ebea98@localhost>\n"
             "HP-Outer: Chat-Version: 1.0\n"
             "Content-Transfer-Encoding: 7bit\n"
             "\n"
             "hello alice\n"));
}

TEST_CASE("the outer mail says as little as core's") {
  ChatMail mail = frame();
  mail.date = 1795247877;
  const std::string text = write_outer(outer_of(mail, 86400), "ARMOR\r\n");
  const std::string boundary = text.substr(text.find("boundary=\"") + 10, 32);
  CHECK(text == crlf("Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\n"
                     " boundary=\"" +
                     boundary +
                     "\"\n"
                     "MIME-Version: 1.0\n"
                     "From: <bob@example.org>\n"
                     "To: \"hidden-recipients\": ;\n"
                     "Subject: [...]\n"
                     "Date: Fri, 20 Nov 2026 07:57:57 +0000\n"
                     "Message-ID: <4201e6aa-7b91-4837-ac07-c98a49ebea98@localhost>\n"
                     "Chat-Version: 1.0\n"
                     "\n"
                     "--" +
                     boundary +
                     "\n"
                     "Content-Type: application/pgp-encrypted\n"
                     "Content-Description: PGP/MIME version identification\n"
                     "Content-Transfer-Encoding: 7bit\n"
                     "\n"
                     "Version: 1\n"
                     "\n"
                     "--" +
                     boundary +
                     "\n"
                     "Content-Type: application/octet-stream; name=\"encrypted.asc\"\n"
                     "Content-Description: OpenPGP encrypted message\n"
                     "Content-Disposition: inline; filename=\"encrypted.asc\"\n"
                     "Content-Transfer-Encoding: 7bit\n"
                     "\n"
                     "ARMOR\n"
                     "--" +
                     boundary + "--\n"));
}

TEST_CASE("an outer mail is read: whether it is wanted, and the message in it") {
  ChatMail mail = frame();
  mail.body = MailText{.file = MailFile{"a", "b/c", {1}}, .is_post = true};
  const std::string text = write_outer(outer_of(mail, 5), armored());
  const auto part = read_mime(base::as_bytes(text));
  REQUIRE(part.ok());
  const OuterMail outer = read_outer(*part);
  CHECK(outer.from == "bob@example.org");
  CHECK(outer.message_id == kId);
  CHECK(outer.date == mail.date - 5);
  CHECK(outer.chat);
  CHECK(outer.is_post);
  CHECK(is_wanted(outer));
  CHECK(base::as_text(armored_in(*part)).starts_with("-----BEGIN PGP MESSAGE-----\r\n"));

  const auto clear = read_mime(base::as_bytes(crlf("From: x@y\nContent-Type: text/plain\n\nhi\n")));
  REQUIRE(clear.ok());
  CHECK_FALSE(is_wanted(read_outer(*clear)));
  CHECK(armored_in(*clear).empty());
}

TEST_CASE("every body comes back as it was written, and passes the relays' rules") {
  const MailFile file{"n\u00e4me \"x\".txt", "text/plain",
                      base::to_bytes(std::string_view("a\r\n\0b", 5))};
  std::vector<ChatMail> mails;
  const auto add = [&](MailBody body, const std::function<void(ChatMail&)>& change = {}) {
    ChatMail mail = frame();
    mail.body = std::move(body);
    if (change) change(mail);
    mails.push_back(std::move(mail));
  };
  add(MailText{"hello"});
  add(MailText{"\u00e4 \U0001f600 \n\n two\n> three\n-- four"});
  add(MailText{std::string(3000, 'x') + " \u00e4"});
  add(MailText{"trailing blanks  \nand\ttabs\t\nend ="});
  add(MailText{.text = "a", .quote = "b\nc", .footer = "status", .forwarded = true},
      [](ChatMail& mail) { mail.in_reply_to = "a@b"; });
  add(MailText{.text = "f", .type = Viewtype::file, .file = file});
  add(MailText{.type = Viewtype::sticker, .file = MailFile{"a.png", "image/png", {1, 2}}});
  add(MailText{
      .type = Viewtype::voice, .file = MailFile{"a.ogg", "audio/ogg", {1}}, .duration = 7});
  add(MailText{.type = Viewtype::file,
               .file = MailFile{"big.bin", "application/octet-stream", base::Bytes(200'000, 0xa5)},
               .is_post = true});
  PostNotice post;
  post.message_id = "de0dc619-a228-4d5f-b0fd-0ca4b7b9d484@localhost";
  post.name = "two  blanks \u00e4.jpg";
  post.type = Viewtype::image;
  post.size = 300'000;
  post.width = 3;
  post.height = 4;
  add(MailText{.text = "pre", .post = post});
  add(MailReceipt{{"a@b"}});
  add(MailReceipt{{"a@b", "c@d", "e@f"}});
  add(MailReaction{"\U0001f44d \u2764"}, [](ChatMail& mail) { mail.in_reply_to = "a@b"; });
  add(MailReaction{""}, [](ChatMail& mail) { mail.in_reply_to = "a@b"; });
  add(MailEdit{"a@b", "new\ntext", "old"}, [](ChatMail& mail) { mail.in_reply_to = "a@b"; });
  add(MailDeletion{{"a@b", "c@d"}});
  add(MailTimerChange{"You set it."}, [](ChatMail& mail) { mail.timer = 3600; });
  add(MailLocations{true, "on"});
  add(MailLocations{}, [](ChatMail& mail) {
    mail.places = {{1'775'736'000'000, {52.5, 13.25, 10}}};
    mail.automatic = true;
  });
  add(MailText{"here"}, [](ChatMail& mail) { mail.place = Place{1.5, 2.5, 0}; });
  add(MailStatusUpdate{"{\"updates\":[]}"}, [](ChatMail& mail) {
    mail.in_reply_to = "a@b";
    mail.automatic = true;
  });
  add(MailCall{MailCall::Step::offer, "v=0\r\no=-\r\n", true, "[Call]"});
  add(MailCall{MailCall::Step::accepted, "answer", false, "[Call accepted]"});
  add(MailCall{MailCall::Step::ended, "", false, "[Call ended]"});
  add(MailText{"all"}, [](ChatMail& mail) {
    mail.shown_as = "Bot \u00e4";
    mail.automatic = true;
    mail.wants_receipt = true;
    mail.timer = 60;
    mail.key = KeyNotice{"bob@example.org", base::Bytes(1629, 3), true};
    mail.gossip = {{"alice@example.org", base::Bytes(583, 4)}};
    mail.avatar = MailPicture{base::Bytes(5000, 5)};
    mail.references = {"a@b", "c@d", std::string(kId)};
  });
  for (const ChatMail& mail : mails) {
    INFO(written(mail).substr(0, 1500));
    const ChatMail read = back(mail);
    if (!std::holds_alternative<MailReceipt>(mail.body)) CHECK(read.from == mail.from);
    CHECK(read.to == mail.to);
    CHECK(read.shown_as == mail.shown_as);
    CHECK(read.message_id == mail.message_id);
    CHECK(read.in_reply_to == mail.in_reply_to);
    CHECK(read.references == mail.references);
    CHECK(read.date == mail.date);
    CHECK(read.wants_receipt == mail.wants_receipt);
    CHECK(read.automatic == mail.automatic);
    CHECK(read.timer == mail.timer);
    CHECK(read.key == mail.key);
    CHECK(read.gossip == mail.gossip);
    CHECK(read.avatar == mail.avatar);
    CHECK(read.places.size() == mail.places.size());
    CHECK(read.place.has_value() == mail.place.has_value());
    CHECK((read.body == mail.body));
    check_passes_relays(mail);
  }
}

TEST_CASE("groups, channels and steps of SecureJoin come back as they were written") {
  const auto bob = *Fingerprint::from_hex(mail_samples::kBobKey);
  const auto carol = *Fingerprint::from_hex(mail_samples::kCarolKey);
  ChatMail mail = frame();
  MailMember alice{{"alice@example.org", "Alice"}};
  alice.fingerprint = bob;
  alice.changed = 1795247903;
  mail.to = {alice};
  MailGroup group;
  group.id = "b7TWI6CPncLhoy2-v5Q-9tVB";
  group.name = "Grp \u00dc";
  group.name_changed = 1795247897;
  group.description = "two\nlines \u00e4";
  group.description_changed = 5;
  group.image = MailPicture{{1, 2, 3}};
  MailMember dave{{"dave@example.org", "Dave"}};
  dave.fingerprint = carol;
  dave.changed = 7;
  group.past = {dave};
  group.timed = true;
  const std::vector<MailGroupChange> changes = {{},
                                                MemberAdded{"alice@example.org", bob},
                                                MemberRemoved{"dave@example.org", carol},
                                                GroupRenamed{"old \u00e4"},
                                                GroupImageChanged{},
                                                GroupDescribed{}};
  for (const MailGroupChange& change : changes) {
    group.change = change;
    mail.group = group;
    mail.body = MailText{"line"};
    const ChatMail read = back(mail);
    CHECK((read.group == mail.group));
    CHECK(read.to == mail.to);
    check_passes_relays(mail);
  }
  group.change = MemberRemoved{"bob@example.org", bob};
  mail.group = group;
  mail.body = MailText{};
  CHECK(written(mail).find("bob@example.org left the group.") != std::string::npos);

  ChatMail channel = frame();
  channel.to = {};
  MailGroup list;
  list.id = "xcjGqEit4sz_mZC71TN7KdVb";
  list.channel = true;
  list.name = "Ch\u00e4n";
  constexpr std::string_view kSecret = "EB-pT8LCxhq5En4PFkTuAwsSng_LSy98MYPY80m_PDC";
  list.secret.assign(kSecret.begin(), kSecret.end());
  channel.group = list;
  channel.body = MailText{"to all"};
  CHECK((back(channel).group == channel.group));
  CHECK(back(channel).to.empty());

  ChatMail join = frame();
  join.to = {};
  join.from.name = "";
  join.chat = false;
  join.join = MailJoin{"vc-request-pubkey", "T0xfvlmdUCJ0-P2PH5u4tOkT"};
  join.subject = "";
  CHECK(written(join).find("\r\n\r\nSecure-Join\r\n") != std::string::npos);
  CHECK(written(join).find("Subject: Secure-Join\r\n") != std::string::npos);
  CHECK(written(join).find("Chat-Version") == std::string::npos);
  CHECK((back(join).join == join.join));
  check_passes_relays(join);
}

TEST_CASE("the request of SecureJoin in the clear has the form that relays accept") {
  ChatMail mail = frame();
  mail.key = KeyNotice{"bob@example.org", base::Bytes(600, 9), true};
  mail.join = MailJoin{"vc-request", "", "invitenumber1"};
  const std::string text = write_plain_request(mail);
  CHECK(check_relay_rules(text, "bob@example.org").ok());
  const auto part = read_mime(base::as_bytes(text));
  REQUIRE(part.ok());
  const OuterMail outer = read_outer(*part);
  CHECK(outer.join_step == "vc-request");
  CHECK(is_wanted(outer));
  const auto read = read_mail(*part, outer);
  REQUIRE(read.ok());
  CHECK(read->join->number == "invitenumber1");
  CHECK(read->key == mail.key);
}

TEST_CASE("no value becomes a header or a part of its own") {
  const std::string evil = "x\r\nBcc: eve@example.org\r\n\r\nbody\n--\x01\x7f";
  ChatMail mail = frame();
  mail.from.name = mail.to[0].name = mail.shown_as = mail.subject = evil;
  mail.from.addr = "bob@example.org\r\nBcc: eve@example.org";
  mail.to[0].addr = evil;
  mail.message_id = mail.in_reply_to = evil;
  mail.references = {evil};
  mail.key = KeyNotice{evil, {1}};
  mail.gossip = {{evil, {1}}};
  mail.join = MailJoin{evil, evil, evil, {}, evil};
  MailGroup group;
  group.id = group.name = evil;
  group.secret.assign(evil.begin(), evil.end());
  group.description = evil;
  group.change = MemberAdded{evil};
  group.past = {MailMember{{evil, evil}}};
  const std::vector<MailBody> bodies = {MailText{.text = evil,
                                                 .quote = evil,
                                                 .footer = evil,
                                                 .type = Viewtype::file,
                                                 .file = MailFile{evil, evil, {1}}},
                                        MailReceipt{{evil, evil}},
                                        MailEdit{evil, evil},
                                        MailDeletion{{evil}},
                                        MailCall{MailCall::Step::offer, evil},
                                        MailStatusUpdate{evil}};
  for (const bool channel : {false, true}) {
    group.channel = channel;
    mail.group = group;
    for (const MailBody& body : bodies) {
      mail.body = body;
      const std::string text = written(mail);
      const std::size_t end = text.find("\r\n\r\n");
      std::string head = "\r\n" + text.substr(0, end);
      CHECK(head.find("\r\nBcc") == std::string::npos);
      for (std::size_t at = head.find('\n'); at != std::string::npos;
           at = head.find('\n', at + 1)) {
        CHECK(head[at - 1] == '\r');
      }
      std::size_t parts = 0;
      const auto part = read_mime(base::as_bytes(text));
      REQUIRE(part.ok());
      for (const MimePart& one : part->parts) {
        ++parts;
        CHECK(one.header("Bcc") == nullptr);
      }
      CHECK(parts <= 2);
      const std::string outer = write_outer(outer_of(mail, 0), armored());
      CHECK(outer.substr(0, outer.find("\r\n\r\n")).find("\r\nBcc") == std::string::npos);
    }
  }
}

TEST_CASE("the relays' rules refuse what relays refuse") {
  const ChatMail mail = frame();
  const std::string good = write_outer(outer_of(mail, 0), armored());
  const auto refuses = [&](std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    return !check_relay_rules(text, "bob@example.org").ok();
  };
  CHECK(check_relay_rules(good, "BOB@example.org").ok());
  CHECK_FALSE(check_relay_rules(good, "eve@example.org").ok());
  CHECK(refuses(good, "Subject: [...]", "Subject: hello"));
  CHECK(refuses(good, "multipart/encrypted", "multipart/mixed"));
  CHECK(refuses(good, "\r\nVersion: 1", "\r\nVersion: 2"));
  CHECK(refuses(good, "-----\r\n\r\nwQ", "-----\r\nComment: x\r\n\r\nwQ"));
  CHECK(refuses(good, "wQMBAgPSAgEC", "wQMBAgPBAgEC"));  // no SEIPD at the end
  CHECK(refuses(good, "wQMBAgPSAgEC", "hAMBAgPSAgEC"));  // a packet of the old format
  CHECK(refuses(good, "wQMBAgPSAgEC", "wQMBAgPSAwEC"));  // cut short
  CHECK(refuses(good, "\r\n", "\n"));
  CHECK(refuses(good, "MIME-Version: 1.0", "X: " + std::string(1000, 'x')));
  CHECK_FALSE(check_relay_rules("", "bob@example.org").ok());
}
