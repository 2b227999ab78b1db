// A store in which every table has rows, most of them made by the engine: alice's, who talks to bob
// and carol, shares protected files and has a group. What an engine makes only for moments (joins
// under way, envelopes of unknown sessions, keys of skipped messages) is inserted.
#pragma once

#include "messaging/api/protected_files.h"
#include "messaging/model/channel_event.h"
#include "store/tables/account_keys.h"
#include "store/tables/accounts.h"
#include "store/tables/calls.h"
#include "store/tables/deposit_tokens.h"
#include "store/tables/device_labels.h"
#include "store/tables/device_manifests.h"
#include "store/tables/device_requests.h"
#include "store/tables/envelopes.h"
#include "store/tables/gone_groups.h"
#include "store/tables/group_held.h"
#include "store/tables/locations.h"
#include "store/tables/mail_halves.h"
#include "store/tables/mail_ids.h"
#include "store/tables/mail_keys.h"
#include "store/tables/mail_left.h"
#include "store/tables/mail_logins.h"
#include "store/tables/mail_places.h"
#include "store/tables/message_changes.h"
#include "store/tables/pending_joins.h"
#include "store/tables/pending_receipts.h"
#include "store/tables/pending_sessions.h"
#include "store/tables/pending_states.h"
#include "store/tables/receipts.h"
#include "store/tables/selection.h"
#include "store/tables/sent_avatars.h"
#include "store/tables/sessions.h"
#include "store/tables/transfers.h"
#include "store/tables/webxdc.h"
#include "tests/messaging/three.h"

namespace test {

// Runs in the writer's transaction of account 1.
template <class F>
void in_account(Peer& peer, F fn) {
  const auto done = peer.store().write_now<void>([&](store::Tx& tx) -> base::Result<> {
    EDGE_TRY(const auto accounts, store::list_accounts(tx.db(), tx.vault()));
    const store::AccountKey key = tx.vault().account(accounts.rows.at(0).uuid);
    const store::Scope scope{tx.db(), tx.vault(), key, Peer::kAccount};
    return fn(tx, scope);
  });
  if (!done) FAIL(done.error().message);
}

struct FilledStore : Three {
  FilledStore() : alices_bob(alice_bob_at_alice()) {
    alices_carol = *must_find(alice.engine().chats().find_by_contact(kAccount, carol_at_alice));
    from_alice = alice.send(alices_bob, "from alice");
    bob.send(alice_bob, "from bob");
    carol.send(alice_carol, "from carol");
    REQUIRE(until([&] {
      return bob.has_text("from alice") && alice.has_text("from bob") &&
             alice.has_text("from carol");
    }));
    from_bob = *alice.find_text("from bob");
    from_carol = *alice.find_text("from carol");
    make_group();
    add(alice, create(alice, "Shift 3"), bob_at_alice);
    share("one.txt");
    share("two.txt");
    remove({alice.send(alices_bob, "gone one"), alice.send(alices_bob, "gone two")});
    alice.set_config("displayname", "Alice");
    alice.set_config("ui.note", "kept");
    alice.invite();
    invite_to(alices_group());
    publish("plant");
    publish("yard");
    network.set({.cut = true});
    alice.send(alices_bob, "waits one");
    alice.send(alices_bob, "waits two");
    const auto second =
        answer<AccountId>([&](auto done) { alice.engine().accounts().add(std::move(done)); });
    REQUIRE(second);
    in_account(alice, [&](store::Tx& tx, const store::Scope& scope) {
      return insert_the_rest(tx, scope);
    });
    alice.stop();
  }

  static std::optional<ChatId> must_find(base::Result<std::optional<ChatId>> found) {
    REQUIRE(found);
    REQUIRE(*found);
    return *found;
  }
  std::string database() const { return alice_dir() + "/store.db"; }

  ChatId alices_bob, alices_carol;
  MsgId from_alice, from_bob, from_carol;

 private:
  const std::string& alice_dir() const { return const_cast<Peer&>(alice).dir(); }
  ChatId alices_group() { return groups_at(alice).front(); }

  void remove(std::vector<MsgId> messages) {
    const auto done = answer<void>([&](auto d) {
      alice.engine().messages().remove(kAccount, std::move(messages), std::move(d));
    });
    REQUIRE(done);
  }
  void share(const std::string& name) {
    const auto made = answer<ProtectedPath>([&](auto done) {
      alice.engine().protected_files().protect(
          kAccount, {alices_bob, bob_at_alice, files_.file(name, "protected"), true, false, 60},
          std::move(done));
    });
    if (!made) FAIL(made.error().message);
    MessageDraft draft;
    draft.file = files_.path() + "/" + name + ".prv";
    alice.send(alices_bob, draft);
  }
  void invite_to(ChatId chat) {
    const auto link = answer<std::string>(
        [&](auto done) { alice.engine().securejoin().invite(kAccount, chat, std::move(done)); });
    REQUIRE(link);
  }
  void publish(const std::string& channel) {
    const auto ids = answer<std::vector<base::EventId>>([&](auto done) {
      ChannelEvent event;
      event.channel = channel;
      event.data = "81 degrees";
      alice.engine().channels().publish({event, event}, std::move(done));
    });
    REQUIRE(ids);
  }

  base::Result<> insert_the_rest(store::Tx& tx, const store::Scope& scope) {
    EDGE_CHECK(store::select_account(tx.db(), kAccount));
    EDGE_TRY(const auto session, store::sending_session(scope, bob_at_alice));
    if (!session) return base::fail(base::Errc::internal, "there is no session");
    EDGE_CHECK(store::add_pending_sessions(scope, tx.now()));
    store::SkippedKeyTable keys(scope, session->id, tx.now());
    for (std::uint32_t n = 1; n <= 2; ++n) {
      const auto byte = static_cast<std::uint8_t>(n);
      std::array<std::uint8_t, 16> id16{};
      std::array<std::uint8_t, 32> id32{};
      id16.fill(byte);
      id32.fill(byte);
      const crypto::SkippedKey key{7, n, crypto::MessageKey(base::ByteView(id32).first<32>())};
      EDGE_CHECK(keys.put({&key, 1}));
      EDGE_CHECK(store::note_envelope(scope, id32, tx.now(), {bob_at_alice, id16}));
      store::ParkedEnvelope parked;
      parked.id = id32;
      parked.tag = id16;
      parked.envelope = base::Bytes(100, byte);
      EDGE_CHECK(store::park_envelope(scope, parked, tx.now()));
      EDGE_CHECK(store::add_pending_state(scope, ChatId(900 + n), bob_at_alice));
      EDGE_CHECK(store::insert_transfer(
          scope, {id16, session->id, 1000, std::string(32, static_cast<char>('a' + n)), tx.now()}));
      EDGE_CHECK(store::note_part(scope, id16, n));
      EDGE_CHECK(store::hold_content(
          scope, id16, {n, n == 1 ? bob_at_alice : carol_at_alice, crypto::WipingBytes(10, byte)},
          tx.now()));
      EDGE_CHECK(store::note_gone_group(scope, id16, n));
      EDGE_CHECK(
          store::add_pending_receipt(scope, {bob_at_alice, store::ReceiptKind::read, id16, 1}));
      EDGE_TRY(const bool noted,
               store::insert_receipt(scope, from_alice, n == 1 ? bob_at_alice : carol_at_alice, 5));
      (void)noted;
      EDGE_CHECK(store::put_message_change(
          scope, {bob_at_alice, id16, bob_at_alice, store::ChangeKind::reaction, n, true, "👍"}));
      EDGE_CHECK(store::put_call(scope, {.message = n == 1 ? from_bob : from_carol,
                                         .state = CallState::completed,
                                         .offer = "offer",
                                         .answer = "answer"}));
      EDGE_CHECK(store::insert_location(scope, {.id = n,
                                                .chat = alices_bob,
                                                .contact = n == 1 ? bob_at_alice : carol_at_alice,
                                                .at = tx.now(),
                                                .message = id16,
                                                .latitude = 1}));
      EDGE_CHECK(store::insert_mail_login(scope, {.id = n,
                                                  .primary = n == 1,
                                                  .added_at = tx.now(),
                                                  .cursor = {7, 8},
                                                  .addr = "a@example.org",
                                                  .login = crypto::WipingBytes(3)}));
      EDGE_CHECK(store::put_mail_key(scope, id32));
      EDGE_CHECK(store::note_message_id(scope, id16, "first@example.org"));
      EDGE_TRY(const bool fresh, store::note_taken_mail(scope, base::to_hex(id16), tx.now()));
      (void)fresh;
      EDGE_CHECK(store::put_mail_half(
          scope, {.contact = bob_at_alice, .uuid = id16, .has_file = true, .at = tx.now()}));
      EDGE_CHECK(store::note_mail_place(
          scope, {.transport = 1, .uid_validity = 7, .uid = static_cast<std::uint32_t>(n)},
          tx.now()));
      EDGE_CHECK(store::put_mail_left(scope, {.uuid = id16, .transport = 1, .at = tx.now()}));
      EDGE_CHECK(
          store::put_mail_notice(scope, {.contact = bob_at_alice, .uuid = id16, .name = "a.jpg"}));
      EDGE_CHECK(store::put_location_stream(
          scope, {.chat = ChatId(900 + n), .until = tx.now() + 1'000'000'000'000}));
      store::WebxdcUpdateRow update;
      update.app = {bob_at_alice, id16};
      update.contact = n == 1 ? bob_at_alice : carol_at_alice;
      update.sent_at = tx.now();
      update.waits = true;
      update.payload = "1";
      update.info = "voted";
      update.notify = {{"*", "all"}};
      EDGE_CHECK(store::insert_webxdc_update(scope, update));
      EDGE_TRY(store::ContactRow pictured,
               store::load_contact(scope, n == 1 ? bob_at_alice : carol_at_alice));
      pictured.avatar_blob = 900 + n;
      pictured.avatar_number = n;
      EDGE_CHECK(store::update_contact(scope, pictured));
      EDGE_CHECK(store::note_avatar_sent(scope, pictured.id, n));
      EDGE_CHECK(store::insert_device_label(scope, std::string(n, 'l')));
      const AccountId other(900 + n);
      EDGE_CHECK(store::insert_account_key(tx.db(), tx.vault(), other, id16,
                                           crypto::Secret<32>(base::ByteView(id32).first<32>())));
      // As when so many rows are new that some move (store/tables/channel_index.h).
      EDGE_CHECK(
          tx.db().run("INSERT INTO channel_index SELECT channel_id, id FROM channel_index_new"
                      " WHERE ?1 = 1 ORDER BY id LIMIT 1",
                      n));
      EDGE_CHECK(
          tx.db().run("DELETE FROM channel_index_new WHERE id IN"
                      " (SELECT id FROM channel_index)"));
      EDGE_CHECK(
          tx.db().run("INSERT INTO account_import(account_id, sealed) VALUES(?, ?)", other, id32));
      const ContactId either = n == 1 ? bob_at_alice : carol_at_alice;
      EDGE_CHECK(store::put_manifest(scope, either, id32));
      EDGE_CHECK(store::note_manifest_sent(scope, either, id32));
      const store::DeviceRequestRow request{n == 1 ? from_bob : from_carol, alices_bob, either};
      EDGE_CHECK(store::insert_device_request(scope, request));
      EDGE_TRY(const bool begun, store::begin_device_request(scope, request, id16));
      (void)begun;
      store::PendingJoinRow join;
      EDGE_TRY(join.id, tx.next_id(kAccount, "pending_join"));
      join.role = n == 1 ? store::JoinRole::joiner : store::JoinRole::inviter;
      if (n == 1) join.tag = id16;
      if (n == 2) join.digest = id32;
      join.contact = bob_at_alice;
      join.created_at = tx.now();
      join.memory = crypto::WipingBytes(40, byte);
      EDGE_CHECK(store::insert_pending_join(scope, join));
    }
    return {};
  }

  TempDir files_;
};

}  // namespace test
