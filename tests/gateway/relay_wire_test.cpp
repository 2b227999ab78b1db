#include "gateway/relay/frames.h"
#include "gateway/relay/owner_gate.h"
#include "gateway/relay/replay_memory.h"
#include "gateway/relay/wire.h"
#include "tests/support/catch.h"

namespace {

using namespace gateway;  // NOLINT: a test of its wire

messaging::DepositKeyId id_of(std::uint8_t n) {
  messaging::DepositKeyId out{};
  out.fill(n);
  return out;
}

// Every shorter text of what is good is refused, and so is one byte more.
template <class Decode>
void check_exact(const base::Bytes& good, Decode decode) {
  REQUIRE(decode(base::ByteView(good)).ok());
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(decode(base::ByteView(good).first(size)).ok());
  }
  base::Bytes more = good;
  more.push_back(0);
  CHECK_FALSE(decode(base::ByteView(more)).ok());
}

struct Owner {
  crypto::Identity identity = crypto::Identity::generate();
  OwnerProof proof;

  OwnerProof sign(const std::string& url, const std::string& mailbox, std::string_view method,
                  std::string_view what, base::ByteView body) {
    ++proof.count;
    proof.signature = identity.sign(owner_statement(url, mailbox, proof, method, what, body));
    return proof;
  }
};

}  // namespace

TEST_CASE("relay messages are read from exactly their form") {
  Challenge challenge;
  challenge.expiry = 5;
  challenge.url = "https://relay.example";
  check_exact(encode(challenge), decode_challenge);
  check_exact(encode(OpenRequest{crypto::Identity::generate().public_key(), "token"}),
              decode_open_request);
  CHECK(decode_open_request(encode(OpenRequest{crypto::Identity::generate().public_key(),
                                               std::string(kMaxAdmissionToken + 1, 'a')}))
            .ok() == false);

  const std::vector<KeyChange> changes{KeyAddition{id_of(1), {}, KeyPurpose::contact, id_of(9)},
                                       id_of(2),
                                       KeyAddition{id_of(3), {}, KeyPurpose::handshakes, id_of(9)}};
  const auto read = decode_key_changes(encode(changes));
  REQUIRE(read);
  REQUIRE(read->size() == 3);
  CHECK(std::get<KeyAddition>((*read)[0]).pseudonym == id_of(9));
  CHECK(std::get<messaging::DepositKeyId>((*read)[1]) == id_of(2));
  CHECK(std::get<KeyAddition>((*read)[2]).purpose == KeyPurpose::handshakes);
  CHECK_FALSE(decode_key_changes({}));
  auto bad = encode(changes);
  bad[0] = 3;  // no such operation
  CHECK_FALSE(decode_key_changes(bad));
  bad[0] = 1;
  bad[49] = 7;  // no such purpose
  CHECK_FALSE(decode_key_changes(bad));
  CHECK_FALSE(
      decode_key_changes(encode(std::vector<KeyChange>(kMaxKeyChanges + 1, KeyChange(id_of(1))))));

  const std::vector<std::int64_t> ids{1, -1, 1LL << 60};
  CHECK(*decode_acks(encode_acks(ids)) == ids);
  CHECK(decode_acks({})->empty());  // a ping
  CHECK_FALSE(decode_acks(base::Bytes(7)));
  CHECK_FALSE(decode_acks(base::Bytes((kMaxAcks + 1) * 8)));
}

TEST_CASE("two lists of keys have one digest when they are the same list in whatever order") {
  const KnownKey a{id_of(1), KeyPurpose::contact};
  const KnownKey b{id_of(2), KeyPurpose::handshakes};
  CHECK(keys_digest({a, b}) == keys_digest({b, a}));
  CHECK(keys_digest({a, b}) != keys_digest({a}));
  CHECK(keys_digest({a}) != keys_digest({{id_of(1), KeyPurpose::handshakes}}));
  CHECK(*decode_known_keys(encode(std::vector<KnownKey>{a, b})) == std::vector<KnownKey>{a, b});
  CHECK_FALSE(decode_known_keys(base::Bytes(17, 0)));
  CHECK_FALSE(decode_known_keys(base::Bytes(18, 1)));
}

TEST_CASE("frames come out as they went in, however the bytes are cut") {
  std::string bytes;
  append_frame(bytes, PingFrame{7});
  append_frame(bytes, EnvelopeFrame{42, 43, id_of(5), base::Bytes(300, 6)});
  bytes += std::string("\x63\x00\x00\x00\x02hi", 7);  // of a type that comes later
  append_frame(bytes, GoodbyeFrame{GoodbyeReason::stopping});
  for (const std::size_t piece : std::vector<std::size_t>{1, 2, 7, 64, 1000}) {
    CAPTURE(piece);
    FrameReader reader;
    std::vector<Frame> all;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      auto some = reader.feed(base::as_bytes(std::string_view(bytes).substr(at, piece)));
      REQUIRE(some);
      for (Frame& frame : *some) all.push_back(std::move(frame));
    }
    CHECK(reader.at_boundary());
    REQUIRE(all.size() == 3);
    CHECK(std::get<PingFrame>(all[0]).now == 7);
    CHECK(std::get<EnvelopeFrame>(all[1]).id == 42);
    CHECK(std::get<EnvelopeFrame>(all[1]).envelope == base::Bytes(300, 6));
    CHECK(std::get<GoodbyeFrame>(all[2]).reason == GoodbyeReason::stopping);
  }
}

TEST_CASE("a frame that lies about its length or its form ends the reading for good") {
  for (const std::string& bad :
       {std::string("\x01\xff\xff\xff\xff", 5), std::string("\x02\x00\x00\x00\x01x", 6),
        std::string("\x01\x00\x00\x00\x04xxxx", 9), std::string("\x03\x00\x00\x00\x00", 5)}) {
    FrameReader reader;
    CHECK_FALSE(reader.feed(base::as_bytes(bad)));
    std::string good;
    append_frame(good, PingFrame{1});
    CHECK_FALSE(reader.feed(base::as_bytes(good)));
  }
}

TEST_CASE("an owner's request is admitted once, for its relay, mailbox, path and body alone") {
  base::ManualClock clock;
  OwnerGate gate("https://relay.example", clock);
  Owner owner;
  const auto fresh = [&] {
    const Challenge challenge = gate.challenge("box");
    CHECK(challenge.url == "https://relay.example");
    owner.proof = {challenge.nonce, challenge.expiry, 0, {}};
  };
  const base::Bytes body{1, 2, 3};
  const auto asked = [&](const OwnerProof& proof, std::string_view method = "POST",
                         std::string_view what = "acks", const std::string& mailbox = "box",
                         base::ByteView of = {}) {
    return gate.passes({mailbox, proof, method, what, of.empty() ? base::ByteView(body) : of},
                       owner.identity.public_key());
  };
  fresh();
  const auto first = owner.sign("https://relay.example", "box", "POST", "acks", body);
  CHECK_FALSE(asked(first, "GET"));
  CHECK_FALSE(asked(first, "POST", "keys"));
  CHECK_FALSE(asked(first, "POST", "acks", "xob"));
  CHECK_FALSE(asked(first, "POST", "acks", "box", base::as_bytes("other")));
  CHECK_FALSE(
      gate.passes({"box", first, "POST", "acks", body}, crypto::Identity::generate().public_key()));
  CHECK(asked(first));
  CHECK_FALSE(asked(first));  // again

  // Another relay's signature, and a nonce that was not made here.
  CHECK_FALSE(asked(owner.sign("https://evil.example", "box", "POST", "acks", body)));
  OwnerGate other("https://relay.example", clock);
  CHECK_FALSE(other.passes({"box", owner.sign("https://relay.example", "box", "POST", "acks", body),
                            "POST", "acks", body},
                           owner.identity.public_key()));

  // An older nonce is over once a newer one was used; every nonce is after its time.
  const OwnerProof older = owner.sign("https://relay.example", "box", "POST", "acks", body);
  clock.advance(1000);
  fresh();
  CHECK(asked(owner.sign("https://relay.example", "box", "POST", "acks", body)));
  CHECK_FALSE(asked(older));
  clock.advance(7 * 3600 * 1000);
  CHECK_FALSE(asked(owner.sign("https://relay.example", "box", "POST", "acks", body)));
}

TEST_CASE("the headers of an owner's proof are read from exactly their form") {
  const std::string nonce(64, 'a');
  const std::string signature(128, 'b');
  CHECK(read_owner_proof(nonce, "1800000000000", "7", signature));
  CHECK_FALSE(read_owner_proof(nonce + "aa", "1800000000000", "7", signature));
  CHECK_FALSE(read_owner_proof(nonce, "x", "7", signature));
  CHECK_FALSE(read_owner_proof(nonce, "1800000000000", "", signature));
  CHECK_FALSE(read_owner_proof(nonce, "1800000000000", "-1", signature));
  CHECK_FALSE(read_owner_proof(nonce, "1800000000000", "99999999999999999999", signature));
  CHECK_FALSE(read_owner_proof(nonce, "1800000000000", "7", signature.substr(1)));
}

TEST_CASE("the memory of deposits forgets the oldest and stays bounded") {
  ReplayMemory memory;
  ReplayMemory::Mac first{};
  memory.note(first);
  CHECK(memory.knows(first));
  for (std::uint32_t i = 1; i <= 16'384; ++i) {
    ReplayMemory::Mac mac{};
    mac[0] = static_cast<std::uint8_t>(i);
    mac[1] = static_cast<std::uint8_t>(i >> 8);
    mac[2] = static_cast<std::uint8_t>(i >> 16);
    memory.note(mac);
  }
  CHECK_FALSE(memory.knows(first));
}
