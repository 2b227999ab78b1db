// The bytes of each kind of content and of each handshake payload, written down when today's
// gateways already spoke them: whatever changes inside, a gateway of an earlier build goes on
// understanding a newer one, and a store its payloads.
#include <set>
#include <utility>

#include "crypto/stream.h"
#include "messaging/model/content.h"
#include "tests/messaging/sample_group.h"
#include "tests/support/catch.h"

using namespace messaging;

namespace {

struct Form {
  std::string name;
  std::string hex;
};

const std::vector<Form>& content_forms() {
  static const std::vector<Form> forms = {
      {"hello", "010104040404040404040404040404040404"},
      {"text",
       "010204040404040404040404040404040404000000000000000c000001a3185c50000a0000000000076772"
       "c3bcc39f65000000000000"},
      {"text with a quote of nothing",
       "010204040404040404040404040404040404000000000000000c000001a3185c50000a0000000000076772"
       "c3bcc39f6500000000010000000671756f7465640000"},
      {"text with a quote of the sender's",
       "010204040404040404040404040404040404000000000000000c000001a3185c50003c0101000000076772"
       "c3bcc39f650000000770726573732034010000000671756f74656401050505050505050505050505050505"
       "0500010000000a7265706f72742e63737600000008746578742f6373760000000000011170000000000001"
       "11a406060606060606060606060606060606000102030405060708090a0b0c0d0e0f101112131415161718"
       "191a1b1c1d1e1f0808080808080808080808080808080808080808080808080808080808080808"},
      {"text with a quote of the recipient's",
       "010204040404040404040404040404040404000000000000000c000001a3185c50003c0101000000076772"
       "c3bcc39f650000000770726573732034010000000671756f74656401050505050505050505050505050505"
       "0501010000000a7265706f72742e63737600000008746578742f6373760000000000011170000000000001"
       "11a406060606060606060606060606060606000102030405060708090a0b0c0d0e0f101112131415161718"
       "191a1b1c1d1e1f0808080808080808080808080808080808080808080808080808080808080808"},
      {"receipts",
       "01030404040404040404040404040404040400020102020202020202020202020202020202000000000000"
       "00010203030303030303030303030303030303000001a3185c5000"},
      {"profile",
       "01040404040404040404040404040404040400000005416c6963650000000c6f6e2074686520666c6f6f72"
       "010200000015687474703a2f2f3132372e302e302e313a373230300000001468747470733a2f2f65646765"
       "2e6578616d706c650000001030313233343536373839616263646566090909090909090909090909090909"
       "0909090909090909090909090909090909"},
      {"text with a timer",
       "010204040404040404040404040404040404000000000000000c000001a3185c50000a0000000000076772"
       "c3bcc39f65000000000000010000003c0000000000000003"},
      {"chat timer", "01060404040404040404040404040404040400000000000000000000000002"},
      {"chat timer of a group",
       "0106040404040404040404040404040404040109090909090909090909090909090909"
       "00000e100000000000000002"},
      {"avatar", "010704040404040404040404040404040404000001a3185c500000"},
      {"avatar with a picture",
       "010704040404040404040404040404040404000001a3185c5000"
       "010000000a7265706f72742e63737600000008746578742f63737600000000000111700000000000"
       "0111a406060606060606060606060606060606000102030405060708090a0b0c0d0e0f1011121314"
       "15161718191a1b1c1d1e1f0808080808080808080808080808080808080808080808080808080808080808"},
      {"message change",
       "010504040404040404040404040404040404050505050505050505050505050505050001ea4a6c63e29c52"
       "0abef5507b132ec5f9954776aebebe7b92421eea691446d22c02000001a3185c5000000000076772c3bcc3"
       "9f65"},
      {"group text",
       "010a0404040404040404040404040404040409090909090909090909090909090909b43ec46e4f97fcb2ed"
       "7a10a54e85d0f2000000000000000c000001a3185c50000a0000000000076772c3bcc39f65000000000000"
       "00"},
      {"group text with a quote",
       "010a0404040404040404040404040404040409090909090909090909090909090909b43ec46e4f97fcb2ed"
       "7a10a54e85d0f2000000000000000c000001a3185c50003c0101000000076772c3bcc39f65000000077072"
       "6573732034010000000671756f746564010505050505050505050505050505050501010000000a7265706f"
       "72742e63737600000008746578742f637376000000000001117000000000000111a4060606060606060606"
       "06060606060606000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f08080808"
       "0808080808080808080808080808080808080808080808080808080801ea4a6c63e29c520abef5507b132e"
       "c5f9954776aebebe7b92421eea691446d22c"},
      {"group update",
       "010b04040404040404040404040404040404090909090909090909090909090909090000018b0000000000"
       "000000000000000000000000000000000000000000000000000000000000000000000003ea4a6c63e29c52"
       "0abef5507b132ec5f9954776aebebe7b92421eea691446d22c000000075368696674203200000000000000"
       "02ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c000000056e6967687400"
       "00000000000004ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c01010203"
       "00000000000000000000000000000000000000000000000000000000000001ea4a6c63e29c520abef5507b"
       "132ec5f9954776aebebe7b92421eea691446d22c000000000000000101ea4a6c63e29c520abef5507b132e"
       "c5f9954776aebebe7b92421eea691446d22c00000000000000020000000d616c69636540666163746f7279"
       "00000005416c696365000100000015687474703a2f2f3132372e302e302e313a3732303000000010303132"
       "33343536373839616263646566010900000000000000000000000000000000000000000000000000000000"
       "00000000"},
      {"group update with a picture",
       "010b04040404040404040404040404040404090909090909090909090909090909090000018b0000000000"
       "000000000000000000000000000000000000000000000000000000000000000000000003ea4a6c63e29c52"
       "0abef5507b132ec5f9954776aebebe7b92421eea691446d22c000000075368696674203200000000000000"
       "02ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c000000056e6967687400"
       "00000000000004ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c01010203"
       "00000000000000000000000000000000000000000000000000000000000001ea4a6c63e29c520abef5507b"
       "132ec5f9954776aebebe7b92421eea691446d22c000000000000000101ea4a6c63e29c520abef5507b132e"
       "c5f9954776aebebe7b92421eea691446d22c00000000000000020000000d616c69636540666163746f7279"
       "00000005416c696365000100000015687474703a2f2f3132372e302e302e313a3732303000000010303132"
       "33343536373839616263646566010900000000000000000000000000000000000000000000000000000000"
       "000000010000000a7265706f72742e63737600000008746578742f63737600000000000111700000000000"
       "0111a406060606060606060606060606060606000102030405060708090a0b0c0d0e0f1011121314151617"
       "18191a1b1c1d1e1f0808080808080808080808080808080808080808080808080808080808080808"},
      {"file decision",
       "011404040404040404040404040404040404010101010101010101010101010101018139770ea87d175f56"
       "a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b3940000000000000003010100000001a3185c500001"
       "ca93ac1705187071d67b83c7ff0efe8108e8ec4530575d7726879333dbdabe7c00000008706c616e2e7478"
       "74009e73cb7f6841da734f202ff8c82d59eed8078e8f44edc8f0143259e5b3583b8d682f2cbf28bab88278"
       "c10412b11880b8c84dc3acceacbb99a134fa354fb4120f"},
      {"file decision for a member",
       "011404040404040404040404040404040404010101010101010101010101010101018139770ea87d175f56"
       "a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b3940000000000000003040100000001a3185c500000"
       "00000008706c616e2e74787401090909090909090909090909090909092c9dff97d61d97659f86e385ed6b"
       "921cad55011a7a75843561ec805d486e63c7dabbb11d07343115b799a2192142e0898a0ba9eaaffcbb1b0d"
       "270a4fc78f3f0e"},
      {"file request",
       "011504040404040404040404040404040404010101010101010101010101010101018139770ea87d175f56"
       "a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b39400000003426f6200000005626f62406200000000"
       "00000002"},
      {"file report",
       "011604040404040404040404040404040404010101010101010101010101010101018139770ea87d175f56"
       "a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394000000000000000303"},
      {"file offer",
       "01170404040404040404040404040404040401010101010101010101010101010101ea4a6c63e29c520abe"
       "f5507b132ec5f9954776aebebe7b92421eea691446d22c00000005416c69636500000007616c6963654061"
       "00000008706c616e2e747874"},
      {"file notice",
       "011804040404040404040404040404040404010101010101010101010101010101018139770ea87d175f56"
       "a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394000000054361726f6c000000076361726f6c4063"},
      {"device manifest",
       "011e04040404040404040404040404040404010000000c4c696e7578207838365f363400000005312e322e"
       "33000200000006757074696d650000000875702073696e6365030100000004756e69740101000000016800"
       "0200000001680000000164000000036c6f67000000000202000000056c696e657302000000000000026f66"
       "0301000000000000"},
      {"call",
       "012804040404040404040404040404040404000000000000000c000001a3185c500001000000076772c3bcc39f"
       "65"},
      {"locations",
       "0129040404040404040404040404040404040109090909090909090909090909090909010001000001a318"
       "5c50004048400000000000c00a000000000000401400000000000001050505050505050505050505050505"
       "05"},
      {"realtime",
       "012b0404040404040404040404040404040405050505050505050505050505050505010003000001a3185c"
       "500000000003010203"},
      {"webxdc update",
       "012a04040404040404040404040404040404050505050505050505050505050505050101ea4a6c63e29c52"
       "0abef5507b132ec5f9954776aebebe7b92421eea691446d22c000001a3185c500000000001310100000007"
       "6772c3bcc39f65010000000223780001000000063120766f74650001000000012a00000003616c6c"},
  };
  return forms;
}

const std::vector<Form>& handshake_forms() {
  static const std::vector<Form> forms = {
      {"card",
       "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c0000000d616c6963654066"
       "6163746f727900000005416c6963650000000c6f6e2074686520666c6f6f72010200000015687474703a2f"
       "2f3132372e302e302e313a373230300000001468747470733a2f2f656467652e6578616d706c6500000010"
       "30313233343536373839616263646566090909090909090909090909090909090909090909090909090909"
       "090909090903030303030303030303030303030303"},
      {"join request",
       "01000000066e756d626572ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"
       "0000000d616c69636540666163746f727900000005416c6963650000000c6f6e2074686520666c6f6f7201"
       "0200000015687474703a2f2f3132372e302e302e313a373230300000001468747470733a2f2f656467652e"
       "6578616d706c65000000103031323334353637383961626364656609090909090909090909090909090909"
       "09090909090909090909090909090909030303030303030303030303030303030000000000000002"},
      {"join answer",
       "010505050505050505050505050505050505050505050505050505050505050505ea4a6c63e29c520abef5"
       "507b132ec5f9954776aebebe7b92421eea691446d22c0000000d616c69636540666163746f727900000005"
       "416c6963650000000c6f6e2074686520666c6f6f72010200000015687474703a2f2f3132372e302e302e31"
       "3a373230300000001468747470733a2f2f656467652e6578616d706c650000001030313233343536373839"
       "61626364656609090909090909090909090909090909090909090909090909090909090909090303030303"
       "03030303030303030303030000000000000003"},
      {"session request",
       "01ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c0000000d616c69636540"
       "666163746f727900000005416c6963650000000c6f6e2074686520666c6f6f72010200000015687474703a"
       "2f2f3132372e302e302e313a373230300000001468747470733a2f2f656467652e6578616d706c65000000"
       "10303132333435363738396162636465660909090909090909090909090909090909090909090909090909"
       "09090909090903030303030303030303030303030303000000000000000703030303030303030303030303"
       "0303030000000000000005"},
      {"session answer",
       "010505050505050505050505050505050505050505050505050505050505050505ea4a6c63e29c520abef5"
       "507b132ec5f9954776aebebe7b92421eea691446d22c0000000d616c69636540666163746f727900000005"
       "416c6963650000000c6f6e2074686520666c6f6f72010200000015687474703a2f2f3132372e302e302e31"
       "3a373230300000001468747470733a2f2f656467652e6578616d706c650000001030313233343536373839"
       "61626364656609090909090909090909090909090909090909090909090909090909090909090303030303"
       "03030303030303030303030000000000000007030303030303030303030303030303030000000000000006"},
  };
  return forms;
}

QuoteNote quote_of(std::optional<Uuid> message, bool of_recipient) {
  QuoteNote quote{"quoted"};
  if (message) quote.message = MessageRef{*message, of_recipient};
  return quote;
}

ReceiptNote receipt_of(store::ReceiptKind kind, const Uuid& uuid, base::UnixMillis at) {
  return {kind, {uuid, true}, at};
}

GroupState state();

GroupText group_text(TextMessage message, const std::optional<MemberKey>& quoted) {
  GroupText text;
  text.group.fill(9);
  text.digest = state().digest();
  text.message = std::move(message);
  if (quoted) text.message.quote->message->author = quoted;
  return text;
}

Uuid filled(std::uint8_t value) {
  Uuid out;
  out.fill(value);
  return out;
}

crypto::Identity identity(std::uint8_t value) {
  std::array<std::uint8_t, 32> seed{};
  seed.fill(value);
  return crypto::Identity::from_seed(seed);
}

IdentityBytes key_bytes(std::uint8_t value) { return identity(value).public_key().bytes(); }

Profile profile() {
  Profile profile;
  profile.name = "Alice";
  profile.status = "on the floor";
  profile.bot = true;
  profile.urls = {"http://127.0.0.1:7200", "https://edge.example"};
  profile.mailbox = "0123456789abcdef";
  profile.token.bytes.fill(9);
  return profile;
}

Card card() {
  Card card;
  static_cast<Profile&>(card) = profile();
  card.identity = identity(7).public_key();
  card.addr = "alice@factory";
  card.tag.fill(3);
  return card;
}

FileNote file() {
  FileNote file;
  file.name = "report.csv";
  file.media_type = "text/csv";
  file.size = 70'000;
  file.sealed_size = crypto::sealed_size(70'000);
  file.transfer = filled(6);
  for (std::uint8_t i = 0; i < 32; ++i) file.key[i] = i;
  file.hash.fill(8);
  return file;
}

TextMessage text() {
  TextMessage text;
  text.seq = 12;
  text.sent_at = 1'800'000'000'000;
  text.text = "grüße";
  return text;
}

TextMessage reply(bool of_recipient) {
  TextMessage reply = text();
  reply.type = Viewtype::file;
  reply.bot = true;
  reply.forwarded = true;
  reply.sender_name = "press 4";
  reply.quote = quote_of(filled(5), of_recipient);
  reply.file = file();
  return reply;
}

GroupState state() { return test::sample_group(key_bytes(7)); }

GroupUpdate update(bool pictured) {
  GroupUpdate update;
  update.group = filled(9);
  update.state = state();
  if (pictured) update.image = file();
  return update;
}

FileDecision decision(bool active) {
  FileDecision decision;
  decision.file.fill(1);
  decision.holder = key_bytes(2);
  decision.rev = 3;
  decision.state = active ? store::FileState::active : store::FileState::revoked;
  decision.download = true;
  decision.expires_at = 1'800'000'000'000;
  if (active) decision.share = crypto::PrvShare(key_bytes(4));
  if (!active) decision.group = filled(9);
  decision.name = "plan.txt";
  sign(decision, identity(7));
  return decision;
}

TextMessage timed() {
  TextMessage message = text();
  message.timer = {3, 60};
  return message;
}

std::vector<std::pair<std::string, Content>> contents() {
  Receipts receipts;
  receipts.notes = {receipt_of(store::ReceiptKind::arrived, filled(2), 1),
                    receipt_of(store::ReceiptKind::read, filled(3), 1'800'000'000'000)};
  TextMessage loose = text();
  loose.quote = quote_of(std::nullopt, false);
  const Uuid id = filled(4);
  return {
      {"hello", {id, Hello{}}},
      {"text", {id, text()}},
      {"text with a quote of nothing", {id, loose}},
      {"text with a quote of the sender's", {id, reply(false)}},
      {"text with a quote of the recipient's", {id, reply(true)}},
      {"receipts", {id, receipts}},
      {"profile", {id, profile()}},
      {"text with a timer", {id, timed()}},
      {"chat timer", {id, ChatTimer{std::nullopt, {2, 0}}}},
      {"chat timer of a group", {id, ChatTimer{filled(9), {2, 3600}}}},
      {"avatar", {id, Avatar{1'800'000'000'000, std::nullopt}}},
      {"avatar with a picture", {id, Avatar{1'800'000'000'000, file()}}},
      {"message change",
       {id, MessageChange{MessageRef{filled(5), false, key_bytes(7)}, ChangeKind::edit,
                          1'800'000'000'000, "grüße"}}},
      {"group text", {id, group_text(text(), std::nullopt)}},
      {"group text with a quote", {id, group_text(reply(true), key_bytes(7))}},
      {"group update", {id, update(false)}},
      {"group update with a picture", {id, update(true)}},
      {"file decision", {id, decision(true)}},
      {"file decision for a member", {id, decision(false)}},
      {"file request", {id, FileRequest{filled(1), key_bytes(2), "Bob", "bob@b", 2}}},
      {"file report", {id, FileReport{filled(1), key_bytes(2), 3, store::FileState::expired}}},
      {"file offer", {id, FileOffer{filled(1), key_bytes(7), "Alice", "alice@a", "plan.txt"}}},
      {"file notice", {id, FileNotice{filled(1), key_bytes(2), "Carol", "carol@c"}}},
      {"device manifest",
       {id, DeviceManifest{true,
                           "Linux x86_64",
                           "1.2.3",
                           {{"uptime",
                             "up since",
                             DeviceOutputMode::automatic,
                             {{"unit", DeviceArgumentType::choice, "h", {"h", "d"}}}},
                            {"log",
                             "",
                             DeviceOutputMode::file,
                             {{"lines", DeviceArgumentType::integer, std::nullopt, {}},
                              {"of", DeviceArgumentType::string, "", {}}}}}}}},
      {"call", {id, CallOffer{12, 1'800'000'000'000, true, "grüße"}}},
      {"locations",
       {id, Locations{filled(9), true, {{1'800'000'000'000, {48.5, -3.25, 5}, filled(5)}}}}},
      {"realtime",
       {id, RealtimeNote{MessageRef{filled(5), true}, RealtimeKind::data, 1'800'000'000'000,
                         base::Bytes{1, 2, 3}}}},
      {"webxdc update",
       {id, WebxdcNews{MessageRef{filled(5), true, key_bytes(7)},
                       1'800'000'000'000,
                       {"1", "grüße", "#x", std::nullopt, "1 vote", {{"*", "all"}}}}}},
  };
}

std::vector<std::pair<std::string, base::Bytes>> handshakes() {
  crypto::X25519Public key;
  key.bytes.fill(5);
  const LastReceived last_received{7, filled(3)};
  return {
      {"card", encode(card())},
      {"join request", encode(JoinRequest{"number", card(), 2})},
      {"join answer", encode(JoinAnswer{key, card(), 3})},
      {"session request", encode(SessionRequest{card(), last_received, 5})},
      {"session answer", encode(SessionAnswer{key, card(), last_received, 6})},
  };
}

}  // namespace

TEST_CASE("each kind of content is written as gateways have always written it") {
  const auto samples = contents();
  REQUIRE(samples.size() == content_forms().size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    INFO(samples[i].first);
    REQUIRE(content_forms()[i].name == samples[i].first);
    CHECK(base::to_hex(encode(samples[i].second)) == content_forms()[i].hex);
  }
}

TEST_CASE("each kind of content is read from those bytes and written as the same ones") {
  std::set<std::string_view> seen{"unknown"};
  for (const Form& form : content_forms()) {
    INFO(form.name);
    const auto bytes = base::from_hex(form.hex);
    REQUIRE(bytes);
    const auto content = decode_content(*bytes);
    REQUIRE(content.ok());
    seen.insert(kind_of(content->body).name);
    CHECK(base::to_hex(encode(*content)) == form.hex);
  }
  for (const AnyContentKind& kind : content_kinds()) {
    INFO("no bytes of this kind are written down: " << kind.name);
    CHECK(seen.count(kind.name) == 1);
  }
}

TEST_CASE("no two kinds of content have one number or one name") {
  std::set<int> numbers;
  std::set<std::string_view> names;
  for (const AnyContentKind& kind : content_kinds()) {
    CHECK(numbers.insert(kind.number).second);
    CHECK(names.insert(kind.name).second);
  }
}

TEST_CASE("handshake payloads are written as gateways have always written them") {
  const auto samples = handshakes();
  REQUIRE(samples.size() == handshake_forms().size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    INFO(samples[i].first);
    REQUIRE(handshake_forms()[i].name == samples[i].first);
    CHECK(base::to_hex(samples[i].second) == handshake_forms()[i].hex);
  }
}

TEST_CASE("handshake payloads are read from those bytes and written as the same ones") {
  const auto bytes = [](std::size_t at) { return *base::from_hex(handshake_forms()[at].hex); };
  const auto again = [](const auto& decoded) {
    REQUIRE(decoded.ok());
    return base::to_hex(encode(*decoded));
  };
  CHECK(again(decode_card(bytes(0))) == handshake_forms()[0].hex);
  CHECK(again(decode_join_request(bytes(1))) == handshake_forms()[1].hex);
  CHECK(again(decode_join_answer(bytes(2))) == handshake_forms()[2].hex);
  CHECK(again(decode_session_request(bytes(3))) == handshake_forms()[3].hex);
  CHECK(again(decode_session_answer(bytes(4))) == handshake_forms()[4].hex);
}
