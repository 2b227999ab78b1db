// Names: plain in whatever way they come in.
#include "base/bytes.h"
#include "messaging/api/account_setup.h"
#include "messaging/api/parts.h"
#include "messaging/api/views.h"
#include "messaging/chats/received_row.h"
#include "messaging/groups/group_rules.h"
#include "messaging/model/media_type.h"
#include "messaging/model/plain_name.h"
#include "messaging/peering/handshakes.h"
#include "messaging/receiving/apply_content.h"
#include "store/schema/migrations.h"
#include "store/tables/blobs.h"
#include "store/tables/config_values.h"
#include "tests/support/world.h"

using namespace test;

namespace {

// What follows such a name would be shown from right to left.
const std::string kTurning = "Bob\u202e evil\u2069\u0007\u0085";
const std::string kPlain = "Bob evil";

Chat chat_at(Peer& peer, ChatId id) {
  const auto chat = peer.engine().chats().get(Peer::kAccount, id);
  if (!chat) FAIL(chat.error().message);
  return *chat;
}

base::Result<ChatId> new_group(Peer& peer, const std::string& name) {
  return answer<ChatId>(
      [&](auto done) { peer.engine().groups().create(Peer::kAccount, name, std::move(done)); });
}

class NoTransport final : public peering::DepositTransport {
 public:
  void deposit(peering::Deposit /*deposit*/,
               base::Completion<peering::DepositReply> done) override {
    done({});
  }
};

// One account whose rules are called as an arrival calls them.
struct OneAccount {
  TempDir dir;
  base::ManualClock clock;
  std::unique_ptr<store::Store> store = open();
  NoTransport transport;
  Parts parts{*store,
              transport,
              clock,
              {.profile = "alice",
               .host = "alice.test",
               .public_urls = {"http://alice.test"},
               .version = "0",
               .paths = {}}};
  kernel::Core& core = parts.core;
  kernel::AccountPtr account = make();

  std::unique_ptr<store::Store> open() {
    store::StoreOptions options;
    options.dir = dir.path();
    options.migrations = store::migrations();
    options.clock = &clock;
    auto opened = store::Store::open(std::move(options));
    if (!opened) FAIL(opened.error().message);
    return *std::move(opened);
  }
  kernel::AccountPtr make() {
    auto made = store->write_now<kernel::AccountPtr>([&](store::Tx& tx) {
      return make_account(core, tx, {.profile = kTurning, .display_name = kTurning});
    });
    if (!made) FAIL(made.error().message);
    return *std::move(made);
  }
  void write(const std::function<base::Result<>(const kernel::WriteContext&)>& what) {
    const auto done = store->write_now<void>([&](store::Tx& tx) {
      const store::Scope scope{tx.db(), tx.vault(), account->key, account->id};
      return what({core, tx, scope, *account});
    });
    if (!done) FAIL(done.error().message);
  }
};

}  // namespace

TEST_CASE("a plain name has nothing in it that steers how a line is shown") {
  CHECK(plain_name(kTurning) == kPlain);
  CHECK(plain_name("a\nb\x7f") == "ab");
  CHECK(plain_name("a\u2028b\u2067c\u206ad\u009be") == "abcde");
  CHECK(plain_name(" \u3000 Bob \u00a0") == "Bob");
  for (const char* blank : {"", "  ", "\u00a0\u2003", "\u200b\u200d", "\u202e\u202c", "\u3164",
                            "\u2800", "\r\n", "\u200f", "\xff", "\u0301", " \u0308\u20e3", "\u0903",
                            "\ufff9\ufffb", "\U000e0fff", "\u061c"}) {
    CAPTURE(blank);
    CHECK(plain_name(blank).empty());
  }
  // What scripts and emoji need stays: joiners, variation selectors, marks of direction.
  for (const char* name :
       {"می\u200cخواهم", "👩\u200d🚀", "❤\ufe0f", "A\u200eB", "क\u094d\u200dष", "שלום"}) {
    CAPTURE(name);
    CHECK(plain_name(name) == name);
  }
  CHECK(plain_name(std::string(255, 'x') + "ü") == std::string(255, 'x'));
  CHECK(plain_name(std::string(255, 'x') + " y") == std::string(255, 'x'));
  CHECK(plain_name("abc", 2) == "ab");
}

TEST_CASE("a name that a caller gives is refused with its field, or made plain") {
  CHECK(*given_name("displayname", "\u2068Bob\u2069 ") == "Bob");
  CHECK(given_name("displayname", " \u200b ")->empty());
  for (const std::string& bad :
       {std::string("a\nb"), std::string("a\u2028b"), std::string("\x1b[2J"),
        std::string("a\u0085b"), std::string("\xff"), std::string(257, 'x')}) {
    const auto refused = given_name("displayname", bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == base::Errc::invalid_argument);
    CHECK(refused.error().message.starts_with("displayname: expected at most 256 bytes"));
  }
}

TEST_CASE("a file's name cannot hide its ending and is never blank") {
  CHECK(plain_file_name("photo\u202egpj.exe") == "photogpj.exe");
  CHECK(plain_file_name("a\u2066\u0085.txt ") == "a.txt");
  CHECK(plain_file_name("\u200b\u3164") == "file");
  CHECK(plain_file_name(" . ") == "file");
}

TEST_CASE("names that callers give are stored plain, and a blank one counts as none") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  world.alice.set_config("displayname", kPlain + "\u202e");
  CHECK(*world.alice.engine().config().get(Peer::kAccount, "displayname") == kPlain);
  world.alice.set_config("displayname", "\u3000\u200b");
  CHECK(*world.alice.engine().config().get(Peer::kAccount, "displayname") == "");

  for (const char* blank : {" ", "\u200b", "\u202e\u2069", "\u3164"}) {
    CAPTURE(blank);
    CHECK_FALSE(new_group(world.alice, blank));
  }
  const auto group = new_group(world.alice, " Crew\u2067 7 ");
  REQUIRE(group);
  CHECK(chat_at(world.alice, *group).name == "Crew 7");

  const ContactId bob = *chat_at(world.alice, chat).dm_contact;
  const auto rename = [&](const std::string& name) {
    REQUIRE(answer<void>([&](auto done) {
      world.alice.engine().contacts().rename(Peer::kAccount, bob, name, std::move(done));
    }));
    return world.alice.engine().contacts().get(Peer::kAccount, bob)->display_name;
  };
  CHECK(rename("My\u202d Bob\n") == "My Bob");
  CHECK(rename("\u2003\u2800") == "bob");  // the name that bob has of his own
}

TEST_CASE("a message's own name and its file's are plain at both sides") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  const TempDir outside;
  MessageDraft draft;
  draft.text = "look";
  draft.file = outside.file("a.txt", "bytes");
  draft.file_name = "re\u202eport\u2069.txt";
  draft.sender_name = kTurning;
  const MsgId sent = world.alice.send(chat, draft);
  CHECK(world.alice.message(sent).file->name == "report.txt");
  REQUIRE(world.until([&] { return world.bob.has_text("look"); }));
  const Message came = world.bob.message(*world.bob.find_text("look"));
  CHECK(came.sender_name == kPlain);
  CHECK(came.file->name == "report.txt");
  MessageDraft long_name;
  long_name.text = "x";
  long_name.sender_name = std::string(2000, 'x');
  const auto refused = answer<MsgId>([&](auto done) {
    world.alice.engine().messages().send(Peer::kAccount, chat, long_name, std::move(done));
  });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.starts_with("overrideSenderName: expected at most 1024 bytes"));
}

TEST_CASE("what peers of another build call themselves, their groups and files is plain here") {
  OneAccount alice;
  alice.write([&](const kernel::WriteContext& write) -> base::Result<> {
    const auto key = crypto::Identity::generate().public_key();
    EDGE_TRY(store::ContactRow contact,
             peering::contact_for(write, key, "b\u202eob@b.test", kTurning));
    CHECK(contact.auth_name == kPlain);
    CHECK(contact.addr == "bob@b.test");
    Card card;
    card.addr = "b\u2066ob@b.test";
    card.name = "\u200b\u202e";
    peering::apply_card(contact, card, 1);
    CHECK(contact.auth_name.empty());
    CHECK(contact.addr == "bob@b.test");

    Profile profile;
    profile.name = kTurning;
    const receiving::Sender sender{.contact = contact, .turn = {.link = 1, .in_turn = true}};
    EDGE_CHECK(
        receiving::apply_content(write, sender, {store::random_uuid(), profile}, std::nullopt, {}));
    EDGE_TRY(contact, store::load_contact(write.scope, contact.id));
    CHECK(contact.auth_name == kPlain);

    TextMessage text;
    text.sender_name = kTurning;
    CHECK(chats::received_row(contact.id, {}, text).sender_name == kPlain);
    FileNote note;
    note.name = "../photo\u202egpj.exe";
    EDGE_TRY(const std::int64_t blob, chats::adopt_file(write, note, store::TransferRow{}));
    EDGE_TRY(const auto row, store::load_blob(write.scope, blob));
    CHECK(row.file_name == "photogpj.exe");

    GroupState state;
    state.name = {{1, key.bytes()}, kTurning};
    Membership member{.number = 1, .present = true, .author = key.bytes(), .card = {}};
    const auto other = crypto::Identity::generate().public_key().bytes();
    member.card.name = kTurning;
    member.card.addr = "c\u202earol@c.test";
    state.members[other] = member;
    EDGE_TRY(const chats::Group group,
             groups::make_group(write, store::random_uuid(), state, store::ChatBlocked::no));
    CHECK(group.row.name == kPlain);
    CHECK(group.state.name.value == kTurning);  // members compare states byte for byte
    EDGE_TRY(const auto carol, chats::find_contact_by_key(write.scope, other));
    REQUIRE(carol);
    CHECK(carol->auth_name == kPlain);
    CHECK(carol->addr == "carol@c.test");
    return {};
  });
}

TEST_CASE("names that an older build stored are plain where they are shown") {
  OneAccount alice;
  alice.write([&](const kernel::WriteContext& write) -> base::Result<> {
    EDGE_TRY(const auto first, store::find_config_value(write.scope, "displayname"));
    CHECK(first == kPlain);  // what it was made with
    EDGE_CHECK(store::set_config_value(write.scope, "displayname", kTurning));
    const auto key = crypto::Identity::generate().public_key();
    EDGE_TRY(store::ContactRow contact, peering::contact_for(write, key, "bob@b.test", "bob"));
    contact.auth_name = kTurning;
    EDGE_CHECK(store::update_contact(write.scope, contact));
    return {};
  });
  CHECK(*alice.parts.config.get(alice.account->id, "displayname") == kPlain);
  CHECK(alice.parts.accounts.get(alice.account->id)->display_name == kPlain);
  auto read = alice.core.read(alice.account->id);
  REQUIRE(read);
  const View view{alice.core, read->scope(), *read->account};
  const auto found = alice.parts.contacts.ids(alice.account->id, false, std::nullopt);
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  const auto bob = load_contact_view(view, found->front());
  REQUIRE(bob);
  CHECK(bob->display_name == kPlain);
  CHECK(bob->auth_name == kPlain);
  store::MessageRow row;
  row.sender_name = kTurning;
  CHECK(view_message(view, std::move(row))->sender_name == kPlain);
  CHECK(load_contact_view(view, kSelf)->auth_name == kPlain);
}

TEST_CASE("an invite's names are plain before anybody sees them") {
  World world;
  world.alice.set_config("displayname", "Alice");
  const std::string link = world.alice.invite();
  const auto at = link.find("&n=Alice");
  REQUIRE(at != std::string::npos);
  std::string turned = link;
  turned.replace(at, 8, "&n=%E2%80%AEAlice%E2%81%A9");
  const auto check = world.bob.engine().securejoin().check(Peer::kAccount, turned);
  REQUIRE(check);
  CHECK(check->name == "Alice");
}
