// Contents as mails and back: each kind that a mail can say, and those that it cannot.
#include "messaging/mail/form/mail_content.h"

#include <map>

#include "messaging/mail/form/group_id.h"
#include "messaging/mail/form/inner_mail.h"
#include "messaging/mail/form/message_id.h"
#include "messaging/mail/form/status_updates.h"
#include "tests/messaging/mail_samples.h"

using namespace messaging;
using namespace messaging::mail;

namespace {

Uuid uuid(std::uint8_t first) {
  Uuid out{};
  out[0] = first;
  return out;
}

// Knows messages as a store does: by uuid, with their author. What a content of the sender calls
// its own is the recipient's for the one who reads it.
struct FakeNames final : MailNames {
  std::map<Uuid, MessageRef> known;

  std::string message_id(const MessageRef& ref) const override { return message_id_of(ref.uuid); }
  std::optional<MessageRef> reference(std::string_view message_id) const override {
    const auto found = known.find(uuid_of(message_id));
    if (found == known.end()) return std::nullopt;
    return found->second;
  }
};

ChatMail frame() {
  ChatMail mail;
  mail.from = {"bob@example.org", "Bob"};
  mail.to = {MailMember{{"alice@example.org"}}};
  mail.message_id = message_id_of(uuid(1));
  mail.date = 1'795'247'877;
  mail.wants_receipt = true;
  return mail;
}

// By way of a mail's bytes.
std::vector<MailContent> there_and_back(const Content& content, ChatMail& read,
                                        const FakeNames& names = {},
                                        std::optional<MailFile> file = std::nullopt,
                                        ChatMail mail = frame()) {
  REQUIRE(put_content(mail, content, names, std::move(file)));
  const OuterMail outer = outer_of(mail, 0);
  const auto bytes = write_inner(mail, outer);
  read = mail_samples::read(base::as_text(bytes), outer);
  return to_content(read, names);
}

template <class Body>
const Body& only(const std::vector<MailContent>& contents) {
  REQUIRE(contents.size() == 1);
  REQUIRE(std::holds_alternative<Body>(contents[0].content.body));
  return std::get<Body>(contents[0].content.body);
}

}  // namespace

TEST_CASE("a text goes by mail with its fields") {
  FakeNames names;
  names.known[uuid(9)] = {uuid(9), true};
  TextMessage text;
  text.sent_at = 1'795'247'877'000;
  text.text = "hi\n> x";
  text.bot = true;
  text.forwarded = true;
  text.sender_name = "Shop";
  text.timer = {77, 3600};
  text.quote = QuoteNote{"earlier", MessageRef{uuid(9), true}};
  ChatMail read;
  const auto contents = there_and_back({uuid(1), text}, read, names);
  const auto& back = only<TextMessage>(contents);
  CHECK(contents[0].content.uuid == uuid(1));
  CHECK(back.text == text.text);
  CHECK(back.sent_at == text.sent_at);
  CHECK(back.bot);
  CHECK(back.forwarded);
  CHECK(back.sender_name == "Shop");
  CHECK(back.timer.seconds == 3600);
  CHECK(back.timer.number == 1'795'247'877'000u);
  CHECK(back.type == Viewtype::text);
  REQUIRE(back.quote);
  CHECK(back.quote->text == "earlier");
  REQUIRE(back.quote->message);
  CHECK(back.quote->message->uuid == uuid(9));
  CHECK(read.wants_receipt);
}

TEST_CASE("a file goes by mail, and a pre-message describes one that is to come") {
  TextMessage text;
  text.sent_at = 1'795'247'877'000;
  text.type = Viewtype::image;
  text.text = "look";
  ChatMail read;
  const auto contents =
      there_and_back({uuid(1), text}, read, {}, MailFile{"../a.png", "image/png", {1, 2, 3}});
  const auto& back = only<TextMessage>(contents);
  CHECK(back.type == Viewtype::image);
  REQUIRE(back.file);
  CHECK(back.file->name == "a.png");
  CHECK(back.file->media_type == "image/png");
  CHECK(back.file->size == 3);
  REQUIRE(contents[0].file);
  CHECK(contents[0].file->bytes == base::Bytes{1, 2, 3});

  ChatMail pre = frame();
  PostNotice notice;
  notice.message_id = message_id_of(uuid(5));
  notice.name = "big.mp4";
  notice.type = Viewtype::video;
  notice.size = 300'000;
  pre.body = MailText{.text = "look", .post = notice};
  const auto announced = to_content(pre, FakeNames());
  const auto& coming = only<TextMessage>(announced);
  CHECK(announced[0].content.uuid == uuid(5));
  CHECK(announced[0].file == nullptr);
  CHECK(coming.type == Viewtype::video);
  REQUIRE(coming.file);
  CHECK(coming.file->size == 300'000);
  CHECK(coming.text == "look");
}

TEST_CASE("receipts of reading go by mail, and those of arrival do not") {
  Receipts receipts;
  receipts.notes = {{store::ReceiptKind::read, {uuid(2)}, 5},
                    {store::ReceiptKind::read, {uuid(3)}, 5}};
  ChatMail read;
  const auto contents = there_and_back({uuid(1), receipts}, read);
  const auto& back = only<Receipts>(contents);
  REQUIRE(back.notes.size() == 2);
  CHECK(back.notes[1].message.uuid == uuid(3));
  CHECK(back.notes[1].at == 1'795'247'877'000);
  CHECK_FALSE(read.wants_receipt);
  CHECK_FALSE(profile_of(read));

  receipts.notes = {{store::ReceiptKind::arrived, {uuid(2)}, 5}};
  ChatMail mail = frame();
  CHECK_FALSE(put_content(mail, {uuid(1), receipts}, FakeNames(), std::nullopt));
}

TEST_CASE("reactions, edits, deletions and how calls go on are changes of messages") {
  FakeNames names;
  names.known[uuid(9)] = {uuid(9), true};
  const auto change = [&](ChangeKind kind, std::string text) {
    MessageChange one;
    one.message = {uuid(9), true};
    one.kind = kind;
    one.text = std::move(text);
    ChatMail read;
    const auto contents = there_and_back({uuid(1), one}, read, names);
    const auto& back = only<MessageChange>(contents);
    CHECK(back.message.uuid == uuid(9));
    CHECK(back.message.of_recipient);
    CHECK(back.kind == kind);
    CHECK(back.number == 1'795'247'877'000);
    CHECK_FALSE(read.wants_receipt);
    return back.text;
  };
  CHECK(change(ChangeKind::reaction, "\U0001f44d \u2764") == "\U0001f44d \u2764");
  CHECK(change(ChangeKind::reaction, "").empty());
  CHECK(change(ChangeKind::edit, "new\ntext") == "new\ntext");
  change(ChangeKind::deletion, "");
  CHECK(change(ChangeKind::call_accepted, "v=0\n") == "v=0\n");
  change(ChangeKind::call_ended, "");
  CHECK(change(ChangeKind::pin, "1") == "1");
  CHECK(change(ChangeKind::pin, "").empty());
}

TEST_CASE("of changes of one second the one that was fetched later counts") {
  ChatMail mail = frame();
  mail.order = 4;
  const std::uint64_t first = number_of(mail);
  mail.order = 5;
  CHECK(number_of(mail) == first + 1);
  mail.order = 5000;
  CHECK(number_of(mail) < first + 1000);
  mail.date = -1;
  CHECK(number_of(mail) > 0);  // 0 is no number
  CHECK(number_of(mail) < 2000);
}

TEST_CASE("what is not here is taken for one of the sender's own") {
  ChatMail mail = frame();
  mail.body = MailDeletion{{"a@b", "c@d"}};
  const auto contents = to_content(mail, FakeNames());
  REQUIRE(contents.size() == 2);
  const auto& change = std::get<MessageChange>(contents[1].content.body);
  CHECK(change.message.uuid == uuid_of("c@d"));
  CHECK_FALSE(change.message.of_recipient);
  CHECK(contents[0].content.uuid != contents[1].content.uuid);
}

TEST_CASE("timers, calls, places and updates of apps go by mail") {
  ChatMail read;
  const auto timer = there_and_back({uuid(1), ChatTimer{std::nullopt, {3, 60}}}, read);
  CHECK(only<ChatTimer>(timer).value.seconds == 60);
  CHECK(std::get<MailTimerChange>(read.body).text == "You set message deletion timer to 60 s.");

  CallOffer offer;
  offer.sent_at = 1'795'247'877'000;
  offer.video = true;
  offer.info = "v=0\r\n";
  const auto call = there_and_back({uuid(1), offer}, read);
  CHECK(only<CallOffer>(call).info == "v=0\r\n");
  CHECK(only<CallOffer>(call).video);

  Locations locations;
  locations.begins = true;
  locations.places = {{1'775'736'000'000, {52.5, 13.25, 10}, std::nullopt}};
  const auto places = there_and_back({uuid(1), locations}, read);
  CHECK(only<Locations>(places).begins);
  REQUIRE(only<Locations>(places).places.size() == 1);
  CHECK(only<Locations>(places).places[0].place.latitude == 52.5);

  WebxdcNews news;
  news.app = {uuid(9), true};
  news.update.payload = "{\"move\":1}";
  news.update.info = "moved";
  FakeNames names;
  names.known[uuid(9)] = {uuid(9), true};
  const auto updates = there_and_back({uuid(1), news}, read, names);
  CHECK(only<WebxdcNews>(updates).update.payload == "{\"move\":1}");
  CHECK(only<WebxdcNews>(updates).update.info == "moved");
  CHECK(only<WebxdcNews>(updates).app.of_recipient);
}

TEST_CASE("a text for a group is for the group of its id") {
  GroupId id{};
  id[3] = 7;
  ChatMail mail = frame();
  MailGroup group;
  group.id = group_text(id);
  group.name = "Group";
  mail.group = group;
  GroupText text;
  text.group = id;
  text.message.text = "all";
  text.message.sent_at = 1'795'247'877'000;
  ChatMail read;
  const auto contents = there_and_back({uuid(1), text}, read, {}, std::nullopt, mail);
  CHECK(only<GroupText>(contents).group == id);
  CHECK(only<GroupText>(contents).message.text == "all");
  // The line of a change is made by who applies the change.
  mail.group->change = GroupRenamed{"old"};
  mail.body = MailText{"Bob changed the name"};
  CHECK(to_content(mail, FakeNames()).empty());
}

TEST_CASE("an app comes with its updates, and a message with its place") {
  ChatMail mail = frame();
  WebxdcUpdate update;
  update.payload = "1";
  mail.body = MailText{.text = "game",
                       .type = Viewtype::webxdc,
                       .file = MailFile{"a.xdc", "application/webxdc+zip", {1}},
                       .updates = write_updates({update, update})};
  mail.place = Place{1, 2, 0};
  const auto contents = to_content(mail, FakeNames());
  REQUIRE(contents.size() == 4);
  CHECK(std::holds_alternative<TextMessage>(contents[0].content.body));
  const auto& place = std::get<Locations>(contents[1].content.body);
  REQUIRE(place.places.size() == 1);
  CHECK(place.places[0].message == uuid(1));
  CHECK(std::get<WebxdcNews>(contents[2].content.body).app.uuid == uuid(1));
  CHECK(contents[2].content.uuid != contents[3].content.uuid);
}

TEST_CASE("steps and sync messages are no contents, and a profile is beside them") {
  ChatMail mail = frame();
  mail.join = MailJoin{"vc-contact-confirm"};
  mail.body = MailText{"Secure-Join"};
  CHECK(to_content(mail, FakeNames()).empty());
  mail.join.reset();
  mail.body = MailSync{"{}"};
  CHECK(to_content(mail, FakeNames()).empty());
  mail.body = MailText{.text = "x", .footer = "my status"};
  mail.automatic = true;
  const auto profile = profile_of(mail);
  REQUIRE(profile);
  CHECK(profile->name == "Bob");
  CHECK(profile->status == "my status");
  CHECK(profile->bot);
  mail.body = MailReaction{"x"};
  CHECK_FALSE(profile_of(mail)->status);
  mail.chat = false;
  CHECK_FALSE(profile_of(mail));
}

TEST_CASE("the footer of a frame stays for messages") {
  ChatMail mail = frame();
  mail.body = MailText{.footer = "my status"};
  TextMessage text;
  text.text = "x";
  REQUIRE(put_content(mail, {uuid(1), text}, FakeNames(), std::nullopt));
  CHECK(std::get<MailText>(mail.body).footer == "my status");
}

TEST_CASE("what only gateways say is not said by mail") {
  for (const AnyContentKind& kind : content_kinds()) {
    if (kind.name != "unknown" && kind.name != "hello" && kind.name != "profile" &&
        kind.name != "group update" && kind.name != "file decision" && kind.name != "realtime" &&
        kind.name != "device manifest") {
      continue;
    }
    base::WireReader empty({});
    ChatMail mail = frame();
    INFO(kind.name);
    CHECK_FALSE(put_content(mail, {uuid(1), kind.read(empty)}, FakeNames(), std::nullopt));
  }
}
