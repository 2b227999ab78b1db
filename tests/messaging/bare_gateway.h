// BareGateway: a gateway of a World without its engine: its rules and its store, and nothing that
// runs by itself. A test gives it deposits one by one and sees what each cost; another one forges
// them as a dishonest peer would.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "messaging/api/account_setup.h"
#include "messaging/api/parts.h"
#include "messaging/delivery/maintenance.h"
#include "messaging/model/content.h"
#include "messaging/peering/incoming.h"
#include "messaging/peering/session_link.h"
#include "store/schema/migrations.h"
#include "store/tables/contacts.h"
#include "store/tables/routes.h"
#include "tests/support/world.h"

namespace test {

class BareGateway {
 public:
  static constexpr AccountId kAccount = Peer::kAccount;

  BareGateway(World& world, Peer& peer)
      : clock_(world.clock), transport_(world.network, world.clock, peer.name()) {
    peer.stop();
    store::StoreOptions options;
    options.dir = peer.dir();
    options.migrations = store::migrations();
    options.clock = &clock_;
    auto opened = store::Store::open(std::move(options));
    REQUIRE(opened.ok());
    store_ = *std::move(opened);
    kernel::EngineOptions engine;
    engine.profile = peer.name();
    engine.host = peer.name() + ".test";
    engine.public_urls = {"http://" + peer.name() + ".test"};
    engine.paths.accounts_dir = peer.dir();
    parts_ = std::make_unique<Parts>(*store_, transport_, clock_, std::move(engine));
    REQUIRE(load_accounts(parts_->core).value_or(0) == 1);
  }
  ~BareGateway() {
    transport_.close();
    parts_.reset();
  }

  kernel::Core& core() { return parts_->core; }
  Parts& parts() { return *parts_; }
  peering::DepositTransport& transport() { return transport_; }
  groups::PendingStates& pending_states() { return parts_->pending_states; }
  // What the courier does once a minute.
  void run_maintenance() {
    std::weak_ptr<const void> none;
    messaging::delivery::run_maintenance(parts_->core, parts_->courier, parts_->pending_states,
                                         none);
  }
  store::Store& store() { return *store_; }
  peering::Incoming& incoming() { return parts_->incoming; }

  std::int64_t count(const std::string& sql) {
    auto reader = store_->read();
    REQUIRE(reader.ok());
    return reader->connection().integer(sql)->value_or(0);
  }
  std::int64_t texts() { return count("SELECT count(*) FROM message WHERE from_id > 9"); }

  template <class F>
  auto write(F fn) {
    using T = typename std::invoke_result_t<F, const kernel::WriteContext&>::value_type;
    auto done = answer<T>([&](base::Completion<T> completion) {
      parts_->core.write<T>(
          kAccount,
          [this, &fn](store::Tx& tx, const store::Scope& scope, const kernel::AccountState& state) {
            return fn(kernel::WriteContext{parts_->core, tx, scope, state});
          },
          std::move(completion));
    });
    if (!done) FAIL(done.error().message);
    if constexpr (!std::is_void_v<T>) return *std::move(done);
  }
  void flush() {
    for (int i = 0; i < 3; ++i) store_->writer().flush();
  }

  // The one contact that it joined.
  static store::ContactRow peer_of(const store::Scope& scope) {
    const auto contacts = store::list_contacts(scope);
    REQUIRE(contacts.ok());
    for (const store::ContactRow& contact : *contacts) {
      if (contact.id.value >= kFirstId) return contact;
    }
    FAIL("nobody was joined");
    return {};
  }

  // An envelope with this content, as if `skipped` messages before it had been lost.
  base::Bytes seal(const Content& content, std::uint32_t skipped = 0) {
    return write([&](const kernel::WriteContext& w) -> base::Result<base::Bytes> {
      EDGE_TRY(auto session, store::sending_session(w.scope, peer_of(w.scope).id));
      EDGE_TRY(auto ratchet, crypto::Ratchet::load(session->ratchet));
      for (std::uint32_t i = 0; i < skipped; ++i) {
        EDGE_CHECK(ratchet.encrypt(base::Bytes(1), session->handshake_hash));
      }
      session->ratchet = ratchet.save();
      return peering::seal_on(w.scope, *session, encode(content));
    });
  }
  base::Bytes seal_text(const std::string& text, std::uint32_t skipped = 0) {
    TextMessage message;
    message.seq = ++seq_ + 1'000'000;
    message.text = text;
    return seal({crypto::random_array<16>(), std::move(message)}, skipped);
  }
  // An envelope of this size for a session that the contact does not know.
  base::Bytes seal_unknown(std::size_t size) {
    return write([&](const kernel::WriteContext& w) -> base::Result<base::Bytes> {
      EDGE_TRY(const auto session, store::sending_session(w.scope, peer_of(w.scope).id));
      return crypto::seal_envelope(
          {session->peer_box}, static_cast<std::uint8_t>(peering::EnvelopeKind::message),
          crypto::random_array<std::tuple_size_v<crypto::EnvelopeTag>>(), base::Bytes(size, 1));
    });
  }
  // What it would send its contact these envelopes in.
  peering::Arrival deposit(const std::vector<base::Bytes>& envelopes) {
    auto read = parts_->core.read(kAccount);
    REQUIRE(read.ok());
    const auto route = store::find_route(read->scope(), *peer_of(read->scope()).route_id);
    REQUIRE((route && *route));
    const store::RouteWay& way = (*route)->way;
    peering::Arrival arrival{way.mailbox, {}, join_body(envelopes)};
    arrival.proof = prove_deposit(DepositToken{way.token}, way.mailbox, clock_.now(), arrival.body);
    return arrival;
  }
  peering::ArrivalReply accept(peering::Arrival arrival) {
    const auto reply =
        answer<peering::ArrivalReply>([&](base::Completion<peering::ArrivalReply> done) {
          incoming().accept(std::move(arrival), std::move(done));
        });
    if (!reply) FAIL(reply.error().message);
    return *reply;
  }

 private:
  base::ManualClock& clock_;
  LossyTransport transport_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Parts> parts_;
  std::uint64_t seq_ = 0;
};

// Alice forges, Bob is to bear it.
struct Forged {
  World world;
  ChatId chat = world.join(world.alice, world.bob);
  std::unique_ptr<BareGateway> alice;
  std::unique_ptr<BareGateway> bob;

  void go_bare() {
    alice = std::make_unique<BareGateway>(world, world.alice);
    bob = std::make_unique<BareGateway>(world, world.bob);
  }
};

}  // namespace test
