#include "crypto/ratchet.h"

#include <deque>
#include <map>

#include "crypto/random.h"
#include "tests/crypto/ratchet_pair.h"
#include "tests/crypto/support.h"
#include "tests/support/catch.h"

using base::as_bytes;
using base::Bytes;
using base::ByteView;
using crypto::MemorySkippedKeys;
using crypto::Ratchet;
using crypto_test::damage_accepted;
using crypto_test::is_mute;
using crypto_test::Party;
using crypto_test::Session;
using crypto_test::text_of;

TEST_CASE("the joiner sends first, then both ways") {
  Session s;
  CHECK(s.joiner.ratchet.can_send());
  CHECK_FALSE(s.inviter.ratchet.can_send());
  const auto early = s.inviter.ratchet.encrypt(as_bytes("too early"), {});
  REQUIRE_FALSE(early);
  CHECK(early.error().code == base::Errc::unavailable);

  for (int i = 0; i < 5; ++i) {
    CHECK(s.inviter.receive(s.joiner.send("a")) == "a");
    CHECK(s.inviter.receive(s.joiner.send("b")) == "b");
    CHECK(s.joiner.receive(s.inviter.send("c")) == "c");
  }
  const Bytes empty = s.joiner.send("");
  CHECK(empty.size() == crypto::kRatchetOverhead);
  CHECK(s.inviter.receive(empty) == "");
  CHECK(s.inviter.skipped.size() == 0);
}

TEST_CASE("associated data must agree") {
  Session s;
  const Bytes message = *s.joiner.ratchet.encrypt(as_bytes("x"), as_bytes("session 1"));
  CHECK(is_mute(s.inviter.ratchet.decrypt(message, as_bytes("session 2"), s.inviter.skipped)));
  CHECK(s.inviter.ratchet.decrypt(message, as_bytes("session 1"), s.inviter.skipped));
}

TEST_CASE("messages open out of order, across changes of direction, and each only once") {
  Session s;
  const Bytes a0 = s.joiner.send("a0");
  const Bytes a1 = s.joiner.send("a1");
  const Bytes a2 = s.joiner.send("a2");
  CHECK(s.inviter.receive(a2) == "a2");
  CHECK(s.inviter.skipped.size() == 2);
  const Bytes b0 = s.inviter.send("b0");
  const Bytes b1 = s.inviter.send("b1");
  CHECK(s.joiner.receive(b1) == "b1");
  const Bytes a3 = s.joiner.send("a3");  // a new chain
  const Bytes a4 = s.joiner.send("a4");
  CHECK(s.inviter.receive(a4) == "a4");
  CHECK(s.inviter.receive(a0) == "a0");  // of the chain before
  CHECK(s.joiner.receive(b0) == "b0");
  CHECK(s.inviter.receive(a3) == "a3");
  CHECK(s.inviter.receive(a1) == "a1");
  CHECK(s.inviter.skipped.size() == 0);
  for (const Bytes& replayed : {a0, a1, a2, a3, a4}) {
    const auto before = s.inviter.ratchet.save();
    CHECK_FALSE(s.inviter.receive(replayed));
    CHECK(s.inviter.ratchet.save() == before);
  }
  CHECK_FALSE(s.joiner.receive(b0));
  CHECK_FALSE(s.joiner.receive(b1));
}

TEST_CASE("the very first message may be lost or late") {
  Session s;
  const Bytes first = s.joiner.send("first");
  CHECK(s.inviter.receive(s.joiner.send("second")) == "second");
  CHECK(s.joiner.receive(s.inviter.send("answer")) == "answer");
  CHECK(s.inviter.receive(s.joiner.send("third")) == "third");
  CHECK(s.inviter.receive(first) == "first");
}

TEST_CASE(
    "a long random conversation loses, doubles, reorders and restarts, and every message that "
    "arrives opens exactly once") {
  Session s;
  struct Sent {
    Bytes message;
    std::string text;
    bool opened = false;
  };
  std::vector<Sent> to_joiner, to_inviter;
  std::uint64_t seed = 0x9E3779B97F4A7C15;  // fixed: a failure can be repeated
  const auto pick = [&](std::size_t below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return static_cast<std::size_t>(seed % below);
  };
  int opened = 0;
  for (int i = 0; i < 4000; ++i) {
    const bool from_joiner = pick(2) == 0;
    Party& sender = from_joiner ? s.joiner : s.inviter;
    auto& queue = from_joiner ? to_inviter : to_joiner;
    if (sender.ratchet.can_send() && pick(3) == 0) {
      const std::string text = std::to_string(i);
      queue.push_back({sender.send(text), text});
    }
    Party& receiver = from_joiner ? s.inviter : s.joiner;
    if (!queue.empty()) {
      // Mostly the last few, so that chains turn; a tenth is never picked before the end.
      Sent& sent = queue[queue.size() - 1 - pick(std::min<std::size_t>(queue.size(), 12))];
      const auto text = receiver.receive(sent.message);
      if (sent.opened) {
        REQUIRE_FALSE(text);
      } else {
        REQUIRE(text == sent.text);
        sent.opened = true;
        ++opened;
      }
    }
    if (pick(10) == 0) receiver.restart();
  }
  CHECK(opened > 800);
}

TEST_CASE("every truncation and every flipped bit is one mute error that changes nothing") {
  Session s;
  s.exchange();
  s.joiner.send("lost");
  const Bytes message = s.joiner.send("precious");
  const auto before = s.inviter.ratchet.save();
  CHECK(damage_accepted(message, [&](ByteView damaged) {
          return is_mute(s.inviter.ratchet.decrypt(damaged, {}, s.inviter.skipped)) &&
                 s.inviter.ratchet.save() == before && s.inviter.skipped.size() == 0;
        }) == 0);
  CHECK(s.inviter.receive(message) == "precious");

  // The same for one that turns the ratchet and for one that comes late.
  s.inviter.send("lost too");
  const Bytes turning = s.inviter.send("turning");
  const auto joiner_before = s.joiner.ratchet.save();
  CHECK(damage_accepted(turning, [&](ByteView damaged) {
          return is_mute(s.joiner.ratchet.decrypt(damaged, {}, s.joiner.skipped)) &&
                 s.joiner.ratchet.save() == joiner_before && s.joiner.skipped.size() == 0;
        }) == 0);
  const Bytes late = s.inviter.send("late");
  CHECK(s.joiner.receive(s.inviter.send("now")) == "now");
  const std::size_t kept = s.joiner.skipped.size();
  CHECK(damage_accepted(late, [&](ByteView damaged) {
          return is_mute(s.joiner.ratchet.decrypt(damaged, {}, s.joiner.skipped)) &&
                 s.joiner.skipped.size() == kept;
        }) == 0);
  CHECK(s.joiner.receive(late) == "late");
}

TEST_CASE("a message of another session is a mute error") {
  Session s;
  Session other;
  CHECK_FALSE(s.inviter.receive(other.joiner.send("x")));
  CHECK_FALSE(s.joiner.receive(s.joiner.send("to myself")));
}

TEST_CASE("forward secrecy: a state copied later does not open earlier messages") {
  Session s;
  std::vector<Bytes> earlier;
  for (int i = 0; i < 3; ++i) {
    earlier.push_back(s.joiner.send("secret"));
    REQUIRE(s.inviter.receive(earlier.back()));
  }
  earlier.push_back(s.joiner.send("skipped, then opened"));
  REQUIRE(s.inviter.receive(s.joiner.send("overtakes")));
  REQUIRE(s.inviter.receive(earlier.back()));

  Party thief = s.inviter;  // state and skipped keys
  for (const Bytes& message : earlier) CHECK_FALSE(thief.receive(message));
  CHECK(thief.receive(s.joiner.send("from now on")) == "from now on");  // the copy does work
  // The sender's copied state does not open them either.
  Party other_thief = s.joiner;
  for (const Bytes& message : earlier) CHECK_FALSE(other_thief.receive(message));
}

TEST_CASE("healing: a copied state stops opening after a round trip") {
  Session s;
  s.exchange();
  CHECK(s.inviter.receive(s.joiner.send("turns")));
  Party thief = s.inviter;
  const Bytes known = s.joiner.send("the thief reads this");
  CHECK(thief.receive(known) == "the thief reads this");
  CHECK(s.inviter.receive(known));

  // The inviter answers with the key that the thief has; the joiner's next chain agrees with it.
  CHECK(s.joiner.receive(s.inviter.send("out")));
  const Bytes back = s.joiner.send("back");
  CHECK(thief.receive(back) == "back");
  CHECK(s.inviter.receive(back));  // makes a key that the thief does not have
  // From here the thief follows neither side, in no way.
  for (int i = 0; i < 3; ++i) {
    const Bytes out = s.inviter.send("healed");
    CHECK_FALSE(thief.receive(out));
    CHECK(s.joiner.receive(out));
    const Bytes again = s.joiner.send("healed");
    CHECK_FALSE(thief.receive(again));
    CHECK(s.inviter.receive(again));
  }
}

TEST_CASE("a gap of 100,000 is walked, one more is refused, and the session goes on") {
  Session s;
  s.exchange();
  CHECK(s.inviter.receive(s.joiner.send("arrives")));
  for (std::uint32_t i = 0; i < crypto::kMaxRatchetSteps; ++i) s.joiner.send("lost");
  const Bytes within = s.joiner.send("within");
  const Bytes beyond = s.joiner.send("beyond");

  const auto before = s.inviter.ratchet.save();
  CHECK(is_mute(s.inviter.ratchet.decrypt(beyond, {}, s.inviter.skipped)));
  CHECK(s.inviter.ratchet.save() == before);
  CHECK(s.inviter.skipped.size() == 0);

  SECTION("by the message within reach") {
    CHECK(s.inviter.receive(within) == "within");
    CHECK(s.inviter.skipped.size() == crypto::kMaxSkippedKeys);
    CHECK(s.inviter.receive(beyond) == "beyond");
    s.exchange();
  }
  SECTION("by an answer, which starts a new chain") {
    CHECK(s.joiner.receive(s.inviter.send("are you there?")));
    CHECK(s.inviter.receive(s.joiner.send("yes")) == "yes");
    CHECK_FALSE(s.inviter.receive(within));  // given up with its chain
    s.exchange();
  }
}

TEST_CASE("a walk that was done beforehand opens what a walk on the way opens, and nothing else") {
  Session s;
  s.exchange();
  CHECK(s.inviter.receive(s.joiner.send("arrives")));
  CHECK(s.inviter.ratchet.walks_to(s.joiner.send("next")).empty() == true);
  for (int i = 0; i < 3000; ++i) s.joiner.send("lost");
  SECTION("in the same chain") {}
  SECTION("over the end of the chain") {
    CHECK(s.joiner.receive(s.inviter.send("turn")));
    for (int i = 0; i < 40; ++i) s.joiner.send("lost");
  }
  const Bytes message = s.joiner.send("walked to");
  auto walks = s.inviter.ratchet.walks_to(message);
  REQUIRE(!walks.empty());
  const auto before = s.inviter.ratchet.save();
  const auto open = [&] {
    return s.inviter.ratchet.decrypt_walked(message, {}, s.inviter.skipped, walks);
  };
  CHECK(open().error().code == base::Errc::unavailable);  // not walked yet
  CHECK(s.inviter.ratchet.save() == before);
  for (crypto::ChainWalk& walk : walks) {
    CHECK_FALSE(walk.step(walk.steps() - 1));
    CHECK(walk.step(1));
  }
  SECTION("and sending meanwhile does not matter") { s.inviter.send("meanwhile"); }
  Party other = {*crypto::Ratchet::load(s.inviter.ratchet.save())};
  const auto plain = open();
  REQUIRE(plain.ok());
  CHECK(base::as_text(*plain) == "walked to");
  CHECK(other.receive(message) == "walked to");
  CHECK(s.inviter.skipped.size() == other.skipped.size());
  // Past it the same walks lead nowhere.
  const Bytes later = s.joiner.send("later");
  CHECK(s.inviter.ratchet.walks_to(later).empty());
  s.joiner.send("lost");
  const Bytes gap = s.joiner.send("gap");
  CHECK(s.inviter.ratchet.decrypt_walked(gap, {}, s.inviter.skipped, walks).error().code ==
        base::Errc::unavailable);
  s.exchange();
}

TEST_CASE("a gap that spans two chains is walked when it is not too long") {
  Session s;
  s.exchange();
  const Bytes late = s.joiner.send("late");
  for (int i = 0; i < 2500; ++i) s.joiner.send("lost");
  const Bytes newest = s.joiner.send("newest of the old chain");
  CHECK(s.joiner.receive(s.inviter.send("turn")));
  for (int i = 0; i < 300; ++i) s.joiner.send("lost");
  CHECK(s.inviter.receive(s.joiner.send("arrives")) == "arrives");
  CHECK(s.inviter.skipped.size() == crypto::kMaxSkippedKeys);
  CHECK(s.inviter.receive(newest) == "newest of the old chain");
  CHECK_FALSE(s.inviter.receive(late));  // among the oldest, which were dropped
}

TEST_CASE("skipped keys are bounded and the oldest go first") {
  Session s;
  std::vector<Bytes> messages;
  for (std::size_t i = 0; i < crypto::kMaxSkippedKeys + 11; ++i) {
    messages.push_back(s.joiner.send(std::to_string(i)));
    // A key is skipped at every message but the last: one at a time and in bulk.
    if (i == 1000) REQUIRE(s.inviter.receive(messages.back()));
  }
  REQUIRE(s.inviter.receive(messages.back()));
  // 2010 came before the last, one of them was received: the 9 oldest had to go.
  CHECK(s.inviter.skipped.size() == crypto::kMaxSkippedKeys);
  for (std::size_t i = 0; i < 9; ++i) CHECK_FALSE(s.inviter.receive(messages[i]));
  CHECK(s.inviter.receive(messages[9]) == "9");
  CHECK(s.inviter.receive(messages[2000]) == "2000");
}

TEST_CASE("old epochs are bounded and their keys go with them") {
  Session s;
  std::vector<Bytes> late;
  for (std::size_t i = 0; i < crypto::kMaxOldEpochs + 5; ++i) {
    late.push_back(s.joiner.send(std::to_string(i)));
    s.exchange();
  }
  // One chain more is current, its key is skipped too.
  CHECK(s.inviter.skipped.size() == crypto::kMaxOldEpochs + 1);
  CHECK(s.inviter.ratchet.save().size() == 357 + 44 * crypto::kMaxOldEpochs);
  s.inviter.restart();
  CHECK_FALSE(s.inviter.receive(late[0]));
  for (std::size_t i = late.size() - 1; i + crypto::kMaxOldEpochs + 1 >= late.size(); --i) {
    CHECK(s.inviter.receive(late[i]) == std::to_string(i));
    if (i == 0) break;
  }
  CHECK(s.inviter.skipped.size() == 0);
  CHECK(s.inviter.ratchet.save().size() == 357);  // epochs without keys are forgotten
}

TEST_CASE("no key and nonce repeat when a sender is restored from an old copy") {
  Session s;
  s.exchange();
  Party copy = s.joiner;
  const Bytes one = s.joiner.send("one");
  const Bytes two = copy.send("two");
  CHECK_FALSE(std::equal(one.begin() + 1, one.begin() + 25, two.begin() + 1));
}

namespace {

// A store that fails at the nth call.
class FailingKeys final : public crypto::SkippedKeys {
 public:
  FailingKeys(MemorySkippedKeys keys, int fail_at) : keys_(std::move(keys)), left_(fail_at) {}
  base::Result<std::optional<crypto::MessageKey>> find(std::uint64_t epoch,
                                                       std::uint32_t n) override {
    if (fails()) return failure();
    return keys_.find(epoch, n);
  }
  base::Result<> erase(std::uint64_t epoch, std::uint32_t n) override {
    if (fails()) return failure();
    return keys_.erase(epoch, n);
  }
  base::Result<> put(std::span<const crypto::SkippedKey> keys) override {
    if (fails()) return failure();
    return keys_.put(keys);
  }
  base::Result<> drop_epoch(std::uint64_t epoch) override {
    if (fails()) return failure();
    return keys_.drop_epoch(epoch);
  }
  base::Result<> keep_newest(std::size_t count) override {
    if (fails()) return failure();
    return keys_.keep_newest(count);
  }

 private:
  bool fails() { return left_-- == 0; }
  static base::Error failure() { return base::fail(base::Errc::io, "disk"); }
  MemorySkippedKeys keys_;
  int left_;
};

}  // namespace

TEST_CASE("an error of the key store is returned as it is and leaves the session unchanged") {
  Session s;
  const Bytes late = s.joiner.send("late");
  const Bytes now = s.joiner.send("now");
  for (int fail_at = 0; fail_at < 2; ++fail_at) {
    FailingKeys keys(s.inviter.skipped, fail_at);
    const auto before = s.inviter.ratchet.save();
    const auto result = s.inviter.ratchet.decrypt(now, {}, keys);  // put, keep_newest
    REQUIRE_FALSE(result);
    CHECK(result.error().code == base::Errc::io);
    CHECK(s.inviter.ratchet.save() == before);
  }
  REQUIRE(s.inviter.receive(now));
  for (int fail_at = 0; fail_at < 2; ++fail_at) {
    FailingKeys keys(s.inviter.skipped, fail_at);
    CHECK(s.inviter.ratchet.decrypt(late, {}, keys).error().code == base::Errc::io);  // find, erase
  }
  CHECK(s.inviter.receive(late) == "late");
}

TEST_CASE("a session cannot start from a ratchet key of low order") {
  const crypto::SplitKeys keys;
  CHECK(is_mute(Ratchet::initiate(Bytes(32), keys, crypto::X25519Public{})));
}

TEST_CASE(
    "a saved session of the wrong length is corrupt, and no flipped bit in one is dangerous") {
  Session s;
  s.exchange();
  s.joiner.send("lost");
  s.exchange();
  const Bytes message = s.joiner.send("x");
  const auto saved = s.inviter.ratchet.save();
  CHECK(damage_accepted(saved, [&](ByteView damaged) {
          auto loaded = Ratchet::load(damaged);
          if (!loaded) return loaded.error().code == base::Errc::corrupt;
          if (damaged.size() != saved.size()) return false;
          MemorySkippedKeys skipped = s.inviter.skipped;
          (void)loaded->decrypt(message, {}, skipped);
          (void)loaded->encrypt(as_bytes("y"), {});
          return true;
        }) == 0);
}
