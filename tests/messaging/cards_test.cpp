// Contacts that come from cards (vCards) or addresses: imported, with pictures, and deleted.
#include <algorithm>

#include "messaging/model/vcard.h"
#include "tests/messaging/card_world.h"
#include "tests/messaging/pictures.h"

using namespace test;

namespace {

base::Result<> set_config(Peer& peer, std::map<std::string, std::optional<std::string>> values) {
  return answer<void>(
      [&](auto done) { peer.engine().config().set(kAccount, std::move(values), std::move(done)); });
}

}  // namespace

TEST_CASE("a contact is imported once, and its own card is ourselves") {
  World world;
  const std::string card = card_of(world.alice);
  const auto first = import_cards(world.bob, card);
  CHECK(import_cards(world.bob, card + "\r\n" + card) == std::vector{first.front(), first.front()});
  CHECK(import_cards(world.alice, card) == std::vector{kSelf});
  // A joined contact stays verified, and keeps its session.
  const ChatId joined = world.join(world.bob, world.alice);
  CHECK(import_cards(world.bob, card) == first);
  CHECK(world.bob.engine().contacts().get(kAccount, first.front())->is_verified);
  world.bob.send(joined, "still here");
  CHECK(world.until([&] { return world.alice.has_text("still here"); }));
}

TEST_CASE("of several cards those that cannot be imported are left out") {
  World world;
  const auto ids =
      import_cards(world.bob, "BEGIN:VCARD\nFN:no address\nEND:VCARD\n" + card_of(world.alice) +
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
  const auto ids = import_cards(world.bob, text);
  REQUIRE(ids.size() == 130);
  CHECK(world.bob.engine().contacts().get(kAccount, ids[129])->addr == "p129@plant.example");
  CHECK(import_cards(world.bob, text) == ids);
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

TEST_CASE("a card brings its picture and status to a contact that had none") {
  World world;
  const TempDir files;
  const std::string shot = picture("alice");
  REQUIRE(set_config(world.alice,
                     {{"selfavatar", files.file("me.png", shot)}, {"selfstatus", "at the pump"}}));
  const std::string card = card_of(world.alice);
  CHECK(card.find("PHOTO:data:image/png;base64") != std::string::npos);
  const auto ids = import_cards(world.bob, card);
  REQUIRE(ids.size() == 1);
  const auto alice = world.bob.engine().contacts().get(kAccount, ids.front());
  REQUIRE(alice);
  CHECK(alice->status == "at the pump");
  REQUIRE_FALSE(alice->image.empty());
  CHECK(plain_picture(world.bob, alice->image) == shot);

  // A second card changes neither, and leaves no file behind.
  const std::size_t kept = files_of(world.bob);
  REQUIRE(set_config(world.alice, {{"selfavatar", files.file("new.png", picture("new"))}}));
  CHECK(import_cards(world.bob, card_of(world.alice)) == ids);
  CHECK(world.bob.engine().contacts().get(kAccount, ids.front())->image == alice->image);
  CHECK(world.until([&] { return files_of(world.bob) == kept; }));

  // The card that bob forwards has it too, and her own message brings the new one.
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
  const auto ids = import_cards(world.bob, write_vcards({card}));
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
    contacts.push_back(import_cards(world.bob, write_vcards({card})).front());
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
