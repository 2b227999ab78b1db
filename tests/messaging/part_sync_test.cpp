// Parts of files and the disk: this program's fdatasync stands before libc's, and fails for blob
// files while a test wants it to.
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>

#include "tests/support/world.h"

using namespace test;

namespace {

std::atomic<bool> blobs_fail{false};
std::atomic<int> blob_syncs{0};
std::atomic<int> blob_failures{0};

bool is_blob(int fd) {
  std::array<char, 4096> path{};
  const auto link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), path.data(), path.size());
  return size > 0 &&
         std::string_view(path.data(), static_cast<std::size_t>(size)).find("/blobs/") !=
             std::string_view::npos;
}

}  // namespace

extern "C" int fdatasync(int fd) {
  if (is_blob(fd)) {
    if (blobs_fail) {
      ++blob_failures;
      errno = EIO;
      return -1;
    }
    ++blob_syncs;
  }
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

namespace {

// Alice's message with a file of some parts, held back until the network is there again.
std::string send_file(World& world, ChatId chat, const TempDir& outside, std::size_t size) {
  std::string content;
  for (int i = 0; content.size() < size; ++i) content += "line " + std::to_string(i) + "\n";
  world.network.set({.cut = true});
  MessageDraft draft;
  draft.text = "the report";
  draft.file = outside.file("report.txt", content);
  world.alice.send(chat, draft);
  return content;
}

std::string received_by_bob(World& world, const TempDir& outside) {
  REQUIRE(world.until([&] { return world.bob.has_text("the report"); }));
  const MsgId got = *world.bob.find_text("the report");
  const std::string copy = outside.path() + "/copy.txt";
  REQUIRE(answer<void>([&](auto done) {
    world.bob.engine().messages().save_file(Peer::kAccount, got, copy, std::move(done));
  }));
  return read_file(copy);
}

}  // namespace

TEST_CASE("the parts of one deposit are synced together") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  TempDir outside;
  const std::string content = send_file(world, chat, outside, 3'000'000);  // 12 parts
  const int before = blob_syncs;
  world.network.set({});
  CHECK(received_by_bob(world, outside) == content);
  CHECK(blob_syncs - before == 2);
}

TEST_CASE("a part that was not synced is not acknowledged: what the disk forgets comes again") {
  World world;
  const ChatId chat = world.join(world.alice, world.bob);
  TempDir outside;
  const std::string content = send_file(world, chat, outside, 3'000'000);
  const auto dir = world.bob.engine().files().blob_dir(Peer::kAccount);
  REQUIRE(dir);
  blobs_fail = true;
  const int before = blob_failures;
  world.network.set({});
  const bool tried_twice = world.until([&] { return blob_failures >= before + 2; });
  for (const auto& file : std::filesystem::directory_iterator(*dir)) {
    std::filesystem::resize_file(file.path(), 0);
  }
  CHECK_FALSE(world.bob.has_text("the report"));
  blobs_fail = false;
  REQUIRE(tried_twice);
  CHECK(received_by_bob(world, outside) == content);
}
