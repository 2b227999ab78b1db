// What an account's protocol cannot do is refused in one place, which names the chat and why.
#include "messaging/chats/abilities.h"

#include "messaging/api/chat_sending.h"
#include "messaging/peering/gateway_protocol.h"
#include "store/tables/chats.h"
#include "store/tables/outbox.h"
#include "store/tables/pending_receipts.h"
#include "tests/messaging/bare_gateway.h"

using namespace test;

namespace {

// The gateways' protocol, as if it could do less.
class LimitedProtocol final : public peering::GatewayProtocol {
 public:
  explicit LimitedProtocol(BareGateway& bare)
      : peering::GatewayProtocol(bare.core(), bare.transport(), bare.incoming()),
        protocols_(bare.core().protocols),
        replaced_(protocols_.of(kernel::ProtocolKind::gateway)) {
    protocols_.put(kernel::ProtocolKind::gateway, *this);
  }
  ~LimitedProtocol() override { protocols_.put(kernel::ProtocolKind::gateway, replaced_); }
  std::string_view name() const override { return "this account's mail"; }
  kernel::Abilities abilities() const override {
    return {.groups = false, .protected_files = false, .read_receipts = false, .largest_file = 10};
  }

 private:
  kernel::Protocols& protocols_;
  kernel::Protocol& replaced_;
};

std::int64_t waiting(BareGateway& bare) { return bare.count("SELECT count(*) FROM outbox"); }

}  // namespace

TEST_CASE("what an account's protocol cannot carry is refused, by the chat's number and why") {
  Forged world;
  world.go_bare();
  BareGateway& alice = *world.alice;
  LimitedProtocol limited(alice);
  const auto refusal = [&](ChatType type, const chats::Errand& errand) {
    std::string why;
    alice.write([&](const kernel::WriteContext& w) -> base::Result<> {
      store::ChatRow chat;
      chat.id = world.chat;
      chat.type = type;
      const auto able = chats::check_able(w, chat, errand);
      if (!able) why = able.error().message;
      return {};
    });
    return why;
  };
  const std::string start = "cannot send to chat " + std::to_string(world.chat.value) +
                            ": this account's mail cannot carry ";
  CHECK(refusal(ChatType::single, {}).empty());
  CHECK(refusal(ChatType::single, {.file_size = 10}).empty());
  CHECK(refusal(ChatType::single, {.file_size = 11}) ==
        start + "a file of 11 bytes; the most is 10");
  CHECK(refusal(ChatType::single, {.protected_file = true}) == start + "protected files");
  CHECK(refusal(ChatType::group, {}) == start + "messages of groups");
}

TEST_CASE("a message that the protocol cannot carry leaves nothing behind") {
  Forged world;
  world.go_bare();
  BareGateway& alice = *world.alice;
  LimitedProtocol limited(alice);
  TempDir files;
  MessageDraft draft;
  draft.file = files.file("report.txt", "more than ten bytes");
  const std::int64_t before = waiting(alice);
  const auto send = [&](MessageDraft what) {
    return answer<MsgId>([&](base::Completion<MsgId> done) {
      alice.parts().messages.send(BareGateway::kAccount, world.chat, std::move(what),
                                  std::move(done));
    });
  };
  const auto refused = send(draft);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == base::Errc::forbidden);
  CHECK(waiting(alice) == before);
  CHECK(alice.count("SELECT count(*) FROM message WHERE from_id = 1 AND chat_id > 11") == 0);
  draft.file.clear();
  draft.text = "ten bytes are enough";
  CHECK(send(draft).ok());
  CHECK(waiting(alice) == before + 1);
}

TEST_CASE("a protocol without read receipts reports to nobody that a message was read") {
  for (const bool able : {true, false}) {
    Forged world;
    world.go_bare();
    BareGateway& bob = *world.bob;
    std::optional<LimitedProtocol> limited;
    if (!able) limited.emplace(bob);
    const auto reply =
        bob.accept(world.alice->deposit({world.alice->seal_text("did you read this?")}));
    REQUIRE(reply.verdict == peering::ArrivalVerdict::stored);
    const auto id = bob.count("SELECT max(id) FROM message WHERE from_id > 9");
    REQUIRE(answer<void>([&](base::Completion<> done) {
      bob.parts().messages.mark_seen(BareGateway::kAccount, {MsgId(static_cast<std::uint32_t>(id))},
                                     std::move(done));
    }));
    CHECK(bob.count("SELECT count(*) FROM pending_receipt WHERE kind = 2") == (able ? 1 : 0));
  }
}
