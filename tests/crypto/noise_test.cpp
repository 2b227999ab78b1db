#include "crypto/noise.h"

#include <sodium.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/agreement_count.h"
#include "crypto/random.h"
#include "tests/crypto/support.h"
#include "tests/support/catch.h"
#include "tests/support/source.h"

using base::as_bytes;
using base::Bytes;
using base::ByteView;
using crypto::Handshake;
using crypto::HandshakeOptions;
using crypto::NoisePattern;
using crypto::NoiseRole;
using crypto::Secret;
using crypto_test::damage_accepted;
using crypto_test::hex;
using crypto_test::is_mute;
using crypto_test::same;
using crypto_test::text_of;

namespace {

constexpr NoisePattern kPatterns[] = {NoisePattern::NK,     NoisePattern::IK, NoisePattern::IKpsk1,
                                      NoisePattern::IKpsk2, NoisePattern::XX, NoisePattern::XXpsk3};

struct Pair {
  Handshake initiator;
  Handshake responder;
};

struct Keys {
  Secret<32> initiator = Secret<32>::random();
  Secret<32> responder = Secret<32>::random();
  Bytes psk = Bytes(32, 7);
  Bytes prologue = Bytes(5, 1);
};

Pair start(NoisePattern pattern, const Keys& keys) {
  const bool xx = pattern == NoisePattern::XX || pattern == NoisePattern::XXpsk3;
  const bool psk = name_of(pattern).find("psk") != std::string_view::npos;
  HandshakeOptions i{.static_key = &keys.initiator,
                     .psk = psk ? ByteView(keys.psk) : ByteView(),
                     .prologue = keys.prologue};
  HandshakeOptions r{.static_key = &keys.responder,
                     .psk = psk ? ByteView(keys.psk) : ByteView(),
                     .prologue = keys.prologue};
  if (!xx) i.remote_static = crypto::x25519_public_of(keys.responder.view());
  return {*Handshake::start(pattern, NoiseRole::initiator, i),
          *Handshake::start(pattern, NoiseRole::responder, r)};
}

Handshake reloaded(const Handshake& handshake) { return *Handshake::load(handshake.save()); }

Bytes transport(const Secret<32>& key, std::uint64_t counter, ByteView plain) {
  std::array<std::uint8_t, 12> nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  Bytes out(plain.size() + 16);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(),
                                            nullptr, 0, nullptr, nonce.data(), key.view().data());
  return out;
}

}  // namespace

TEST_CASE("every published Noise vector is met byte for byte") {
  std::ifstream file(test::source_path("tests/data/noise-25519-chachapoly-sha256.json"));
  const auto document = nlohmann::json::parse(file);
  int checked = 0;
  for (const auto& vector : document.at("vectors")) {
    const std::string name = vector.at("protocol_name");
    INFO(name);
    const auto field = [&](const char* key) {
      return vector.contains(key) ? hex(vector.at(key).get<std::string>()) : Bytes();
    };
    const auto side = [&](const std::string& who, NoiseRole role) {
      HandshakeOptions options;
      const Bytes prologue = field((who + "_prologue").c_str());
      const Bytes own = field((who + "_static").c_str());
      const Bytes remote = field((who + "_remote_static").c_str());
      const Bytes ephemeral = field((who + "_ephemeral").c_str());
      Bytes psk;
      if (vector.contains(who + "_psks"))
        psk = hex(vector.at(who + "_psks").at(0).get<std::string>());
      std::optional<Secret<32>> own_secret;
      if (!own.empty()) own_secret.emplace(std::span(own).first<32>());
      if (own_secret) options.static_key = &*own_secret;
      if (!remote.empty()) {
        options.remote_static.emplace();
        std::copy(remote.begin(), remote.end(), options.remote_static->bytes.begin());
      }
      options.psk = psk;
      options.prologue = prologue;
      options.fixed_ephemeral = ephemeral;
      for (const NoisePattern pattern : kPatterns) {
        if (name_of(pattern) == name) {
          auto started = Handshake::start(pattern, role, options);
          REQUIRE(started);
          return std::move(*started);
        }
      }
      throw std::logic_error("an unknown pattern in the vectors");
    };
    Handshake initiator = side("init", NoiseRole::initiator);
    Handshake responder = side("resp", NoiseRole::responder);

    std::optional<crypto::SplitKeys> keys;
    std::uint64_t sent[2] = {0, 0};
    std::size_t index = 0;
    for (const auto& message : vector.at("messages")) {
      INFO(index);
      const Bytes payload = hex(message.at("payload").get<std::string>());
      const Bytes ciphertext = hex(message.at("ciphertext").get<std::string>());
      const bool from_initiator = index % 2 == 0;
      if (!initiator.finished()) {
        Handshake& writer = from_initiator ? initiator : responder;
        Handshake& reader = from_initiator ? responder : initiator;
        const auto written = writer.write(payload);
        REQUIRE(written);
        CHECK(*written == ciphertext);
        const auto read = reader.read(ciphertext);
        REQUIRE(read);
        CHECK(same(*read, payload));
      } else {
        if (!keys) {
          keys = *initiator.split();
          const auto other = *responder.split();
          CHECK(keys->initiator_to_responder == other.initiator_to_responder);
          CHECK(keys->responder_to_initiator == other.responder_to_initiator);
          CHECK(same(initiator.handshake_hash(), field("handshake_hash")));
          CHECK(same(responder.handshake_hash(), field("handshake_hash")));
        }
        const auto& key =
            from_initiator ? keys->initiator_to_responder : keys->responder_to_initiator;
        CHECK(transport(key, sent[from_initiator ? 0 : 1]++, payload) == ciphertext);
      }
      ++index;
    }
    CHECK(keys.has_value());
    ++checked;
  }
  CHECK(checked == 6);
}

TEST_CASE("a handshake of every pattern survives a restart before each step") {
  for (const NoisePattern pattern : kPatterns) {
    INFO(name_of(pattern));
    const Keys keys;
    auto [initiator, responder] = start(pattern, keys);
    for (int i = 0; !initiator.finished(); ++i) {
      Handshake writer = reloaded(i % 2 == 0 ? initiator : responder);
      Handshake reader = reloaded(i % 2 == 0 ? responder : initiator);
      CHECK(writer.my_turn());
      CHECK_FALSE(reader.my_turn());
      const auto message = writer.write(as_bytes("payload"));
      REQUIRE(message);
      const auto payload = reader.read(*message);
      REQUIRE(payload);
      CHECK(text_of(*payload) == "payload");
      initiator = std::move(i % 2 == 0 ? writer : reader);
      responder = std::move(i % 2 == 0 ? reader : writer);
    }
    CHECK(responder.finished());
    CHECK(initiator.handshake_hash() == responder.handshake_hash());
    CHECK(initiator.split()->initiator_to_responder == responder.split()->initiator_to_responder);
    CHECK_FALSE(initiator.split()->initiator_to_responder ==
                initiator.split()->responder_to_initiator);
    CHECK_FALSE(initiator.write({}));
    CHECK_FALSE(initiator.read({}));
    if (pattern != NoisePattern::NK) {
      CHECK(responder.remote_static() == crypto::x25519_public_of(keys.initiator.view()));
    }
    CHECK(initiator.remote_static() == crypto::x25519_public_of(keys.responder.view()));
  }
}

TEST_CASE("every damage to a handshake message is one mute error and changes nothing") {
  for (const NoisePattern pattern : {NoisePattern::NK, NoisePattern::IK, NoisePattern::IKpsk2}) {
    INFO(name_of(pattern));
    auto [initiator, responder] = start(pattern, Keys());
    const auto refused_by = [](Handshake& reader) {
      return [&reader](ByteView damaged) {
        const auto before = reader.save();
        return is_mute(reader.read(damaged)) && reader.save() == before;
      };
    };
    const Bytes first = *initiator.write(as_bytes("one"));
    CHECK(damage_accepted(first, refused_by(responder)) == 0);
    REQUIRE(responder.read(first));
    const Bytes second = *responder.write(as_bytes("two"));
    CHECK(damage_accepted(second, refused_by(initiator)) == 0);
    const auto payload = initiator.read(second);  // and the pending handshake still goes through
    REQUIRE(payload);
    CHECK(text_of(*payload) == "two");
  }
}

TEST_CASE("a wrong prologue, key or pre-shared key does not get through") {
  const Keys keys;
  SECTION("prologue") {
    Keys other{.initiator = keys.initiator.clone(), .responder = keys.responder.clone()};
    other.prologue = {9};
    auto a = start(NoisePattern::IKpsk2, keys);
    auto b = start(NoisePattern::IKpsk2, other);
    CHECK(is_mute(b.responder.read(*a.initiator.write({}))));
  }
  SECTION("responder's key") {
    auto a = start(NoisePattern::IKpsk2, keys);
    auto b = start(NoisePattern::IKpsk2, Keys());
    CHECK(is_mute(b.responder.read(*a.initiator.write({}))));
  }
  SECTION("pre-shared key, proven no earlier than in message 2") {
    Keys other{.initiator = keys.initiator.clone(), .responder = keys.responder.clone()};
    other.psk = Bytes(32, 8);
    auto a = start(NoisePattern::IKpsk2, keys);
    auto b = start(NoisePattern::IKpsk2, other);
    REQUIRE(b.responder.read(*a.initiator.write({})));
    CHECK(is_mute(a.initiator.read(*b.responder.write({}))));
  }
}

TEST_CASE("a responder may learn its pre-shared key from message 1") {
  const Keys keys;
  auto a = start(NoisePattern::IKpsk2, keys);
  auto responder = *Handshake::start(NoisePattern::IKpsk2, NoiseRole::responder,
                                     {.static_key = &keys.responder, .prologue = keys.prologue});
  const auto number = responder.read(*a.initiator.write(as_bytes("invite 7")));
  REQUIRE(number);
  CHECK(text_of(*number) == "invite 7");
  const auto early = responder.write({});
  REQUIRE_FALSE(early);
  CHECK(early.error().code == base::Errc::invalid_argument);
  REQUIRE(responder.set_psk(keys.psk));
  CHECK(a.initiator.read(*responder.write({})));
  CHECK(a.initiator.handshake_hash() == responder.handshake_hash());
}

TEST_CASE("an agreement that gives zeros is refused on both sides") {
  const Secret<32> own = Secret<32>::random();
  auto initiator = *Handshake::start(NoisePattern::IK, NoiseRole::initiator,
                                     {.static_key = &own, .remote_static = crypto::X25519Public{}});
  CHECK(is_mute(initiator.write({})));

  auto responder = *Handshake::start(NoisePattern::NK, NoiseRole::responder, {.static_key = &own});
  const auto before = responder.save();
  CHECK(is_mute(responder.read(Bytes(48))));  // an ephemeral key of zeros
  CHECK(responder.save() == before);
}

TEST_CASE("a handshake is not started without the keys of its pattern") {
  const Secret<32> own = Secret<32>::random();
  const auto remote = crypto::x25519_public_of(own.view());
  CHECK_FALSE(Handshake::start(NoisePattern::IK, NoiseRole::initiator, {.static_key = &own}));
  CHECK_FALSE(Handshake::start(NoisePattern::IK, NoiseRole::initiator, {.remote_static = remote}));
  CHECK_FALSE(Handshake::start(NoisePattern::IK, NoiseRole::responder, {}));
  CHECK_FALSE(Handshake::start(NoisePattern::XX, NoiseRole::initiator,
                               {.static_key = &own, .remote_static = remote}));
  CHECK_FALSE(Handshake::start(NoisePattern::IK, NoiseRole::responder,
                               {.static_key = &own, .psk = Bytes(32)}));
  CHECK_FALSE(Handshake::start(NoisePattern::IKpsk2, NoiseRole::responder,
                               {.static_key = &own, .psk = Bytes(31)}));
  CHECK_FALSE(
      Handshake::start(static_cast<NoisePattern>(77), NoiseRole::responder, {.static_key = &own}));
  CHECK(Handshake::start(NoisePattern::NK, NoiseRole::initiator, {.remote_static = remote}));
}

TEST_CASE("handshake messages are as long as they are said to be and no longer than 65535") {
  auto [initiator, responder] = start(NoisePattern::IKpsk2, Keys());
  CHECK_FALSE(initiator.write(Bytes(crypto::kMaxNoiseMessage - 96 + 1)));
  const auto largest = initiator.write(Bytes(crypto::kMaxNoiseMessage - 96));
  REQUIRE(largest);
  CHECK(largest->size() == crypto::kMaxNoiseMessage);
  REQUIRE(responder.read(*largest));
  CHECK(responder.write({})->size() == 48);
  CHECK(is_mute(initiator.read(Bytes(crypto::kMaxNoiseMessage + 1))));
}

TEST_CASE("the agreements of a message are made beforehand, and what it says later") {
  for (const NoisePattern pattern : kPatterns) {
    auto [initiator, responder] = start(pattern, Keys());
    Handshake* writer = &initiator;
    Handshake* reader = &responder;
    CHECK_FALSE(reader->agree());
    while (!writer->finished()) {
      REQUIRE(writer->agree());
      REQUIRE(writer->agree());  // the later ones count
      const std::uint64_t before = crypto::agreement_count();
      const auto message = writer->write(as_bytes("payload"));
      CHECK(crypto::agreement_count() == before);
      REQUIRE(message);
      const auto payload = reader->read(*message);
      REQUIRE(payload);
      CHECK(text_of(*payload) == "payload");
      std::swap(writer, reader);
    }
    CHECK(same(initiator.handshake_hash(), responder.handshake_hash()));
  }
}

TEST_CASE("split asks for a finished handshake") {
  auto [initiator, responder] = start(NoisePattern::IK, Keys());
  CHECK_FALSE(initiator.split());
  CHECK_FALSE(initiator.finished());
}

TEST_CASE(
    "a saved handshake of the wrong length is corrupt, and no flipped bit in one is dangerous") {
  auto [initiator, responder] = start(NoisePattern::IKpsk2, Keys());
  const Bytes first = *initiator.write({});
  REQUIRE(responder.read(first));
  const Bytes second = *responder.write({});
  const auto saved = initiator.save();
  CHECK(saved.size() == 274);
  CHECK(damage_accepted(saved, [&](ByteView damaged) {
          auto loaded = Handshake::load(damaged);
          if (!loaded) return loaded.error().code == base::Errc::corrupt;
          if (damaged.size() != saved.size()) return false;
          (void)loaded->read(second);  // a flipped bit of a key: refused or not, it must not crash
          return true;
        }) == 0);
}
