// Cards (vCards): text and back, contacts from them, contact requests of who has our card, and what
// such strangers may cause.
#include "messaging/chats/requests.h"
#include "messaging/model/vcard.h"
#include "messaging/peering/request_budgets.h"
#include "store/tables/contacts.h"
#include "tests/messaging/pictures.h"
#include "tests/messaging/three.h"

using namespace test;

namespace {

std::string card_of(Peer& peer, std::vector<ContactId> contacts = {kSelf}) {
  const auto text = answer<std::string>([&](auto done) {
    peer.engine().contacts().make_vcard(kAccount, std::move(contacts), std::move(done));
  });
  REQUIRE(text);
  return *text;
}
std::vector<ContactId> import(Peer& peer, const std::string& text) {
  const auto ids = answer<std::vector<ContactId>>(
      [&](auto done) { peer.engine().contacts().import_vcard(kAccount, text, std::move(done)); });
  REQUIRE(ids);
  return *ids;
}
base::Result<> set_config(Peer& peer, std::map<std::string, std::optional<std::string>> values) {
  return answer<void>(
      [&](auto done) { peer.engine().config().set(kAccount, std::move(values), std::move(done)); });
}
ChatId chat_with(Peer& peer, ContactId contact) {
  const auto chat = answer<ChatId>([&](auto done) {
    peer.engine().chats().create_by_contact(kAccount, contact, std::move(done));
  });
  REQUIRE(chat);
  return *chat;
}
base::Result<MsgId> try_send(Peer& peer, ChatId chat, const std::string& text) {
  MessageDraft draft;
  draft.text = text;
  return answer<MsgId>([&](auto done) {
    peer.engine().messages().send(kAccount, chat, std::move(draft), std::move(done));
  });
}
MessageDraft with_file(const std::string& text, const std::string& path) {
  MessageDraft draft;
  draft.text = text;
  draft.file = path;
  return draft;
}
base::Result<> accept(Peer& peer, ChatId chat) {
  return answer<void>(
      [&](auto done) { peer.engine().chats().accept(kAccount, chat, std::move(done)); });
}
base::Result<> block(Peer& peer, ChatId chat) {
  return answer<void>(
      [&](auto done) { peer.engine().chats().block(kAccount, chat, std::move(done)); });
}
base::Result<> remove(Peer& peer, ContactId contact) {
  return answer<void>(
      [&](auto done) { peer.engine().contacts().remove(kAccount, contact, std::move(done)); });
}
std::vector<ContactId> listed(Peer& peer) {
  const auto ids = peer.engine().contacts().ids(kAccount, false, std::nullopt);
  REQUIRE(ids);
  return *ids;
}

// Bob has alice's card, and has written to her.
struct Stranger : World {
  Stranger() {
    const auto ids = import(bob, card_of(alice));
    REQUIRE(ids.size() == 1);
    alice_at_bob = ids.front();
    at_bob = chat_with(bob, alice_at_bob);
    bob.send(at_bob, "hello, it is bob");
    REQUIRE(until([&] { return alice.has_text("hello, it is bob"); }));
    at_alice = alice.chat_with_peer();
  }
  Chat request() { return Three::chat(alice, at_alice); }
  ContactId bob_at_alice() { return request().contacts.front(); }

  ContactId alice_at_bob;
  ChatId at_bob, at_alice;
};

}  // namespace

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

TEST_CASE("who has our card writes at once, and is a contact request until accepted") {
  Stranger world;
  const auto contact = world.bob.engine().contacts().get(kAccount, world.alice_at_bob);
  REQUIRE(contact);
  CHECK_FALSE(contact->is_verified);
  CHECK(contact->e2ee_available);
  CHECK(Three::chat(world.bob, world.at_bob).can_send);

  const Chat request = world.request();
  CHECK(request.is_contact_request);
  CHECK_FALSE(request.can_send);
  CHECK(request.is_encrypted);
  CHECK(listed(world.alice).empty());
  const auto refused = try_send(world.alice, world.at_alice, "who are you?");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == base::Errc::forbidden);
  CHECK(refused.error().message.find("accept_chat") != std::string::npos);

  REQUIRE(accept(world.alice, world.at_alice));
  CHECK_FALSE(world.request().is_contact_request);
  CHECK(world.request().can_send);
  CHECK(listed(world.alice) == std::vector{world.bob_at_alice()});
  world.alice.send(world.at_alice, "welcome");
  CHECK(world.until([&] { return world.bob.has_text("welcome"); }));
  CHECK_FALSE(world.alice.engine().contacts().get(kAccount, world.bob_at_alice())->is_verified);
}

TEST_CASE("a request that is seen sends no read receipt before it is accepted") {
  Stranger world;
  const MsgId at_bob = *world.bob.find_text("hello, it is bob");
  world.alice.mark_seen({*world.alice.find_text("hello, it is bob")});
  world.bob.send(world.at_bob, "are you there?");
  REQUIRE(world.until([&] { return world.alice.has_text("are you there?"); }));
  CHECK(world.bob.state(at_bob) != MsgState::out_read);
  REQUIRE(accept(world.alice, world.at_alice));
  world.alice.mark_seen({*world.alice.find_text("are you there?")});
  CHECK(world.until([&] {
    return world.bob.state(*world.bob.find_text("are you there?")) == MsgState::out_read;
  }));
}

TEST_CASE("a request that is blocked is over: nothing more of its sender arrives") {
  Stranger world;
  REQUIRE(block(world.alice, world.at_alice));
  const auto blocked = world.alice.engine().contacts().blocked(kAccount);
  REQUIRE(blocked);
  CHECK(blocked->size() == 1);
  world.bob.send(world.at_bob, "let me in");
  const std::size_t before = world.network.deposits();
  REQUIRE(world.until([&] { return world.network.deposits() > before; }));
  CHECK_FALSE(world.alice.has_text("let me in"));
}

TEST_CASE(
    "a group of somebody who was not accepted is a request too; of an accepted one it is not") {
  Stranger world;
  const bool accepted = GENERATE(false, true);
  if (accepted) REQUIRE(accept(world.alice, world.at_alice));
  const ChatId group = Three::create(world.bob, "Join us");
  Three::add(world.bob, group, world.alice_at_bob);
  world.bob.send(group, "news for all");
  REQUIRE(world.until([&] { return world.alice.has_text("news for all"); }));
  const Chat chat = Three::chat(world.alice, Three::group_at(world.alice));
  CHECK(chat.is_contact_request == !accepted);
  CHECK(chat.can_send == accepted);
  CHECK(try_send(world.alice, chat.id, "hi").ok() == accepted);
  CHECK(listed(world.alice).empty() == !accepted);
}

TEST_CASE("a bot has nobody to accept people: who has its card is accepted") {
  World world;
  world.alice.set_config("bot", "1");
  const auto ids = import(world.bob, card_of(world.alice));
  world.bob.send(chat_with(world.bob, ids.front()), "/help");
  REQUIRE(world.until([&] { return world.alice.has_text("/help"); }));
  CHECK_FALSE(Three::chat(world.alice, world.alice.chat_with_peer()).is_contact_request);
}

TEST_CASE("a contact is imported once, and its own card is ourselves") {
  World world;
  const std::string card = card_of(world.alice);
  const auto first = import(world.bob, card);
  CHECK(import(world.bob, card + "\r\n" + card) == std::vector{first.front(), first.front()});
  CHECK(import(world.alice, card) == std::vector{kSelf});
  // A joined contact stays verified, and keeps its session.
  const ChatId joined = world.join(world.bob, world.alice);
  CHECK(import(world.bob, card) == first);
  CHECK(world.bob.engine().contacts().get(kAccount, first.front())->is_verified);
  world.bob.send(joined, "still here");
  CHECK(world.until([&] { return world.alice.has_text("still here"); }));
}

TEST_CASE("of several cards those that cannot be imported are left out") {
  World world;
  const auto ids =
      import(world.bob, "BEGIN:VCARD\nFN:no address\nEND:VCARD\n" + card_of(world.alice) +
                            "\nBEGIN:VCARD\nEMAIL:x@mail.example\nFN:X\nEND:VCARD\n");
  REQUIRE(ids.size() == 2);
  const auto by_address = world.bob.engine().contacts().get(kAccount, ids[1]);
  CHECK(by_address->display_name == "X");
  CHECK_FALSE(by_address->e2ee_available);
  // Nobody without a key can be written to; the error says what to do.
  const ChatId nobody = chat_with(world.bob, ids[1]);
  CHECK_FALSE(Three::chat(world.bob, nobody).can_send);
  CHECK(Three::lines(world.bob, nobody, SystemMessage::chat_e2ee).empty());
  const auto refused = try_send(world.bob, nobody, "hello?");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("invite") != std::string::npos);
}

TEST_CASE("many cards are imported in their order") {
  World world;
  std::string text;
  for (int i = 0; i < 130; ++i) {
    text += "BEGIN:VCARD\nEMAIL:p" + std::to_string(i) + "@plant.example\nEND:VCARD\n";
  }
  const auto ids = import(world.bob, text);
  REQUIRE(ids.size() == 130);
  CHECK(world.bob.engine().contacts().get(kAccount, ids[129])->addr == "p129@plant.example");
  CHECK(import(world.bob, text) == ids);
}

TEST_CASE("a contact that nothing names is deleted; one with a chat leaves the lists alone") {
  World world;
  const auto create = [&](const std::string& addr, const std::string& name) {
    return answer<ContactId>([&](auto done) {
      world.bob.engine().contacts().create(kAccount, addr, name, std::move(done));
    });
  };
  const auto one = create("one@mail.example", "One");
  REQUIRE(one);
  CHECK(*create("ONE@mail.example", "Uno") == *one);
  CHECK(world.bob.engine().contacts().get(kAccount, *one)->display_name == "Uno");
  CHECK_FALSE(create("no address", ""));
  CHECK_FALSE(create("one@mail.example.", ""));
  CHECK_FALSE(create(" one@mail.example", ""));
  CHECK(create("one@two@mail.example", ""));
  CHECK(*create("mailto:one@mail.example", "") == *one);
  const auto bobs = world.bob.engine().contacts().get(kAccount, kSelf);
  CHECK(*create(bobs->addr, "") == kSelf);

  REQUIRE(remove(world.bob, *one));
  CHECK(world.bob.engine().contacts().get(kAccount, *one).error().code == base::Errc::not_found);
  CHECK_FALSE(remove(world.bob, *one));
  CHECK_FALSE(remove(world.bob, kSelf));

  const auto two = create("two@mail.example", "Two");
  const ChatId chat = chat_with(world.bob, *two);
  REQUIRE(remove(world.bob, *two));
  CHECK(Three::chat(world.bob, chat).name == "Two");
  const auto addresses = world.bob.engine().contacts().list(kAccount, false, std::nullopt,
                                                            Contacts::Who::address_alone);
  CHECK(addresses->size() == 1);  // one@two@mail.example
  CHECK(*create("two@mail.example", "") == *two);
  REQUIRE(remove(world.bob, *two));
  chat_with(world.bob, *two);  // writing to it brings it back
  CHECK(world.bob.engine()
            .contacts()
            .list(kAccount, false, std::nullopt, Contacts::Who::address_alone)
            ->size() == 2);
}

TEST_CASE("a joined contact that was deleted with its chat writes again as a request") {
  World world;
  const ChatId at_bob = world.join(world.bob, world.alice);
  const ChatId at_alice = world.alice.chat_with_peer();
  const ContactId contact = Three::chat(world.alice, at_alice).contacts.front();
  REQUIRE(answer<void>([&](auto done) {
    world.alice.engine().chats().remove(kAccount, at_alice, std::move(done));
  }));
  REQUIRE(remove(world.alice, contact));
  CHECK(listed(world.alice).empty());
  world.bob.send(at_bob, "remember me?");
  REQUIRE(world.until([&] { return world.alice.has_text("remember me?"); }));
  CHECK(Three::chat(world.alice, world.alice.chat_with_peer()).is_contact_request);
  CHECK(listed(world.alice).empty());
}

TEST_CASE("of a stranger so many messages are kept; the others come once it is accepted") {
  Stranger world;
  const auto most = static_cast<int>(chats::kMaxStrangersTexts);
  for (int i = 0; i < most + 20; ++i) world.bob.send(world.at_bob, "text " + std::to_string(i));
  REQUIRE(world.until(
      [&] { return static_cast<int>(world.alice.texts(world.at_alice).size()) == most; }));
  world.alice.restart();
  CHECK(static_cast<int>(world.alice.texts(world.at_alice).size()) == most);
  REQUIRE(accept(world.alice, world.at_alice));
  // What was not acknowledged goes out again after a day, of which few may pass: it expires.
  const auto came = [&] {
    return static_cast<int>(world.alice.texts(world.at_alice).size()) == most + 21;
  };
  for (int day = 0; day < 10 && !came(); ++day) {
    world.clock.advance(25 * 3600 * 1000);
    int looks = 0;
    world.until([&] { return came() || ++looks > 1000; });
  }
  CHECK(came());
}

TEST_CASE("files of strangers take so much room in all; a larger one waits at its sender") {
  Stranger world;
  TempDir files;
  const std::string small = files.file("small.bin", std::string(1024 * 1024, 's'));
  const std::string large = files.file("large.bin", std::string(chats::kMaxStrangersFiles, 'l'));
  world.bob.send(world.at_bob, with_file("small", small));
  REQUIRE(world.until([&] { return world.alice.has_text("small"); }));
  world.bob.send(world.at_bob, with_file("large", large));
  const std::size_t before = world.network.deposits();
  REQUIRE(world.until([&] { return world.network.deposits() > before + 2; }));
  CHECK_FALSE(world.alice.has_text("large"));
  REQUIRE(accept(world.alice, world.at_alice));
  CHECK(world.until([&] { return world.alice.has_text("large"); }));
}

TEST_CASE("strangers are answered as long as there is room for requests") {
  Stranger world;
  auto filled = world.alice.store().write_now<void>([](store::Tx& tx) -> base::Result<> {
    for (int i = 0; i < chats::kMaxRequests; ++i) {
      EDGE_CHECK(
          tx.db().run("INSERT INTO chat(account_id, id, type, blocked, created_at, last_at)"
                      " VALUES(1, ?1, 120, 2, 0, 0)",
                      10'000 + i));
    }
    return {};
  });
  REQUIRE(filled.ok());
  Peer carol(world.network, world.clock, "carol");
  const auto ids = import(carol, card_of(world.alice));
  const std::size_t before = world.network.deposits();
  carol.send(chat_with(carol, ids.front()), "me too");
  REQUIRE(world.until([&] { return world.network.deposits() > before; }));
  CHECK_FALSE(world.alice.has_text("me too"));
  // Who was there before still is.
  world.bob.send(world.at_bob, "and me");
  CHECK(world.until([&] { return world.alice.has_text("and me"); }));
}

TEST_CASE("who joins a group of somebody whose request waits accepts the group, not the request") {
  Stranger world;
  REQUIRE(world.request().is_contact_request);
  const auto group = answer<ChatId>(
      [&](auto done) { world.bob.engine().groups().create(kAccount, "Crew", std::move(done)); });
  REQUIRE(group);
  const auto link = answer<std::string>([&](auto done) {
    world.bob.engine().securejoin().invite(kAccount, *group, std::move(done));
  });
  REQUIRE(link);
  const auto joined = answer<ChatId>(
      [&](auto done) { world.alice.engine().securejoin().join(kAccount, *link, std::move(done)); });
  REQUIRE(joined);
  const auto in_group = [&] {
    const auto chat = world.alice.engine().chats().get(kAccount, *joined);
    return chat && chat->self_in_group && chat->can_send;
  };
  REQUIRE(world.until(in_group));
  CHECK(world.request().is_contact_request);
  world.bob.send(world.at_bob, "still a request");
  REQUIRE(world.until([&] { return world.alice.has_text("still a request"); }));
  CHECK(world.request().is_contact_request);
  REQUIRE(accept(world.alice, world.at_alice));
  CHECK_FALSE(world.request().is_contact_request);
}

TEST_CASE("a stranger's profile picture is not taken before the stranger was accepted") {
  Stranger world;
  TempDir files;
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().config().set(kAccount, {{"selfavatar", files.file("me.png", "picture")}},
                                    std::move(done));
  }));
  world.bob.send(world.at_bob, "behind the picture");
  REQUIRE(world.until([&] { return world.alice.has_text("behind the picture"); }));
  CHECK(world.request().image.empty());
  REQUIRE(accept(world.alice, world.at_alice));
  world.clock.advance(25 * 3600 * 1000);  // what was not acknowledged comes again
  CHECK(world.until([&] { return !world.request().image.empty(); }));
}

TEST_CASE("a card brings its picture and status to a contact that had none") {
  World world;
  const TempDir files;
  const std::string shot = picture("alice");
  REQUIRE(set_config(world.alice,
                     {{"selfavatar", files.file("me.png", shot)}, {"selfstatus", "at the pump"}}));
  const std::string card = card_of(world.alice);
  CHECK(card.find("PHOTO:data:image/png;base64") != std::string::npos);
  const auto ids = import(world.bob, card);
  REQUIRE(ids.size() == 1);
  const auto alice = world.bob.engine().contacts().get(kAccount, ids.front());
  REQUIRE(alice);
  CHECK(alice->status == "at the pump");
  REQUIRE_FALSE(alice->image.empty());
  CHECK(plain_picture(world.bob, alice->image) == shot);

  // A second card changes neither, and leaves no file behind.
  const std::size_t kept = files_of(world.bob);
  REQUIRE(set_config(world.alice, {{"selfavatar", files.file("new.png", picture("new"))}}));
  CHECK(import(world.bob, card_of(world.alice)) == ids);
  CHECK(world.bob.engine().contacts().get(kAccount, ids.front())->image == alice->image);
  CHECK(world.until([&] { return files_of(world.bob) == kept; }));

  // The card that bob hands on has it too, and her own message brings the new one.
  CHECK(card_of(world.bob, ids).find("PHOTO:data:image/png;base64") != std::string::npos);
  const ChatId at_bob = chat_with(world.bob, ids.front());
  world.bob.send(at_bob, "hello");
  REQUIRE(world.until([&] { return world.alice.has_text("hello"); }));
  REQUIRE(accept(world.alice, world.alice.chat_with_peer()));
  world.alice.send(world.alice.chat_with_peer(), "hello, bob");
  CHECK(world.until([&] {
    const auto now = world.bob.engine().contacts().get(kAccount, ids.front());
    return now && now->image != alice->image &&
           plain_picture(world.bob, now->image) == picture("new");
  }));
}

TEST_CASE("what is no picture in a card costs itself alone") {
  World world;
  Vcard card;
  card.addr = "stranger@example.org";
  put_picture(card, base::as_bytes("<html>"), "image/png");
  const auto ids = import(world.bob, write_vcards({card}));
  REQUIRE(ids.size() == 1);
  CHECK(world.bob.engine().contacts().get(kAccount, ids.front())->image.empty());
}

TEST_CASE("pictures leave a text of cards small enough to be imported") {
  World world;
  std::vector<ContactId> contacts;
  for (int n = 0; n < 30; ++n) {  // of 30 KB each
    Vcard card;
    card.addr = std::to_string(n) + "@example.org";
    put_picture(card, base::as_bytes(picture(std::to_string(n))), "image/png");
    contacts.push_back(import(world.bob, write_vcards({card})).front());
  }
  const std::string text = card_of(world.bob, contacts);
  const auto read = read_vcards(text);
  REQUIRE(read);
  REQUIRE(read->size() == 30);
  const auto with_picture = std::count_if(read->begin(), read->end(),
                                          [](const Vcard& card) { return !card.image.empty(); });
  CHECK(with_picture >= 20);
  CHECK(with_picture < 30);
}
