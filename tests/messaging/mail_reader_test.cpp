// Reading of mails as Delta Chat's core writes them, and of what others and attackers write.
#include "messaging/mail/form/base64.h"
#include "messaging/mail/form/inner_mail.h"
#include "tests/messaging/mail_samples.h"

using namespace messaging;
using namespace messaging::mail;
using mail_samples::crlf;
using mail_samples::from_bob;
using mail_samples::kPlain;
using mail_samples::read;

namespace {

std::string plain(std::string_view text) { return std::string(kPlain) + std::string(text) + "\n"; }

template <class Body>
Body body_of(const ChatMail& mail) {
  REQUIRE(std::holds_alternative<Body>(mail.body));
  return std::get<Body>(mail.body);
}

}  // namespace

TEST_CASE("a text of core's is read whole") {
  const ChatMail mail =
      read(from_bob("Chat-Disposition-Notification-To: bob@example.org\n"
                    "Autocrypt: addr=bob@example.org; prefer-encrypt=mutual; keydata=AAEC\n\tAwQF\n"
                    "References: <11111111-7b91-4837-ac07-c98a49ebea98@localhost>\n\t<b@c>\n"
                    "In-Reply-To: <b@c>\n",
                    plain("hello alice")));
  CHECK(mail.from == MailAddress{"bob@example.org", "Bob"});
  REQUIRE(mail.to.size() == 1);
  CHECK(mail.to[0].addr == "alice@example.org");
  CHECK(mail.to[0].name == "Alice");
  CHECK(mail.message_id == "4201e6aa-7b91-4837-ac07-c98a49ebea98@localhost");
  CHECK(mail.in_reply_to == "b@c");
  CHECK(mail.references.size() == 2);
  CHECK(mail.date == 1795247877);
  CHECK(mail.chat);
  CHECK(mail.wants_receipt);
  CHECK_FALSE(mail.automatic);
  REQUIRE(mail.key);
  CHECK(mail.key->mutual);
  CHECK(mail.key->key == base::Bytes{0, 1, 2, 3, 4, 5});
  CHECK_FALSE(mail.join);
  CHECK_FALSE(mail.group);
  const auto text = body_of<MailText>(mail);
  CHECK(text.text == "hello alice");
  CHECK(text.type == Viewtype::text);
}

TEST_CASE("receipts of core's name one message or several") {
  const auto receipt = [](std::string_view more) {
    return from_bob("Auto-Submitted: auto-replied\n",
                    "\n\n--b1\n"
                    "Content-Type: text/plain; charset=\"utf-8\"\n\n"
                    "This is a receipt notification.\n--b1\n"
                    "Content-Type: message/disposition-notification; charset=\"utf-8\"\n"
                    "Content-Transfer-Encoding: 7bit\n\n"
                    "Original-Recipient: rfc822;bob@example.org\n"
                    "Final-Recipient: rfc822;bob@example.org\n"
                    "Original-Message-ID: <a@b>\n"
                    "Disposition: manual-action/MDN-sent-automatically; displayed\n" +
                        std::string(more) + "\n--b1--\n",
                    "multipart/report; report-type=disposition-notification; boundary=\"b1\"");
  };
  CHECK(body_of<MailReceipt>(read(receipt(""))).message_ids == std::vector<std::string>{"a@b"});
  CHECK(body_of<MailReceipt>(read(receipt("Additional-Message-IDs: <c@d> <e@f>\n"))).message_ids ==
        std::vector<std::string>{"a@b", "c@d", "e@f"});
  CHECK_FALSE(read(receipt("")).automatic);
}

TEST_CASE("reactions, quotes, edits and deletions of core's are read") {
  const ChatMail reaction = read(from_bob("Content-Disposition: reaction\nIn-Reply-To: <a@b>\n",
                                          "Content-Transfer-Encoding: base64\n\n8J+RjQ==\n"));
  CHECK(body_of<MailReaction>(reaction).reactions == "\U0001f44d");
  CHECK(reaction.in_reply_to == "a@b");

  const auto quoting = body_of<MailText>(
      read(from_bob("In-Reply-To: <a@b>\n", plain("> hello alice\n\nhello bob"))));
  CHECK(quoting.quote == "hello alice");
  CHECK(quoting.text == "hello bob");

  const auto edit =
      body_of<MailEdit>(read(from_bob("Chat-Edit: <a@b>\nIn-Reply-To: <a@b>\n",
                                      "Content-Transfer-Encoding: quoted-printable\n\n"
                                      "> hello alice\n\n=E2=9C=8F=EF=B8=8Fedited text\n")));
  CHECK(edit.message_id == "a@b");
  CHECK(edit.text == "edited text");

  const auto deletion = body_of<MailDeletion>(read(
      from_bob("Chat-Delete: <a@b> <c@d>\n", "Content-Transfer-Encoding: base64\n\n8J+arg==\n")));
  CHECK(deletion.message_ids == std::vector<std::string>{"a@b", "c@d"});
}

TEST_CASE("files of core's are read, small and split") {
  const auto with_file = [](std::string_view lines, std::string_view head) {
    return from_bob(lines,
                    "\n\n--b1\nContent-Type: text/plain; charset=\"utf-8\"\n"
                    "Content-Transfer-Encoding: 7bit\n\na file\n--b1\n" +
                        std::string(head) +
                        "Content-Transfer-Encoding: quoted-printable\n\nfile body=0A\n--b1--\n",
                    "multipart/mixed; boundary=\"b1\"");
  };
  const auto small = body_of<MailText>(read(
      with_file("",
                "Content-Type: text/plain\n"
                "Content-Disposition: attachment; filename=\"=?utf-8?Q?orig_n=C3=A4me.txt?=\"\n")));
  CHECK(small.text == "a file");
  CHECK(small.type == Viewtype::file);
  REQUIRE(small.file);
  CHECK(small.file->name == "orig n\u00e4me.txt");
  CHECK(base::as_text(small.file->bytes) == "file body\n");

  const auto type_of = [&](std::string_view lines, std::string_view type, std::string_view name) {
    return body_of<MailText>(
               read(with_file(lines, "Content-Type: " + std::string(type) +
                                         "\nContent-Disposition: attachment; filename=\"" +
                                         std::string(name) + "\"\n")))
        .type;
  };
  CHECK(type_of("", "image/jpeg", "a.jpg") == Viewtype::image);
  CHECK(type_of("", "application/octet-stream", "a.jpg") == Viewtype::image);
  CHECK(type_of("", "image/png", "noending") == Viewtype::image);
  CHECK(type_of("Chat-Content: sticker\n", "image/png", "a.png") == Viewtype::sticker);
  CHECK(type_of("", "audio/ogg", "a.ogg") == Viewtype::audio);
  CHECK(type_of("Chat-Voice-Message: 1\nChat-Duration: 1500\n", "audio/ogg", "a.ogg") ==
        Viewtype::voice);
  CHECK(type_of("", "video/mp4", "a.mp4") == Viewtype::video);
  CHECK(type_of("", "text/vcard", "a.vcf") == Viewtype::vcard);
  CHECK(type_of("", "application/webxdc+zip", "a.xdc") == Viewtype::webxdc);

  const auto pre = body_of<MailText>(
      read(from_bob("Chat-Post-Message-ID: <de0dc619-a228-4d5f-b0fd-0ca4b7b9d484@localhost>\n"
                    "chat-post-message-metadata: "
                    "{\"size\":300000,\"viewtype\":\"File\",\"filename\":\"big.bin\"}\n",
                    plain("big file"))));
  CHECK(pre.text == "big file");
  REQUIRE(pre.post);
  CHECK(pre.post->message_id == "de0dc619-a228-4d5f-b0fd-0ca4b7b9d484@localhost");
  CHECK(pre.post->size == 300000);
  CHECK(pre.post->name == "big.bin");
  CHECK_FALSE(pre.is_post);

  const auto post =
      body_of<MailText>(read(with_file("Chat-Is-Post-Message: 1\n",
                                       "Content-Type: application/octet-stream\n"
                                       "Content-Disposition: attachment; filename=\"big.bin\"\n")));
  CHECK(post.is_post);
  REQUIRE(post.file);
}

TEST_CASE("a mail with several files keeps them all") {
  const std::string piece =
      "--b1\nContent-Type: image/png\nContent-Disposition: attachment; filename=\"x.png\"\n\nx\n";
  const auto text = body_of<MailText>(read(
      from_bob("", "\n" + piece + piece + piece + "--b1--\n", "multipart/mixed; boundary=\"b1\"")));
  REQUIRE(text.file);
  CHECK(text.more_files.size() == 2);
}

TEST_CASE("timers, places, calls and updates of core's are read") {
  const ChatMail timer = read(from_bob(
      "Ephemeral-Timer: 3600\nChat-Content: ephemeral-timer-changed\n", plain("You set it.")));
  CHECK(timer.timer == 3600);
  CHECK(body_of<MailTimerChange>(timer).text == "You set it.");
  CHECK(read(from_bob("Ephemeral-Timer: -1\n", plain("x"))).timer == 0);
  CHECK(read(from_bob("Ephemeral-Timer: 99999999999\n", plain("x"))).timer == 0);

  CHECK(body_of<MailLocations>(
            read(from_bob("Chat-Content: location-streaming-enabled\n", plain("on"))))
            .begins);
  const std::string kml =
      "<Placemark><Timestamp><when>2026-04-09T12:00:00Z</when></Timestamp><Point><coordinates>"
      "13.4,52.5</coordinates></Point></Placemark>";
  const auto with_kml = [&](std::string_view name, std::string_view text) {
    return read(from_bob("",
                         "\n--b1\nContent-Type: text/plain\n\n" + std::string(text) +
                             "\n--b1\nContent-Type: application/vnd.google-earth.kml+xml\n"
                             "Content-Disposition: attachment; filename=\"" +
                             std::string(name) + "\"\n\n" + kml + "\n--b1--\n",
                         "multipart/mixed; boundary=\"b1\""));
  };
  const ChatMail only = with_kml("location.kml", "");
  CHECK_FALSE(body_of<MailLocations>(only).begins);
  REQUIRE(only.places.size() == 1);
  CHECK(only.places[0].place.latitude == 52.5);
  const ChatMail point = with_kml("message.kml", "here");
  CHECK(body_of<MailText>(point).text == "here");
  REQUIRE(point.place);
  CHECK(point.place->longitude == 13.4);

  const auto offer = body_of<MailCall>(
      read(from_bob("Chat-Content: call\nChat-Webrtc-Room: =?utf-8?B?dj0wCm89LQo=?=\n"
                    "Chat-Webrtc-Has-Video-Initially: =?utf-8?B?MQ==?=\n",
                    plain("[call]"))));
  CHECK(offer.step == MailCall::Step::offer);
  CHECK(offer.info == "v=0\no=-\n");
  CHECK(offer.video);
  const auto accepted = body_of<MailCall>(read(from_bob(
      "Chat-Content: call-accepted\nIn-Reply-To: <a@b>\nChat-Webrtc-Accepted: =?utf-8?B?eA==?=\n",
      plain("[Call accepted]"))));
  CHECK(accepted.step == MailCall::Step::accepted);
  CHECK(accepted.info == "x");

  const auto update = body_of<MailStatusUpdate>(
      read(from_bob("In-Reply-To: <a@b>\n",
                    "\n--b1\nContent-Type: text/plain\n\n\n--b1\nContent-Type: application/json\n"
                    "Content-Disposition: attachment; filename=\"status-update.json\"\n\n"
                    "{\"updates\":[{\"payload\":1}]}\n--b1--\n",
                    "multipart/report; report-type=status-update; boundary=\"b1\"")));
  CHECK(update.json.find("payload") != std::string::npos);
}

TEST_CASE("a step of SecureJoin is read, with the gossip that is meant for its readers") {
  const ChatMail mail =
      read(from_bob("Autocrypt: addr=bob@example.org; keydata=AAEC\n"
                    "Secure-Join: vc-request-with-auth\n"
                    "Secure-Join-Auth: T0xfvlmdUCJ0-P2PH5u4tOkT\n"
                    "Secure-Join-Fingerprint: 2A5917FC57AD77BE6781A6768B5DA80287B29259\n"
                    "Secure-Join-Group: b7TWI6CPncLhoy2-v5Q-9tVB\n"
                    "Chat-User-Avatar: 0\n"
                    "Autocrypt-Gossip: addr=alice@example.org; keydata=AAEC\n"
                    "Autocrypt-Gossip: addr=bob@example.org; keydata=AAEC\n"
                    "Autocrypt-Gossip: addr=eve@example.org; keydata=AAEC\n",
                    plain("Secure-Join: vc-request-with-auth")));
  REQUIRE(mail.join);
  CHECK(mail.join->step == "vc-request-with-auth");
  CHECK(mail.join->auth == "T0xfvlmdUCJ0-P2PH5u4tOkT");
  CHECK(mail.join->fingerprint.hex() == mail_samples::kBobKey);
  CHECK(mail.join->group == "b7TWI6CPncLhoy2-v5Q-9tVB");
  REQUIRE(mail.gossip.size() == 1);
  CHECK(mail.gossip[0].addr == "alice@example.org");
  REQUIRE(mail.avatar);
  CHECK(mail.avatar->bytes.empty());

  const std::string request = crlf(
      "Content-Type: text/plain; charset=\"utf-8\"; protected-headers=\"v1\"; hp=\"cipher\"\n"
      "From: <bob@example.org>\nTo: \"hidden-recipients\": ;\nSubject: Secure-Join\n"
      "Secure-Join: vc-request-pubkey\nSecure-Join-Auth: T0xfvlmdUCJ0-P2PH5u4tOkT\n"
      "Message-ID: <a@b>\n\nSecure-Join\n");
  const ChatMail first = read(request);
  CHECK(first.to.empty());
  CHECK_FALSE(first.chat);
  CHECK(first.join->step == "vc-request-pubkey");
}

TEST_CASE("groups of core's are read with their members' times and fingerprints") {
  const std::string head =
      "Content-Type: text/plain; charset=\"utf-8\"; protected-headers=\"v1\"; hp=\"cipher\"\n"
      "From: \"Alice\" <alice@example.org>\n"
      "To: \"Carol\" <carol@example.org>, \"Bob\" <bob@example.org>\n"
      "Chat-Group-Past-Members: \"Dave\" <dave@example.org>\n";
  const std::string tail =
      "Subject: =?utf-8?Q?Re:_Grp_=C3=9C?=\nChat-Version: 1.0\n"
      "Chat-Group-ID: b7TWI6CPncLhoy2-v5Q-9tVB\n"
      "Chat-Group-Name: =?utf-8?B?R3JwIMOc?=\nChat-Group-Name-Timestamp: 1795247897\n"
      "Message-ID: <a@b>\n";
  const std::string keys =
      "CF533C205932FBF6092762CB01A192E121C2F69F "
      "2A5917FC57AD77BE6781A6768B5DA80287B29259\n\t"
      "7C4D56E3DE0742DDCD9EB7AECCAA622CEE24AFBF\n";
  OuterMail outer;
  outer.from = "alice@example.org";
  const auto group_mail = [&](const std::string& times, const std::string& more) {
    return read(crlf(head + "Chat-Group-Member-Timestamps: " + times +
                     "\nChat-Group-Member-Fpr: " + keys + tail + more + "\nhi\n"),
                outer);
  };
  const ChatMail mail =
      group_mail("1795247903 1795247896 1795247911",
                 "Chat-Group-Member-Added: carol@example.org\n"
                 "Chat-Group-Member-Added-Fpr: CF533C205932FBF6092762CB01A192E121C2F69F\n"
                 "Chat-Group-Description: =?utf-8?B?\?=\nChat-Group-Description-Timestamp: 5\n");
  REQUIRE(mail.group);
  CHECK(mail.group->id == "b7TWI6CPncLhoy2-v5Q-9tVB");
  CHECK_FALSE(mail.group->channel);
  CHECK(mail.group->name == "Grp \u00dc");
  CHECK(mail.group->name_changed == 1795247897);
  CHECK(mail.group->description == "");
  CHECK(mail.group->timed);
  REQUIRE(mail.to.size() == 2);
  CHECK(mail.to[0].changed == 1795247903);
  CHECK(mail.to[1].fingerprint.hex() == mail_samples::kBobKey);
  REQUIRE(mail.group->past.size() == 1);
  CHECK(mail.group->past[0].changed == 1795247911);
  const auto* added = std::get_if<MemberAdded>(&mail.group->change);
  REQUIRE(added);
  CHECK(added->addr == "carol@example.org");
  CHECK(added->fingerprint.hex() == mail_samples::kCarolKey);

  const ChatMail short_times = group_mail("1795247903 1795247896", "");
  CHECK_FALSE(short_times.group->timed);
  CHECK(short_times.to[0].changed == 0);
  CHECK(short_times.to[0].fingerprint.hex() == mail_samples::kCarolKey);

  const auto change = [&](const std::string& lines) {
    return group_mail("1 2 3", lines).group->change;
  };
  const auto removed =
      std::get<MemberRemoved>(change("Chat-Group-Member-Removed: dave@example.org\n"));
  CHECK(removed.addr == "dave@example.org");
  CHECK(std::get<GroupRenamed>(change("Chat-Group-Name-Changed: old\n")).old_name == "old");
  CHECK(std::holds_alternative<GroupImageChanged>(
      change("Chat-Content: group-avatar-changed\nChat-Group-Avatar: 0\n")));
  CHECK(std::holds_alternative<GroupDescribed>(change("Chat-Group-Description-Changed: \n")));
  const ChatMail pictured = group_mail("1 2 3", "Chat-Group-Avatar: base64:AAEC AwQF\n");
  REQUIRE(pictured.group->image);
  CHECK(pictured.group->image->bytes == base::Bytes{0, 1, 2, 3, 4, 5});
}

TEST_CASE("channels of core's are read") {
  const ChatMail mail =
      read(from_bob("Chat-List-ID: Chan <xcjGqEit4sz_mZC71TN7KdVb>\n"
                    "Chat-Broadcast-Secret: EB-pT8LCxhq5En4PFkTuAwsSng_LSy98MYPY80m_PDC\n"
                    "Chat-Group-Name: Chan\nChat-Group-Name-Timestamp: 1795247915\n"
                    "Secure-Join: vg-member-added\nChat-Group-Member-Added: alice@example.org\n",
                    plain("Member alice@example.org was added.")));
  REQUIRE(mail.group);
  CHECK(mail.group->channel);
  CHECK(mail.group->id == "xcjGqEit4sz_mZC71TN7KdVb");
  CHECK(mail.group->name == "Chan");
  const auto& secret = mail.group->secret;
  CHECK(std::string(secret.begin(), secret.end()) == "EB-pT8LCxhq5En4PFkTuAwsSng_LSy98MYPY80m_PDC");
  CHECK(mail.join->step == "vg-member-added");
  // Where the name is not ASCII, the id is in the encoded word, too.
  for (const char* list :
       {"=?utf-8?Q?Channel_=C3=9C_<xcjGqEit4sz=5FmZC71TN7KdVb>?=",
        "=?utf-8?B?0J3QvtCy0L7RgdGC0LggPHhjakdxRWl0NHN6X21aQzcxVE43S2RWYj4=?="}) {
    const ChatMail other =
        read(from_bob("Chat-List-ID: " + std::string(list) + "\n", plain("post")));
    REQUIRE(other.group);
    CHECK(other.group->id == "xcjGqEit4sz_mZC71TN7KdVb");
  }
}

TEST_CASE("what the part does not say comes from outside, unless its headers are protected") {
  OuterMail outer = mail_samples::outer_of_bob();
  const ChatMail bare = read(crlf("Content-Type: text/plain\n\nhi\n"), outer);
  CHECK(bare.from.addr == "bob@example.org");
  CHECK(bare.message_id == outer.message_id);
  CHECK(bare.date == outer.date);
  CHECK(bare.chat);
  const ChatMail hidden = read(crlf("Content-Type: text/plain; hp=\"cipher\"\n\nhi\n"), outer);
  CHECK_FALSE(hidden.chat);
}

TEST_CASE("a sender inside that is another one than outside is refused") {
  const auto part = read_mime(base::as_bytes(from_bob("", plain("x"))));
  REQUIRE(part.ok());
  OuterMail outer = mail_samples::outer_of_bob();
  outer.from = "mallory@example.org";
  const auto mail = read_mail(*part, outer);
  REQUIRE_FALSE(mail.ok());
  CHECK(mail.error().message.find("mallory") == std::string::npos);
  outer.from = "BOB@example.org";
  CHECK(read_mail(*part, outer).ok());
}

TEST_CASE("mails of other clients show their subject and the text of their HTML") {
  OuterMail outer = mail_samples::outer_of_bob();
  outer.chat = false;
  const auto text_of = [&](std::string_view mail) {
    return body_of<MailText>(read(crlf(mail), outer)).text;
  };
  CHECK(text_of("Subject: Lunch\nContent-Type: text/plain\n\nAt noon?\n") ==
        "Lunch \u2013 At noon?");
  CHECK(text_of("Subject: Re: Lunch\nContent-Type: text/plain\n\nyes\n") == "yes");
  CHECK(text_of("Subject: Lunch\nContent-Type: text/html\n\n<p>At <b>one</b></p>\n") ==
        "Lunch \u2013 At one");
  CHECK(text_of("Content-Type: multipart/alternative; boundary=b\n\n--b\n"
                "Content-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<p>html</p>\n"
                "--b--\n") == "plain");
}

TEST_CASE("an overridden name is beside the sender's own") {
  std::string text = from_bob("Sender: \"Bob\" <bob@example.org>\n", plain("x"));
  text.replace(text.find("From: \"Bob\""), 11, "From: \"Bot\"");
  const ChatMail mail = read(text);
  CHECK(mail.from.name == "Bob");
  CHECK(mail.shown_as == "Bot");
}

TEST_CASE("of a text without end no more is read than a few times what is shown") {
  const std::string lines(8 * kMaxText, '\n');
  const std::string pairs = [] {
    std::string text;
    while (text.size() < 5 * kMaxText) text += "\u00e4";
    return text;
  }();
  CHECK(body_of<MailText>(read(from_bob("", plain(lines + "behind it")))).text.empty());
  const std::string cut = body_of<MailText>(read(from_bob("", plain(pairs)))).text;
  CHECK(cut.size() == kMaxText);
  const std::string html = plain("seen <!--" + lines + "--> behind it");
  CHECK(body_of<MailText>(read(from_bob("", html, "text/html; charset=utf-8"))).text == "seen ");
}

TEST_CASE("hostile values of headers are bounded or dropped") {
  std::string people;
  for (int i = 0; i < 1500; ++i) people += "<a" + std::to_string(i) + "@b>, ";
  const ChatMail many = read(crlf("From: <bob@example.org>\nMessage-ID: <a@b>\nTo: " + people +
                                  "<z@b>\nContent-Type: text/plain\n\nx\n"));
  CHECK(many.to.size() <= kMaxRecipients);
  const ChatMail odd = read(from_bob(
      "Chat-Group-ID: <script>\nSecure-Join: vc request\nEphemeral-Timer: 1e9\n"
      "Chat-Duration: -1\nChat-User-Avatar: base64:%%%\nChat-Disposition-Notification-To: x@y\n",
      plain("x")));
  CHECK_FALSE(odd.group);
  CHECK_FALSE(odd.join);
  CHECK(odd.timer == 0);
  CHECK_FALSE(odd.avatar);
  CHECK_FALSE(odd.wants_receipt);
  const ChatMail large = read(from_bob("", plain(std::string(kMaxText + 10, 'x'))));
  CHECK(body_of<MailText>(large).text.size() == kMaxText);
  const auto nameless = read_mime(base::as_bytes("Content-Type: text/plain\r\n\r\nx"));
  REQUIRE(nameless.ok());
  CHECK_FALSE(read_mail(*nameless, OuterMail()).ok());
}
