// What gateways say about protected files: read back as written, and refused when malformed.
#include "messaging/model/protected_content.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "messaging/model/content.h"
#include "tests/support/catch.h"

using namespace messaging;

namespace {

std::vector<Content> samples() {
  FileDecision decision;
  decision.file.fill(1);
  decision.holder.fill(2);
  decision.rev = 3;
  decision.state = store::FileState::active;
  decision.download = true;
  decision.expires_at = 1'800'000'000'000;
  decision.share = crypto::PrvShare();
  decision.name = "plan.txt";
  std::array<std::uint8_t, 32> seed{};
  seed.fill(7);
  sign(decision, crypto::Identity::from_seed(seed));
  FileDecision revoked = decision;
  revoked.state = store::FileState::revoked;
  revoked.share.reset();
  FileDecision in_group = revoked;
  in_group.group.emplace().fill(5);
  sign(in_group, crypto::Identity::from_seed(seed));
  const IdentityBytes key{};
  std::vector<ContentBody> notes{decision,
                                 revoked,
                                 FileRequest{{}, key, "Bob", "bob@b", 2},
                                 FileReport{{}, key, 3, store::FileState::expired},
                                 FileOffer{{}, key, "Alice", "alice@a", "plan.txt"},
                                 FileNotice{{}, key, "Carol", "carol@c"},
                                 in_group};
  std::vector<Content> all;
  for (ContentBody& note : notes) all.push_back({Uuid{}, std::move(note)});
  return all;
}

}  // namespace

TEST_CASE("notes about protected files are read as they were written, at no other length") {
  for (const Content& content : samples()) {
    const auto bytes = encode(content);
    const auto read = decode_content(bytes);
    REQUIRE(read);
    CHECK(read->body.index() == content.body.index());
    const auto again = encode(*read);
    CHECK(std::equal(bytes.begin(), bytes.end(), again.begin(), again.end()));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(decode_content(base::ByteView(bytes).first(size)));
    }
  }
}

TEST_CASE("a share comes with an active decision, and only then") {
  for (Content content : samples()) {
    auto* decision = std::get_if<FileDecision>(&content.body);
    if (decision == nullptr) continue;
    if (decision->share) {
      decision->share.reset();
    } else {
      decision->share = crypto::PrvShare();
    }
    CHECK_FALSE(decode_content(encode(content)));
  }
}

TEST_CASE("nobody but the owner makes a decision, and none can be changed on its way") {
  std::array<std::uint8_t, 32> seed{};
  const auto owner = crypto::Identity::from_seed(seed);
  seed.fill(9);
  const auto other = crypto::Identity::from_seed(seed);
  FileDecision decision;
  decision.rev = 1;
  decision.state = store::FileState::active;
  decision.share = crypto::PrvShare();
  decision.expires_at = 1000;
  sign(decision, owner);
  CHECK(signed_by(decision, owner.public_key()));
  CHECK_FALSE(signed_by(decision, other.public_key()));
  FileDecision longer = decision;
  longer.expires_at = 2000;
  CHECK_FALSE(signed_by(longer, owner.public_key()));
  FileDecision download = decision;
  download.download = true;
  CHECK_FALSE(signed_by(download, owner.public_key()));
  FileDecision elsewhere = decision;
  elsewhere.group.emplace();
  CHECK_FALSE(signed_by(elsewhere, owner.public_key()));
}

// Hidden: EDGE_CORPUS=tests/fuzz/corpus messaging_tests "writes content_fuzz of protected files"
TEST_CASE("writes content_fuzz of protected files", "[.][corpus]") {
  const char* root = std::getenv("EDGE_CORPUS");
  REQUIRE(root != nullptr);
  int number = 0;
  for (const Content& content : samples()) {
    const auto bytes = encode(content);
    const auto path =
        std::filesystem::path(root) / "content_fuzz" / ("protected-" + std::to_string(number++));
    std::ofstream(path, std::ios::binary) << '\0' << base::as_text(bytes);
  }
}
