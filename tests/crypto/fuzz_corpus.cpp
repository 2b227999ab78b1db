// Writes the corpora of the crypto room's fuzz targets. Hidden; to write them anew:
//   EDGE_CORPUS=tests/fuzz/corpus crypto_tests "[corpus]"
#include <filesystem>
#include <fstream>

#include "crypto/invite.h"
#include "crypto/prv.h"
#include "tests/crypto/fuzz_world.h"
#include "tests/support/catch.h"

using base::Bytes;
using base::ByteView;
using crypto::NoisePattern;
using crypto::NoiseRole;

namespace {

class Corpus {
 public:
  explicit Corpus(const std::string& target) {
    const char* root = std::getenv("EDGE_CORPUS");
    if (root == nullptr) throw std::runtime_error("EDGE_CORPUS names no folder");
    folder_ = std::filesystem::path(root) / target;
    std::filesystem::create_directories(folder_);
  }
  // A file of the mode byte and what follows.
  void add(const std::string& name, std::uint8_t mode, ByteView rest) {
    Bytes all{mode};
    all.insert(all.end(), rest.begin(), rest.end());
    add(name, base::as_text(all));
  }
  void add(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace

TEST_CASE("writes envelope_fuzz", "[.][corpus]") {
  Corpus corpus("envelope_fuzz");
  for (const std::size_t size : std::array<std::size_t, 5>{0, 1, 235, 236, 500}) {
    const Bytes envelope =
        *crypto::seal_envelope(fuzz_world::recipient().x25519_public(), 1, {}, Bytes(size, 0x61));
    corpus.add("valid-" + std::to_string(size), 0, envelope);
    corpus.add("cut-" + std::to_string(size), 0, ByteView(envelope).first(envelope.size() - 1));
  }
  Bytes inside(256);
  corpus.add("inside-empty", 1, inside);
  inside[20] = 235;
  corpus.add("inside-full", 1, inside);
  inside[20] = 236;
  corpus.add("inside-over", 1, inside);
  inside[17] = 0xff;
  corpus.add("inside-lies", 1, inside);
  corpus.add("inside-dirty", 1, Bytes(256, 1));
  corpus.add("inside-short", 1, Bytes(20));
  corpus.add("inside-unpadded", 1, Bytes(257));
  corpus.add("nothing", 0, {});
}

TEST_CASE("writes invite_fuzz", "[.][corpus]") {
  Corpus corpus("invite_fuzz");
  crypto::Invite invite;
  invite.identity = fuzz_world::recipient().public_key();
  invite.addr = "alice@shop";
  invite.name = "Alice";
  invite.number = "n1";
  invite.urls = {"http://10.0.0.1:7200"};
  invite.mailbox = "m1";
  invite.token = "t1";
  const std::string link = to_link(invite);
  const std::string fields = link.substr(link.find('#') + 1);
  const std::string fpr = invite.identity.fingerprint();
  corpus.add("plain", link);
  corpus.add("encoded-hash", "openpgp4fpr:" + fpr + "%23" + fields);
  corpus.add("question", "OPENPGP4FPR:" + fpr + "?" + fields);
  corpus.add("web", "https://i.privittytech.com/#" + fpr + "&" + fields);
  corpus.add("newer", link.substr(0, link.size() - 1) + "2");
  corpus.add("unknown-field", link + "&zz=1&q=%zz");
  corpus.add("twice", link + "&s=x");
  corpus.add("cut", link.substr(0, link.size() / 2));
  corpus.add("only-scheme", "OPENPGP4FPR:");
  corpus.add("broken-percent", link + "&g=%4");
  corpus.add("not-utf8", link + "&x=g&g=%ff%fe");
  invite.name = "Söhne & Co. +1 %41";
  invite.urls = {"https://a.example/x", "http://[::1]:1", "http://b"};
  invite.group = crypto::Invite::Group{"grp", "Werk"};
  corpus.add("group", to_link(invite));
  invite.name.assign(256, 'x');
  invite.urls = {"http://" + std::string(500, 'a'), "http://" + std::string(500, 'b')};
  corpus.add("long", to_link(invite));
}

TEST_CASE("writes handshake_fuzz", "[.][corpus]") {
  Corpus corpus("handshake_fuzz");
  for (std::uint8_t mode = 0; mode < 6; ++mode) {
    const auto pattern = static_cast<NoisePattern>(1 + mode);
    auto initiator = fuzz_world::handshake(pattern, NoiseRole::initiator);
    auto responder = fuzz_world::handshake(pattern, NoiseRole::responder);
    const std::string name(name_of(pattern).substr(6, name_of(pattern).find('_', 6) - 6));
    corpus.add(name + "-fresh", 12, initiator.save());
    const Bytes first = *initiator.write({});
    corpus.add(name + "-1", mode, first);
    corpus.add(name + "-1-cut", mode, ByteView(first).first(first.size() - 1));
    (void)*responder.read(first);
    corpus.add(name + "-pending", 12, initiator.save());
    const Bytes second = *responder.write({});
    const auto mode_two = static_cast<std::uint8_t>(mode + 6);
    corpus.add(name + "-2", mode_two, second);
    corpus.add(name + "-2-zeros", mode_two, Bytes(second.size()));
    corpus.add(name + "-answered", 12, responder.save());
  }
}

TEST_CASE("writes ratchet_fuzz", "[.][corpus]") {
  Corpus corpus("ratchet_fuzz");
  crypto::Ratchet joiner = fuzz_world::joiner();
  crypto::Ratchet inviter = fuzz_world::inviter();
  crypto::MemorySkippedKeys skipped;
  corpus.add("saved-joiner", 1, joiner.save());
  corpus.add("saved-inviter", 1, inviter.save());
  const Bytes first = *joiner.encrypt(base::as_bytes("one"), {});
  corpus.add("first", 0, first);
  corpus.add("first-cut", 0, ByteView(first).first(first.size() - 1));
  corpus.add(
      "third", 0, *[&] {
        (void)joiner.encrypt({}, {});
        return joiner.encrypt(base::as_bytes("three"), {});
      }());
  (void)*inviter.decrypt(*joiner.encrypt(base::as_bytes("four"), {}), {}, skipped);
  corpus.add("saved-with-skipped", 1, inviter.save());
  (void)*joiner.decrypt(*inviter.encrypt({}, {}), {}, skipped);
  (void)*inviter.decrypt(*joiner.encrypt({}, {}), {}, skipped);
  corpus.add("saved-with-epoch", 1, inviter.save());
  corpus.add("empty", 0, Bytes(crypto::kRatchetOverhead, 1));
  // Steps: 0 the joiner sends, 4 the inviter; 1 and 5 deliver the newest, 9 and 13 the one before;
  // 2 and 6 deliver it damaged; 3 and 7 restart.
  corpus.add("play-order", 2, Bytes{0, 5, 4, 1, 0, 5, 4, 1, 0, 5});
  corpus.add("play-disorder", 2, Bytes{0, 0, 0, 5, 21, 13, 5, 4, 4, 9, 1, 0, 5, 1});
  corpus.add("play-damage", 2, Bytes{0, 6, 14, 22, 30, 5, 4, 2, 10, 18, 1, 3, 7, 0, 6, 5});
  corpus.add("play-restart", 2, Bytes{3, 7, 0, 3, 7, 5, 3, 7, 4, 3, 1, 7, 0, 13, 5});
  corpus.add("play-early", 2, Bytes{4, 5, 1, 4, 0, 4, 5, 4});
  Bytes long_play;
  for (int i = 0; i < 180; ++i) long_play.push_back(static_cast<std::uint8_t>(i * 37 + i / 5));
  corpus.add("play-long", 2, long_play);
}

TEST_CASE("writes prv_fuzz", "[.][corpus]") {
  Corpus corpus("prv_fuzz");
  crypto::PrvHeader header;
  header.name = "report.csv";
  header.media_type = "text/csv";
  header.size = 5;
  const crypto::Prv prv = crypto::Prv::create({}, crypto::PrvShare(), header);
  Bytes whole = prv.head();
  const Bytes chunk = prv.chunks().seal(0, true, base::as_bytes("hello"));
  whole.insert(whole.end(), chunk.begin(), chunk.end());
  corpus.add("valid", 0, whole);
  corpus.add("cut", 0, ByteView(whole).first(whole.size() - 1));
  corpus.add("head", 0, prv.head());
  corpus.add("magic", 0, ByteView(whole).first(8));
  whole[8] = 2;
  corpus.add("newer", 0, whole);
  corpus.add("nothing", 0, {});
  Bytes plain(56);
  corpus.add("header-nameless", 1, plain);
  plain.insert(plain.end(), {0, 0, 0, 1, 'a', 0, 0, 0, 0});
  corpus.add("header-least", 1, plain);
  plain[23] = 1;
  corpus.add("header-one-byte", 1, plain);
  plain[16] = 0xff;
  corpus.add("header-huge", 1, plain);
  plain[56] = 0xff;
  corpus.add("header-name-lies", 1, plain);
  corpus.add("header-dirty", 1, Bytes(512, 1));
  corpus.add("flip-head", 2, Bytes{0, 30, 1, 'x', 'y'});
  corpus.add("flip-body", 2, Bytes{2, 120, 128, 'x', 'y'});
}
